/* SPDX-License-Identifier: MIT */
/* Survives a client that shrinks the file behind its guest memory: a page that is gone becomes a
 * page of zeros, and the loss is remembered. Spec: 90-vfio-user 20, item 6.
 *
 * The handler is the process's; a SIGBUS outside guarded memory still ends it. */
#ifndef SERVER_SIGBUS_H
#define SERVER_SIGBUS_H

#include <stdbool.h>
#include <stddef.h>

/* Once a process, before the first guarded mapping. */
void sigbus_guard_install(void);

/* Any thread, one at a time. False when there is no room for another mapping. */
bool sigbus_guard_add(void *base, size_t length);
void sigbus_guard_remove(void *base);

/* Whether guarded memory was lost since the last call. Any thread. */
bool sigbus_guard_take_loss(void);

#endif
