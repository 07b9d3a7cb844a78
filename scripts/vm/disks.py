# SPDX-License-Identifier: MIT
"""Disk images that say what they are: cells of 16 bytes, "NAME:SECTOR:CELL" and a newline.

guest/platform/pattern.c expects the same. NAME has four letters.
"""
SECTOR = 512


def sector(name, number):
    """The contents of one sector."""
    return b"".join(b"%s:%07x:%02x\n" % (name.encode(), number, cell) for cell in range(SECTOR // 16))


def write(path, name, sectors):
    """Makes the image @path of @sectors sectors."""
    path.write_bytes(b"".join(sector(name, number) for number in range(sectors)))
    return path
