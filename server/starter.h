/* SPDX-License-Identifier: MIT */
/* A small process that starts others, and opens what has a name, for a server that may not.
 *
 * Once confined, the server opens no file, connects to nothing and executes nothing. What it needs
 * of the kind later (another GPU worker, the shader compiler, QEMU's QMP socket, a screenshot's
 * file) is fixed by the command line, and the starter, forked before anything of a guest or a client
 * was seen, does exactly that when asked. It runs no guest's work and reads no guest's bytes. */
#ifndef SERVER_STARTER_H
#define SERVER_STARTER_H

#include <stdbool.h>

#include <pvg/error.h>

struct starter;

struct starter_options { /* borrowed */
    const char *gpu;
    const char *qmp_path;          /* NULL: none */
    const char *screenshot_folder; /* NULL: none */
    const char *sockets[2];        /* paths that the server listens at, removed at the end */
};

/* Forks; to be called while the process has one thread. NULL with @error on failure. */
struct starter *starter_create(const struct starter_options *options, struct pvg_error *error);

/* The starter ends, and its children with it. NULL is allowed. */
void starter_destroy(struct starter *starter);

/* ---- Any thread. Descriptors become the caller's. ---- */

/* A new GPU worker, see pvg_host_ops.start_gpu_worker; the former one is dead then. */
bool starter_start_gpu_worker(struct starter *starter, int *socket, int *process,
                              struct pvg_error *error);

/* A connection to QEMU's QMP socket, -1 when there is none now. */
int starter_connect_qmp(struct starter *starter);

/* An empty file for the screenshot of display @number, which gets its name with
 * starter_keep_screenshot. -1 with @error on failure. */
int starter_open_screenshot(struct starter *starter, unsigned number, struct pvg_error *error);
bool starter_keep_screenshot(struct starter *starter, unsigned number, struct pvg_error *error);

#endif
