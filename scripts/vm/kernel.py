# SPDX-License-Identifier: MIT
"""Stock Debian kernels, fetched as packages for the guest's architecture."""
import lzma
import os
import pathlib
import re
import subprocess

from . import paths

SUITE = os.environ.get("KERNEL_SUITE", "trixie")


class Kernel:
    """An unpacked kernel package."""

    def __init__(self, folder):
        self.image = self._only(folder.glob("boot/vmlinuz-*"), "kernel image")
        release = self.image.name.removeprefix("vmlinuz-")
        # lib is a link to usr/lib in newer suites, and packages know it by both names.
        self._modules = self._only(
            (path for path in (folder / f"usr/lib/modules/{release}",
                               folder / f"lib/modules/{release}") if path.is_dir()), "modules")
        self._built_in = {_plain(line) for line in
                          (self._modules / "modules.builtin").read_text().split()}
        self._files = {_plain(path.name): path for path in self._modules.rglob("*.ko*")}

    @staticmethod
    def _only(paths_found, what):
        found = list(paths_found)[:1]
        if not found:
            raise SystemExit(f"the kernel package holds no {what}; remove build/kernel and try again")
        return found[0]

    def modules(self, names):
        """(name, contents) of the modules and of those they depend on, in the order to load them.

        Built-in ones need no loading; a name the kernel does not know at all is an error.
        """
        order = {}

        def add(name):
            if name in self._built_in or name in order:
                return
            if name not in self._files:
                raise SystemExit(f"the kernel {self.image.name} has no module {name}")
            contents = _contents(self._files[name])
            depends = re.search(rb"\0depends=([^\0]*)\0", contents)
            for needed in depends[1].decode().split(",") if depends else []:
                if needed:
                    add(needed.replace("-", "_"))
            order[name] = contents

        for name in names:
            add(name)
        return list(order.items())


def _plain(path):
    """kernel/drivers/usb/xhci-pci.ko.xz is module xhci_pci."""
    return pathlib.Path(path).name.split(".ko")[0].replace("-", "_")


def _contents(path):
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def fetch(arch):
    """Debian's kernel for @arch ("arm64" or "amd64"), out of the cache once it has been fetched."""
    folder = paths.BUILD / "kernel" / f"{SUITE}-{arch}"
    subprocess.run(
        [paths.SOURCE / "scripts/debian-fetch", "--suite", SUITE, "--arch", arch,
         "--depends", "linux-image-*", "--unpack", folder, f"linux-image-{arch}"],
        check=True, stdout=subprocess.DEVNULL)
    return Kernel(folder)
