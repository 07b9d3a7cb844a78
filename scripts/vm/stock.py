# SPDX-License-Identifier: MIT
"""A newer Debian suite's own QEMU and firmware, unpacked beside the system and run from there."""
import os
import subprocess

from . import paths
from .machine import Machine

SUITE = "trixie-backports"  # the first with a VFIO-user client
FOLDER = paths.BUILD / "stock-qemu"
_LIBRARIES = FOLDER / "usr/lib/x86_64-linux-gnu"


class Unavailable(Exception):
    """The packages cannot be had here, and why."""


def fetch():
    """Unpacks QEMU and OVMF, if they are not there yet."""
    done = subprocess.run(
        [paths.SOURCE / "scripts/debian-fetch", "--suite", SUITE, "--arch", "amd64", "--closure",
         "--unpack", FOLDER, "qemu-system-x86", "ovmf"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Unavailable(done.stderr.strip().splitlines()[-1])


def firmware(variables):
    """Arguments for OVMF, with its variables in the file @variables."""
    variables.write_bytes((FOLDER / "usr/share/OVMF/OVMF_VARS_4M.fd").read_bytes())
    code = FOLDER / "usr/share/OVMF/OVMF_CODE_4M.fd"
    return ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
            "-drive", f"if=pflash,format=raw,unit=1,file={variables}"]


def shared_memory(megabytes):
    """Arguments for guest memory that other processes can map; the machine names it as ram0."""
    return ["-object", f"memory-backend-memfd,id=ram0,size={megabytes}M,share=on"]


class StockMachine(Machine):
    """qemu-system-x86_64 as Debian built it, with Debian's own libraries of its suite."""

    def __init__(self, arguments, log):
        os.environ["QEMU_MODULE_DIR"] = str(_LIBRARIES / "qemu")
        super().__init__(
            _LIBRARIES / "ld-linux-x86-64.so.2",
            ["--library-path", _LIBRARIES, FOLDER / "usr/bin/qemu-system-x86_64",
             "-L", FOLDER / "usr/share/qemu", "-L", FOLDER / "usr/share/seabios",
             "-nodefaults", "-display", "none", *arguments],
            log)
