/* SPDX-License-Identifier: MIT */
/* Keeps the tasks of one process in step with those of another: what the guest's packets did to
 * them, as bytes.
 *
 * The process that keeps the device tells its GPU worker. A message states how things are, not what
 * was done: one that comes twice does no harm, and the state of a task is enough for a worker that
 * starts late. Kept pages are sent as they were found, for a page table may change in between. */
#ifndef PVG_MEMORY_MIRROR_H
#define PVG_MEMORY_MIRROR_H

#include "base/section.h"
#include "memory/memory.h"

/* Task @id without its kept pages. Any thread. */
void pvg_mirror_put_task(struct pvg_memory *memory, uint32_t id, struct pvg_saver *out);

/* The kept pages of [@at, @at + @size) of task @id. Any thread. */
void pvg_mirror_put_pages(struct pvg_memory *memory, uint32_t id, struct pvg_gva at, uint64_t size,
                          struct pvg_saver *out);

/* All of task @id, if there is anything to tell: then true. Any thread. */
bool pvg_mirror_has_task(struct pvg_memory *memory, uint32_t id);

/* What the other side has put. Refuses SHORT, LIMIT (task, pages), VALUE. Engine thread. */
PVG_NODISCARD enum pvg_refusal pvg_mirror_take_task(struct pvg_memory *memory,
                                                    struct pvg_cursor *from);
PVG_NODISCARD enum pvg_refusal pvg_mirror_take_pages(struct pvg_memory *memory,
                                                     struct pvg_cursor *from);

#endif
