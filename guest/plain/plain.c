/* SPDX-License-Identifier: MIT */
/* The guest kit over libpvg's own calls. */
#include "plain/plain.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

static enum pvg_window window_of(enum kit_window window)
{
    return window == KIT_GFX ? PVG_WINDOW_GFX : PVG_WINDOW_IOSFC;
}

static uint32_t read32(void *at, enum kit_window window, uint32_t offset)
{
    return (uint32_t)pvg_mmio_read(((struct plain *)at)->device, window_of(window), offset, 4);
}

static void write32(void *at, enum kit_window window, uint32_t offset, uint32_t value)
{
    pvg_mmio_write(((struct plain *)at)->device, window_of(window), offset, value, 4);
}

static void write64(void *at, enum kit_window window, uint32_t offset, uint64_t value)
{
    pvg_mmio_write(((struct plain *)at)->device, window_of(window), offset, value, 8);
}

void *plain_at(const struct plain *plain, uint64_t gpa)
{
    assert(gpa >= plain->gpa && gpa - plain->gpa < plain->size);
    return (void *)(plain->ram + (gpa - plain->gpa));
}

static void *map(void *at, uint64_t gpa)
{
    return plain_at(at, gpa);
}

static uint64_t take_pages(void *at, unsigned count)
{
    struct plain *plain = at;
    uint64_t gpa = kit_pool_take(&plain->pool, count);

    if (gpa) {
        memset(plain_at(plain, gpa), 0, (size_t)count << plain->pool.page_shift);
    }
    return gpa;
}

static void give_pages(void *at, uint64_t gpa, unsigned count)
{
    kit_pool_give(&((struct plain *)at)->pool, gpa, count);
}

static bool pause_a_moment(void *at)
{
    const struct plain *plain = at;

    return plain->pause(plain->owner);
}

const struct kit_platform plain_platform = {
    .read32 = read32,
    .write32 = write32,
    .write64 = write64,
    .take_pages = take_pages,
    .give_pages = give_pages,
    .map = map,
    .pause = pause_a_moment,
};

void plain_forget(struct plain *plain)
{
    kit_pool_init(&plain->pool, &plain->memory, plain->singles);
}

void plain_init(struct plain *plain, struct pvg_device *device, const struct pvg_ram_span *ram,
                const struct kit_pool_memory *memory, bool (*pause)(void *owner), void *owner)
{
    *plain = (struct plain){
        .device = device,
        .ram = ram->host,
        .gpa = ram->gpa,
        .size = ram->size,
        .memory = *memory,
        .singles = g_new(uint64_t, (size_t)memory->row_pages + memory->single_pages),
        .pause = pause,
        .owner = owner,
    };
    plain->memory.gpa += ram->gpa;
    plain_forget(plain);
}

void plain_finish(struct plain *plain)
{
    g_free(plain->singles);
}
