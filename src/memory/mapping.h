/* SPDX-License-Identifier: MIT */
/* A mapping: pages of a task as one piece of this process's memory, for the GPU to use in place.
 *
 * Where the pages lie in a row in guest RAM it is guest RAM itself; where they are scattered it is
 * an alias, a second mapping of the same pages in the guest's order. The guest's RAM must be shared
 * memory for that: private memory has no second mapping, and the caller copies instead.
 *
 * Unlike all other access, what goes through a mapping is not checked again. So its owner closes it
 * before the right to its pages ends, asks pvg_mapping_holds before each new use, and reports what
 * it wrote. Spec: 20-memory 3.6, 14.2; 02-errata-gpu 2.1. */
#ifndef PVG_MEMORY_MAPPING_H
#define PVG_MEMORY_MAPPING_H

#include "memory/memory.h"

/* A process has some 65,000 mappings; each run of an alias is one. */
#define PVG_MAPPING_RUNS_MAX  4096  /* of one alias */
#define PVG_MAPPINGS_RUNS_MAX 24576 /* of all aliases of a device */

/* Zero-initialised, it is empty. */
struct pvg_mapping {
    uint8_t *host;
    uint64_t size; /* bytes */
    bool alias;
    struct pvg_view view; /* where the pages were when it was made */
};

/* Any thread; nothing may use the bytes any more. */
void pvg_mapping_close(struct pvg_mapping *mapping, struct pvg_memory *memory);

/* Maps the @size bytes at @at, both multiples of the guest's pages, for reading and writing.
 * Refuses as pvg_space_write does; LIMIT: too many runs; HOST_MEMORY: they cannot be mapped in one
 * piece, or not at a multiple of @alignment. On refusal @out is empty. Any thread. */
PVG_NODISCARD enum pvg_refusal pvg_mapping_open(struct pvg_memory *memory, struct pvg_space space,
                                                struct pvg_gva at, uint64_t size,
                                                uint64_t alignment, struct pvg_mapping *out);

/* Whether the guest has the same pages at @at of @space as when @mapping was made. */
bool pvg_mapping_holds(const struct pvg_mapping *mapping, struct pvg_memory *memory,
                       struct pvg_space space, struct pvg_gva at);

/* Its bytes were written behind the back of memory/: for the VMM's migration. */
void pvg_mapping_note_written(const struct pvg_mapping *mapping, struct pvg_memory *memory);

/* Whether it lies in [@gpa, @gpa + @size), in part at least. */
bool pvg_mapping_touches(const struct pvg_mapping *mapping, uint64_t gpa, uint64_t size);

#endif
