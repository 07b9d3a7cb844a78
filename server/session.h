/* SPDX-License-Identifier: MIT */
/* One client's connection: requests in, replies out, strictly in order. Spec: 90-vfio-user 4, 14. */
#ifndef SERVER_SESSION_H
#define SERVER_SESSION_H

#include <stdbool.h>

#include <pvg/error.h>

#include "function.h"

/* Serves the client on @socket (taken) until it leaves, then leaves @function without a trace of
 * it. True when it left in order; false with @error when it broke the protocol and was dropped.
 * Another thread ends it by shutdown(2) on the socket. Blocks; never waits for the client while a
 * request is served. */
bool vfio_user_serve(struct function *function, int socket, struct pvg_error *error);

#endif
