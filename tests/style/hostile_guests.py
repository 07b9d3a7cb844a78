# SPDX-License-Identifier: MIT
"""Checks that every test that docs/hostile-guests.md names is there, and is run."""
import pathlib
import re
import sys


def main(root):
    tests = "\n".join(path.read_text() for path in (root / "tests").rglob("test_*.c"))
    faults = []
    for line in (root / "docs/hostile-guests.md").read_text().splitlines():
        cells = line.split(" | ")
        if not line.startswith("| ") or line.startswith("|---") or cells[-1].startswith("test "):
            continue
        names = re.findall(r"`([a-z0-9_]+)`", cells[-1])
        if not names:
            faults.append(f"no test: {line}")
        faults += [f"no such test: {name}" for name in names
                   if len(re.findall(rf"\b{name}\b", tests)) < 2]
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
