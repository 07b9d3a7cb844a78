# SPDX-License-Identifier: MIT
"""Runs test functions and reports them in TAP; each gets a fresh folder.

A test's name is the sentence it shows. It fails by an exception, and is skipped by Skip.
"""
import pathlib
import shutil
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

from vm import paths  # noqa: E402 (found through the line above)


class Skip(Exception):
    """The test cannot run here, and why."""


def expect(holds, complaint):
    if not holds:
        raise AssertionError(complaint)


def expect_same(got, wanted, what):
    expect(got == wanted, f"{what}: {got!r}, not {wanted!r}")


def guest_program(arch="arm64"):
    """The guest program for @arch, as the build names it on our command line: ARCH=PATH."""
    programs = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
    if arch not in programs:
        raise Skip(f"no cross-compiler for {arch}; scripts/install-deps guest installs it")
    return pathlib.Path(programs[arch]).resolve()


def tool(name):
    """The host program @name, as the build names it on our command line: NAME=PATH."""
    return dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)[name]


def need_qemu(arch):
    if not paths.qemu(arch).exists():
        raise Skip(f"no {paths.qemu(arch)}; make qemu builds it")


def run(*tests, needs=paths.qemu("arm64")):
    """Runs @tests; keeps the folder of a failed one and says where it is.

    @needs is the file without which they are all skipped; None: nothing is.
    """
    print(f"1..{len(tests)}", flush=True)
    failed = False
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="guest-test-", dir=paths.BUILD))
        try:
            if needs and not needs.exists():
                raise Skip(f"no {needs}; make qemu builds it")
            test(folder)
            print(f"ok {number} - {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed = True
            print(f"not ok {number} - {name}")
            for line in traceback.format_exception(error):
                print("# " + line.rstrip().replace("\n", "\n# "))
            print(f"# its files: {folder}", flush=True)
            continue
        shutil.rmtree(folder)
    sys.exit(failed)
