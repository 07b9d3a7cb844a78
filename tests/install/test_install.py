#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What make install and make deb make runs from where it has been put."""
import functools
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "guest"))

import cases  # noqa: E402 (found through the line above)
from vm import paths  # noqa: E402

RELEASE = paths.BUILD / "release"
TINY_VMM = paths.SOURCE / "examples/tiny-vmm"

# Nothing that leads back to the build
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith(("VMAPPLE_", "PVG_", "QEMU_", "PKG_CONFIG", "MESON_"))}


def run(*command, status=0, say="", **settings):
    """What @command said, after it was told @say and ended with @status."""
    environment = {**ENVIRONMENT, **settings}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env=environment, timeout=300, input=say)
    if status is not None:
        cases.expect_same(done.returncode, status, f"status of {command[0]} ({done.stderr})")
    return done.stdout + done.stderr


def installed(folder):
    """A fresh installation below @folder, as make install PREFIX=/usr/local DESTDIR= makes it."""
    prefix = folder / "root/usr/local"
    run(paths.SOURCE / "scripts/install", prefix)
    return prefix


@functools.cache
def packages():
    """The packages, built once."""
    built = run(paths.SOURCE / "packaging/debian/build").split()
    names = sorted(pathlib.Path(package).name.split("_")[0] for package in built)
    cases.expect_same(names, ["libpvg-bin", "libpvg-dev", "vmapple", "vmapple-qemu"], "packages")
    return sorted(built)


def unpacked(folder):
    """What all packages together put into a system."""
    root = folder / "root"
    for package in packages():
        run("dpkg", "-x", package, root)
    return root / "usr"


def check_emulators(prefix):
    """They know our devices, and find their keymaps and the option ROM beside themselves."""
    for name, device, machine in (("aarch64", "apple-gfx-mmio", "virt"),
                                  ("x86_64", "apple-gfx-pci", "q35")):
        emulator = prefix / f"bin/vmapple-qemu-system-{name}"
        if not emulator.exists():
            cases.expect(not (paths.BUILD / f"qemu/qemu-system-{name}").exists(), f"no {emulator}")
            continue
        cases.expect("display-modes" in run(emulator, "-device", f"{device},help"), device)
        said = run(emulator, "-M", machine, "-S", "-nodefaults", "-accel", "qtest", "-k", "de",
                   "-device", "apple-gfx-pci", "-vnc", f"unix:{prefix}/vnc", "-monitor", "stdio",
                   say="info qtree\nquit\n")
        cases.expect("qemu-system" not in said, f"complaints: {said}")
        cases.expect('romfile = "apple-gfx.rom"' in said, said)
        if name == "aarch64":
            said = run(emulator, "-M", "vmapple,help")
            cases.expect("run-installer=" in said, said)


def check_command(prefix):
    """vmapple finds the emulator that was installed with it."""
    said = run(prefix / "bin/vmapple", "doctor", status=None, HOME=str(prefix))
    expected = prefix / "libexec/vmapple/bin/qemu-system-aarch64"
    cases.expect(f"{expected} runs arm64 machines" in said, said)


def check_library(prefix, folder):
    """tiny-vmm is compiled as an embedder's program would be, and its picture is right."""
    library = next(prefix.glob("lib/**/pkgconfig"))
    flags = run("pkg-config", "--cflags", "--libs", "--static", "pvg",
                PKG_CONFIG_PATH=str(library)).split()
    for flag in flags:
        cases.expect(str(paths.SOURCE) not in flag or str(prefix) in flag,
                     f"{flag} leads into the build")
    # Its guest's half is the guest kit, which is not part of the library.
    guest = ["-I", paths.SOURCE / "guest", "-I", paths.SOURCE / "src", "-I", RELEASE / "src",
             RELEASE / "guest/kit/libguest-kit.a", RELEASE / "src/wire/libpvg-wire.a"]
    program = folder / "tiny-vmm"
    run("cc", "-std=gnu11", "-D_GNU_SOURCE", "-o", program, TINY_VMM / "tiny-vmm.c", *guest, *flags,
        "-pthread", "-lstdc++")  # docs/embedding.md says why
    run(sys.executable, TINY_VMM / "check.py", program)


def check_shader_compiler(prefix, folder):
    """A program of ours starts the confined compiler that was installed with it."""
    compiler = prefix / "libexec/vmapple/pvg-airc"
    kept = compiler.with_name("pvg-airc.kept")
    traces = folder / "traces"
    compiler.rename(kept)
    compiler.write_text(f"#!/bin/sh\necho started >>{traces}\nexec {kept} \"$@\"\n")
    compiler.chmod(0o755)
    library = folder / "kernel.metallib"
    run(prefix / "bin/pvg-metallib", "-o", library, paths.SOURCE / "tests/shader/kinds.cl")
    said = run(prefix / "bin/pvg-air", "compile", library)
    cases.expect(traces.exists(), said)
    kept.rename(compiler)


def check_no_way_back(prefix):
    """No file names the folder that it was built in: on another computer it is somebody else's."""
    files = [path for path in prefix.rglob("*") if path.is_file()]
    wrong = [str(path) for path in files if os.fsencode(paths.SOURCE) in path.read_bytes()]
    cases.expect(len(files) > 50, f"only {len(files)} files")
    cases.expect_same(wrong, [], "files that name the source folder")


def check_all(prefix, folder):
    check_no_way_back(prefix)
    check_emulators(prefix)
    check_command(prefix)
    check_shader_compiler(prefix, folder)
    check_library(prefix, folder)


def an_installation_runs_from_where_it_is(folder):
    check_all(installed(folder), folder)


def an_installation_can_be_moved(folder):
    moved = folder / "elsewhere"
    installed(folder).rename(moved)
    check_emulators(moved)
    check_command(moved)


def packages_run_from_where_they_are_unpacked(folder):
    check_all(unpacked(folder), folder)


def packages_share_no_file_and_say_what_they_need(folder):
    owner = {}
    for package in packages():
        control = run("dpkg-deb", "--field", package)
        for field in ("Package", "Version", "Architecture", "Maintainer", "Description"):
            cases.expect(f"\n{field}: " in "\n" + control, f"{package}: no {field}")
        cases.expect("${" not in control, control)
        if "libpvg-dev" not in package:
            cases.expect("libc6 (" in control, control)
        for line in run("dpkg-deb", "--contents", package).splitlines():
            path = line.split(None, 5)[5]
            cases.expect("root/root" in line, line)
            if not path.endswith("/"):
                cases.expect(path not in owner, f"{path} is in {owner.get(path)}, too")
                owner[path] = package
    cases.expect(len(owner) > 20, f"only {len(owner)} files")


cases.run(
    an_installation_runs_from_where_it_is,
    an_installation_can_be_moved,
    packages_run_from_where_they_are_unpacked,
    packages_share_no_file_and_say_what_they_need,
    needs=paths.BUILD / "qemu/qemu-system-aarch64")
