# SPDX-License-Identifier: MIT
"""Checks that every test that docs/hostile-guests.md names is there, and is run."""
import collections
import pathlib
import re
import sys


def main(root):
    uses = collections.Counter(word for path in (root / "tests").rglob("test_*.c")
                               for word in re.findall(r"\w+", path.read_text()))
    faults = []
    for line in (root / "docs/hostile-guests.md").read_text().splitlines():
        cells = line.split(" | ")
        if not line.startswith("| ") or line.startswith("|---") or cells[-1].startswith("test "):
            continue
        names = re.findall(r"`([a-z0-9_]+)`", cells[-1])
        if not names:
            faults.append(f"no test: {line}")
        faults += [f"no such test: {name}" for name in names if uses[name] < 2]
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
