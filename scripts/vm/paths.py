# SPDX-License-Identifier: MIT
"""Where things are, seen from the source tree."""
import os
import pathlib

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", SOURCE / "build")).resolve()
QEMU = pathlib.Path(os.environ.get("QEMU", BUILD / "qemu/qemu-system-aarch64"))
QEMU_IMG = BUILD / "qemu/qemu-img"
GUEST_PROGRAM = BUILD / "release/guest/platform/guest-platform-arm64"
