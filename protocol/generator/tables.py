# SPDX-License-Identifier: MIT
"""Writes wire/tables.c: every layout as data, for what works on all of them alike: the printer,
the tests. src/wire/tables.h says what it means."""
from .model import SCALARS
from .text import upper


def write(model):
    records = [form for room in model.rooms for r in room.records for form in r.forms]
    structs = [form for room in model.rooms for s in room.structs for form in s.forms]
    used = reachable(model, records)
    out = ["/* SPDX-License-Identifier: MIT */", "/* Generated from protocol/. Every layout as data. */",
           '#include "wire/tables.h"', ""]
    for enum in model.enums.values():
        if enum.name in used:
            out += enumeration(enum)
    for form in structs:
        if form.name in used:
            out += layout(form, "struct")
    for form in records:
        out += layout(form, "record")
    for space in model.spaces.values():
        out += forms(model, space)
    out += ["const struct pvg_wire_space_info pvg_wire_spaces[PVG_WIRE_SPACE_COUNT] = {"]
    for space in model.spaces.values():
        out.append(f'    [PVG_WIRE_SPACE_{upper(space.name)}] = {{"{space.name}", '
                   f"{8 if space.header == 'record' else 0}, {space.name}_forms,"
                   f" sizeof({space.name}_forms) / sizeof({space.name}_forms[0])}},")
    return "\n".join([*out, "};", ""])


def reachable(model, forms):
    """Names of the enums and struct forms that the layouts of @forms lead to."""
    found, todo = set(), [form.layout for form in forms]
    while todo:
        for field in todo.pop().fields:
            found |= {field.enum, *(bits.type for bits in field.bits)}
            if field.kind == "struct" and field.type not in found:
                found.add(field.type)
                todo.append(model.form_layouts[field.type])
    return found


def enumeration(enum):
    values = ", ".join(f'{{{n:#x}, "{name}"}}' for n, name, _ in enum.values)
    return [f"static const struct pvg_wire_value_info {enum.name}_values[] = {{", f"    {values},",
            "};", f"static const struct pvg_wire_enum_info {enum.name}_enum = {{",
            f"    {'true' if enum.flags else 'false'}, {len(enum.values)}, {enum.name}_values,",
            "};", ""]


def layout(form, prefix):
    rows = []
    for field in form.layout.fields:
        rows += row(form.layout, field)
    name = f"{prefix}_{form.name}"
    fields, count = "NULL", len(rows)
    out = []
    if rows:
        out = [f"static const struct pvg_wire_field_info {name}_fields[] = {{", *rows, "};"]
        fields = f"{name}_fields"
    return [*out, f"static const struct pvg_wire_layout_info {name}_layout = {{",
            f"    {form.layout.size}, {form.layout.written}, {count}, {fields},", "};", ""]


def row(layout, field):
    offset = "PVG_WIRE_BEHIND" if field.offset is None else f"{field.offset:#x}"
    if field.kind == "bytes" and field.offset is None:
        offset = "PVG_WIRE_BEHIND"
    if field.kind == "word":
        return [f'    {{"{b.name}", {offset}, PVG_WIRE_FIELD_NUMBER, {field.size}, {b.low}, '
                f"{b.width}, 0, NULL, {enum_of(b.type)}, NULL}},"
                for b in field.bits if b.type != "pad"]
    if field.kind in ("pad", "zero"):
        return []
    kind = "PVG_WIRE_FIELD_STRUCT" if field.kind == "struct" else \
        "PVG_WIRE_FIELD_BYTES" if field.kind == "bytes" else \
        "PVG_WIRE_FIELD_FLOAT" if field.type in ("f32", "f64") else \
        "PVG_WIRE_FIELD_SIGNED" if field.type in ("i16", "i64") else "PVG_WIRE_FIELD_NUMBER"
    inner = f"&struct_{field.type}_layout" if field.kind == "struct" else "NULL"
    counted = f'"{field.counted}"' if field.counted else "NULL"
    width = field.size * 8 if field.kind == "scalar" else 0
    return [f'    {{"{field.name}", {offset}, {kind}, {field.size}, 0, {width}, {field.fixed}, '
            f"{counted}, {enum_of(field.enum)}, {inner}}},"]


def enum_of(name):
    return "NULL" if name in ("", "u", "bool") else f"&{name}_enum"


def forms(model, space):
    out = [f"static const struct pvg_wire_form_info {space.name}_forms[] = {{"]
    for _, form in sorted(model.forms_of(space.name), key=lambda p: (p[1].opcode, p[1].only_size)):
        out.append(f'    {{"{form.title}", {form.opcode:#x}, {form.only_size}, '
                   f"&record_{form.name}_layout}},")
    return [*out, "};", ""]


def write_forms(model):
    """wire/forms.h: the forms as X macros, for tests that walk over all of them."""
    out = ["/* SPDX-License-Identifier: MIT */",
           "/* Generated from protocol/. X(space, form, struct) for each form of each record. */",
           "#ifndef PVG_WIRE_FORMS_H", "#define PVG_WIRE_FORMS_H", ""]
    out += [f'#include "wire/{room.name}.h"\n#include "wire/{room.name}_encode.h"'
            for room in model.rooms if room.records]
    lines = [f"    X({upper(space)}, {form.name}, {record.name}, {form.opcode:#x}, {form.only_size})"
             for space in model.spaces for record, form in model.forms_of(space)]
    out += ["", "#define PVG_WIRE_FORMS(X) \\", " \\\n".join(lines), "", "#endif", ""]
    return "\n".join(out)
