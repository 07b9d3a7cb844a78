# SPDX-License-Identifier: MIT
"""Writes wire/<room>.c: decoders, dispatch, names of opcodes and values."""
from .model import SCALARS
from .text import prologue, upper


def write(model, room):
    out = [prologue(room, "Decoders and names."), f'#include "wire/{room.name}.h"', "",
           "#include <string.h>", ""]
    for enum in room.enums:
        if not enum.flags:
            out += names(f"pvg_wire_{enum.name}_name", "value",
                         [(number, name) for number, name, _ in enum.values])
    prefixes = dict.fromkeys(r.name.split("_")[0] for r in room.registers)
    for prefix in prefixes:
        out += names(f"pvg_wire_{prefix}_register_name", "offset",
                     [(r.offset, r.name[len(prefix) + 1:]) for r in room.registers
                      if r.name.startswith(prefix + "_")])
    for struct in room.structs:
        for form in struct.forms:
            out += decoder(struct, form, whole=True)
            if not form.layout.variable:
                out += element(struct, form)
    for record in room.records:
        for form in record.forms:
            out += decoder(record, form, whole=False)
    for space in room.spaces:
        out += dispatch(model, space)
    return "\n".join(out)


def names(function, argument, pairs):
    out = [f"const char *{function}(uint64_t {argument})", "{", f"    switch ({argument}) {{"]
    for number, name in sorted(dict(reversed(pairs)).items()):
        out += [f"    case {number:#x}:", f'        return "{name}";']
    return [*out, "    }", "    return NULL;", "}", ""]


def decoder(owner, form, whole):
    """@whole: take the unwritten tail too, since something else may follow."""
    layout = form.layout
    body, word = [], False
    fields = layout.fields if whole else fields_to_read(layout)
    for field in fields:
        body += take(field)
        word |= bool(field.bits)
    out = [f"enum pvg_refusal pvg_wire_{form.name}_decode(struct pvg_cursor *c,",
           f"        struct pvg_wire_{owner.name} *out)", "{"]
    if word:
        out.append("    uint64_t word;")
    if word:
        out.append("")
    out.append("    memset(out, 0, sizeof(*out));")
    out += [f"    out->{member} = {value};" for member, value in owner.preset(form).items()]
    return [*out, *body, "    return c->refusal;", "}", ""]


def fields_to_read(layout):
    """Without an unwritten tail, which a short record may lack."""
    fields = list(layout.fields)
    while fields and fields[-1].kind == "pad":
        fields.pop()
    return fields


def is_byte_array(field):
    return field.fixed and field.type == "u8"


def take(field):
    target = f"out->{field.name}"
    if field.kind in ("pad", "zero"):
        return [f"    pvg_take_skip(c, {field.size});"]
    if field.kind == "bytes":
        return [f"    {target} = pvg_wire_take_rest(c);"]
    if field.kind == "word":
        out = [f"    word = pvg_take_{SCALARS[field.type].take}(c);"]
        for bits in field.bits:
            if bits.type == "pad":
                continue
            value = f"(word >> {bits.low})" if bits.low else "word"
            if bits.width < field.size * 8:
                value = f"{value} & {(1 << bits.width) - 1:#x}"
            out.append(f"    out->{bits.name} = {value};")
        return out
    if field.counted:
        if field.type == "u8":
            return [f"    {target}.data = pvg_wire_take_elements(c, out->{field.counted}, 1);",
                    f"    {target}.size = {target}.data ? out->{field.counted} : 0;"]
        return [f"    {target}.bytes = pvg_wire_take_elements(c, out->{field.counted}, {field.size});",
                f"    {target}.count = {target}.bytes ? out->{field.counted} : 0;"]
    if is_byte_array(field):
        return [f"    pvg_wire_take_copy(c, {target}, {field.fixed});"]
    index = "[i]" if field.fixed else ""
    if field.kind == "struct":
        line = f"(void)pvg_wire_{field.type}_decode(c, &{target}{index});"
    else:
        scalar = SCALARS[field.type]
        truth = " != 0" if field.enum == "bool" else ""
        member = ".value" if scalar.wrapped else ""
        # The cast brings a signed number's sign into a wider member.
        cast = f"({scalar.c})" if scalar.c.startswith("int") else ""
        line = f"{target}{index}{member} = {cast}pvg_take_{scalar.take}(c){truth};"
    if field.fixed:
        return [f"    for (size_t i = 0; i < {field.fixed}; i++) {{", f"        {line}", "    }"]
    return [f"    {line}"]


def element(struct, form):
    name = form.name
    return [f"struct pvg_wire_{struct.name} pvg_wire_{name}_at(",
            f"        struct pvg_wire_{name}_array array, uint32_t index)", "{", f"    struct pvg_wire_{struct.name} out;",
            "    struct pvg_cursor c = pvg_wire_element(array.bytes, array.count, index,",
            f"            PVG_WIRE_{upper(name)}_SIZE);", "",
            f"    (void)pvg_wire_{name}_decode(&c, &out);", "    return out;", "}", ""]


def dispatch(model, space):
    name = space.name
    out = []
    forms = model.forms_of(name)
    out += names(f"pvg_wire_{name}_name", "opcode", [(f.opcode, f.title) for _, f in forms])
    for record, form in forms:
        out += [f"static enum pvg_refusal {name}_{form.name}(",
                f"        const struct pvg_wire_{name}_handlers *handlers, void *ctx,",
                "        struct pvg_cursor *payload)", "{",
                f"    struct pvg_wire_{record.name} rec;",
                f"    enum pvg_refusal why = pvg_wire_{form.name}_decode(payload, &rec);", "",
                f"    if (!handlers->{record.name}) {{", "        return PVG_REFUSED_OPCODE;",
                "    }",
                f"    return why != PVG_ACCEPTED ? why : handlers->{record.name}(ctx, &rec);",
                "}", ""]
    out += [f"enum pvg_refusal pvg_wire_{name}_dispatch(",
            f"        const struct pvg_wire_{name}_handlers *handlers, void *ctx, uint32_t opcode,",
            "        struct pvg_cursor *payload)", "{", "    switch (opcode) {"]
    header = 8 if space.header == "record" else 0
    by_opcode = {}
    for record, form in forms:
        by_opcode.setdefault(form.opcode, []).append(form)
    for opcode, group in sorted(by_opcode.items()):
        out.append(f"    case {opcode:#x}:")
        for form in group:
            if form.only_size:
                out += [f"        if (payload->left == {form.only_size - header}) {{",
                        f"            return {name}_{form.name}(handlers, ctx, payload);",
                        "        }"]
            else:
                out.append(f"        return {name}_{form.name}(handlers, ctx, payload);")
        if group[-1].only_size:
            out.append("        return PVG_REFUSED_SHORT;")
    return [*out, "    }", "    return PVG_REFUSED_OPCODE;", "}", ""]
