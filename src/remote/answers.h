/* SPDX-License-Identifier: MIT */
/* What the worker says, from any thread. A keeper that is gone is noticed where its messages are
 * read. */
#ifndef PVG_REMOTE_ANSWERS_H
#define PVG_REMOTE_ANSWERS_H

#include "remote/link.h"
#include "remote/worker.h"

void pvg_worker_say(struct pvg_worker *worker, enum pvg_link_type type, uint64_t id,
                    const void *bytes, size_t size);
void pvg_worker_say_hello(struct pvg_worker *worker);
void pvg_worker_say_answer(struct pvg_worker *worker, uint64_t id,
                           const struct pvg_link_done *done);
void pvg_worker_say_done(struct pvg_worker *worker, uint64_t id, enum pvg_refusal why);

/* pvg_log.line of a worker. */
void pvg_worker_say_log(void *host, enum pvg_log_level level, const char *message);

#endif
