#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every form of load and store in the assembler's own encoding, as a C table.

Usage: access_forms.py AS OBJCOPY OUTPUT. A row is the word, and the fields of VMAppleAccess that
it must decode to; rows of words that must be refused have none.
"""
import pathlib
import struct
import subprocess
import sys
import tempfile

# mnemonic (plain, unscaled), register prefix, size, store, sign_extend, to_64
PLAIN = [
    ("strb", "sturb", "w", 1, True, False, False),
    ("strh", "sturh", "w", 2, True, False, False),
    ("str", "stur", "w", 4, True, False, False),
    ("str", "stur", "x", 8, True, False, True),
    ("ldrb", "ldurb", "w", 1, False, False, False),
    ("ldrh", "ldurh", "w", 2, False, False, False),
    ("ldr", "ldur", "w", 4, False, False, False),
    ("ldr", "ldur", "x", 8, False, False, True),
    ("ldrsb", "ldursb", "w", 1, False, True, False),
    ("ldrsb", "ldursb", "x", 1, False, True, True),
    ("ldrsh", "ldursh", "w", 2, False, True, False),
    ("ldrsh", "ldursh", "x", 2, False, True, True),
    ("ldrsw", "ldursw", "x", 4, False, True, True),
]
VECTOR = [(op, unscaled, prefix, size, op == "str", False, False)
          for op, unscaled in (("str", "stur"), ("ldr", "ldur"))
          for prefix, size in (("b", 1), ("h", 2), ("s", 4), ("d", 8), ("q", 16))]
PAIRS = [(op, prefix, size, op.startswith("st"), False, prefix == "x")
         for op in ("stp", "ldp", "stnp", "ldnp")
         for prefix, size in (("w", 4), ("x", 8), ("s", 4), ("d", 8), ("q", 16))]
PAIRS.append(("ldpsw", "x", 4, False, True, True))
EXTENSIONS = {"uxtw": 2, "lsl": 3, "sxtw": 6, "sxtx": 7}
# rt, rt2, rn, rm: 31 is zero, or SP where it is a base
REGISTERS = [(9, 10, 8, 7), (0, 1, 31, 31), (31, 30, 29, 0), (17, 3, 16, 28)]

REFUSED = """
ldxr w0, [x1]\nldxrb w0, [x1]\nstxr w2, x0, [x1]\nldxp x0, x2, [x1]\nstxp w3, x0, x2, [x1]
ldaxr x0, [x1]\nstlxr w2, x0, [x1]\nldar w0, [x1]\nstlr w0, [x1]\nldarb w0, [x1]\nstlrh w0, [x1]
ldlar w0, [x1]\nstllr w0, [x1]\nldapr w0, [x1]\nldapur w0, [x1, #8]\nstlur w0, [x1, #8]
cas w0, w2, [x1]\ncasal x0, x2, [x1]\ncasp x0, x1, x2, x3, [x4]\nswp w0, w2, [x1]\nswpalb w0, w2, [x1]
ldadd x0, x2, [x1]\nldaddal w0, w2, [x1]\nldclr w0, w2, [x1]\nldeor w0, w2, [x1]\nldset x0, x2, [x1]
ldsmax w0, w2, [x1]\nldumin w0, w2, [x1]\nstadd w0, [x1]\nstclr x0, [x1]
ldraa x0, [x1]\nldraa x0, [x1, #8]!\nldrab x0, [x1]\nldrab x0, [x1, #-8]!
ldtr w0, [x1]\nldtrb w0, [x1, #1]\nldtrsw x0, [x1]\nsttr x0, [x1]\nsttrh w0, [x1, #-2]
prfm pldl1keep, [x1]\nprfm pldl1keep, [x1, x2]\nprfum pldl1keep, [x1, #-1]\nprfm pldl1keep, .
ldr x0, .\nldr w0, .\nldrsw x0, .\nldr q0, .
ld1 {v0.16b}, [x1]\nst1 {v0.4s, v1.4s}, [x1], #32\nld2 {v0.s, v1.s}[1], [x1]\nld1r {v0.2d}, [x1]
stg x0, [x1]\nldg x0, [x1]\nst2g x0, [x1], #16\nstgp x0, x2, [x1]\nstgp x0, x2, [x1, #16]!
add x0, x1, x2\nb .\nnop\nfadd d0, d1, d2\naddv b0, v1.16b\nsha256h q0, q1, v2.4s\nmrs x0, cntvct_el0
hvc #0\ndc zva, x0\nblr x1\n.inst 0\n.inst 0xffffffff
"""
# Unpredictable: a written-back base that is also data, a pair into one register; unallocated
UNPREDICTABLE = [
    0xb8080c00,  # str w0, [x0, #128]!
    0xb8408421,  # ldr w1, [x1], #8
    0xf85f8c63,  # ldr x3, [x3, #-8]!
    0xa9bf0400,  # stp x0, x1, [x0, #-16]!
    0xa9bf0001,  # stp x1, x0, [x0, #-16]!
    0xa8c10400,  # ldp x0, x1, [x0], #16
    0xa9400000,  # ldp x0, x0, [x0]
    0x6d400000,  # ldp d0, d0, [x0]
    0x69000400,  # a store of LDPSW's form
    0x68400400,  # a load of LDPSW's form without a mode
    0xe9400400,  # opc 3
    0xb8e00000,  # size 2, signed to 32 bits
    0xbcc00000,  # a vector of 64 bytes
    0xb8210800,  # register offset without bit 1 of its extension
]


def register(prefix, number):
    return f"{prefix}zr" if number == 31 and prefix in "wx" else f"{prefix}{number}"


def base(number):
    return "sp" if number == 31 else f"x{number}"


def forms():
    """Yields (assembly, fields)."""
    for plain, unscaled, prefix, size, store, sign, to_64 in PLAIN + VECTOR:
        for rt, _, rn, rm in REGISTERS:
            fields = {"store": store, "simd": prefix not in "wx", "sign_extend": sign,
                      "to_64": to_64, "size": size, "rt": rt, "rn": rn}
            head, at = f"{register(prefix, rt)}, [{base(rn)}", f"{base(rn)}"
            for offset in (0, size, 0x7ff * size, 0xfff * size):
                yield f"{plain} {head}, #{offset}]", {**fields, "offset": offset}
            for offset in (-256, -255, -1, 1, 128, 255):
                if offset % size or offset < 0:
                    yield f"{unscaled} {head}, #{offset}]", {**fields, "offset": offset}
                wb = {**fields, "offset": offset, "write_back": True}
                yield f"{plain} {head}, #{offset}]!", wb
                yield f"{plain} {register(prefix, rt)}, [{at}], #{offset}", {**wb, "post": True}
            scale = size.bit_length() - 1
            for name, option in EXTENSIONS.items():
                index = register("w" if name.endswith("w") else "x", rm)
                by = {**fields, "indexed": True, "rm": rm, "extend": option}
                if name != "lsl":
                    yield f"{plain} {head}, {index}, {name}]", by
                else:
                    yield f"{plain} {head}, {index}]", by
                if scale:
                    yield f"{plain} {head}, {index}, {name} #{scale}]", {**by, "shift": scale}
    for op, prefix, size, store, sign, to_64 in PAIRS:
        for rt, rt2, rn, _ in REGISTERS:
            for offset in (-64 * size, -size, 0, size, 63 * size):
                fields = {"pair": True, "store": store, "simd": prefix not in "wx",
                          "sign_extend": sign, "to_64": to_64, "size": size, "rt": rt,
                          "rt2": rt2, "rn": rn, "offset": offset}
                head = f"{op} {register(prefix, rt)}, {register(prefix, rt2)}, [{base(rn)}"
                yield f"{head}, #{offset}]", fields
                if "np" not in op:
                    wb = {**fields, "write_back": True}
                    yield f"{head}, #{offset}]!", wb
                    yield f"{head}], #{offset}", {**wb, "post": True}
    # All of one field: the form that macOS is known for
    for offset in range(-256, 256):
        yield f"str w9, [x8, #{offset}]!", {"store": True, "size": 4, "rt": 9, "rn": 8,
                                            "offset": offset, "write_back": True}
    for line in REFUSED.split("\n"):
        if line:
            yield line, None
    for word in UNPREDICTABLE:
        yield f".inst {word:#x}", None


def assemble(assembler, objcopy, lines):
    with tempfile.TemporaryDirectory() as folder:
        source, binary = pathlib.Path(folder, "forms.s"), pathlib.Path(folder, "forms.bin")
        source.write_text("\n".join(lines) + "\n")
        subprocess.run([assembler, "-march=armv8.5-a+memtag+crypto+lse", "-o", folder + "/forms.o",
                        source], check=True)
        subprocess.run([objcopy, "-O", "binary", folder + "/forms.o", binary], check=True)
        data = binary.read_bytes()
    words = struct.unpack(f"<{len(data) // 4}I", data)
    assert len(words) == len(lines), "a form is not one word"
    return words


def c_value(value):
    return str(value).lower()


def main():
    assembler, objcopy, output = sys.argv[1:]
    rows = list(forms())
    words = assemble(assembler, objcopy, [text for text, _ in rows])
    with open(output, "w", encoding="ascii") as out:
        out.write("/* Generated by access_forms.py */\n")
        for word, (text, fields) in zip(words, rows):
            values = ", ".join(f".{k} = {c_value(v)}" for k, v in (fields or {}).items())
            out.write(f'{{"{text}", {word:#010x}, {c_value(fields is not None)}, {{{values}}}}},\n')


if __name__ == "__main__":
    main()
