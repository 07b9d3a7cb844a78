#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`vmapple` with a machine that runs. Arguments: the guest program, the command."""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "guest"))

import cases  # noqa: E402 (found through the line above)
from vm import initramfs, kernel, paths, png  # noqa: E402

GUEST = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = pathlib.Path(sys.argv[2]).resolve()


class User:
    """Someone at a shell, with a folder for machines. Use with "with": what runs ends with it."""

    def __init__(self, folder):
        self._folder = folder
        self._started = []
        runtime = pathlib.Path(folder, "run")
        runtime.mkdir()
        self._environment = {
            **os.environ, "VMAPPLE_HOME": str(folder / "machines"),
            "VMAPPLE_QEMU": str(paths.BUILD / "qemu"), "XDG_RUNTIME_DIR": str(runtime)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self._started:
            process.kill()
            process.communicate()

    def start(self, *words):
        self._started.append(subprocess.Popen(
            [str(word) for word in [PROGRAM, *words]], text=True, env=self._environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        return self._started[-1]

    def run(self, *words, status=0):
        process = self.start(*words)
        said = process.communicate(timeout=120)[0]
        cases.expect_same(process.returncode, status, f"status of vmapple {words}, saying {said!r}")
        return said

    def state(self, name):
        return json.loads(self.run("info", name, "--json"))["state"]

    def wait_console(self, name, text, seconds=180):
        log = self._folder / "machines" / name / "console.log"
        deadline = time.monotonic() + seconds
        while not (log.exists() and text in log.read_text(errors="replace")):
            cases.expect(time.monotonic() < deadline, f"{log} never said {text!r}")
            time.sleep(0.1)


def create(user, folder):
    linux = kernel.fetch("arm64")
    archive = initramfs.build(linux, "arm64", GUEST, folder / "initramfs.cpio")
    user.run("create", "lin", "--memory", "512M", "--cpus", "1", "--disk", "1M", "--kernel",
             linux.image, "--initrd", archive, "--append",
             "console=ttyAMA0 quiet iomem=relaxed panic=-1 -- task=check checks=framebuffer cpus=1")


def a_machine_runs_is_looked_at_and_powered_off(folder):
    with User(folder) as user:
        create(user, folder)
        running = user.start("run", "lin", "--display", "none")
        user.wait_console("lin", "ready: power-key")
        cases.expect_same(user.state("lin"), "running", "state")
        cases.expect("is running" in user.run("run", "lin", "--display", "none", status=1), "twice")
        user.run("screenshot", "lin", "-o", folder / "screen.png")
        cases.expect(any(png.Picture(folder / "screen.png").pixels), "the screenshot is black")
        user.run("stop", "lin")
        cases.expect_same(running.wait(30), 0, "QEMU's status")
        cases.expect_same(user.state("lin"), "off", "state")


def a_killed_machine_is_off_and_starts_again(folder):
    with User(folder) as user:
        create(user, folder)
        for _ in range(2):
            running = user.start("run", "lin", "--display", "none")
            user.wait_console("lin", "report:")
            running.kill()
            running.wait(30)
            cases.expect_same(user.state("lin"), "off", "state")
            (folder / "machines/lin/console.log").unlink()


cases.run(
    a_machine_runs_is_looked_at_and_powered_off,
    a_killed_machine_is_off_and_starts_again)
