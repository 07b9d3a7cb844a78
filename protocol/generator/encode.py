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
    if any(r for r in room.records):
        out += [comment("Each appends one whole record, header included, or the payload of one"
                        " packet; members that the form does not carry are ignored."), ""]
    for name, struct in encoders(room):
        out += [f"void {signature(name, struct)};"]
    return "\n".join([*out, "", "#endif", ""])


def encoders(room):
    yield from ((s.name, s.name) for s in room.structs)
    yield from ((f.name, r.name) for r in room.records for f in r.forms)


def signature(name, struct):
    return (f"pvg_wire_{name}_encode(struct pvg_writer *w,\n"
            f"        const struct pvg_wire_{struct} *in)")


def write(model, room):
    out = [prologue(room, "Encoders."), f'#include "wire/{room.name}_encode.h"', ""]
    used = {f.type for r in [*room.structs, *(f for rec in room.records for f in rec.forms)]
            for f in r.layout.fields if f.type in model.structs}
    rooms = sorted({model.structs[name].room for name in used} - {room.name})
    out += [*(f'#include "wire/{name}_encode.h"' for name in rooms), ""]
    for struct in room.structs:
        out += encoder(struct.name, struct.name, struct.layout, "", "")
    for record in room.records:
        header = model.spaces[record.spaces[0]].header
        for form in record.forms:
            if header == "record":
                before = f"    size_t start = pvg_writer_begin_record(w, {form.opcode:#x});\n\n"
                after = "    pvg_writer_end_record(w, start);\n"
            else:
                before, after = "", "    pvg_writer_round(w);\n"
            out += encoder(form.name, record.name, form.layout, before, after)
    return "\n".join(out)


def encoder(name, struct, layout, before, after):
    body = "\n".join(line for field in layout.fields for line in put(field))
    unused = "" if any(f.kind not in ("pad", "zero") for f in layout.fields) else "    (void)in;\n"
    return [f"void {signature(name, struct)}\n{{\n{before}{unused}{body}\n{after}}}\n"]


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
