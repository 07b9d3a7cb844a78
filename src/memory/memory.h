/* SPDX-License-Identifier: MIT */
/* Everything about the guest's memory in one place: its RAM and what the guest laid out in it. */
#ifndef PVG_MEMORY_MEMORY_H
#define PVG_MEMORY_MEMORY_H

#include "memory/ram.h"

struct pvg_memory {
    unsigned page_shift; /* 12 on PCI, 14 on MMIO; nothing on the wire states it */
    struct pvg_ram ram;
};

void pvg_memory_init(struct pvg_memory *memory, unsigned page_shift);
void pvg_memory_finish(struct pvg_memory *memory);

#endif
