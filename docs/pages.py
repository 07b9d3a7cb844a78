#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes manual pages and shell completion from what our programs say with --help, so that they agree.

Usage: pages.py man|bash|zsh NAME PROGRAM OUTPUT
"""
import os
import pathlib
import re
import subprocess
import sys

EXTRA = {
    "vmapple": {
        "summary": "make, run and look after macOS machines",
        "description": "A machine is a folder with a file, machine.conf, that says what it is. vmapple makes such "
                       "folders and starts QEMU from them; nothing runs beside the machines themselves.",
        "FILES": [("~/.local/share/vmapple/NAME/machine.conf", "what the machine NAME is; made for people to edit"),
                  ("$XDG_RUNTIME_DIR/vmapple/NAME/", "the sockets of the running machine")],
        "ENVIRONMENT": [("VMAPPLE_HOME", "folder of the machines"),
                        ("VMAPPLE_QEMU", "folder of the emulators")],
    },
    "pvg-air": {
        "summary": "list, compile, disassemble and run Metal shader binaries",
        "description": "Reads .metallib, .air, .bc and .ll (with opaque pointers).",
    },
    "pvg-metallib": {"summary": "make Metal libraries without Apple's tools"},
    "pvg-replay": {"summary": "play a recorded session of the GPU back, or print it"},
    "pvg-server": {"summary": "Apple's paravirtual GPU for any VMM that speaks VFIO-user"},
}


def ask(program, *words):
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run([program, *words], capture_output=True, text=True, check=True, env=environment).stdout


class Help:
    """What GLib's option parser prints: usage lines, text, options."""

    def __init__(self, text):
        parts = re.split(r"^(?:Help|Application) Options:\n", text, flags=re.M)
        head = re.sub(r"^Usage:\n", "", parts[0]).strip()
        usage, _, self.text = head.partition("\n\n")
        self.usage = re.sub(r" \[OPTION.\]( - .*)?", " [OPTION...]", usage.strip())
        self.options = []
        for line in "\n".join(parts[1:]).splitlines():
            option = re.match(r"^  (-\S.*?)(?:  +(\S.*))?$", line)
            if option and not option[1].startswith("-h"):
                self.options.append((option[1], option[2] or ""))

    def words(self):
        """The long options: --name."""
        return [re.search(r"--[\w-]+", option)[0] for option, _ in self.options if "--" in option]


def commands(program):
    """{subcommand: its Help}; empty for a program without any."""
    overview = ask(program, "--help")
    listed = [] if "\nApplication Options:" in overview else re.findall(r"^  (\w+) +(\S.*)$", overview, re.M)
    return {name: Help(ask(program, name, "--help")) for name, _ in listed}


def troff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def man_options(options):
    return [f".TP\n.B {troff(option)}\n{troff(text)}" for option, text in options]


def man_text(text):
    """Paragraphs; what is indented stays as it is."""
    lines = []
    for paragraph in text.split("\n\n"):
        if re.match(r"^ ", paragraph, re.M) or "\n  " in paragraph:
            lines += [".PP", ".nf", troff(paragraph), ".fi"]
        else:
            lines += [".PP", troff(paragraph)]
    return lines


def man(name, program):
    extra = EXTRA[name]
    subcommands = commands(program)
    lines = [f'.TH {name.upper()} 1 "" "vmapple" "User Commands"', ".SH NAME",
             f"{troff(name)} \\- {troff(extra['summary'])}", ".SH SYNOPSIS"]
    if subcommands:
        lines += [f".B {name}\n.I COMMAND\n[ARGUMENT...]", ".SH DESCRIPTION", troff(extra["description"]),
                  ".SH COMMANDS"]
        for page in subcommands.values():
            lines += [f".SS {troff(page.usage)}", *man_text(page.text[:1].upper() + page.text[1:])]
            lines += man_options(page.options)
    else:
        page = Help(ask(program, "--help"))
        lines += [".B " + troff(page.usage), ".SH DESCRIPTION", *man_text(page.text), ".SH OPTIONS",
                  *man_options(page.options)]
    for heading in ("FILES", "ENVIRONMENT"):
        if heading in extra:
            lines += [f".SH {heading}", *man_options(extra[heading])]
    lines += [".SH SEE ALSO", "The project's documentation, in its folder docs."]
    return "\n".join(lines) + "\n"


def takes_machine(page):
    return re.match(r"\S+ \w+ NAME", page.usage) and not page.usage.startswith("vmapple create")


def bash(name, program):
    subcommands = commands(program)
    cases = "\n".join(f'        {command}) options="{" ".join(page.words())}" ;;'
                      for command, page in subcommands.items())
    machines = "|".join(command for command, page in subcommands.items() if takes_machine(page))
    return f"""# bash completion for {name}; made from its --help
_{name}()
{{
    local current=${{COMP_WORDS[COMP_CWORD]}} command=${{COMP_WORDS[1]}} options=""

    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "{" ".join(subcommands)}" -- "$current"))
        return
    fi
    case $command in
{cases}
    esac
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
        return
    fi
    case $command in
        {machines})
            COMPREPLY=($(compgen -W "$({name} list 2>/dev/null | awk '{{ print $1 }}')" -- "$current")) ;;
        *) COMPREPLY=($(compgen -f -- "$current")) ;;
    esac
}}
complete -o filenames -F _{name} {name}
"""


def zsh(name, program):
    subcommands = commands(program)
    listed = "\n".join(f"    '{command}:{page.text}'" for command, page in subcommands.items())
    options = "\n".join(f"    {command}) _values -w option {' '.join(page.words()) or '--help'} ;;"
                        for command, page in subcommands.items())
    machines = "|".join(command for command, page in subcommands.items() if takes_machine(page))
    return f"""#compdef {name}
# made from its --help
local -a commands machines
commands=(
{listed}
)
if (( CURRENT == 2 )); then
  _describe command commands
elif [[ $words[CURRENT] == -* ]]; then
  case $words[2] in
{options}
  esac
else
  case $words[2] in
    {machines})
      machines=(${{(f)"$({name} list 2>/dev/null | awk '{{ print $1 }}')"}})
      _describe machine machines ;;
    *) _files ;;
  esac
fi
"""


def main(kind, name, program, output):
    made = {"man": man, "bash": bash, "zsh": zsh}[kind](name, program)
    pathlib.Path(output).write_text(made, encoding="utf-8")


main(*sys.argv[1:])
