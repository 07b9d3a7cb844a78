/* SPDX-License-Identifier: MIT */
/* Reads little-endian fields one after another from a private copy of what a guest wrote. */
#include "base/cursor.h"

#include <glib.h>
#include <string.h>

const uint8_t *pvg_take_bytes(struct pvg_cursor *cursor, size_t size)
{
    const uint8_t *bytes = cursor->at;

    if (cursor->refusal != PVG_ACCEPTED) {
        return NULL;
    }
    if (size > cursor->left) {
        cursor->refusal = PVG_REFUSED_SHORT;
        cursor->left = 0;
        return NULL;
    }
    cursor->at += size;
    cursor->left -= size;
    return bytes;
}

void pvg_take_skip(struct pvg_cursor *cursor, size_t size)
{
    pvg_take_bytes(cursor, size);
}

uint8_t pvg_take_u8(struct pvg_cursor *cursor)
{
    const uint8_t *bytes = pvg_take_bytes(cursor, 1);

    return bytes ? bytes[0] : 0;
}

uint16_t pvg_take_u16(struct pvg_cursor *cursor)
{
    const uint8_t *bytes = pvg_take_bytes(cursor, 2);
    uint16_t value = 0;

    if (bytes) {
        memcpy(&value, bytes, sizeof(value));
    }
    return GUINT16_FROM_LE(value);
}

uint32_t pvg_take_u32(struct pvg_cursor *cursor)
{
    const uint8_t *bytes = pvg_take_bytes(cursor, 4);
    uint32_t value = 0;

    if (bytes) {
        memcpy(&value, bytes, sizeof(value));
    }
    return GUINT32_FROM_LE(value);
}

uint64_t pvg_take_u64(struct pvg_cursor *cursor)
{
    const uint8_t *bytes = pvg_take_bytes(cursor, 8);
    uint64_t value = 0;

    if (bytes) {
        memcpy(&value, bytes, sizeof(value));
    }
    return GUINT64_FROM_LE(value);
}

float pvg_take_f32(struct pvg_cursor *cursor)
{
    uint32_t bits = pvg_take_u32(cursor);
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

uint32_t pvg_take_count(struct pvg_cursor *cursor, size_t element_size)
{
    uint32_t count = pvg_take_u32(cursor);

    if (cursor->refusal == PVG_ACCEPTED && (uint64_t)count * element_size > cursor->left) {
        cursor->refusal = PVG_REFUSED_COUNT;
        cursor->left = 0;
        return 0;
    }
    return count;
}
