/* SPDX-License-Identifier: MIT */
/* Guest memory, as the worker is told of it: spans of RAM, tasks, and pages that are kept. A worker
 * finds the rest there itself. */
#ifndef PVG_REMOTE_TOLD_H
#define PVG_REMOTE_TOLD_H

#include "remote/keeper.h"

/* Everything, for a worker that has just started. send_lock is held. */
void pvg_told_everything_locked(struct pvg_keeper *keeper);

/* The executor's operations. Returning from ram_removed says that no worker touches the range. */
void pvg_told_task_changed(struct pvg_executor *executor, uint32_t task);
void pvg_told_pages_changed(struct pvg_executor *executor, uint32_t task, struct pvg_gva at,
                            uint64_t size);
void pvg_told_ram_added(struct pvg_executor *executor, const struct pvg_ram_span *span);
void pvg_told_ram_removed(struct pvg_executor *executor, uint64_t gpa, uint64_t size);

/* pvg_ram.session_ended of @owner, a keeper: a vCPU waits here, for one copy of the worker's at
 * most; a worker that holds on is killed. Takes no lock under which messages are sent. */
void pvg_told_session_ended(void *owner, uint64_t session);

#endif
