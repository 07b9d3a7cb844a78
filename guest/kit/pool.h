/* SPDX-License-Identifier: MIT */
/* Pages for a platform to give: rows from the front of a piece of memory, single ones from behind,
 * in an order in which nothing can depend on their neighbours. */
#ifndef KIT_POOL_H
#define KIT_POOL_H

#include <stdint.h>

struct kit_pool {
    unsigned page_shift;
    uint64_t next_row, rows_end; /* gpa */
    uint64_t *singles;           /* a stack of gpas; the caller's */
    unsigned count;
};

struct kit_pool_memory {
    uint64_t gpa;
    unsigned page_shift;
    unsigned row_pages, single_pages;
    unsigned stride; /* in pages, from a single one to the next; shares no factor with their number */
};

/* @singles has room for all pages, as those of rows are single ones once they were given back. */
void kit_pool_init(struct kit_pool *pool, const struct kit_pool_memory *memory, uint64_t *singles);

/* The address of @count pages, not zeroed; 0: there are none left. */
uint64_t kit_pool_take(struct kit_pool *pool, unsigned count);
void kit_pool_give(struct kit_pool *pool, uint64_t gpa, unsigned count);

#endif
