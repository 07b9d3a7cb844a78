#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/gpu-opcodes.md lists every record of the GPU's encoders, each with a scene that exists.

Usage: opcodes.py SOURCE_ROOT
"""
import pathlib
import re
import sys
import tomllib

SPACES = {"Render": "render", "Compute": "compute", "Blit": "blit"}


def described(root, space):
    """(opcode, name) of each record of @space, its own and those that encoders share."""
    own = tomllib.loads((root / f"protocol/{space}.toml").read_text())["record"]
    shared = tomllib.loads((root / "protocol/encoder.toml").read_text())["record"]
    records = {(form.get("opcode", record.get("opcode")), form.get("name", record["name"]))
               for record in own for form in record.get("form", [record])}
    return records | {(form.get("opcode", record.get("opcode")), form.get("name", record["name"]))
                      for record in shared for form in record.get("form", [record])
                      if space in form.get("spaces", record.get("spaces", []))}


def main(root):
    page = (root / "docs/gpu-opcodes.md").read_text()
    scenes = {name for path in (root / "tests/render").glob("test_*.c")
              for name in re.findall(r"^static void (\w+)\(void \*\*state\)", path.read_text(),
                                     re.M)}
    wrong = []
    for section in page.split("\n## ")[1:]:
        space = SPACES[section.split()[0].rstrip(",")]
        rows = re.findall(r"^\| ([0-9a-f]+) \| (\w+) \| [^|]+ \| (\w+) \|$", section, re.M)
        for record in described(root, space) ^ {(int(op, 16), name) for op, name, _ in rows}:
            wrong.append(f"{space} 0x{record[0]:x} {record[1]} is only on one side")
        wrong += [f"{space} 0x{op}: there is no scene {scene}" for op, _, scene in rows
                  if scene not in scenes]
    print("\n".join(wrong))
    return bool(wrong)


sys.exit(main(pathlib.Path(sys.argv[1])))
