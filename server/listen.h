/* SPDX-License-Identifier: MIT */
/* Listening Unix sockets that survive a server that was killed. */
#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include <pvg/error.h>

/* A listening socket at @path, which only its user can connect to; what a dead server left there is
 * replaced. -1 with @error, which names @option, on failure. */
int listen_at(const char *path, const char *option, struct pvg_error *error);

#endif
