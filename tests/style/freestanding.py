# SPDX-License-Identifier: MIT
"""Checks that an object file needs nothing but what compilers assume: memcpy and memset."""
import subprocess
import sys


def main(nm, path):
    listing = subprocess.run([nm, "-u", path], check=True, capture_output=True, text=True).stdout
    needs = set(listing.split()) - {"U", "memcpy", "memset"}
    print("needs " + ", ".join(sorted(needs)) if needs else "needs no library")
    return 1 if needs else 0


sys.exit(main(*sys.argv[1:]))
