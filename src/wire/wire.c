/* SPDX-License-Identifier: MIT */
/* What all generated decoders share: bytes and arrays borrowed from the record they lie in. */
#include "wire/wire.h"

#include <assert.h>
#include <string.h>

double pvg_take_f64(struct pvg_cursor *c)
{
    uint64_t bits = pvg_take_u64(c);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

const uint8_t *pvg_wire_take_elements(struct pvg_cursor *c, uint64_t count, size_t size)
{
    if (c->refusal == PVG_ACCEPTED && count > c->left / size) {
        c->refusal = PVG_REFUSED_COUNT;
        c->left = 0;
    }
    return pvg_take_bytes(c, c->refusal == PVG_ACCEPTED ? (size_t)count * size : 0);
}

struct pvg_wire_bytes pvg_wire_take_rest(struct pvg_cursor *c)
{
    size_t size = c->left;
    const uint8_t *data = pvg_take_bytes(c, size);

    return (struct pvg_wire_bytes){data, data ? size : 0};
}

void pvg_wire_take_copy(struct pvg_cursor *c, uint8_t *out, size_t size)
{
    const uint8_t *bytes = pvg_take_bytes(c, size);

    if (bytes) {
        memcpy(out, bytes, size);
    }
}

struct pvg_cursor pvg_wire_element(const uint8_t *bytes, uint32_t count, uint32_t index,
                                   size_t size)
{
    assert(index < count);
    return pvg_cursor_over(bytes + (size_t)index * size, size);
}

uint16_t pvg_wire_u16_at(struct pvg_wire_u16_array array, uint32_t index)
{
    struct pvg_cursor c = pvg_wire_element(array.bytes, array.count, index, 2);

    return pvg_take_u16(&c);
}

uint32_t pvg_wire_u32_at(struct pvg_wire_u32_array array, uint32_t index)
{
    struct pvg_cursor c = pvg_wire_element(array.bytes, array.count, index, 4);

    return pvg_take_u32(&c);
}

float pvg_wire_f32_at(struct pvg_wire_f32_array array, uint32_t index)
{
    struct pvg_cursor c = pvg_wire_element(array.bytes, array.count, index, 4);

    return pvg_take_f32(&c);
}
