# SPDX-License-Identifier: MIT
"""Turns the option ROM into a C array for programs that carry it.

Usage: embed_rom.py ROM OUTPUT.c
"""
import sys


def main(rom_path, output):
    rom = open(rom_path, "rb").read()
    with open(output, "w") as c:
        c.write('/* Made from apple-gfx.rom by guest/uefi/embed_rom.py. */\n#include "rom.h"\n\n')
        c.write(f"const size_t builtin_rom_size = {len(rom)};\n")
        c.write("const uint8_t builtin_rom[] = {\n")
        for at in range(0, len(rom), 24):
            c.write(",".join(map(str, rom[at : at + 24])) + ",\n")
        c.write("};\n")


main(*sys.argv[1:])
