/* SPDX-License-Identifier: MIT */
/* Making a machine's folder: under another name until it is complete, so that nothing half-made is
 * ever a machine. */
#ifndef CLI_FOLDER_H
#define CLI_FOLDER_H

#include <stdbool.h>

#include <pvg/error.h>

#include "machine.h"

/* A machine with a name and a fresh, hidden folder; fails when the name is taken. */
struct machine *folder_begin(const char *name, struct pvg_error *error);

/* Makes the folder the machine's; paths in @machine that lie in it follow. */
bool folder_commit(struct machine *machine, struct pvg_error *error);

/* Removes the folder with what is in it. */
void folder_abandon(struct machine *machine);

#endif
