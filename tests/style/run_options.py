#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/run.md and scripts/run agree on the options, and on the lines of the guest's report.

Usage: run_options.py SOURCE_ROOT
"""
import pathlib
import re
import subprocess
import sys


def documented(page, heading, pattern):
    """What @pattern finds in the first column of the table under @heading."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    return {name for cell in cells for name in re.findall(pattern, cell)}


def main(root):
    page = (root / "docs/run.md").read_text()
    helped = subprocess.run([root / "scripts/run", "--help"], capture_output=True, text=True,
                            check=True).stdout
    table = (root / "guest/platform/checks.c").read_text()
    pairs = {
        "options": (documented(page, "Options", r"`(--[a-z-]+)"),
                    set(re.findall(r"^ +(--[a-z-]+)", helped, re.M))),
        "lines": (documented(page, "What the lines mean", r"`([a-z0-9-]+)`") - {"demo", "power-key"},
                  set(re.findall(r'\{ "([a-z0-9-]+)", check_', table))),
    }
    wrong = False
    for what, (in_docs, in_code) in pairs.items():
        for name in sorted(in_docs ^ in_code):
            wrong = True
            print(f"{what}: {name} is only in {'docs/run.md' if name in in_docs else 'the code'}")
    return wrong


sys.exit(main(pathlib.Path(sys.argv[1])))
