# SPDX-License-Identifier: MIT
"""Writes a libFuzzer dictionary: the words of the protocol that chance would not find."""


def write(model):
    out = ["# Generated from protocol/."]
    seen = set()

    def word(name, number, size):
        data = number.to_bytes(size, "little")
        if data not in seen:
            seen.add(data)
            out.append(f'{name}="' + "".join(f"\\x{byte:02x}" for byte in data) + '"')

    for space in model.spaces.values():
        for _, form in model.forms_of(space.name):
            if space.header == "packet":
                word(form.name, form.opcode, 2)
            else:
                # The whole header: an opcode alone seldom meets a length that is right.
                word(form.name, form.opcode | (8 + (form.layout.size + 3 & ~3)) << 32, 8)
    for enum in model.enums.values():
        for number, name, _ in enum.values:
            if number > 0xff:
                word(f"{enum.name}_{name}", number, 4 if number > 0xffff else 2)
    for room in model.rooms:
        for register in room.registers:
            word(register.name, register.offset, 4)
    return "\n".join([*out, ""])
