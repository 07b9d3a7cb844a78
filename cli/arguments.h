/* SPDX-License-Identifier: MIT */
/* From a machine to the command line of the QEMU that runs it. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <glib.h>
#include <stdbool.h>

#include "machine.h"

struct run_options {
    const char *display;    /* "gtk", "sdl", "vnc", "none" */
    bool snapshot;          /* nothing is written to the disks */
    const char *trace_file; /* NULL: no recording */
    bool restore;           /* go on from the saved state */
};

/* The whole command line, program first, NULL-terminated; the caller's (g_strfreev). Checks that
 * what it names is there; NULL and @error otherwise. */
GStrv arguments_build(const struct machine *machine, const struct run_options *options,
                      struct pvg_error *error);

/* "gtk" or "sdl" where there is a desktop, "vnc" elsewhere. */
const char *arguments_default_display(void);

#endif
