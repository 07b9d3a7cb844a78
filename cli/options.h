/* SPDX-License-Identifier: MIT */
/* The command line of a subcommand, read by GLib's option parser with our words for mistakes. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

#include "command.h"

/* Parses @entries out of @argv; exactly @positional arguments must remain, to be found from
 * @argv[1] on. --help prints and ends the process. */
bool options_parse(const struct command *command, const GOptionEntry *entries, int *argc,
                   char **argv, int positional, struct pvg_error *error);

#endif
