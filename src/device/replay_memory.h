/* SPDX-License-Identifier: MIT */
/* The guest memory of a replayed session: private, zero until the recording says what was read. */
#ifndef PVG_DEVICE_REPLAY_MEMORY_H
#define PVG_DEVICE_REPLAY_MEMORY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include <pvg/pvg.h>

#include "base/attributes.h"
#include "trace/event.h"

/* What a recording may ask for in all. */
#define PVG_REPLAY_RAM_MAX   (1ull << 40) /* reserved, not resident */
#define PVG_REPLAY_PAGES_MAX (1u << 20)   /* that it fills: 4 GiB */

struct pvg_replay_memory {
    GArray *spans;        /* struct pvg_ram_span; owned mappings */
    uint64_t reserved;    /* bytes */
    GHashTable *filled;   /* page numbers */
    uint8_t *slots;       /* PVG_SHADOW_SLOTS pages */
};

PVG_NODISCARD bool pvg_replay_memory_init(struct pvg_replay_memory *memory,
                                          struct pvg_error *error);
void pvg_replay_memory_finish(struct pvg_replay_memory *memory);

/* Maps a span for @device and gives it. */
PVG_NODISCARD bool pvg_replay_memory_add(struct pvg_replay_memory *memory,
                                         struct pvg_device *device, uint64_t gpa, uint64_t size,
                                         bool read_only, struct pvg_error *error);

/* MEMORY, PAGE, SAME_PAGE, FORGET. False: the event is impossible. */
PVG_NODISCARD bool pvg_replay_memory_apply(struct pvg_replay_memory *memory,
                                           const struct pvg_trace_event *event);

#endif
