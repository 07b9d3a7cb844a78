/* SPDX-License-Identifier: MIT */
/* The control socket: a line asks, and lines ending with "ok" or "error: ..." answer.
 *
 * Whoever can connect to it may do what the user may; its file mode keeps others out. Display
 * thread. Commands: docs/stock-qemu.md. */
#ifndef SERVER_CONTROL_H
#define SERVER_CONTROL_H

#include <sys/select.h>

#include <pvg/error.h>

#include "function.h"

struct control;

/* What the rest of the server does when asked. */
struct control_actions {
    void (*store_screenshots)(void *owner);
    void *owner;
};

/* Listens at @path, which is not removed in the end. NULL with @error on failure. @function is borrowed. */
struct control *control_create(const char *path, struct function *function,
                               const struct control_actions *actions, struct pvg_error *error);
void control_destroy(struct control *control);

/* Adds what it waits for to @wait. */
void control_wait(const struct control *control, fd_set *wait, int *highest);

/* Answers what has come, without ever waiting. */
void control_serve(struct control *control);

#endif
