/* SPDX-License-Identifier: MIT */
/* A bounded ring for many writers: each takes a position, fills its cell, and says so in the cell. */
#include "trace/access_ring.h"

#include <glib.h>

void pvg_access_ring_init(struct pvg_access_ring *ring)
{
    ring->cells = g_new0(struct pvg_access_cell, PVG_ACCESS_RING_SIZE);
    for (uint64_t i = 0; i < PVG_ACCESS_RING_SIZE; i++) {
        atomic_init(&ring->cells[i].turn, i);
    }
}

void pvg_access_ring_finish(struct pvg_access_ring *ring)
{
    g_clear_pointer(&ring->cells, g_free);
}

void pvg_access_ring_put(struct pvg_access_ring *ring, const struct pvg_access *access)
{
    const uint64_t room =
        access->write ? PVG_ACCESS_RING_SIZE : PVG_ACCESS_RING_SIZE - PVG_ACCESS_RING_SIZE / 4;
    uint64_t at = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    struct pvg_access_cell *cell;

    do {
        cell = &ring->cells[at % PVG_ACCESS_RING_SIZE];
        if (at - atomic_load_explicit(&ring->head, memory_order_acquire) >= room ||
            atomic_load_explicit(&cell->turn, memory_order_acquire) != at) {
            uint64_t now = atomic_load_explicit(&ring->tail, memory_order_relaxed);

            if (now == at) { /* full, not overtaken */
                atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
                return;
            }
            at = now;
            continue;
        }
        if (atomic_compare_exchange_weak_explicit(&ring->tail, &at, at + 1, memory_order_relaxed,
                                                  memory_order_relaxed)) {
            break;
        }
    } while (true);
    cell->access = *access;
    atomic_store_explicit(&cell->turn, at + 1, memory_order_release); /* pairs with take's load */
}

bool pvg_access_ring_take(struct pvg_access_ring *ring, struct pvg_access *out)
{
    uint64_t at = atomic_load_explicit(&ring->head, memory_order_relaxed);
    struct pvg_access_cell *cell = &ring->cells[at % PVG_ACCESS_RING_SIZE];

    if (atomic_load_explicit(&cell->turn, memory_order_acquire) != at + 1) {
        return false;
    }
    *out = cell->access;
    atomic_store_explicit(&cell->turn, at + PVG_ACCESS_RING_SIZE, memory_order_release);
    atomic_store_explicit(&ring->head, at + 1, memory_order_release);
    return true;
}
