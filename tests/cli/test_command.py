#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`vmapple` as its user meets it, without starting a machine. Argument: the program."""
import json
import os
import pathlib
import plistlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "guest"))

import bundles  # noqa: E402 (found through the line above)
import cases  # noqa: E402

PROGRAM = pathlib.Path(sys.argv[1]).resolve()


def vmapple(folder, *words, fails=False):
    """What it printed; when it @fails, the line it complained with."""
    environment = {**os.environ, "VMAPPLE_HOME": str(folder / "machines"),
                   "VMAPPLE_QEMU": str(folder / "qemu"), "XDG_RUNTIME_DIR": str(folder / "run")}
    done = subprocess.run([str(word) for word in [PROGRAM, *words]], env=environment, text=True,
                          capture_output=True, timeout=60, check=False, cwd=folder)
    cases.expect((done.returncode != 0) == fails,
                 f"vmapple {words}: status {done.returncode}: {done.stdout}{done.stderr}")
    if fails:
        cases.expect_same(done.stderr.count("\n"), 1, f"lines of complaint in {done.stderr!r}")
        return done.stderr
    return done.stdout


def machines(folder):
    return sorted(path.name for path in (folder / "machines").glob("*"))


def fake_emulators(folder):
    (folder / "qemu").mkdir()
    for name in ("qemu-system-aarch64", "qemu-system-x86_64"):
        (folder / "qemu" / name).write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
        (folder / "qemu" / name).chmod(0o755)


def a_machine_is_created_listed_and_described(folder):
    vmapple(folder, "create", "lin", "--memory", "3G", "--cpus", "3", "--disk", "1G", "--displays",
            "2", "--modes", "1280x800@60,1024x768", "--share", folder)
    listed = json.loads(vmapple(folder, "list", "--json"))
    cases.expect_same([machine["name"] for machine in listed], ["lin"], "names")
    told = json.loads(vmapple(folder, "info", "lin", "--json"))
    cases.expect_same((told["memory_mib"], told["cpus"], told["displays"], told["state"]),
                      (3072, 3, 2, "off"), "what it was made with")
    cases.expect_same(told["shared_folder"], str(folder), "shared folder")
    cases.expect_same((folder / "machines/lin/disk.img").stat().st_size, 1 << 30, "disk")
    cases.expect_same((folder / "machines/lin/aux.img").stat().st_size, 32 << 20, "aux disk")
    cases.expect("lin" in vmapple(folder, "list"), "the list for people lacks it")


def mistakes_are_answered_with_one_line_and_leave_nothing(folder):
    for words, hint in [
            (["create"], "something is missing"),
            (["create", "a", "b"], "one word too many"),
            (["create", "../a"], "cannot be a machine's name"),
            (["create", "-a"], "--help lists the options"),
            (["create", "a", "--memory", "lots"], "write 4G"),
            (["create", "a", "--cpus", "0"], "from 1 to 32"),
            (["create", "a", "--displays", "9"], "from 1 to 8"),
            (["create", "a", "--modes", "wide"], "wide"),
            (["create", "a", "--arch", "mips"], "arm64 and x86_64"),
            (["create", "a", "--accel", "xen"], "kvm or tcg"),
            (["create", "a", "--disk", "0"], "is no size"),
            (["create", "a", "--arch", "x86_64", "--variables", "absent"], "absent"),
            (["create", "a", "--frobnicate"], "--help lists the options"),
            (["run", "absent"], '"vmapple create absent"'),
            (["info", "absent"], '"vmapple create absent"'),
            (["stop", "absent"], '"vmapple create absent"'),
            (["list", "all"], "one word too many"),
            (["frobnicate"], '"vmapple help"')]:
        complaint = vmapple(folder, *words, fails=True)
        cases.expect(hint in complaint, f"vmapple {words} says {complaint!r}, without {hint!r}")
    cases.expect_same(machines(folder), [], "machines")


def a_name_that_is_taken_is_refused(folder):
    vmapple(folder, "create", "lin", "--disk", "1M")
    before = (folder / "machines/lin/machine.conf").read_text()
    cases.expect("is there already" in vmapple(folder, "create", "lin", fails=True), "refusal")
    cases.expect_same((folder / "machines/lin/machine.conf").read_text(), before, "machine.conf")
    cases.expect_same(machines(folder), ["lin"], "machines")


def an_unwritable_folder_is_named(folder):
    (folder / "machines").write_text("a file, where a folder should be")
    cases.expect("machines" in vmapple(folder, "create", "lin", fails=True), "it is not named")


def a_bundle_becomes_a_machine(folder):
    bundle = bundles.make(folder)
    said = vmapple(folder, "import", bundle, "--firmware", folder / "booter.bin")
    cases.expect("macosvm" in said and f"{bundles.ECID:#x}" in said, said)
    told = json.loads(vmapple(folder, "info", "mac", "--json"))
    cases.expect_same(told["ecid"], f"{bundles.ECID:#x}", "ECID")
    aux = (folder / "machines/mac/aux.img").read_bytes()
    cases.expect_same((len(aux), aux[:7]), (32 << 20, b"payload"), "aux disk without its header")
    cases.expect_same((folder / "machines/mac/disk.img").read_bytes(),
                      (bundle / "disk.img").read_bytes(), "disk")


def what_is_wrong_with_a_bundle_is_said(folder):
    booter = ["--firmware", folder / "booter.bin"]
    empty = folder / "empty"
    empty.mkdir()
    cases.expect("no machine identifier" in vmapple(folder, "import", empty, *booter, fails=True),
                 "empty bundle")
    cases.expect("is no folder" in vmapple(folder, "import", "absent", *booter, fails=True),
                 "no bundle")
    good = bundles.make(folder, "good.bundle")
    cases.expect("AVPBooter" in vmapple(folder, "import", good, fails=True), "no firmware")
    short = bundles.make(folder, "short.bundle", aux_size=4096)
    cases.expect("auxiliary storage has" in vmapple(folder, "import", short, *booter, fails=True),
                 "short aux")
    strange = bundles.make(folder, "strange.bundle", identity=b"not a property list")
    cases.expect("ECID" in vmapple(folder, "import", strange, *booter, fails=True), "identity")
    blank = bundles.make(folder, "blank.bundle")
    (blank / "disk.img").write_bytes(bytes(4096))
    cases.expect("partition table" in vmapple(folder, "import", blank, *booter, fails=True),
                 "blank disk")
    missing = bundles.make(folder, "missing.bundle")
    (missing / "aux.img").unlink()
    cases.expect("aux.img is missing" in vmapple(folder, "import", missing, *booter, fails=True),
                 "missing aux")
    cases.expect_same(machines(folder), [], "machines")


def the_command_line_of_a_macos_machine_attaches_each_disk_twice(folder):
    fake_emulators(folder)
    vmapple(folder, "import", bundles.make(folder), "--firmware", folder / "booter.bin")
    words = vmapple(folder, "args", "mac")
    for expected in (f"uuid={bundles.ECID:#x}", "vmapple-virtio-blk-pci,variant=aux",
                     "vmapple-virtio-blk-pci,variant=root", "-bios", "if=pflash"):
        cases.expect(expected in words, f"no {expected} in {words}")
    cases.expect_same(words.count("aux.img"), 2, "times aux.img is attached")
    cases.expect(words.index("aux.img") < words.index("disk.img"), "aux is not the first disk")


def a_machine_that_lacks_a_file_says_which(folder):
    fake_emulators(folder)
    vmapple(folder, "import", bundles.make(folder), "--firmware", folder / "booter.bin")
    (folder / "machines/mac/disk.img").unlink()
    cases.expect("disk.img" in vmapple(folder, "run", "mac", fails=True), "it is not named")


def a_wrong_line_in_machine_conf_is_named(folder):
    vmapple(folder, "create", "lin", "--disk", "1M")
    file = folder / "machines/lin/machine.conf"
    good = file.read_text()
    for old, new, hint in [("cpus=2", "cpus=two", "[machine] cpus=two"),
                           ("memory=4096M", "memry=4096M", "memry"),
                           ("architecture=arm64", "architecture=vax", "vax"),
                           ("displays=1", "displays=12", "[display] displays=12")]:
        file.write_text(good.replace(old, new))
        complaint = vmapple(folder, "info", "lin", fails=True)
        cases.expect(hint in complaint, f"{new} gives {complaint!r}")


def a_saved_machine_is_not_started_afresh(folder):
    fake_emulators(folder)
    vmapple(folder, "import", bundles.make(folder), "--firmware", folder / "booter.bin")
    cases.expect("is not saved" in vmapple(folder, "restore", "mac", fails=True), "nothing saved")
    (folder / "machines/mac/state").write_bytes(b"saved")
    cases.expect("vmapple restore" in vmapple(folder, "run", "mac", fails=True), "saved")
    words = vmapple(folder, "restore", "mac", "--display", "none")
    cases.expect("-incoming" in words, words)
    cases.expect("is not saved" in vmapple(folder, "restore", "mac", fails=True), "used up")


def a_display_that_is_not_known_is_refused(folder):
    fake_emulators(folder)
    vmapple(folder, "import", bundles.make(folder), "--firmware", folder / "booter.bin")
    complaint = vmapple(folder, "run", "mac", "--display", "curses", fails=True)
    cases.expect("gtk, sdl, vnc and none" in complaint, complaint)


cases.run(
    a_machine_is_created_listed_and_described,
    mistakes_are_answered_with_one_line_and_leave_nothing,
    a_name_that_is_taken_is_refused,
    an_unwritable_folder_is_named,
    a_bundle_becomes_a_machine,
    what_is_wrong_with_a_bundle_is_said,
    the_command_line_of_a_macos_machine_attaches_each_disk_twice,
    a_machine_that_lacks_a_file_says_which,
    a_wrong_line_in_machine_conf_is_named,
    a_saved_machine_is_not_started_afresh,
    a_display_that_is_not_known_is_refused,
    needs=None)
