# SPDX-License-Identifier: MIT
"""Checks that src/<floor>/ includes only its own and lower floors (docs/architecture.md)."""
import pathlib
import re
import sys

FLOORS = ["base", "wire", "trace", "memory", "shader", "vulkan", "gpu", "remote", "device"]


def main(root):
    faults = []
    for path in sorted((root / "src").rglob("*.[ch]")):
        floor = path.relative_to(root / "src").parts[0]
        if floor not in FLOORS:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'#include "([a-z]+)/', line)
            if match and match[1] in FLOORS and FLOORS.index(match[1]) > FLOORS.index(floor):
                faults.append(f"{path.relative_to(root)}:{number}: {floor} may not use {match[1]}")
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
