/* SPDX-License-Identifier: MIT */
/* Object lists: what a task's numbers ("refs") stand for.
 *
 * The guest publishes and clears slots by plain stores, with no packet, often right after it has
 * sent the work that names them. So a ref is resolved early, and what was found is a private copy.
 * A failed look-up is never remembered: the slot may be there a moment later.
 *
 * Any thread, but for binding. Spec: 20-memory 5; 01-errata-device rows "5.2, 6.2, 7.3" and "2.3(3),
 * N5". */
#ifndef PVG_MEMORY_OBJECT_H
#define PVG_MEMORY_OBJECT_H

#include <stdint.h>

#include "memory/task.h"

struct pvg_object {
    uint32_t ref;
    uint8_t type; /* enum pvg_wire_object_type */
    uint32_t length;
    struct pvg_gva address; /* of the descriptor; with type and length it tells a re-used slot */
    uint8_t *descriptor;    /* owned copy; length bytes */
};

/* Zero-initialised objects are allowed. */
void pvg_object_finish(struct pvg_object *object);

/* Binds the list of task @id, which need not live: the guest may send this first. Engine thread.
 * Refuses LIMIT (id). */
PVG_NODISCARD enum pvg_refusal pvg_objects_bind(struct pvg_memory *memory, uint32_t id,
                                                uint32_t first_page, uint32_t count);

/* The list of @id is gone. Engine thread. */
void pvg_objects_unbind(struct pvg_memory *memory, uint32_t id);

/* The memory of buffer, texture or surface @ref, if it has any and can be found now; else @at and
 * @size stay as they are. */
void pvg_object_find_range(struct pvg_memory *memory, struct pvg_space space, uint32_t ref,
                           struct pvg_gva *at, uint64_t *size);

/* What @ref stands for now. Refuses as pvg_space_read; NO_OBJECT: no list, a ref past it, or nothing
 * published; LIMIT: a descriptor longer than any of its type. On refusal @out is empty. */
PVG_NODISCARD enum pvg_refusal pvg_object_read(struct pvg_memory *memory, struct pvg_space space,
                                               uint32_t ref, struct pvg_object *out);

#endif
