# SPDX-License-Identifier: MIT
"""Packs UEFI driver images into one PCI expansion ROM. Spec: 91-uefi-rom 7.

Usage: pack_rom.py OUTPUT IMAGE.efi...
"""
import struct
import sys

VENDOR, DEVICE = 0x106B, 0xEEEE
CLASS_CODE = (0x00, 0x80, 0x03)  # display controller, other
PE_OFFSET, PCIR_OFFSET = 0x38, 0x1C
BLOCK = 512
BOOT_SERVICE_DRIVER, RUNTIME_DRIVER = 11, 12


def pe_header(image):
    """(machine, subsystem) of a PE32+ driver that can be relocated."""
    (pe,) = struct.unpack_from("<I", image, 0x3C)
    machine, magic = struct.unpack_from("<H", image, pe + 4)[0], image[pe + 24 : pe + 26]
    (subsystem,) = struct.unpack_from("<H", image, pe + 24 + 68)
    relocations = struct.unpack_from("<II", image, pe + 24 + 112 + 5 * 8)
    if image[pe : pe + 4] != b"PE\0\0" or magic != b"\x0b\x02":
        sys.exit("pack_rom: not a PE32+ image")
    if subsystem not in (BOOT_SERVICE_DRIVER, RUNTIME_DRIVER):
        sys.exit(f"pack_rom: subsystem {subsystem} is not a driver's; firmware would unload it")
    if not relocations[1]:
        sys.exit("pack_rom: no base relocations; firmware would not start it")
    return machine, subsystem


def rom_image(image, last):
    machine, subsystem = pe_header(image)
    blocks = -(-(PE_OFFSET + len(image)) // BLOCK)
    head = struct.pack("<HHIHHH8xHH", 0xAA55, blocks, 0x0EF1, subsystem, machine, 0,
                       PE_OFFSET, PCIR_OFFSET)
    pcir = b"PCIR" + struct.pack("<HHHHB3BHHBBHHH", VENDOR, DEVICE, 0, 0x1C, 3, *CLASS_CODE,
                                 blocks, 1, 3, 0x80 if last else 0, 0, 0, 0)
    body = head.ljust(PCIR_OFFSET, b"\0") + pcir
    body = body.ljust(PE_OFFSET, b"\0") + image
    return body.ljust(blocks * BLOCK, b"\0")


def main(output, paths):
    images = [open(path, "rb").read() for path in paths]
    with open(output, "wb") as rom:
        for number, image in enumerate(images, 1):
            rom.write(rom_image(image, number == len(images)))


main(sys.argv[1], sys.argv[2:])
