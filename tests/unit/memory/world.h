/* SPDX-License-Identifier: MIT */
/* Guest memory for tests: RAM with words and page tables put into it by hand. */
#ifndef PVG_TESTS_UNIT_MEMORY_WORLD_H
#define PVG_TESTS_UNIT_MEMORY_WORLD_H

#include <stdint.h>

#include "memory/memory.h"

struct world {
    struct pvg_memory memory;
    struct pvg_counters counters;
    uint8_t *ram; /* 512 MiB, reserved */
    uint64_t ram_gpa;
    uint32_t next_node; /* page number of the next free page for page tables */
    uint32_t directory; /* of world_map */
};

int world_setup_pci(void **state);  /* RAM from 0, 4 KiB pages */
int world_setup_mmio(void **state); /* RAM from 0x70000000, 16 KiB pages */
int world_teardown(void **state);

uint8_t *world_at(struct world *world, uint64_t gpa);
uint32_t world_load(struct world *world, uint64_t gpa);
void world_store(struct world *world, uint64_t gpa, uint32_t value);
void world_copy(struct world *world, uint64_t gpa, const void *bytes, size_t size);

/* Enters page @frame at virtual page @page in the page table that world->directory names, as a
 * guest does; frame 0 clears it. */
void world_map(struct world *world, uint64_t page, uint32_t frame);

#endif
