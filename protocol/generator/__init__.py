# SPDX-License-Identifier: MIT
"""Turns the description of the wire format, protocol/*.toml, into C and into a page of the docs."""
