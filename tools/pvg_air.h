/* SPDX-License-Identifier: MIT */
/* The commands of pvg-air, a file each. */
#ifndef PVG_TOOLS_PVG_AIR_H
#define PVG_TOOLS_PVG_AIR_H

#include <stdbool.h>

#include <glib.h>

enum exit_status {
    STATUS_DONE = 0,
    STATUS_REFUSED = 1,  /* a function was refused */
    STATUS_UNUSABLE = 2, /* a file, an option or this machine is not usable */
};

/* Each takes its arguments as main() does and returns an enum exit_status. */
int command_list(int argc, char **argv);
int command_disassemble(int argc, char **argv);
int command_compile(int argc, char **argv);
int command_run(int argc, char **argv);

/* Parses the options of a command; says on stderr what is wrong with them. */
bool command_parse(const char *command, const char *parameters, const char *summary,
                   const GOptionEntry *entries, int *argc, char ***argv);

#endif
