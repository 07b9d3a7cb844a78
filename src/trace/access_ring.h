/* SPDX-License-Identifier: MIT */
/* Register accesses on their way from vCPUs to the recorder: a ring that nobody ever waits for. When
 * it is full an access is counted as lost instead; reads leave the last quarter to writes. */
#ifndef PVG_TRACE_ACCESS_RING_H
#define PVG_TRACE_ACCESS_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PVG_ACCESS_RING_SIZE 0x8000

struct pvg_access {
    uint64_t offset, value;
    uint8_t window, size;
    bool write;
};

struct pvg_access_cell {
    _Atomic uint64_t turn; /* position: free for its writer; position + 1: filled, for the reader */
    struct pvg_access access;
};

struct pvg_access_ring {
    struct pvg_access_cell *cells; /* owned; PVG_ACCESS_RING_SIZE */
    _Atomic uint64_t tail;         /* next to be filled; any thread */
    _Atomic uint64_t head;         /* next to be taken; the taker writes */
    _Atomic uint64_t lost;
};

void pvg_access_ring_init(struct pvg_access_ring *ring);
void pvg_access_ring_finish(struct pvg_access_ring *ring);

/* Any thread; never waits. */
void pvg_access_ring_put(struct pvg_access_ring *ring, const struct pvg_access *access);

/* One thread at a time. False when there is none. */
bool pvg_access_ring_take(struct pvg_access_ring *ring, struct pvg_access *out);

#endif
