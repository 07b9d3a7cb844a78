# SPDX-License-Identifier: MIT
"""Writes wire/<room>.h: enums, registers, structs, and what decodes and dispatches them."""
from .model import Bits, member_type
from .text import comment, hexed, prologue, upper


def write(model, room):
    out = [prologue(room, f"{room.title}. {room.doc}"),
           f"#ifndef PVG_WIRE_{upper(room.name)}_H", f"#define PVG_WIRE_{upper(room.name)}_H", "",
           '#include "base/cursor.h"', '#include "wire/wire.h"']
    out += [f'#include "wire/{name}.h"' for name in uses(model, room)] + [""]
    for enum in room.enums:
        out += enumeration(enum)
    for c in room.constants:
        out.append(f"#define PVG_WIRE_{c.name} {c.value}" + (f" /* {c.doc} */" if c.doc else ""))
    if room.constants:
        out.append("")
    if room.registers:
        out += registers(room)
    for struct in room.structs:
        out += struct_type(struct)
        for form in struct.forms:
            out += struct_api(struct, form)
    for space in room.spaces:
        out += opcodes(model, space)
    for record in room.records:
        out += struct_type(record)
        for form in record.forms:
            out += [f"enum pvg_refusal pvg_wire_{form.name}_decode(struct pvg_cursor *c,",
                    f"        struct pvg_wire_{record.name} *out);"]
        out.append("")
    for space in room.spaces:
        out += handlers(model, space)
    return "\n".join([*out, "#endif", ""])


def uses(model, room):
    """The rooms whose types this one needs."""
    found = set()
    forms = [f for owner in [*room.structs, *room.records] for f in owner.forms]
    for field in (f for form in forms for f in form.layout.fields):
        if field.type in model.struct_forms:
            found.add(model.struct_of(field.type).room)
        for name in [field.enum, *(b.type for b in field.bits)]:
            if name in model.enums:
                found.add(model.enums[name].room)
    for space in room.spaces:
        found |= {r.room for r in model.records_of(space.name)}
    return sorted(found - {room.name})


def enumeration(enum):
    out = [comment(f"{enum.doc or enum.title or enum.name} Spec: {enum.spec}."
                   + (" Bits." if enum.flags else "")), f"enum pvg_wire_{enum.name} {{"]
    for number, name, doc in enum.values:
        number = hexed(number) if enum.flags or number > 0xff else number
        out.append(f"    PVG_WIRE_{upper(enum.name)}_{upper(name)} = {number},"
                   + (f" /* {doc} */" if doc else ""))
    out.append("};")
    if not enum.flags:
        out += ["", comment("NULL for a number without a name."),
                f"const char *pvg_wire_{enum.name}_name(uint64_t value);"]
    return [*out, ""]


def registers(room):
    out = []
    for r in room.registers:
        out += [comment(f"{r.size} bytes, {r.direction}; {r.doc}"),
                f"#define PVG_WIRE_{upper(r.name)} {r.offset:#x}"]
    return [*out, "", comment("NULL for an offset without a register."),
            *(f"const char *pvg_wire_{p}_register_name(uint64_t offset);"
              for p in dict.fromkeys(r.name.split("_")[0] for r in room.registers)), ""]


def member_line(member):
    fixed = "" if isinstance(member, Bits) or not member.fixed else f"[{member.fixed}]"
    notes = []
    enum = member.type if isinstance(member, Bits) else member.enum
    if enum not in ("", "bool", "u", "pad"):
        notes.append(f"enum pvg_wire_{enum}")
    if member.doc:
        notes.append(member.doc)
    note = f" /* {'; '.join(notes)} */" if notes else ""
    return f"    {member_type(member)} {member.name}{fixed};{note}"


def struct_type(item):
    lines = [member_line(m) for m in item.members().values()]
    lines += [f"    uint32_t {n}; /* follows from the form */" for n in item.constants()]
    text = " ".join(t for t in (item.title and item.title + ".", item.doc) if t)
    return [comment(f"{text} Spec: {item.spec} [{item.confidence}]."),
            f"struct pvg_wire_{item.name} {{",
            *(lines or ["    char nothing; /* the record has no fields */"]), "};", ""]


def struct_api(struct, form):
    name, big = form.name, upper(form.name)
    out = []
    if not form.layout.variable:
        out.append(f"#define PVG_WIRE_{big}_SIZE {hexed(form.layout.size)}")
    else:
        out.append(f"#define PVG_WIRE_{big}_MIN_SIZE {hexed(form.layout.size)}")
    if struct.offsets:
        for field in form.layout.fields:
            if field.kind not in ("pad", "zero") and field.name != "-" and field.offset is not None:
                out.append(f"#define PVG_WIRE_{big}_{upper(field.name)}_AT {hexed(field.offset)}")
    out += [f"enum pvg_refusal pvg_wire_{name}_decode(struct pvg_cursor *c,",
            f"        struct pvg_wire_{struct.name} *out);"]
    if not form.layout.variable:
        out += ["", comment("Elements as they lie on the wire, borrowed."),
                f"struct pvg_wire_{name}_array {{", "    const uint8_t *bytes;",
                "    uint32_t count;", "};",
                f"struct pvg_wire_{struct.name} pvg_wire_{name}_at(",
                f"        struct pvg_wire_{name}_array array, uint32_t index);"]
    return [*out, ""]


def opcodes(model, space):
    out = [comment(f"{space.title} Spec: {space.spec}."), f"enum pvg_wire_{space.name}_opcode {{"]
    done = set()
    forms = [f for _, f in model.forms_of(space.name)]
    for form in sorted(forms, key=lambda f: (f.opcode, f.only_size)):
        if form.opcode not in done:
            out.append(f"    PVG_WIRE_{upper(space.name)}_{upper(form.name)} = {form.opcode:#x},")
        done.add(form.opcode)
    return [*out, "};", "", comment("NULL for an opcode without a name."),
            f"const char *pvg_wire_{space.name}_name(uint64_t opcode);", ""]


def handlers(model, space):
    name = space.name
    records = model.records_of(name)
    out = [comment(f"{space.title} An empty slot refuses its record with OPCODE."),
           f"struct pvg_wire_{name}_handlers {{"]
    for record in records:
        out.append(f"    enum pvg_refusal (*{record.name})(void *ctx,"
                   f"\n            const struct pvg_wire_{record.name} *rec);")
    return [*out, "};", "",
            comment("Decodes what @payload holds, by @opcode, and calls its handler. Refuses as the"
                    " decoder or the handler does, and OPCODE for what nobody handles. Bytes behind"
                    " the last field stay in @payload: for the caller to count."),
            f"enum pvg_refusal pvg_wire_{name}_dispatch(",
            f"        const struct pvg_wire_{name}_handlers *handlers, void *ctx, uint32_t opcode,",
            "        struct pvg_cursor *payload);", ""]
