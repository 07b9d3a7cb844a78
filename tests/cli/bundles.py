# SPDX-License-Identifier: MIT
"""A bundle as Apple's Virtualization framework and its tools leave it."""
import base64
import json
import plistlib

ECID = 0x1122334455667788


def make(folder, name="mac.bundle", identity=None, aux_size=(32 << 20) + (16 << 10)):
    """As macosvm leaves it, with a recognisable first byte of the aux disk's payload."""
    bundle = folder / name
    bundle.mkdir()
    with (bundle / "aux.img").open("wb") as aux:
        aux.truncate(aux_size)
        if aux_size > 16 << 10:
            aux.seek(16 << 10)
            aux.write(b"payload")
    with (bundle / "disk.img").open("wb") as disk:
        disk.truncate(1 << 20)
        disk.seek(512)
        disk.write(b"EFI PART")
        disk.seek(1 << 19)
        disk.write(b"in the middle")
    if identity is None:
        identity = plistlib.dumps({"ECID": ECID}, fmt=plistlib.FMT_BINARY)
    (bundle / "vm.json").write_text(
        json.dumps({"machineId": base64.b64encode(identity).decode(), "cpus": 4}))
    (folder / "booter.bin").write_bytes(b"\0" * 1024)
    return bundle
