/* SPDX-License-Identifier: MIT */
/* The last step of commands that start a machine. */
#ifndef CLI_BECOME_H
#define CLI_BECOME_H

#include <glib.h>
#include <stdbool.h>

#include <pvg/error.h>

/* Makes the folder for machine @name's sockets, says where its VNC display is if it has one, and
 * replaces this process by QEMU. Returns only when that failed. */
bool become_qemu(const char *name, GStrv arguments, const char *display, struct pvg_error *error);

#endif
