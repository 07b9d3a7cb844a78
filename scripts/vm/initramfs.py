# SPDX-License-Identifier: MIT
"""The initramfs: our program as /init, and the modules it loads. A cpio archive, not compressed:
under emulation the guest would unpack for longer than it takes to read it."""

MODULES = {
    "arm64": ["virtio_pci", "virtio_blk", "virtio_net", "xhci_pci", "usbhid", "hid_generic",
              "evdev", "gpio_keys"],
    "amd64": ["virtio_pci", "virtio_blk", "virtio_net", "xhci_pci", "usbhid", "hid_generic",
              "evdev", "button"],
}

_FOLDER = 0o040755
_PROGRAM = 0o100755
_FILE = 0o100644


def _entry(number, name, mode, data=b""):
    """A member in the "newc" format: a header of 8-digit fields, the name, the data."""
    encoded = name.encode() + b"\0"
    links = 2 if mode == _FOLDER else 1
    fields = (number, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + encoded) + _padded(data)


def _padded(data):
    return data + b"\0" * (-len(data) % 4)


def build(kernel, arch, program, out, files=None):
    """Writes the initramfs for @kernel with @program as /init to @out.

    @files are more of them: {path in a folder that is there: Path here}.
    """
    members = [(name, _FOLDER, b"") for name in ("apple", "dev", "proc", "sys", "modules")]
    members.append(("init", _PROGRAM, program.read_bytes()))
    for index, (name, contents) in enumerate(kernel.modules(MODULES[arch])):
        members.append((f"modules/{index:02}-{name}.ko", _FILE, contents))
    for name, path in (files or {}).items():
        members.append((name, _FILE, path.read_bytes()))
    return _write(members, out)


def pack(files, out):
    """Writes an initramfs of @files (name: contents, each a program if it is run) to @out."""
    return _write([(name, _FOLDER, b"") for name in ("dev", "proc")] +
                  [(name, _PROGRAM, contents) for name, contents in files.items()], out)


def _write(members, out):
    archive = b"".join(_entry(number, *member) for number, member in enumerate(members, 1))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(archive + _entry(0, "TRAILER!!!", 0))
    return out
