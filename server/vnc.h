/* SPDX-License-Identifier: MIT */
/* One display as a VNC server. Display thread. */
#ifndef SERVER_VNC_H
#define SERVER_VNC_H

#include <stdbool.h>
#include <sys/select.h>

#include <pvg/error.h>
#include <pvg/pvg.h>

#include "picture.h"

struct qmp;
struct vnc;

/* Listens on @address ("127.0.0.1", or "::" for all) and @port (0: the first free from 5900).
 * @qmp (borrowed, may be NULL) takes keys and pointer. */
struct vnc *vnc_create(const char *address, int port, const char *name, struct qmp *qmp,
                       struct pvg_error *error);
void vnc_destroy(struct vnc *vnc);

/* The port it listens on. */
int vnc_port(const struct vnc *vnc);

/* Whether somebody looks. */
bool vnc_is_watched(const struct vnc *vnc);

/* Shows a picture that changed; its pixels are borrowed until the next show. */
void vnc_show(struct vnc *vnc, const struct picture *picture, const struct picture_change *change);

/* Shows the guest's cursor where it is. */
void vnc_show_cursor(struct vnc *vnc, const struct pvg_cursor_state *cursor);

/* Adds the descriptors to wait for to @wait, raising *@highest; then serves what is ready. */
void vnc_wait(const struct vnc *vnc, fd_set *wait, int *highest);
void vnc_serve(struct vnc *vnc);

#endif
