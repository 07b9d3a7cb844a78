/* SPDX-License-Identifier: MIT */
/* The parts of guest memory, together. */
#include "memory/memory.h"

void pvg_memory_init(struct pvg_memory *memory, unsigned page_shift)
{
    memory->page_shift = page_shift;
    pvg_ram_init(&memory->ram);
}

void pvg_memory_finish(struct pvg_memory *memory)
{
    pvg_ram_finish(&memory->ram);
}
