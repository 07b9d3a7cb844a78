/* SPDX-License-Identifier: MIT */
/* The stamp table: the last completed stamp of each channel, in guest memory and as our own copy.
 *
 * Waits look at the copy: guest memory is the guest's. Values are published verbatim and in ring
 * order, never compared with what stood there: a driver that starts over counts from low values
 * again. Spec: 10-device 6.1, 8.1, 8.2; errata row "8.1, 8.2, 16.5, 16.6". */
#ifndef PVG_DEVICE_STAMPS_H
#define PVG_DEVICE_STAMPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory/memory.h"
#include "base/section.h"

#define PVG_MAX_STAMPS 4096 /* u32 in a page of 16 KiB */

struct pvg_stamps {
    /* Engine. */
    struct pvg_memory *memory;
    bool bound;
    uint64_t session;
    struct pvg_gpa table;
    uint32_t count;

    _Atomic uint32_t values[PVG_MAX_STAMPS]; /* engine and completion write, engine reads */
};

/* The table is at @table from now on; the copy becomes what is there. Engine thread. */
void pvg_stamps_bind(struct pvg_stamps *stamps, struct pvg_memory *memory, uint64_t session,
                     struct pvg_gpa table);
void pvg_stamps_unbind(struct pvg_stamps *stamps);

/* The copy of @slot becomes what is in guest memory: its channel is defined. Engine thread. */
void pvg_stamps_load(struct pvg_stamps *stamps, uint32_t slot);

/* Engine and completion threads. A slot past the table is refused (RANGE), a table of an ended
 * session too (STALE). */
PVG_NODISCARD enum pvg_refusal pvg_stamps_publish(struct pvg_stamps *stamps, uint64_t session,
                                                  uint32_t slot, uint32_t value);

/* Whether @slot is at or past @value. A slot that does not exist never will be: it counts as
 * satisfied. */
bool pvg_stamps_reached(const struct pvg_stamps *stamps, uint32_t slot, uint32_t value);

/* Stamps wrap. */
static inline bool pvg_stamp_at_or_past(uint32_t stamp, uint32_t value)
{
    return (int32_t)(stamp - value) >= 0;
}

/* Control thread, engine parked. Restoring follows pvg_stamps_bind. */
void pvg_stamps_save(const struct pvg_stamps *stamps, struct pvg_saver *saver);
PVG_NODISCARD enum pvg_refusal pvg_stamps_restore(struct pvg_stamps *stamps,
                                                  struct pvg_cursor *from);

#endif
