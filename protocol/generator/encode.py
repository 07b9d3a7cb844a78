# SPDX-License-Identifier: MIT
"""Writes wire/<room>_encode.[ch]: encoders for the guest kit, in C that needs no library.

They write what Apple's encoder writes and leave every byte and bit that it leaves, so a test that
fills the buffer with junk beforehand gets junk exactly where a real guest sends junk."""
from .model import SCALARS
from .text import comment, prologue, upper


def write_header(model, room):
    guard = f"PVG_WIRE_{upper(room.name)}_ENCODE_H"
    out = [prologue(room, "Encoders, freestanding: for guests."), f"#ifndef {guard}",
           f"#define {guard}", "", f'#include "wire/{room.name}.h"', '#include "wire/writer.h"', ""]
    if room.records:
        out += [comment("Each appends one whole record, header included, or the payload of one"
                        " packet; members that the form does not carry are ignored."), ""]
    for name, struct in encoders(room):
        out += [f"void {signature(name, struct)};"]
    return "\n".join([*out, "", "#endif", ""])


def encoders(room):
    return [(f.name, o.name) for o in [*room.structs, *room.records] for f in o.forms]


def signature(name, struct):
    return (f"pvg_wire_{name}_encode(struct pvg_writer *w,\n"
            f"        const struct pvg_wire_{struct} *in)")


def write(model, room):
    out = [prologue(room, "Encoders."), f'#include "wire/{room.name}_encode.h"', ""]
    fields = [f for o in [*room.structs, *room.records] for form in o.forms
              for f in form.layout.fields]
    rooms = {model.struct_of(f.type).room for f in fields if f.kind == "struct" and not f.counted}
    out += [*(f'#include "wire/{name}_encode.h"' for name in sorted(rooms - {room.name})), ""]
    for struct in room.structs:
        for form in struct.forms:
            out += encoder(struct, form, "", "")
    for record in room.records:
        for form in record.forms:
            if model.spaces[form.spaces[0]].header == "record":
                out += encoder(record, form,
                               f"    size_t start = pvg_writer_begin_record(w, {form.opcode:#x});\n\n",
                               "    pvg_writer_end_record(w, start);\n")
            else:
                out += encoder(record, form, "", "    pvg_writer_round(w);\n")
    return "\n".join(out)


def encoder(owner, form, before, after):
    fields = form.layout.fields
    body = "".join(line + "\n" for field in fields for line in put(field))
    unused = "" if any(f.kind not in ("pad", "zero") for f in fields) else "    (void)in;\n"
    return [f"void {signature(form.name, owner.name)}\n{{\n{before}{unused}{body}{after}}}\n"]


def put(field):
    source = f"in->{field.name}"
    if field.kind == "pad":
        return [f"    pvg_put_nothing(w, {field.size});"]
    if field.kind == "zero":
        return [f"    pvg_put_zeros(w, {field.size});"]
    if field.kind == "bytes":
        return [f"    pvg_put_bytes(w, {source}.data, {source}.size);"]
    if field.kind == "word":
        written = (1 << field.size * 8) - 1
        parts = []
        for bits in field.bits:
            mask = (1 << bits.width) - 1
            if bits.type == "pad":
                written &= ~(mask << bits.low)
            else:
                value = f"((uint64_t)in->{bits.name} & {mask:#x})"
                parts.append(f"{value} << {bits.low}" if bits.low else value)
        value = " |\n                ".join(parts) or "0"
        return [f"    pvg_put_bits(w, {field.size}, {written:#x},\n                {value});"]
    if field.counted:
        if field.type == "u8":
            return [f"    pvg_put_bytes(w, {source}.data, {source}.size);"]
        return [f"    pvg_put_bytes(w, {source}.bytes, (size_t){source}.count * {field.size});"]
    if field.fixed and field.type == "u8":
        return [f"    pvg_put_bytes(w, {source}, {field.fixed});"]
    index = "[i]" if field.fixed else ""
    if field.kind == "struct":
        line = f"pvg_wire_{field.type}_encode(w, &{source}{index});"
    else:
        scalar = SCALARS[field.type]
        line = (f"pvg_put_{scalar.take}(w, {source}{index}"
                f"{'.value' if scalar.wrapped else ''});")
    if field.fixed:
        return [f"    for (size_t i = 0; i < {field.fixed}; i++) {{", f"        {line}", "    }"]
    return [f"    {line}"]
