#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The machine starts anew when the guest or its user says so."""
import cases
from vm import guest


def start(folder, task):
    boot = guest.Guest(folder, program=cases.guest_program(), task=task)
    # The last of several -action options counts: this one undoes -no-reboot.
    return boot.start(extra=["-action", "reboot=reset"])


def a_guest_reboots_twice(folder):
    with start(folder, "reboot") as running:
        for _ in range(3):
            running.wait_line(r"^init$", timeout=120)
            running.wait_line(r"^rebooting$")


def a_reset_in_mid_work_starts_the_guest_and_its_engine_anew(folder):
    with start(folder, "count") as running:
        running.wait_line(r"^count 5$", timeout=120)
        running.qmp("system_reset")
        running.wait_line(r"^init$", timeout=120)
        running.wait_line(r"^count 0$")
        running.wait_line(r"^count 5$")


cases.run(
    a_guest_reboots_twice,
    a_reset_in_mid_work_starts_the_guest_and_its_engine_anew)
