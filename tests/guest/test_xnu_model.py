#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A guest that does what spec 80 and 81 say macOS does (guest/xnu-model), on machines that serve it,
and on machines that lack something: there it fails as macOS is reported to."""
import re
import time

import cases
from vm import paths
from vm.machine import Machine

FIRMWARE = ["boot-disks", "clock-node"]
STEPS = ["device-tree", "pac-keys", "ids", "mmu", "pac-sign", "gic", "timer", "clock", "smp",
         "pac-cpus", "pac-threads", "pac-users", "services", "wild-calls", "aes", "keystore",
         "nvram", "virtio-blk", "pvpanic", "gpu-start", "gpu-displays", "gpu-submit",
         "gpu-start-again", "gpu-show", "gpu-cursor"]
VERDICT = r"^([\w-]+): (ok|FAILED .*)$"
BOOTER_WAIT = 0x10040c


def make_disks(folder):
    (folder / "aux").write_bytes(b"aux".ljust(1 << 20, b"\0"))
    (folder / "root").write_bytes(b"EFI PART".ljust(512, b"\0").rjust(3 << 20, b"\0"))


def boot(folder, *extra, machine="", cpu="max", cpus=1, log="console.log"):
    if not (folder / "aux").exists():
        make_disks(folder)
    # Each disk twice, as macOS has it: at the firmware's door, and on PCI.
    disks = ["-blockdev", f"driver=file,filename={folder}/aux,node-name=aux,locking=off"]
    for name in ("aux", "root"):
        disks += ["-drive", f"if=pflash,format=raw,file.filename={folder}/{name},file.locking=off"]
    disks += ["-device", "vmapple-virtio-blk-pci,variant=aux,drive=aux,share-rw=on"]
    return Machine(paths.qemu("arm64"),
                   ["-M", "vmapple" + machine, "-cpu", cpu, "-smp", cpus, "-m", 256, "-nodefaults",
                    "-display", "none", "-kernel", cases.guest_program("xnu-model"), *disks,
                    *extra], folder / log)


def verdicts(running):
    """All that the guest reports up to its end, in order; the last look at keys comes twice."""
    running.wait_line(r"^ready:")
    return [re.match(VERDICT, line).groups() for line in running.lines() if re.match(VERDICT, line)]


def expect_all_but(running, **failures):
    """Every step is done, but those that are named (with _ for -) fail, in the words given."""
    got = verdicts(running)
    cases.expect_same([name for name, _ in got], FIRMWARE + STEPS + ["pac-cpus"], "steps")
    for name, verdict in got:
        wanted = failures.get(name.replace("-", "_"))
        wanted = "FAILED " + wanted if wanted else "ok"
        cases.expect_same(verdict, wanted, name)


def registers(running):
    text = running.qmp("human-monitor-command", **{"command-line": "info registers"})
    return {name: int(value, 16) for name, value in re.findall(r"(PC|X\d\d)=([0-9a-f]{16})", text)}


def one_cpu_boots(folder):
    with boot(folder) as running:
        expect_all_but(running)


def four_cpus_boot_and_again_after_a_reset(folder):
    with boot(folder, cpus=4) as running:
        expect_all_but(running)
        first = len(running.lines())
        running.qmp("system_reset")
        running.wait_line(r"^ready:")
        again = [line for line in running.lines()[first:] if "FAILED" in line]
        cases.expect_same(again, [], "failures after the reset")


def go_on_elsewhere_between_steps(folder, cpus):
    """The machine is saved before each step; a new one loads it, and does the step."""
    wait = ["-global", "vmapple-cfg.serial=wait"]
    state = folder / "state"
    running = boot(folder, *wait, cpus=cpus)
    try:
        running.wait_line(r"^device-tree: ok")
        for number, name in enumerate(STEPS[1:]):
            running.qmp("migrate", uri=f"file:{state}")
            running.wait_migrated()
            running.qmp("quit")
            running.wait_end()
            running.stop()
            running = boot(folder, *wait, "-incoming", f"file:{state}", cpus=cpus,
                           log=f"console-{number}.log")
            running.wait_migrated()
            running.qmp("system_powerdown")  # the guest waits for the key
            cases.expect_same(running.wait_line(VERDICT).groups(), (name, "ok"), "step")
        running.wait_line(r"^pac-cpus: ok")
    finally:
        running.stop()


def one_cpu_goes_on_elsewhere_between_all_steps(folder):
    go_on_elsewhere_between_steps(folder, 1)


def four_cpus_go_on_elsewhere_between_all_steps(folder):
    go_on_elsewhere_between_steps(folder, 4)


def each_strategy_for_keys_serves_it(folder):
    with boot(folder, machine=",pac=strict", cpus=4) as running:
        expect_all_but(running)
    with boot(folder, machine=",pac=shared", cpu="max,pauth-qarma5=on", cpus=4) as running:
        expect_all_but(running)
    with boot(folder, machine=",pac=strip", cpus=4) as running:
        never = "a tampered pointer authenticates"
        expect_all_but(running, pac_sign=never, wild_calls=never)


def services_that_are_offered_work(folder):
    offer = ["-global", "vmapple-hypervisor.oem-services=on"]
    with boot(folder, *offer, cpus=4) as running:
        running.wait_line(r"^services are offered")
        expect_all_but(running)


def a_counter_of_another_rate_is_told_to_the_kernel(folder):
    with boot(folder, cpu="max,cntfrq=1000000000") as running:
        expect_all_but(running)


def without_that_its_clock_runs_41_times_too_fast(folder):
    off = ["-global", "vmapple-hypervisor.correct-time-base=off"]
    with boot(folder, *off, cpu="max,cntfrq=1000000000") as running:
        expect_all_but(running, clock="the clock runs 41 times too fast")


def without_pointer_authentication_the_booter_waits_in_silence(folder):
    with boot(folder, cpu="max,pauth=off") as running:
        for _ in range(3):
            time.sleep(0.3)
            cases.expect_same(registers(running)["PC"], BOOTER_WAIT, "PC")
        cases.expect_same(running.lines(), [], "text")


def without_the_pac_service_the_kernel_is_silent_after_the_hand_over(folder):
    with boot(folder, machine=",pac=none") as running:
        running.wait_line(r"^hand-over")
        time.sleep(0.5)
        one, two = registers(running), registers(running)
        cases.expect_same(one["PC"], two["PC"], "PC")
        cases.expect(one["X00"] != 0, "the service answered 0")
        cases.expect_same(running.lines()[-1], "hand-over", "last line")


def zero_seeds_kill_its_first_process(folder):
    with boot(folder, "-global", "vmapple-hypervisor.x-zero-seeds=on") as running:
        expect_all_but(running, pac_keys="initproc failed to start: subcode 0xa "
                       "(a default key is 0)")


def with_psci_1_3_it_stays_on_one_cpu(folder):
    newer = ["-global", "vmapple-hypervisor.x-psci-version=0x10003"]
    with boot(folder, *newer, cpus=4) as running:
        expect_all_but(running, smp="unsupported PSCI version; one CPU")


def without_apples_clock_its_time_jumps(folder):
    with boot(folder, machine=",avp-rtc=off") as running:
        expect_all_but(running, clock_node="PL031 only: time jumps",
                       clock="Apple's clock stands still")


def a_cpu_that_shows_all_it_has_is_not_apples(folder):
    with boot(folder, machine=",cpu-ids=cpu") as running:
        expect_all_but(running, ids="an ID register shows what Apple's hypervisor hides")


def a_root_disk_without_its_end_stops_the_booter(folder):
    make_disks(folder)
    with (folder / "root").open("ab") as root:
        root.write(bytes(512))
    with boot(folder) as running:
        running.wait_line(r"^boot-disks: FAILED no backup partition table at the root disk's end")
        time.sleep(0.3)
        cases.expect_same(registers(running)["PC"], BOOTER_WAIT, "PC")


cases.run(
    one_cpu_boots,
    four_cpus_boot_and_again_after_a_reset,
    one_cpu_goes_on_elsewhere_between_all_steps,
    four_cpus_go_on_elsewhere_between_all_steps,
    each_strategy_for_keys_serves_it,
    services_that_are_offered_work,
    a_counter_of_another_rate_is_told_to_the_kernel,
    without_that_its_clock_runs_41_times_too_fast,
    without_pointer_authentication_the_booter_waits_in_silence,
    without_the_pac_service_the_kernel_is_silent_after_the_hand_over,
    zero_seeds_kill_its_first_process,
    with_psci_1_3_it_stays_on_one_cpu,
    without_apples_clock_its_time_jumps,
    a_cpu_that_shows_all_it_has_is_not_apples,
    a_root_disk_without_its_end_stops_the_booter)
