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


def expect_warning(folder, *words, lines=1, aux=None, root=None, more=()):
    """With firmware, and disks that are proper unless they are given, QEMU says all of @words in
    as many @lines, and goes on."""
    for name, contents in (("aux", aux), ("root", root)):
        with open(folder / name, "wb") as file:
            file.write(contents or (b"aux" if name == "aux" else bytes(512) + b"EFI PART"))
            if contents is None:
                file.truncate(32 << 20)
                file.seek(-512, 2)
                file.write(b"EFI PART")
    disks = [argument for name in ("aux", "root")
             for argument in ("-drive", f"if=pflash,format=raw,file={folder / name}")]
    result = subprocess.run(
        [paths.qemu("arm64"), "-M", "vmapple,uuid=1", "-m", "2G", "-display", "none", "-S",
         "-monitor", "stdio", "-bios", image(folder, "bios"), *disks, *more],
        capture_output=True, text=True, timeout=60, input="quit\n")
    said = result.stderr.strip()
    cases.expect_same(result.returncode, 0, f"status ({said})")
    cases.expect_same(len(said.splitlines()), lines, f"lines in {said!r}")
    for word in words:
        cases.expect(word in said, f"no {word!r} in {said!r}")


def proper_disks_and_a_capable_host_need_no_words(folder):
    expect_warning(folder, lines=0)


def an_aux_disk_with_the_frameworks_header(folder):
    expect_warning(folder, "aux", "header", "skip=1", aux=b"aux".ljust((32 << 20) + 16384, b"\0"))


def a_blank_aux_disk(folder):
    expect_warning(folder, "aux", "blank", aux=bytes(32 << 20))


def a_short_aux_disk(folder):
    expect_warning(folder, "aux", "32 MiB", aux=b"aux".ljust(1 << 20, b"\0"))


def a_root_disk_without_partitions(folder):
    expect_warning(folder, "root", "no partition table", root=bytes(1 << 20))


def a_root_disk_that_was_grown(folder):
    expect_warning(folder, "root", "backup", "sgdisk -e",
                   root=(bytes(512) + b"EFI PART").ljust(1 << 20, b"\0"))


def a_cpu_without_pointer_authentication(folder):
    expect_warning(folder, "pointer authentication", "-cpu max", more=["-cpu", "max,pauth=off"])


def a_cpu_without_16_kib_pages(folder):
    # Nor has it pointer authentication.
    expect_warning(folder, "16 KiB pages", "pointer authentication", lines=2,
                   more=["-cpu", "cortex-a72"])


def too_little_memory_for_macos(folder):
    expect_warning(folder, "2 GiB", "-m 4G", more=["-m", "1G"])


def a_uuid_of_zero(folder):
    expect_warning(folder, "ECID", "uuid=", more=["-M", "vmapple,uuid=0"])


def the_help_says_what_this_host_lacks(folder):
    result = subprocess.run([paths.qemu("arm64"), "-M", "vmapple,help"], capture_output=True,
                            text=True, timeout=60)
    for line in ("what macOS needs", "-accel tcg: all", "-accel kvm: "):
        cases.expect(line in result.stdout, f"no {line!r} in {result.stdout!r}")


def keys_by_registers_that_this_host_has_not(folder):
    expect_refusal(["-M", "vmapple,pac=apple", "-kernel", image(folder, "kernel"), *pflash(folder)],
                   "pac=apple", "KVM", "pac=shared")


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
    proper_disks_and_a_capable_host_need_no_words,
    an_aux_disk_with_the_frameworks_header,
    a_blank_aux_disk,
    a_short_aux_disk,
    a_root_disk_without_partitions,
    a_root_disk_that_was_grown,
    a_cpu_without_pointer_authentication,
    a_cpu_without_16_kib_pages,
    too_little_memory_for_macos,
    a_uuid_of_zero,
    the_help_says_what_this_host_lacks,
    keys_by_registers_that_this_host_has_not,
    neither_firmware_nor_kernel,
    firmware_without_disks,
    a_uuid_that_is_no_number,
    a_uuid_of_more_than_64_bits,
    more_cpus_than_the_machine_has_room_for,
    a_serial_number_that_is_too_long,
    a_virtio_disk_without_variant)
