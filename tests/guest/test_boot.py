#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stock Linux boots on -M vmapple and finds every device in working order."""
import cases
from vm import guest, paths, png

EXPECTED_PICTURE = paths.SOURCE / "docs/pictures/first-picture.png"


def check_all(folder, **machine):
    """Boots, lets the guest check everything, presses the power key, looks at disks and picture."""
    boot = guest.Guest(folder, program=cases.guest_program(), **machine)
    with boot.start() as running:
        verdicts = guest.follow_report(running)
        picture = png.Picture(running.screenshot(folder / "screenshot.png"))
        power_key = guest.power_off(running)
    cases.expect(len(verdicts) >= 17, f"only {len(verdicts)} checks reported")
    for name, verdict in verdicts.items():
        cases.expect(verdict == "ok", f"{name}: {verdict}")
    cases.expect_same(power_key, "power-key: ok", "power key")
    cases.expect_same(boot.disk_failure(), None, "disks")
    cases.expect_same(png.Picture(EXPECTED_PICTURE).first_difference(picture), None, "picture")


def one_cpu_with_msi_passes_all_checks_and_shows_the_picture(folder):
    check_all(folder, cpus=1)


def four_cpus_without_msi_pass_all_checks_and_show_the_picture(folder):
    check_all(folder, cpus=4, msi=False)


cases.run(
    one_cpu_with_msi_passes_all_checks_and_shows_the_picture,
    four_cpus_without_msi_pass_all_checks_and_show_the_picture)
