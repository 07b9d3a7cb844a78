# SPDX-License-Identifier: MIT
"""Where things are, seen from the source tree."""
import os
import pathlib

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", SOURCE / "build")).resolve()
QEMU_FOLDER = pathlib.Path(os.environ.get("QEMU_FOLDER", BUILD / "qemu"))
QEMU_IMG = QEMU_FOLDER / "qemu-img"


def qemu(arch):
    """The emulator for guests of Debian's architecture @arch."""
    return QEMU_FOLDER / {"arm64": "qemu-system-aarch64", "amd64": "qemu-system-x86_64"}[arch]


def guest_program(arch):
    """The platform guest's program, as the release build has it."""
    return BUILD / f"release/guest/platform/guest-platform-{arch}"
