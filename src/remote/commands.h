/* SPDX-License-Identifier: MIT */
/* What the keeper asks for: each kind of message (remote/link.h) is a call of the executor, or
 * something to know about guest memory. */
#ifndef PVG_REMOTE_COMMANDS_H
#define PVG_REMOTE_COMMANDS_H

#include "remote/worker.h"

#define PVG_WORKER_MESSAGE_MAX (1u << 30)

/* Receives the next message and does what it says. False when the keeper is gone or makes no
 * sense. Engine thread. */
bool pvg_worker_obey(struct pvg_worker *worker);

/* Frees submissions that were prepared and are never submitted. The executor is idle. */
void pvg_worker_drop_prepared(struct pvg_worker *worker);

#endif
