#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`vmapple` with a machine that runs. Arguments: the guest programs for arm64 and amd64, the command."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "guest"))

import bundles  # noqa: E402 (found through the line above)
import cases  # noqa: E402
from vm import initramfs, kernel, paths, png  # noqa: E402

GUESTS = {"arm64": pathlib.Path(sys.argv[1]).resolve(), "amd64": pathlib.Path(sys.argv[2]).resolve()}
PROGRAM = pathlib.Path(sys.argv[3]).resolve()


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

    def terminal(self):
        return Terminal(self._folder, self._environment)

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


def create(user, folder, task="task=check checks=framebuffer", arch="arm64", *more):
    linux = kernel.fetch(arch)
    archive = initramfs.build(linux, arch, GUESTS[arch], folder / "initramfs.cpio")
    console = {"arm64": "ttyAMA0", "amd64": "ttyS0"}[arch]
    user.run("create", "lin", "--memory", "512M", "--cpus", "1", "--disk", "1M", "--kernel",
             linux.image, "--initrd", archive, "--append",
             f"console={console} quiet iomem=relaxed panic=-1 -- {task} cpus=1", *more)


class Terminal:
    """A terminal of tmux' in which the user works. Use with "with"."""

    def __init__(self, folder, environment):
        self._tmux = ["tmux", "-f", "/dev/null", "-S", str(folder / "tmux.sock")]
        self._environment = environment

    def __enter__(self):
        if not shutil.which("tmux"):
            raise cases.Skip("no tmux; scripts/install-deps test installs it")
        self._do("new-session", "-d", "-x", "100", "-y", "40", "bash --norc --noprofile")
        return self

    def __exit__(self, *_):
        self._do("kill-server")

    def _do(self, *words):
        return subprocess.run([*self._tmux, *words], env=self._environment, check=True,
                              capture_output=True, text=True).stdout

    def type(self, line):
        self._do("send-keys", "-l", line)
        self._do("send-keys", "Enter")

    def press(self, key):
        self._do("send-keys", key)

    def wait(self, pattern, seconds=60):
        """Waits until the screen shows the regular expression @pattern; returns the screen."""
        deadline = time.monotonic() + seconds
        while True:
            screen = self._do("capture-pane", "-p")
            if re.search(pattern, screen, re.M):
                return screen
            cases.expect(time.monotonic() < deadline, f"no /{pattern}/ on the screen:\n{screen}")
            time.sleep(0.1)


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


def a_pc_has_the_displays_and_modes_that_it_was_given(folder):
    cases.need_qemu("amd64")
    with User(folder) as user:
        create(user, folder, "task=check checks=framebuffer,present", "amd64", "--arch", "x86_64",
               "--accel", "tcg",
               "--displays", "2", "--modes", "800x600@60,1024x768@60")
        user.start("run", "lin", "--display", "none")
        user.wait_console("lin", "ready: power-key")
        log = (folder / "machines/lin/console.log").read_text()
        cases.expect("framebuffer: ok" in log and "present: ok" in log, log)
        user.run("screenshot", "lin", "-o", folder / "screen.png")
        screen = png.Picture(folder / "screen.png")
        cases.expect_same((screen.width, screen.height), (800, 600), "the first mode")
        user.run("stop", "lin", "--force")


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


def a_saved_machine_goes_on_where_it_was(folder):
    with User(folder) as user:
        create(user, folder, "task=count")
        running = user.start("run", "lin", "--display", "none")
        user.wait_console("lin", "count 5")
        user.run("save", "lin")
        running.wait(30)
        cases.expect_same(user.state("lin"), "saved", "state")
        log = folder / "machines/lin/console.log"
        last = [line for line in log.read_text().splitlines() if re.fullmatch(r"count \d+", line)][-1]
        cases.expect("is saved" in user.run("run", "lin", "--display", "none", status=1), "run")
        log.unlink()
        user.start("restore", "lin", "--display", "none")
        user.wait_console("lin", "count ")
        first = int(re.search(r"count (\d+)", log.read_text())[1])
        before = int(last.split()[1])
        cases.expect(before < first <= before + 3, f"went on with {first} after {before}")
        user.run("stop", "lin", "--force")
        cases.expect_same(user.state("lin"), "off", "state")


def the_console_is_a_terminal_and_gives_the_user_s_back(folder):
    with User(folder) as user, user.terminal() as terminal:
        create(user, folder, "task=count")
        user.start("run", "lin", "--display", "none")
        user.wait_console("lin", "count 0")
        terminal.type(f"{PROGRAM} list")
        terminal.wait(r"^lin +running")
        terminal.type(f"{PROGRAM} console lin")
        terminal.wait(r"Ctrl-\] leaves")
        terminal.wait(r"^count \d+")
        terminal.press("C-]")
        terminal.type("stty -a")
        terminal.wait(r"(?<!-)icanon.*(?<!-)\becho\b")
        user.run("stop", "lin", "--force")


def every_subcommand_works_in_a_terminal(folder):
    """And tells the shell how it went. The machine runs in the background, as a job of the shell."""
    def say(words, status=0, shows="", seconds=60):
        say.count += 1
        terminal.type(f"clear; {PROGRAM} {words}; echo step {say.count}: $?")
        screen = terminal.wait(rf"^step {say.count}: \d+", seconds)
        cases.expect(f"step {say.count}: {status}\n" in screen and re.search(shows, screen), screen)

    def background(words):
        terminal.type(f"clear; {PROGRAM} {words} &")

    say.count = 0
    with User(folder) as user, user.terminal() as terminal:
        create(user, folder, "task=count")
        say("--help", shows="run +start a machine")
        say("frobnicate", status=2, shows="frobnicate")
        say("doctor --json | head -n 1", shows=r"\[")
        say("create other --disk 1M", shows="made ")
        say(f"import {bundles.make(folder)} --firmware {folder}/booter.bin", shows="macosvm")
        say("list", shows=r"(?m)^lin +off")
        say("info lin", shows="architecture +arm64")
        say("args lin", shows="-M")
        background("run lin --display none")
        user.wait_console("lin", "count 1")
        say("run lin", status=1, shows="is running")
        say(f"screenshot lin -o {folder}/screen.png")
        png.Picture(folder / "screen.png")
        say("save lin", seconds=120)
        say("list", shows=r"(?m)^lin +saved")
        (folder / "machines/lin/console.log").unlink()
        background("restore lin --display none")
        user.wait_console("lin", "count ")
        say("stop lin --force")
        say("list", shows=r"(?m)^lin +off")
        background("demo --display none --size 320x200")
        log = folder / "run/vmapple/demo/console.log"
        terminal.type(f"clear; until grep -q demo-first {log}; do sleep 1; done; kill %%; echo de''mo")
        terminal.wait("^demo$", 120)


def the_demo_draws_with_nothing_made_before(folder):
    with User(folder) as user:
        user.start("demo", "--display", "none", "--size", "320x200")
        log = folder / "run/vmapple/demo/console.log"
        deadline = time.monotonic() + 120
        while not (log.exists() and "demo-frames: 60" in log.read_text()):
            cases.expect(time.monotonic() < deadline, "the demo did not draw sixty pictures")
            time.sleep(0.2)
        cases.expect("FAILED" not in log.read_text(), log.read_text())
        cases.expect("mode" in user.run("demo", "--size", "huge", "--display", "none", status=1), "size")


cases.run(
    a_machine_runs_is_looked_at_and_powered_off,
    a_pc_has_the_displays_and_modes_that_it_was_given,
    a_killed_machine_is_off_and_starts_again,
    a_saved_machine_goes_on_where_it_was,
    the_console_is_a_terminal_and_gives_the_user_s_back,
    every_subcommand_works_in_a_terminal,
    the_demo_draws_with_nothing_made_before)
