#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A running guest goes on counting, with the AES engine keyed as it was, after its machine has been
saved and restored: in a snapshot, and in a file that another QEMU takes over."""
import re

import cases
from vm import guest


def counting(folder, **machine):
    return guest.Guest(folder, program=cases.guest_program(), task="count", **machine)


def counts(console):
    """The numbers on the console, in order; fails where the guest has complained."""
    cases.expect("FAILED" not in console, console[-500:])
    return [int(number) for number in re.findall(r"^count (\d+)\r?$", console, re.M)]


def a_migrated_guest_counts_on_without_a_gap(folder, **machine):
    boot = counting(folder, **machine)
    state = folder / "state"
    with boot.start(log="before.log") as running:
        running.wait_line(r"^count 10$", timeout=120)
        running.qmp("migrate", uri=f"file:{state}")
        running.wait_migrated()
        running.qmp("quit")
        running.wait_end()
    with boot.start(log="after.log", extra=["-incoming", f"file:{state}"]) as running:
        for _ in range(10):
            running.wait_line(r"^count \d+$")
    seen = counts("".join((folder / log).read_text() for log in ("before.log", "after.log")))
    cases.expect_same(seen, list(range(len(seen))), "counted")


def a_migrated_guest_with_four_cpus_and_no_msi_counts_on(folder):
    a_migrated_guest_counts_on_without_a_gap(folder, cpus=4, msi=False)


def a_snapshot_takes_the_guest_back_to_where_it_was(folder):
    with counting(folder, snapshots=True).start() as running:
        running.wait_line(r"^count 10$", timeout=120)
        answer = running.qmp("human-monitor-command", command_line="savevm here")
        cases.expect_same(answer, "", "savevm")
        saved_after = int(running.wait_line(r"^count (\d+)$")[1])
        last = int(running.wait_line(rf"^count ({saved_after + 15})$")[1])
        answer = running.qmp("human-monitor-command", command_line="loadvm here")
        cases.expect_same(answer, "", "loadvm")
        back = last
        while back >= last:  # what it said before it was taken back
            cases.expect(back < last + 50, "the count was not taken back")
            back = int(running.wait_line(r"^count (\d+)$")[1])
        cases.expect(back <= saved_after + 1, f"back at {back}, saved before {saved_after}")
        for number in range(back + 1, back + 10):
            cases.expect_same(running.wait_line(r"^count (\d+)$")[1], str(number), "count")


cases.run(
    a_migrated_guest_counts_on_without_a_gap,
    a_migrated_guest_with_four_cpus_and_no_msi_counts_on,
    a_snapshot_takes_the_guest_back_to_where_it_was)
