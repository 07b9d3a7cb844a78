/* SPDX-License-Identifier: MIT */
/* Gamma tables. No source tells the scale of their entries [unsure]: the largest entry of the three
 * channels counts as full light, which is right for every table that reaches it. */
#include "device/gamma.h"

#include <glib.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "memory/memory.h"

#define LEVELS G_N_ELEMENTS(((struct pvg_gamma *)0)->levels[0])

static void fill_channel(uint16_t *levels, struct pvg_cursor *cursor, uint32_t entries,
                         uint32_t full)
{
    g_autofree uint32_t *table = g_new(uint32_t, entries);

    for (uint32_t i = 0; i < entries; i++) {
        table[i] = pvg_take_u32(cursor);
    }
    for (uint32_t level = 0; level < LEVELS; level++) {
        double at = (double)level * (entries - 1) / (LEVELS - 1);
        uint32_t low = (uint32_t)at, high = MIN(low + 1, entries - 1);
        double value = table[low] + (at - low) * ((double)table[high] - table[low]);

        levels[level] = (uint16_t)(value * (LEVELS - 1) / full + 0.5);
    }
}

/* Within a step of 8 bits it makes no difference. */
static bool makes_a_difference(const struct pvg_gamma *gamma)
{
    for (unsigned channel = 0; channel < 3; channel++) {
        for (unsigned level = 0; level < LEVELS; level++) {
            if (abs((int)gamma->levels[channel][level] - (int)level) > 2) {
                return true;
            }
        }
    }
    return false;
}

enum pvg_refusal pvg_gamma_load(struct pvg_gamma *gamma, struct pvg_memory *memory,
                                struct pvg_space space, struct pvg_gva at, uint64_t length,
                                uint32_t entries)
{
    const size_t size = (size_t)MIN(entries, PVG_GAMMA_MAX_ENTRIES) * 3 * sizeof(uint32_t);
    g_autofree uint8_t *bytes = NULL;
    struct pvg_cursor cursor;
    enum pvg_refusal why;
    uint32_t full = 0;

    if (entries > PVG_GAMMA_MAX_ENTRIES) {
        return PVG_REFUSED_LIMIT;
    }
    if (entries < 2 || size > length) {
        return PVG_REFUSED_RANGE;
    }
    bytes = g_malloc(size);
    why = pvg_space_read(memory, space, at, bytes, size);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    cursor = pvg_cursor_over(bytes, size);
    while (cursor.left) {
        uint32_t entry = pvg_take_u32(&cursor);

        full = MAX(full, entry);
    }
    if (!full) {
        return PVG_REFUSED_VALUE;
    }
    cursor = pvg_cursor_over(bytes, size);
    for (unsigned channel = 0; channel < 3; channel++) {
        fill_channel(gamma->levels[channel], &cursor, entries, full);
    }
    gamma->active = makes_a_difference(gamma);
    return PVG_ACCEPTED;
}

static uint32_t correct8(const struct pvg_gamma *gamma, unsigned channel, uint32_t value)
{
    return gamma->levels[channel][value * 1023 / 255] >> 2;
}

static uint32_t correct_bgrx8888(const struct pvg_gamma *gamma, uint32_t pixel)
{
    return correct8(gamma, 2, pixel & 0xff) | correct8(gamma, 1, pixel >> 8 & 0xff) << 8 |
           correct8(gamma, 0, pixel >> 16 & 0xff) << 16;
}

static uint32_t correct_bgr10x2(const struct pvg_gamma *gamma, uint32_t pixel)
{
    return (uint32_t)gamma->levels[2][pixel & 0x3ff] |
           (uint32_t)gamma->levels[1][pixel >> 10 & 0x3ff] << 10 |
           (uint32_t)gamma->levels[0][pixel >> 20 & 0x3ff] << 20;
}

void pvg_gamma_apply(const struct pvg_gamma *gamma, struct pvg_picture *picture)
{
    if (!gamma->active) {
        return;
    }
    for (uint32_t y = 0; y < picture->height; y++) {
        uint32_t *row = (uint32_t *)(void *)(picture->pixels + (size_t)picture->stride * y);

        for (uint32_t x = 0; x < picture->width; x++) {
            uint32_t pixel = GUINT32_FROM_LE(row[x]);

            row[x] = GUINT32_TO_LE(picture->format == PVG_PIXELS_BGRX8888
                                       ? correct_bgrx8888(gamma, pixel)
                                       : correct_bgr10x2(gamma, pixel));
        }
    }
}
