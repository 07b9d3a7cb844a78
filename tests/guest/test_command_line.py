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


def kernel(folder):
    """Arguments that are enough for a machine."""
    return ["-M", "vmapple", "-kernel", image(folder, "kernel")]


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


def firmware_that_is_not_there(folder):
    expect_refusal(["-M", "vmapple", "-bios", folder / "none", *pflash(folder)], "-bios", "none")


def firmware_that_does_not_fit(folder):
    expect_refusal(["-M", "vmapple", "-bios", image(folder, "bios", 2049), *pflash(folder)],
                   "-bios", "1048576")


def firmware_and_a_kernel(folder):
    expect_refusal([*kernel(folder), "-bios", image(folder, "bios"), *pflash(folder)],
                   "-bios", "-kernel", "one of them")


def a_disk_image_that_is_not_there(folder):
    expect_refusal([*kernel(folder), "-drive", f"if=pflash,format=raw,file={folder}/none"],
                   "-drive", "none")


def a_third_disk_for_the_firmware(folder):
    third = ["-drive", f"if=pflash,format=raw,file={image(folder, 'third')}"]
    expect_refusal([*kernel(folder), *pflash(folder), *third], "third", "if=pflash")


def a_block_node_that_is_not_there(folder):
    expect_refusal([*kernel(folder), "-global", "vmapple-bdif.aux=none"], "vmapple-bdif.aux",
                   "none")


def display_modes_that_are_none(folder):
    for mode in ("", "1920", "640x", "0x480", "640x480@", "640x480@0", "640x480@1001", "16385x1",
                 "640 x 480", "-640x480", "640x480,banana"):
        options = mode.replace(",", ",display-modes.1=")
        expect_refusal([*kernel(folder), "-M", f"display-modes.0={options}"], "display-modes",
                       "WIDTHxHEIGHT")


def display_modes_on_pci_that_are_none(folder):
    expect_refusal([*kernel(folder), "-device",
                    '{"driver": "apple-gfx-pci", "display-modes": ["640x480", "banana"]}'],
                   "display-modes", '"banana"', "WIDTHxHEIGHT")


def more_displays_than_there_are_ports_for(folder):
    for count in ("0", "9"):
        expect_refusal([*kernel(folder), "-global", f"apple-gfx-mmio.displays={count}"],
                       "displays", count, "1 to 8")


def a_gpu_that_is_not_there(folder):
    expect_refusal([*kernel(folder), "-global", "apple-gfx-mmio.gpu=banana"], "banana",
                   "Vulkan device")


def a_uuid_that_is_no_number(folder):
    for uuid in ("apple", "", "0x", "-1", "1.5"):
        expect_refusal(["-M", f"vmapple,uuid={uuid}", *pflash(folder)], "uuid", f"'{uuid}'", "0x")


def a_switch_that_is_neither_on_nor_off(folder):
    for switch in ("gfx", "msi", "run-installer"):
        expect_refusal([*kernel(folder), "-M", f"{switch}=maybe"], switch, "'on'", "'off'")


def a_uuid_of_more_than_64_bits(folder):
    expect_refusal(["-M", "vmapple,uuid=0x10000000000000000", *pflash(folder)], "uuid")


def more_cpus_than_the_machine_has_room_for(folder):
    expect_refusal(["-M", "vmapple", "-smp", "33", *pflash(folder)], "33", "32")


def a_string_that_is_too_long(folder):
    for name in ("serial", "model", "soc-name"):
        expect_refusal([*kernel(folder), "-global", f"vmapple-cfg.{name}=" + "x" * 32], name, "31")


def a_mac_address_that_is_none(folder):
    for name in ("mac-en0", "mac-en1", "mac-wifi0", "mac-bt0"):
        expect_refusal([*kernel(folder), "-global", f"vmapple-cfg.{name}=02:00"], name, "02:00")


def a_virtio_disk_without_variant(folder):
    expect_refusal([*kernel(folder), "-drive",
                    f"if=none,id=disk,format=raw,file={image(folder, 'disk')}",
                    "-device", "vmapple-virtio-blk-pci,drive=disk"], "variant", "aux", "root")


def a_virtio_disk_without_image(folder):
    expect_refusal([*kernel(folder), "-device", "vmapple-virtio-blk-pci,variant=aux"], "'drive'",
                   "-drive", "-blockdev")


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
    firmware_that_is_not_there,
    firmware_that_does_not_fit,
    firmware_and_a_kernel,
    a_disk_image_that_is_not_there,
    a_third_disk_for_the_firmware,
    a_block_node_that_is_not_there,
    display_modes_that_are_none,
    display_modes_on_pci_that_are_none,
    more_displays_than_there_are_ports_for,
    a_gpu_that_is_not_there,
    a_uuid_that_is_no_number,
    a_switch_that_is_neither_on_nor_off,
    a_uuid_of_more_than_64_bits,
    more_cpus_than_the_machine_has_room_for,
    a_string_that_is_too_long,
    a_mac_address_that_is_none,
    a_virtio_disk_without_variant,
    a_virtio_disk_without_image)
