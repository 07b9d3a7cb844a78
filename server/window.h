/* SPDX-License-Identifier: MIT */
/* One display as a window (SDL 2). Display thread. */
#ifndef SERVER_WINDOW_H
#define SERVER_WINDOW_H

#include <stdbool.h>

#include <pvg/error.h>
#include <pvg/pvg.h>

#include "picture.h"

struct qmp;
struct window;

/* Opens a window; @qmp (borrowed, may be NULL) takes keys and pointer. */
struct window *window_create(const char *title, struct qmp *qmp, struct pvg_error *error);
void window_destroy(struct window *window);

void window_show(struct window *window, const struct picture *picture,
                 const struct picture_change *change);
void window_show_cursor(struct window *window, const struct pvg_cursor_state *cursor);

/* Handles what the user did in any of the process's windows; false when one was closed. */
bool windows_serve(void);

#endif
