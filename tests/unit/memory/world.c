/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>

#include "test.h"

#define SIZE 0x20000000ull
#define DEPTH 3

static int setup(void **state, enum pvg_variant variant)
{
    struct world *w = g_new0(struct world, 1);
    struct pvg_ram_span span = {.size = SIZE, .fd = -1};

    pvg_counters_init(&w->counters);
    pvg_memory_init(&w->memory, variant, &w->counters);
    w->ram = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1, 0);
    assert_true(w->ram != MAP_FAILED);
    w->ram_gpa = variant == PVG_VARIANT_PCI ? 0 : 0x70000000;
    span.gpa = w->ram_gpa;
    span.host = w->ram;
    assert_true(pvg_ram_insert(&w->memory.ram, &span, NULL));
    w->next_node = (uint32_t)((w->ram_gpa + SIZE / 2) >> w->memory.page_shift);
    w->directory = w->next_node++;
    world_store(w, (uint64_t)w->directory << w->memory.page_shift, w->next_node++);
    world_store(w, ((uint64_t)w->directory << w->memory.page_shift) + 4, DEPTH);
    *state = w;
    return 0;
}

int world_setup_pci(void **state)
{
    return setup(state, PVG_VARIANT_PCI);
}

int world_setup_mmio(void **state)
{
    return setup(state, PVG_VARIANT_MMIO);
}

int world_teardown(void **state)
{
    struct world *w = *state;

    pvg_memory_finish(&w->memory);
    pvg_counters_finish(&w->counters);
    munmap(w->ram, SIZE);
    g_free(w);
    return 0;
}

uint8_t *world_at(struct world *world, uint64_t gpa)
{
    assert_in_range(gpa, world->ram_gpa, world->ram_gpa + SIZE - 1);
    return world->ram + (gpa - world->ram_gpa);
}

uint32_t world_load(struct world *world, uint64_t gpa)
{
    uint32_t value;

    memcpy(&value, world_at(world, gpa), sizeof(value));
    return GUINT32_FROM_LE(value);
}

void world_store(struct world *world, uint64_t gpa, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(world_at(world, gpa), &value, sizeof(value));
}

void world_copy(struct world *world, uint64_t gpa, const void *bytes, size_t size)
{
    memcpy(world_at(world, gpa), bytes, size);
}

void world_map(struct world *world, uint64_t page, uint32_t frame)
{
    unsigned shift = world->memory.page_shift, bits = shift - 2;
    uint32_t node = world_load(world, (uint64_t)world->directory << shift);

    for (unsigned level = DEPTH; level-- > 0;) {
        uint64_t entry = ((uint64_t)node << shift) +
                         4 * ((page >> (level * bits)) & ((1u << bits) - 1));

        if (!level) {
            world_store(world, entry, frame);
        } else if (!world_load(world, entry)) {
            world_store(world, entry, world->next_node++);
        }
        node = world_load(world, entry) & 0x7fffffff;
    }
}
