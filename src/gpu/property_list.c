/* SPDX-License-Identifier: MIT */
/* Parses property lists. */
#include "gpu/property_list.h"

#include "base/cursor.h"
#include "base/range.h"

enum pvg_refusal pvg_property_list_parse(const uint8_t *bytes, size_t size,
                                         struct pvg_property_list *out)
{
    struct pvg_cursor c = pvg_cursor_over(bytes, size);
    uint8_t count = pvg_take_u8(&c);

    *out = (struct pvg_property_list){0};
    for (unsigned i = 0; i < count && c.refusal == PVG_ACCEPTED; i++) {
        uint8_t tag = pvg_take_u8(&c);
        uint8_t length = pvg_take_u8(&c);
        const uint8_t *value = pvg_take_bytes(&c, length);
        uint64_t number = 0;

        if (!value) {
            break;
        }
        if (tag >= PVG_PROPERTY_TAGS) {
            out->unknown++;
            continue;
        }
        if (out->present >> tag & 1 || length > 8) {
            return PVG_REFUSED_VALUE;
        }
        for (unsigned b = 0; b < length; b++) {
            number |= (uint64_t)value[b] << 8 * b;
        }
        if (length > 4 && number >> 32 && number != UINT64_MAX) {
            return PVG_REFUSED_VALUE;
        }
        if (length == 8 && number == UINT64_MAX) {
            out->wide |= 1u << tag;
        }
        if (length == 2) {
            out->two_byte = (uint16_t)number;
        }
        out->present |= 1u << tag;
        out->values[tag] = (uint32_t)number;
    }
    out->size = size - c.left;
    return c.refusal;
}

enum pvg_refusal pvg_property_array_open(const uint8_t *bytes, size_t size, uint32_t offset,
                                         uint32_t most, struct pvg_property_array *out)
{
    struct pvg_cursor c;

    *out = (struct pvg_property_array){0};
    if (!offset) {
        return PVG_ACCEPTED;
    }
    if (offset % 4 || !pvg_range_fits((struct pvg_range){offset, 4}, size)) {
        return PVG_REFUSED_RANGE;
    }
    c = pvg_cursor_over(bytes + offset, size - offset);
    out->bytes = c.at;
    out->size = c.left;
    out->count = pvg_take_count(&c, 4);
    if (c.refusal == PVG_ACCEPTED && out->count > most) {
        return PVG_REFUSED_LIMIT;
    }
    return c.refusal;
}

enum pvg_refusal pvg_property_array_at(const struct pvg_property_array *array, uint32_t index,
                                       struct pvg_property_list *out)
{
    struct pvg_cursor c = pvg_cursor_over(array->bytes, array->size);
    uint32_t offset;

    pvg_take_skip(&c, 4 + 4 * (size_t)index);
    offset = pvg_take_u32(&c);
    if (c.refusal != PVG_ACCEPTED) {
        return c.refusal;
    }
    if (offset >= array->size) {
        return PVG_REFUSED_RANGE;
    }
    return pvg_property_list_parse(array->bytes + offset, array->size - offset, out);
}
