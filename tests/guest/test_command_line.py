#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A mistake on the command line ends QEMU with one line that names what is wrong and what is right."""
import subprocess

import cases
from vm import paths


def expect_refusal(arguments, *words):
    """QEMU ends at once, with status 1 and one line that holds all of @words."""
    result = subprocess.run([paths.qemu("arm64"), "-display", "none", *arguments], capture_output=True,
                            text=True, timeout=60, stdin=subprocess.DEVNULL)
    said = result.stderr.strip()
    cases.expect_same(result.returncode, 1, f"status ({said})")
    cases.expect_same(len(said.splitlines()), 1, f"lines in {said!r}")
    for word in words:
        cases.expect(word in said, f"no {word!r} in {said!r}")


def image(folder, name, sectors=8):
    path = folder / name
    path.write_bytes(bytes(512 * sectors))
    return path


def pflash(folder):
    """Arguments that attach two disks to bdif."""
    return [argument for name in ("aux", "root")
            for argument in ("-drive", f"if=pflash,format=raw,file={image(folder, name)}")]


def neither_firmware_nor_kernel(folder):
    expect_refusal(["-M", "vmapple"], "-bios", "-kernel")


def firmware_without_disks(folder):
    expect_refusal(["-M", "vmapple", "-bios", image(folder, "bios")], "pflash")


def a_uuid_that_is_no_number(folder):
    expect_refusal(["-M", "vmapple,uuid=apple", *pflash(folder)], "uuid", "apple", "0x")


def a_uuid_of_more_than_64_bits(folder):
    expect_refusal(["-M", "vmapple,uuid=0x10000000000000000", *pflash(folder)], "uuid")


def more_cpus_than_the_machine_has_room_for(folder):
    expect_refusal(["-M", "vmapple", "-smp", "33", *pflash(folder)], "33", "32")


def a_serial_number_that_is_too_long(folder):
    expect_refusal(["-M", "vmapple", "-kernel", image(folder, "kernel"), *pflash(folder),
                    "-global", "vmapple-cfg.serial=" + "x" * 32], "serial", "31")


def a_virtio_disk_without_variant(folder):
    expect_refusal(["-M", "vmapple", "-kernel", image(folder, "kernel"), *pflash(folder),
                    "-drive", f"if=none,id=disk,format=raw,file={image(folder, 'disk')}",
                    "-device", "vmapple-virtio-blk-pci,drive=disk"], "variant", "aux", "root")


cases.run(
    neither_firmware_nor_kernel,
    firmware_without_disks,
    a_uuid_that_is_no_number,
    a_uuid_of_more_than_64_bits,
    more_cpus_than_the_machine_has_room_for,
    a_serial_number_that_is_too_long,
    a_virtio_disk_without_variant)
