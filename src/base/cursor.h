/* SPDX-License-Identifier: MIT */
/* Reads little-endian fields one after another from a private copy of what a guest wrote.
 *
 * After one failed read all later ones yield zero and the refusal sticks, so a decoder reads like a
 * list of fields and asks for the verdict once, after the last. A cursor owns nothing; the bytes
 * must outlive it. Any thread, one at a time. */
#ifndef PVG_BASE_CURSOR_H
#define PVG_BASE_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"

struct pvg_cursor {
    const uint8_t *at;
    size_t left;              /* bytes */
    enum pvg_refusal refusal; /* PVG_ACCEPTED until a read failed */
};

static inline struct pvg_cursor pvg_cursor_over(const void *bytes, size_t size)
{
    return (struct pvg_cursor){.at = bytes, .left = size};
}

uint8_t pvg_take_u8(struct pvg_cursor *cursor);
uint16_t pvg_take_u16(struct pvg_cursor *cursor);
uint32_t pvg_take_u32(struct pvg_cursor *cursor);
uint64_t pvg_take_u64(struct pvg_cursor *cursor);
float pvg_take_f32(struct pvg_cursor *cursor);

/* The next @size bytes, borrowed from the cursor's storage, or NULL (SHORT). */
const uint8_t *pvg_take_bytes(struct pvg_cursor *cursor, size_t size);

/* Steps over @size bytes. */
void pvg_take_skip(struct pvg_cursor *cursor, size_t size);

/* A u32 count of elements of @element_size bytes each, all of which are present after it; else 0
 * and COUNT. Loops and allocations over it are so bounded by the bytes received. */
uint32_t pvg_take_count(struct pvg_cursor *cursor, size_t element_size);

#endif
