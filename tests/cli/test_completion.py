#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The manual pages and the completion of the shell know what the programs know.

Arguments: the program `vmapple`, the bash completion, the manual page.
"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "guest"))

import cases  # noqa: E402 (found through the line above)

PROGRAM, COMPLETION, PAGE = (pathlib.Path(path).resolve() for path in sys.argv[1:4])


def complete(folder, *words):
    """What bash offers for the last word."""
    script = f"""
        source {COMPLETION}
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)})
        COMP_CWORD={len(words) - 1}
        _vmapple
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environment = {**os.environ, "VMAPPLE_HOME": str(folder / "machines"),
                   "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True,
                          check=True, cwd=folder).stdout.split()


def commands_options_and_machines_are_offered(folder):
    environment = {**os.environ, "VMAPPLE_HOME": str(folder / "machines")}
    kernel = folder / "Image"
    kernel.write_bytes(b"kernel")
    for name in ("one", "other"):
        subprocess.run([PROGRAM, "create", name, "--kernel", kernel], env=environment, check=True,
                       capture_output=True)
    cases.expect_same(complete(folder, "vmapple", "sc"), ["screenshot"], "commands")
    cases.expect_same(complete(folder, "vmapple", "run", "o"), ["one", "other"], "machines")
    cases.expect_same(complete(folder, "vmapple", "run", "one", "--sn"), ["--snapshot"], "options")
    cases.expect_same(complete(folder, "vmapple", "import", "Im"), ["Image"], "files")


def the_page_has_every_command(folder):
    page = PAGE.read_text()
    overview = subprocess.run([PROGRAM, "help"], capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in overview.splitlines() if line.startswith("  ")]
    cases.expect(len(names) > 10, overview)
    for name in names:
        cases.expect(f".SS vmapple {name}" in page, f"the manual page does not know {name}")


cases.run(commands_options_and_machines_are_offered, the_page_has_every_command, needs=None)
