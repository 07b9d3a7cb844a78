# SPDX-License-Identifier: MIT
"""Small helpers for the text of generated C."""
import textwrap


def upper(name):
    return name.upper()


def hexed(number):
    return f"{number:#x}"


def comment(text, indent=""):
    lines = textwrap.wrap(" ".join(text.split()), 94 - len(indent))
    body = ("\n" + indent + " * ").join(lines)
    return f"{indent}/* {body} */"


def prologue(room, text):
    return "\n".join(["/* SPDX-License-Identifier: MIT */",
                      comment(f"Generated from protocol/{room.name}.toml. {text}")])
