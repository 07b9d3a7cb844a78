#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Guests use the GPU as its own driver does: guest/driver, which stands on the guest kit."""
import os
import subprocess

import cases
from gpu_pictures import HEIGHT, WIDTH, expect_pictures, expect_steps
from vm import guest, paths
from vm.machine import Machine
from vm.vnc import Vnc

FRAMES = 60  # of guest/driver, at least
PLAIN = (WIDTH, HEIGHT)
TWO = ["-global", "apple-gfx-mmio.displays=2", "-global", "apple-gfx-pci.displays=2"]


def windows(folder):
    """A VNC server for each of two displays."""
    return [word for head in range(2)
            for word in ("-vnc", f"unix:{folder}/window{head},display=gpu,head={head},id=window{head}")]


def resize(folder, running, head, width, height):
    """The user makes the window of display @head another size, and the guest follows."""
    with Vnc(folder / f"window{head}") as window:
        window.resize(width, height)
        running.wait_line(rf"^display {head}: {width}x{height}$")


def plug(running, gpu, display, plugged):
    running.qmp("qom-set", path=gpu, property=f"plugged[{display}]", value=plugged)


def displays_change_while_a_driver_runs(folder, running, gpu):
    """@running has drawn on two displays, in windows(), and follows what happens to them."""
    resize(folder, running, 0, 1300, 700)
    expect_pictures(folder, running, (1300, 700), PLAIN)
    resize(folder, running, 1, 801, 601)
    expect_pictures(folder, running, (1300, 700), (801, 601))
    plug(running, gpu, 1, False)
    running.wait_line(r"^display 1: off$")
    plug(running, gpu, 1, True)
    running.wait_line(r"^display 1: 801x601$")
    resize(folder, running, 0, 640, 480)
    expect_pictures(folder, running, (640, 480), (801, 601))


def boot_bare(folder, *extra):
    return Machine(paths.qemu("arm64"), ["-M", "vmapple", "-m", 256, "-display", "none", "-kernel",
                                         cases.guest_program("bare"), *extra],
                   folder / "console.log")


def a_bare_machine_drives_the_gpu(folder):
    with boot_bare(folder) as running:
        expect_steps(running)
        expect_pictures(folder, running)


def a_bare_machine_drives_two_displays_that_change(folder):
    with boot_bare(folder, *TWO, *windows(folder)) as running:
        expect_steps(running)
        expect_pictures(folder, running, PLAIN, PLAIN)
        displays_change_while_a_driver_runs(folder, running, "/machine/gpu")


def modes_that_the_user_chose_stay(folder):
    chosen = ["-M", "display-modes.0=1024x768", *windows(folder)]
    with boot_bare(folder, *TWO, *chosen) as running:
        expect_steps(running)
        with Vnc(folder / "window0") as window:
            window.resize(1300, 700)
            for _ in range(10):
                cases.expect_same(running.wait_line(r"^alive|^display")[0], "alive", "it says")


def displays_are_as_they_were_on_another_machine(folder):
    state = folder / "state"
    with boot_bare(folder, *TWO, *windows(folder)) as running:
        expect_steps(running)
        resize(folder, running, 0, 1300, 700)
        plug(running, "/machine/gpu", 1, False)
        running.wait_line(r"^display 1: off$")
        running.qmp("migrate", uri=f"file:{state}")
        running.wait_migrated()
        running.qmp("quit")
        running.wait_end()
    with boot_bare(folder, *TWO, "-incoming", f"file:{state}") as running:
        running.wait_line(r"^alive \d+ ticking", timeout=60)
        expect_pictures(folder, running, (1300, 700))
        plugged = running.qmp("qom-get", path="/machine/gpu", property="plugged[1]")
        cases.expect_same(plugged, False, "display 1 is plugged in")
        plug(running, "/machine/gpu", 1, True)
        running.wait_line(r"^display 1: \d+x\d+$")
        running.wait_line(r"^alive \d+ ticking")


def a_reset_in_mid_frame_starts_the_driver_anew(folder):
    with boot_bare(folder) as running:
        running.wait_line(r"^gpu-start-again: ok", timeout=60)
        running.qmp("system_reset")  # while it shows frames
        running.wait_line(r"^init", timeout=60)
        expect_steps(running)
        expect_pictures(folder, running)
        running.wait_line(r"^alive \d+ ticking")


def a_driver_goes_on_on_another_machine(folder):
    state = folder / "state"
    with boot_bare(folder, *TWO) as running:
        running.wait_line(r"^alive 5 ticking", timeout=60)
        running.qmp("migrate", uri=f"file:{state}")
        running.wait_migrated()
        running.qmp("quit")
        running.wait_end()
    with boot_bare(folder, *TWO, "-incoming", f"file:{state}") as running:
        first = int(running.wait_line(r"^alive (\d+) ticking", timeout=60)[1])
        running.wait_line(rf"^alive {first + 10} ticking")
        expect_pictures(folder, running, PLAIN, PLAIN)


def linux_drives_the_gpu_of_the_vmapple_machine(folder):
    boot = guest.Guest(folder, task="gpu", program=cases.guest_program("arm64"))
    with boot.start() as running:
        expect_steps(running)
        expect_pictures(folder, running)


def linux_drives_a_pci_machine_with_two_displays_that_change(folder):
    cases.need_qemu("amd64")
    boot = guest.Guest(folder, board="q35", task="gpu", options={"follow": 1},
                       program=cases.guest_program("amd64"))
    with boot.start(extra=[*TWO, *windows(folder)]) as running:
        expect_steps(running)
        expect_pictures(folder, running, PLAIN, PLAIN)
        displays_change_while_a_driver_runs(folder, running, "/machine/peripheral/gpu")


def what_a_machine_recorded_is_played_back_without_it(folder):
    session = folder / "session.pvg"
    with boot_bare(folder, "-global", f"apple-gfx-mmio.trace-file={session}") as running:
        expect_steps(running)
        expect_pictures(folder, running)
        running.qmp("quit")
        running.wait_end()
    # Leaks: Vulkan drivers keep memory, and are gone when the sanitizer names them.
    first, second = (subprocess.run([cases.tool("pvg-replay"), session], capture_output=True,
                                    text=True, timeout=300,
                                    env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
                     for _ in range(2))
    cases.expect_same(first.returncode, 0, f"pvg-replay: {first.stdout[-300:]} {first.stderr[-300:]}")
    cases.expect_same(second.stdout, first.stdout, "the second replay")
    shown = [line for line in first.stdout.splitlines() if line.startswith("display 0: 1024x768 ")]
    cases.expect(len(shown) >= FRAMES, f"{len(shown)} pictures were played back")


cases.run(
    a_bare_machine_drives_the_gpu,
    a_bare_machine_drives_two_displays_that_change,
    modes_that_the_user_chose_stay,
    a_reset_in_mid_frame_starts_the_driver_anew,
    a_driver_goes_on_on_another_machine,
    displays_are_as_they_were_on_another_machine,
    linux_drives_the_gpu_of_the_vmapple_machine,
    linux_drives_a_pci_machine_with_two_displays_that_change,
    what_a_machine_recorded_is_played_back_without_it)
