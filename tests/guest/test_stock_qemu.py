#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A distribution's own, unpatched QEMU with pvg-server as its display.

The first argument is the pvg-server to test; the others name guest programs as ARCH=PATH.
"""
import json
import os
import pathlib
import re
import signal
import sys
import time

import cases
import demo_scene
import documented
import firmware
import gpu_pictures
from vm import guest, paths, png, stock, xvfb
from vm.machine import Machine, MachineError
from vm.server import Server
from vm.vnc import Vnc

SERVER = pathlib.Path(sys.argv[1]).resolve()


def gfx(server, **more):
    return ["-device", json.dumps({"driver": "vfio-user-pci", "addr": "4.0", **more,
                                   "socket": {"type": "unix", "path": str(server.socket)}})]


def ovmf(folder, *more):
    return ["-accel", "tcg", "-m", "512", *stock.firmware(folder / "variables.fd"),
            "-device", "qemu-xhci", "-device", "usb-kbd", "-device", "usb-tablet", *more]


def q35(folder, server, *more):
    return stock.StockMachine(
        ["-machine", "q35,memory-backend=ram0", *stock.shared_memory(512), *gfx(server),
         *ovmf(folder, "-qmp", f"unix:{folder}/input.sock,server=on,wait=off", *more)],
        folder / "serial.log")


def fetch_stock_qemu():
    try:
        stock.fetch()
    except stock.Unavailable as reason:
        raise cases.Skip(f"no stock QEMU: {reason}") from None


def wait_for_shell(machine, server):
    return firmware.wait_for_shell(machine, lambda: server.screenshots()[0])


def the_firmware_shows_its_shell_through_our_option_rom(folder):
    fetch_stock_qemu()
    with Server(SERVER, folder, "--gpu", "none", "--modes", "1280x800,1024x768") as server:
        with q35(folder, server) as machine:
            picture = wait_for_shell(machine, server)
            cases.expect_same((picture.width, picture.height), (1280, 800), "size")
        server.wait_log("client left")
        cases.expect_same(server.stop(), 0, "pvg-server's exit status")


def the_firmware_shows_the_same_through_apple_gfx_pci(folder):
    fetch_stock_qemu()
    cases.need_qemu("amd64")
    with Server(SERVER, folder, "--gpu", "none", "--modes", "1280x800") as server:
        with q35(folder, server) as machine:
            through_server = wait_for_shell(machine, server)
    gfx_pci = {"driver": "apple-gfx-pci", "id": "gpu", "addr": "4.0", "gpu": "none",
               "display-modes": ["1280x800"]}
    with Machine(paths.qemu("amd64"),
                 ["-machine", "q35", "-vga", "none", "-nodefaults", "-display", "none",
                  "-device", json.dumps(gfx_pci), *ovmf(folder)],
                 folder / "in-process.log") as machine:
        in_process = firmware.wait_for_shell(
            machine, lambda: machine.screenshot(folder / "in-process.png", device="gpu", head=0))
    cases.expect_same((in_process.width, in_process.height), (1280, 800), "size")
    differs = firmware.share_that_differs(in_process, through_server)
    cases.expect(differs < 0.01, f"{differs:.1%} of the pixels differ")


def type_until_heard(machine, viewer):
    """Makes the guest say what is typed; the first keys may go to the shell's countdown."""
    for attempt in range(5):
        viewer.type("echo vmapple types\n")
        try:
            machine.wait_line("^vmapple types", timeout=5)
            return
        except MachineError:
            if attempt == 4:
                raise


def a_viewer_sees_what_the_server_stores_and_types_into_the_guest(folder):
    fetch_stock_qemu()
    with Server(SERVER, folder, "--gpu", "none", "--modes", "1280x800",
                "--qmp", folder / "input.sock") as server:
        with q35(folder, server) as machine:
            wait_for_shell(machine, server)
            with Vnc(server.ports[0]) as viewer:
                cases.expect_same((viewer.width, viewer.height), (1280, 800), "size by VNC")
                type_until_heard(machine, viewer)
                for _ in range(10):  # the text cursor blinks
                    stored = png.Picture(server.screenshots()[0]).pixels
                    same = viewer.pixels() == stored
                    if same:
                        break
                cases.expect(same, "VNC and the stored screenshot differ")


def a_window_shows_what_the_server_stores_and_types_into_the_guest(folder):
    fetch_stock_qemu()
    try:
        screen = xvfb.Xvfb(folder)
    except xvfb.Unavailable as reason:
        raise cases.Skip(str(reason)) from None
    with screen, Server(SERVER, folder, "--gpu", "none", "--modes", "1280x800", "--window", "--qmp",
                        folder / "input.sock", env={"DISPLAY": screen.display}) as server:
        with q35(folder, server) as machine:
            wait_for_shell(machine, server)
            window, x, y = screen.find_window(1280, 800)
            screen.focus(window, x + 1270, y + 790)
            type_until_heard(machine, screen)
            for _ in range(20):  # the text cursor blinks
                stored = png.Picture(server.screenshots()[0])
                same = [stored.pixels[row * 1280 * 3:(row * 1280 + 1200) * 3] for row in range(780)]
                shown = screen.pixels(x, y, 1280, 800)  # all but where the pointer is
                if same == [shown[row * 1280 * 3:(row * 1280 + 1200) * 3] for row in range(780)]:
                    return
            raise AssertionError("the window and the stored screenshot differ")


def a_second_machine_attaches_where_the_first_one_died(folder):
    fetch_stock_qemu()
    with Server(SERVER, folder, "--gpu", "none", "--modes", "1024x768") as server:
        for _ in range(2):
            with q35(folder, server) as machine:
                wait_for_shell(machine, server)
                machine.kill()
            server.wait_log("client left")
        cases.expect_same(server.stop(), 0, "pvg-server's exit status")


def expect_confined(process):
    status = dict(line.split(":\t", 1) for line in
                  pathlib.Path(f"/proc/{process}/status").read_text().splitlines() if ":\t" in line)
    cases.expect_same(status["NoNewPrivs"], "1", f"NoNewPrivs of {status['Name']}")
    cases.expect_same(status["Seccomp"], "2", f"Seccomp of {status['Name']}")


def kill_worker(server, times):
    """Kills the GPU worker for the @times-th time, and waits for the next."""
    os.kill(server.gpu_worker(), signal.SIGKILL)
    server.wait_log(rf"(?s)(another GPU worker goes on.*){{{times}}}")


def linux_keeps_its_gpu_and_takes_a_display_while_the_worker_is_killed(folder):
    fetch_stock_qemu()
    boot = guest.Guest(folder, board="q35-shared", task="gpu",
                       program=cases.guest_program("amd64"))
    with Server(SERVER, folder, "--modes", "1024x768", "--unplugged", "2", displays=2) as server:
        with stock.StockMachine([*boot.arguments(), *stock.shared_memory(512),
                                 *gfx(server, addr="10.0")],
                                folder / "console.log") as machine:
            machine.wait_line("^gpu-start: ok", timeout=120)
            time.sleep(1)  # it waits for the display
            cases.expect("gpu-displays: ok" not in machine.lines(), "an unplugged display came up")
            for process in server.processes():
                expect_confined(process)
            kill_worker(server, 1)
            server.ask("connect 2")
            machine.wait_line("^gpu-start-again: ok")
            kill_worker(server, 2)  # while it presents
            gpu_pictures.expect_steps(machine, gpu_pictures.STEPS[4:])
            done = server.statistics()
            cases.expect_same(done["gpu.submissions"], 1, "submissions done by the second worker")
            stored = server.screenshots(displays=2)
            for port in range(2):
                gpu_pictures.expect_picture(png.Picture(stored[port]), port)
                with Vnc(server.ports[port]) as viewer:
                    gpu_pictures.expect_picture(viewer, port, cursor=port == 0)
        cases.expect_same(server.stop(), 0, "pvg-server's exit status")


def same_but_cursor(viewer, stored):
    """Whether @viewer shows the picture @stored, and the guest's cursor, which is not in that."""
    shown, width = viewer.pixels(), stored.width
    other = [at // 3 for at in range(0, width * stored.height * 3, 3)
             if shown[at:at + 3] != stored.pixels[at:at + 3]]
    columns, rows = {at % width for at in other}, {at // width for at in other}
    return (other and max(columns) - min(columns) < demo_scene.CURSOR
            and max(rows) - min(rows) < demo_scene.CURSOR)


def linux_draws_the_demos_3d_scene(folder):
    fetch_stock_qemu()
    boot = guest.Guest(folder, board="q35-shared", task="demo", options=demo_scene.OPTIONS,
                       program=cases.guest_program("amd64"))
    with Server(SERVER, folder, "--modes", "1024x768") as server:
        with stock.StockMachine([*boot.arguments(), *stock.shared_memory(512),
                                 *gfx(server, addr="10.0")],
                                folder / "console.log") as machine:
            cases.expect_same(guest.follow_report(machine), {"demo": "ok"}, "report")
            demo_scene.expect_drawn(server.statistics())
            with Vnc(server.ports[0]) as viewer:
                for _ in range(10):  # the newest picture may still be on its way
                    stored = png.Picture(server.screenshots()[0])
                    same = same_but_cursor(viewer, stored)
                    if same:
                        break
                cases.expect(same, "VNC and the stored screenshot differ")
            demo_scene.expect_scene(stored)
        cases.expect_same(server.stop(), 0, "pvg-server's exit status")


def fill_in(argument, server, folder):
    """A documented @argument for this machine: less memory, no KVM, files of ours."""
    code, variables = (word.split("file=")[1] for word in stock.firmware(folder / "VARS")[1::2])
    for old, new in (("4096M", "512M"), ("4G", "512M"), ("file=CODE", f"file={code}"),
                     ("file=VARS", f"file={variables}")):
        argument = argument.replace(old, new)
    argument = re.sub(r"[\w/.-]+/gfx\.sock", str(server.socket), argument)
    argument = re.sub(r"[\w/.-]+/qmp\.sock", f"{folder}/qmp.sock", argument)
    return {"kvm": "tcg", "host": "max"}.get(argument, argument)


def the_documented_command_lines_attach(folder):
    fetch_stock_qemu()
    with Server(SERVER, folder, "--gpu", "none") as server:
        for name, documented_line in documented.command_lines(folder).items():
            line = [fill_in(argument, server, folder) for argument in documented_line]
            if "-m" not in line:  # these are added to one that has it, and a machine
                line = ["-machine", "q35", "-accel", "tcg", "-m", "512M", *line]
            line = line[:line.index("-serial")] if "-serial" in line else line
            with stock.StockMachine([*line, "-S"], folder / "console.log") as machine:
                buses = json.dumps(machine.qmp("query-pci"))
                machine.kill()
            cases.expect('"vendor": 4203' in buses, f"{name}: no Apple device on {buses}")
            server.wait_log("client left")


cases.run(
    the_firmware_shows_its_shell_through_our_option_rom,
    the_firmware_shows_the_same_through_apple_gfx_pci,
    a_viewer_sees_what_the_server_stores_and_types_into_the_guest,
    a_window_shows_what_the_server_stores_and_types_into_the_guest,
    a_second_machine_attaches_where_the_first_one_died,
    linux_keeps_its_gpu_and_takes_a_display_while_the_worker_is_killed,
    linux_draws_the_demos_3d_scene,
    the_documented_command_lines_attach,
    needs=None)
