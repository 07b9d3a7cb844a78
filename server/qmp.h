/* SPDX-License-Identifier: MIT */
/* Keyboard and pointer back into the VM, through QEMU's machine protocol (QMP).
 *
 * Events are lost, not queued, while no QMP server is there: QEMU is often started after us. All
 * calls from the display thread; none blocks. */
#ifndef SERVER_QMP_H
#define SERVER_QMP_H

#include <stdbool.h>
#include <stdint.h>

struct qmp;
struct starter;

/* To the socket that @starter (borrowed) knows; connects when the first event comes, and again when it was
 * lost. */
struct qmp *qmp_create(struct starter *starter);
void qmp_destroy(struct qmp *qmp);

/* A key of QEMU's naming ("a", "ret"). */
void qmp_key(struct qmp *qmp, const char *qcode, bool down);

/* The pointer at (@x, @y) of a display of @width by @height pixels. */
void qmp_move(struct qmp *qmp, uint32_t x, uint32_t y, uint32_t width, uint32_t height);

/* "left", "middle", "right", "wheel-up", "wheel-down". */
void qmp_button(struct qmp *qmp, const char *button, bool down);

#endif
