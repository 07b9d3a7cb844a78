# SPDX-License-Identifier: MIT
"""The command lines of docs/stock-qemu.md, as a shell takes them apart."""
import re
import shlex
import subprocess

from vm import paths

PAGE = paths.SOURCE / "docs/stock-qemu.md"
_SHOW = "qemu-system-x86_64() { printf '%s\\0' \"$@\"; }\n"  # in place of the program


def _block(marker):
    """The first example after @marker, which is text of the page."""
    behind = PAGE.read_text()[PAGE.read_text().index(marker):]
    return re.search(r"(?:^    .*\n|^\n(?=    ))+", behind, re.MULTILINE).group().strip("\n")


def _arguments(script, folder):
    done = subprocess.run(["bash", "-euc", _SHOW + script], stdout=subprocess.PIPE, check=True,
                          env={"XDG_RUNTIME_DIR": str(folder)})
    return done.stdout.decode().split("\0")[:-1]


def command_lines(folder):
    """{what it is of: QEMU's arguments}, where what the user is to fill in is still to be so."""
    whole = _block("Then QEMU, **started after").removesuffix(" ...")
    terminal = _block("Then, on all of them")
    kvm = _block("**OSX-KVM.**")
    quickemu = _block("**quickemu.**")
    dockur = " ".join(_block("**dockur.**").split("ARGUMENTS: >-")[1].split())
    return {
        "QEMU": _arguments(whole, folder),
        "two terminals": _arguments(terminal[terminal.rindex("gfx="):], folder),
        "OSX-KVM": _arguments(f'ALLOCATED_RAM=4096 args=({kvm})\nqemu-system-x86_64 "${{args[@]}}"',
                              folder),
        "quickemu": _arguments(f"{quickemu}\nqemu-system-x86_64 $extra_args", folder),
        "dockur": _arguments(f"ARGUMENTS={shlex.quote(dockur)}\nqemu-system-x86_64 $ARGUMENTS",
                             folder),
    }
