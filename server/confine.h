/* SPDX-License-Identifier: MIT */
/* What a process gives up before it works for a guest or a client.
 *
 * Two walls. Landlock says which files can be opened; it holds for a thread and those it makes, so
 * it is put up before there are others, and while drivers still load. Seccomp says which system
 * calls there are, for all threads at once, and comes when all is set up. Where the kernel has no
 * Landlock, opening files is no longer possible at all: then nothing is read from or stored in the
 * caches on disk. Neither can be taken back, and neither needs privileges. */
#ifndef SERVER_CONFINE_H
#define SERVER_CONFINE_H

#include <stdbool.h>

#include <pvg/error.h>

/* The GPU worker, first: from now on it can read the system's programs, libraries and devices, use
 * the GPUs, and write the user's cache of vmapple. */
bool confine_files_of_gpu_worker(struct pvg_error *error);

/* The GPU worker, with its GPU open: no execution, no sockets, no other processes. */
bool confine_calls_of_gpu_worker(struct pvg_error *error);

/* The server, set up: no files, no new connections, no execution. @window: but what windows need,
 * which is much: files and connections stay. */
bool confine_server(bool window, struct pvg_error *error);

#endif
