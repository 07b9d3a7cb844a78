/* SPDX-License-Identifier: MIT */
/* What a player of the recording has in its guest memory by now, as far as it matters: pages that
 * were read or written, all others zero. Bounded: when it is full it is emptied, and the recorder
 * says so. */
#ifndef PVG_TRACE_SHADOW_H
#define PVG_TRACE_SHADOW_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "trace/page_hash.h"

#define PVG_SHADOW_PAGE      4096
#define PVG_SHADOW_PAGES_MAX 65536 /* 256 MiB */
#define PVG_SHADOW_SLOTS     16384 /* contents that a player keeps: 64 MiB */

struct pvg_shadow {
    GHashTable *pages; /* page number to its bytes */
    struct pvg_hash *contents; /* of the slots */
    struct pvg_hash key;
};

void pvg_shadow_init(struct pvg_shadow *shadow);
void pvg_shadow_finish(struct pvg_shadow *shadow);

bool pvg_shadow_is_full(const struct pvg_shadow *shadow);
void pvg_shadow_forget(struct pvg_shadow *shadow);

/* Makes the shadow hold @bytes at @gpa, all within one page. Returns whether it held others. */
bool pvg_shadow_put(struct pvg_shadow *shadow, uint64_t gpa, const void *bytes, size_t size);

/* The slot for the content of a whole page; @known: it is there already. */
uint32_t pvg_shadow_slot(struct pvg_shadow *shadow, const void *page, bool *known);

#endif
