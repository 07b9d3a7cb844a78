# SPDX-License-Identifier: MIT
"""Writes docs/protocol.md: all of the description as tables for people."""

HEAD = """<!-- Generated from protocol/ by "ninja -C build/release protocol-docs". Do not edit. -->
# The wire protocol

Every register, packet, record, structure and number that passes between a guest's driver and this
device. It is made from `protocol/`, which is also what the decoders and encoders are made from; a
test compares this page with it. `protocol/README.md` explains the types.

Offsets are hexadecimal and count from the start of the structure, of a packet's payload, or of a
record's payload (8 bytes behind the record's start). Sizes are decimal; a record's counts its header.
"Spec" names parts of the specification that the description was written from. Confidence, from the
same source: *serializer* (from Apple's encoder's own output), *driver* (read out of the guest
driver), *native* and *observed* (seen on live boots), *public* (Apple's public headers), *unsure*.
Bytes marked unwritten hold whatever the guest's memory held before.
"""


def write(model):
    out = [HEAD]
    for room in model.rooms:
        out += [f"- [{room.title}](#{anchor(room.title)})"]
    out.append("")
    for room in model.rooms:
        out += [f"## {room.title}", "", *([room.doc, ""] if room.doc else [])]
        if room.registers:
            out += registers(room)
        if room.constants:
            out += constants(room)
        for enum in room.enums:
            out += enumeration(enum)
        for struct in room.structs:
            for form in struct.forms:
                out += item(struct, form, f"`struct {form.name}`", f"{form.layout.size} bytes")
        for record in room.records:
            for form in record.forms:
                out += item(record, form, f"`{form.name}` {form.title}", opcode(model, form))
    return "\n".join(out).rstrip() + "\n"


def anchor(title):
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c == "-")


def cell(text):
    return text.replace("|", "\\|")


def registers(room):
    out = ["| offset | register | bytes | access | reset | meaning | spec | confidence |",
           "|---|---|---|---|---|---|---|---|"]
    for r in room.registers:
        out.append(f"| {r.offset:x} | {r.name} | {r.size} | {r.direction} | {r.reset} | "
                   f"{cell(r.doc)} | {r.spec} | {confidence(r.doc, r.confidence)} |")
    return [*out, ""]


def constants(room):
    out = ["| constant | value | meaning |", "|---|---|---|"]
    out += [f"| {c.name} | {c.value} | {cell(c.doc)} |" for c in room.constants]
    return [*out, ""]


def confidence(doc, general):
    return "unsure" if "[unsure]" in doc else general


def enumeration(enum):
    text = " ".join(t for t in (enum.title and enum.title + ".", enum.doc) if t)
    values = ", ".join((f"{n:#x}" if enum.flags or n > 0xff else f"{n}") + f" {name}" +
                       (f" ({doc})" if doc else "") for n, name, doc in enum.values)
    return [f"### `enum {enum.name}`{' (bits)' if enum.flags else ''}", "",
            *([text, ""] if text else []),
            f"Spec: {enum.spec}. Confidence: {enum.confidence}.", "", values + ".", ""]


def opcode(model, form):
    space = ", ".join(form.spaces)
    size = "" if form.layout.variable else \
        f", {form.layout.size + 3 & ~3} bytes" if model.spaces[form.spaces[0]].header == "packet" \
        else f", {(form.layout.size + 3 & ~3) + 8} bytes"
    return f"{space} {form.opcode:#04x}{size}"


def item(owner, form, heading, facts):
    title = "" if form.opcode is not None else owner.title
    text = " ".join(t for t in (title and f"{title[0].upper()}{title[1:]}.", owner.doc, form.doc)
                    if t)
    out = [f"### {heading}", "", *([text, ""] if text else []),
           f"{facts[0].upper()}{facts[1:]}. Spec: {owner.spec}. Confidence: {form.confidence}."
           + (f" Decoded as `{owner.name}`." if form.name != owner.name else ""), ""]
    if not form.layout.fields:
        return out
    out += ["| offset | type | name | meaning |", "|---|---|---|---|"]
    for field in form.layout.fields:
        out += row(field)
    return [*out, ""]


def row(field):
    at = "behind" if field.offset is None else f"{field.offset:x}"
    if field.kind == "pad":
        return [f"| {at} | {field.size} bytes | | unwritten |"]
    if field.kind == "zero":
        return [f"| {at} | {field.size} bytes | | zero |"]
    if field.kind == "bytes":
        return [f"| {at} | bytes | {field.name} | {cell(field.doc or 'all that is left')} |"]
    kind = f"{field.enum}/{field.type}" if field.enum else field.type
    kind += f"[{field.counted or field.fixed}]" if field.counted or field.fixed else ""
    if field.kind == "word":
        out = [f"| {at} | {kind} | | of which |"]
        for bits in field.bits:
            span = f"{bits.low + bits.width - 1}:{bits.low}" if bits.width > 1 else f"{bits.low}"
            name = "" if bits.type == "pad" else bits.name
            meaning = "unwritten" if bits.type == "pad" else cell(bits.doc)
            out.append(f"| | bits {span} {'' if bits.type in ('u', 'pad') else bits.type} | {name} |"
                       f" {meaning} |")
        return out
    return [f"| {at} | {kind} | {field.name} | {cell(field.doc)} |"]
