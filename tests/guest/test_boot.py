#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stock Linux boots on -M vmapple, and on an x86-64 machine with apple-gfx-pci, and finds every
device in working order."""
import cases
from vm import guest, paths, png


def check_all(folder, board="vmapple", checks=19, **machine):
    """Boots, lets the guest do all its @checks, presses the power key, looks at disks and picture.

    The picture expected was made by this very test's machine: build/run/BOARD/screenshot.png, once
    somebody has looked at it, is the next one.
    """
    boot = guest.Guest(folder, board=board, program=cases.guest_program(guest.BOARDS[board].arch),
                       **machine)
    with boot.start() as running:
        verdicts = guest.follow_report(running)
        picture = png.Picture(running.screenshot(folder / "screenshot.png"))
        power_key = guest.power_off(running)
    cases.expect_same(len(verdicts), checks, "checks in the report")
    for name, verdict in verdicts.items():
        cases.expect(verdict == "ok", f"{name}: {verdict}")
    cases.expect_same(power_key, "power-key: ok", "power key")
    cases.expect_same(boot.disk_failure(), None, "disks")
    expected = png.Picture(paths.SOURCE / f"docs/pictures/{board}.png")
    cases.expect_same(expected.first_difference(picture), None, "picture")


def one_cpu_with_msi_passes_all_checks_and_shows_the_picture(folder):
    check_all(folder, cpus=1)


def four_cpus_without_msi_pass_all_checks_and_show_the_picture(folder):
    check_all(folder, cpus=4, msi=False)


def the_firmware_framebuffer_is_shown_before_any_driver(folder):
    boot = guest.Guest(folder, options={"checks": "framebuffer"}, program=cases.guest_program())
    with boot.start() as running:
        cases.expect_same(guest.follow_report(running), {"framebuffer": "ok"}, "report")
        picture = png.Picture(running.screenshot(folder / "screenshot.png"))
    expected = png.Picture(paths.SOURCE / "docs/pictures/firmware.png")
    cases.expect_same(expected.first_difference(picture), None, "picture")


def an_x86_64_guest_sees_the_gpu_on_pci(folder):
    cases.need_qemu("amd64")
    check_all(folder, board="q35", checks=9, cpus=2)


cases.run(
    one_cpu_with_msi_passes_all_checks_and_shows_the_picture,
    four_cpus_without_msi_pass_all_checks_and_show_the_picture,
    the_firmware_framebuffer_is_shown_before_any_driver,
    an_x86_64_guest_sees_the_gpu_on_pci)
