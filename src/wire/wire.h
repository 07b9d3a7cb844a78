/* SPDX-License-Identifier: MIT */
/* What all generated decoders share: bytes and arrays borrowed from the record they lie in.
 *
 * A decoder never allocates, and an array of guest-chosen length stays where it is: the struct
 * holds a checked count and pvg_wire_<type>_at() decodes one element. Borrowed parts live as long
 * as the bytes under the cursor. Usable in a freestanding program, as are all generated headers. */
#ifndef PVG_WIRE_WIRE_H
#define PVG_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/cursor.h"

struct pvg_wire_bytes {
    const uint8_t *data;
    size_t size;
};

struct pvg_wire_u16_array {
    const uint8_t *bytes;
    uint32_t count;
};

struct pvg_wire_u32_array {
    const uint8_t *bytes;
    uint32_t count;
};

struct pvg_wire_f32_array {
    const uint8_t *bytes;
    uint32_t count;
};

/* @index is below the array's count: what a guest sent was compared with it before. */
uint16_t pvg_wire_u16_at(struct pvg_wire_u16_array array, uint32_t index);
uint32_t pvg_wire_u32_at(struct pvg_wire_u32_array array, uint32_t index);
float pvg_wire_f32_at(struct pvg_wire_f32_array array, uint32_t index);

/* For generated code. */
double pvg_take_f64(struct pvg_cursor *c);

/* For generated code. @count elements of @size bytes, or NULL and COUNT when fewer are there. */
const uint8_t *pvg_wire_take_elements(struct pvg_cursor *c, uint64_t count, size_t size);
struct pvg_wire_bytes pvg_wire_take_rest(struct pvg_cursor *c);
void pvg_wire_take_copy(struct pvg_cursor *c, uint8_t *out, size_t size);
struct pvg_cursor pvg_wire_element(const uint8_t *bytes, uint32_t count, uint32_t index,
                                   size_t size);

#endif
