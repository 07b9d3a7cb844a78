/* SPDX-License-Identifier: MIT */
/* Everything about the guest's memory in one place: its RAM and what the guest laid out in it. */
#ifndef PVG_MEMORY_MEMORY_H
#define PVG_MEMORY_MEMORY_H

#include "memory/ram.h"
#include "memory/surface.h"
#include "memory/task.h"

struct pvg_memory {
    unsigned page_shift; /* 12 on PCI, 14 on MMIO; nothing on the wire states it */
    enum pvg_variant variant;
    struct pvg_ram ram;
    struct pvg_tasks tasks;
    struct pvg_surfaces surfaces;
    _Atomic size_t mapped_runs; /* of all aliases: see memory/mapping.h */
};

void pvg_memory_init(struct pvg_memory *memory, enum pvg_variant variant,
                     struct pvg_counters *counters);
void pvg_memory_finish(struct pvg_memory *memory);

#endif
