/* SPDX-License-Identifier: MIT */
/* All displays of the function, shown wherever the user wants them. Display thread. */
#ifndef SERVER_SCREENS_H
#define SERVER_SCREENS_H

#include <pvg/error.h>

#include "function.h"
#include "options.h"

struct screens;

struct starter;

/* Opens the outputs that @options name and prints where they are; all arguments are borrowed. */
struct screens *screens_create(struct function *function, const struct options *options,
                               struct starter *starter, struct pvg_error *error);
void screens_destroy(struct screens *screens);

/* Shows what the guest draws until @stop_fd becomes readable or a window is closed. */
void screens_run(struct screens *screens, int stop_fd);

/* Asks for a PNG of each display; async-signal-safe. */
void screens_ask_for_screenshots(void);

#endif
