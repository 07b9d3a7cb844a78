# SPDX-License-Identifier: MIT
"""Whole machines: building what a guest boots, starting QEMU, talking to it.

Used by scripts/run, tests/guest and bench/platform. Python's standard library only.
"""
