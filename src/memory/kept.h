/* SPDX-License-Identifier: MIT */
/* The pages that a guest has announced with MapMemory2, by address: what a read may still use after
 * the guest has cleared its page table, as it does right after it has *sent* an unmap.
 *
 * Shaped like a page table rather than a list of intervals: groups of 64 pages, found by hash. So
 * mapping and unmapping cost the same however many pages are alive, nothing is ever split, and
 * unmapping an absurd range costs no more than what is there. Errata row "20 3.7 (A or B)".
 *
 * Not locked: tasks change it under the exclusive RAM lock and read it under the shared one. */
#ifndef PVG_MEMORY_KEPT_H
#define PVG_MEMORY_KEPT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/section.h"

struct pvg_kept {
    GHashTable *groups; /* struct group, keyed by its first field; NULL while empty */
    size_t *group_count; /* of the whole device: bounds what a guest can make us allocate */
};

/* Page numbers are virtual page numbers of one task; a page frame is never 0. */

/* False when the device keeps all it may: the page is then only walked. */
bool pvg_kept_put(struct pvg_kept *kept, uint64_t page, uint32_t frame);

/* 0: not kept. */
uint32_t pvg_kept_find(const struct pvg_kept *kept, uint64_t page);

/* Forgets [@first, @first + @count). */
void pvg_kept_drop(struct pvg_kept *kept, uint64_t first, uint64_t count);

void pvg_kept_drop_all(struct pvg_kept *kept);

/* Calls @visit for each kept page in [@first, @first + @count), in no order; what it returns is kept
 * instead, 0 forgets the page. */
void pvg_kept_visit(struct pvg_kept *kept, uint64_t first, uint64_t count,
                    uint32_t (*visit)(void *ctx, uint64_t page, uint32_t frame), void *ctx);

/* Calls @each for each kept page in [@first, @first + @count), in no order. */
void pvg_kept_walk(const struct pvg_kept *kept, uint64_t first, uint64_t count,
                   void (*each)(void *ctx, uint64_t page, uint32_t frame), void *ctx);

/* All pages of a task. Restoring refuses COUNT, LIMIT, VALUE. */
void pvg_kept_save(const struct pvg_kept *kept, struct pvg_saver *saver);
enum pvg_refusal pvg_kept_restore(struct pvg_kept *kept, struct pvg_cursor *from);

#endif
