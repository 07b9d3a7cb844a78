/* SPDX-License-Identifier: MIT */
/* The parts of guest memory, together. */
#include "memory/memory.h"

void pvg_memory_init(struct pvg_memory *memory, enum pvg_variant variant,
                     struct pvg_counters *counters)
{
    memory->variant = variant;
    memory->page_shift = variant == PVG_VARIANT_PCI ? 12 : 14;
    pvg_ram_init(&memory->ram);
    pvg_tasks_init(&memory->tasks, counters);
    pvg_surfaces_init(&memory->surfaces, counters);
}

void pvg_memory_finish(struct pvg_memory *memory)
{
    pvg_surfaces_finish(&memory->surfaces);
    pvg_tasks_finish(&memory->tasks);
    pvg_ram_finish(&memory->ram);
}
