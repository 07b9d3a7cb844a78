# SPDX-License-Identifier: MIT
"""Where things are, seen from the source tree."""
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", SOURCE / "build"))


def run(*command):
    """Runs a command of ours; its output is the user's to see, its failure ends us."""
    subprocess.run([str(word) for word in command], check=True, cwd=SOURCE)
