# SPDX-License-Identifier: MIT
"""OVMF's shell on a display that our option ROM drives."""
import time

from vm import png

_SHELL_COLOUR = bytes.fromhex("ffff00")


def shows_shell(picture):
    """Whether the text, 100 columns of 8 pixels in the middle, has its colour in the first ones."""
    left = picture.width // 2 - 400
    for row in range(picture.height):
        at = (row * picture.width + left) * 3
        if _SHELL_COLOUR in picture.pixels[at:at + 40 * 3]:
            return True
    return False


def wait_for_shell(machine, take):
    """The picture, once the firmware's shell has written to it; @take: takes a PNG, and its path."""
    machine.wait_line("UEFI Interactive Shell", timeout=90)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        picture = png.Picture(take())
        if shows_shell(picture):
            return picture
        time.sleep(0.5)
    raise AssertionError("the firmware's shell never showed")


def share_that_differs(left, right):
    """Of the pixels of two pictures of one size."""
    differ = sum(left.pixels[at:at + 3] != right.pixels[at:at + 3]
                 for at in range(0, len(left.pixels), 3))
    return differ / (len(left.pixels) / 3)
