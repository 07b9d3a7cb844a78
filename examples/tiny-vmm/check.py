# SPDX-License-Identifier: MIT
"""Runs tiny-vmm and looks at the picture that it wrote: the guest's last colour, everywhere."""
import pathlib
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    picture = pathlib.Path(folder) / "last.ppm"
    subprocess.run([sys.argv[1], picture], check=True, timeout=120)
    header, _, pixels = picture.read_bytes().partition(b"\n")
    last = (30 * 0x040203).to_bytes(3, "big")
    assert header == b"P6 640 480 255", header
    assert pixels == last * (640 * 480), pixels[:12].hex()
