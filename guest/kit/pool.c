/* SPDX-License-Identifier: MIT */
/* Pages in rows, and scattered. */
#include "kit/pool.h"

void kit_pool_init(struct kit_pool *pool, const struct kit_pool_memory *memory, uint64_t *singles)
{
    pool->page_shift = memory->page_shift;
    pool->next_row = memory->gpa;
    pool->rows_end = memory->gpa + ((uint64_t)memory->row_pages << memory->page_shift);
    pool->singles = singles;
    pool->count = memory->single_pages;
    for (uint64_t i = 0; i < pool->count; i++) {
        /* Each page comes once. */
        singles[i] = pool->rows_end + (i * memory->stride % pool->count << memory->page_shift);
    }
}

uint64_t kit_pool_take(struct kit_pool *pool, unsigned count)
{
    uint64_t size = (uint64_t)count << pool->page_shift, gpa = pool->next_row;

    if (count == 1 && pool->count > 0) {
        return pool->singles[--pool->count];
    }
    if (size > pool->rows_end - gpa) {
        return 0;
    }
    pool->next_row += size;
    return gpa;
}

void kit_pool_give(struct kit_pool *pool, uint64_t gpa, unsigned count)
{
    for (; count--; gpa += UINT64_C(1) << pool->page_shift) {
        pool->singles[pool->count++] = gpa;
    }
}
