/* SPDX-License-Identifier: MIT */
/* The cursor's mirror: writes little-endian fields one after another into a caller's buffer.
 *
 * For guests, so freestanding: no library beyond memcpy, which compilers emit themselves. What a
 * real guest leaves unwritten is left as it is. After one write that does not fit all later ones do
 * nothing and @overflow sticks; ask once, at the end. */
#ifndef PVG_WIRE_WRITER_H
#define PVG_WIRE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pvg_writer {
    uint8_t *bytes;
    size_t size; /* bytes written */
    size_t room; /* bytes in all */
    bool overflow;
};

static inline struct pvg_writer pvg_writer_over(void *bytes, size_t room)
{
    return (struct pvg_writer){.bytes = bytes, .room = room};
}

/* Where the next @size bytes go, or NULL. */
static inline uint8_t *pvg_writer_claim(struct pvg_writer *w, size_t size)
{
    uint8_t *at = w->bytes + w->size;

    if (w->overflow || size > w->room - w->size) {
        w->overflow = true;
        return NULL;
    }
    w->size += size;
    return at;
}

/* The low @size bytes of @value, of which only the bits in @written replace what is there. */
static inline void pvg_put_bits(struct pvg_writer *w, size_t size, uint64_t written, uint64_t value)
{
    uint8_t *at = pvg_writer_claim(w, size);

    for (size_t i = 0; at && i < size; i++) {
        uint8_t mask = (uint8_t)(written >> (8 * i));

        at[i] = (uint8_t)((at[i] & ~mask) | ((value >> (8 * i)) & mask));
    }
}

static inline void pvg_put_u8(struct pvg_writer *w, uint8_t value)
{
    pvg_put_bits(w, 1, UINT64_MAX, value);
}

static inline void pvg_put_u16(struct pvg_writer *w, uint16_t value)
{
    pvg_put_bits(w, 2, UINT64_MAX, value);
}

static inline void pvg_put_u32(struct pvg_writer *w, uint32_t value)
{
    pvg_put_bits(w, 4, UINT64_MAX, value);
}

static inline void pvg_put_u64(struct pvg_writer *w, uint64_t value)
{
    pvg_put_bits(w, 8, UINT64_MAX, value);
}

static inline void pvg_put_f32(struct pvg_writer *w, float value)
{
    union {
        float number;
        uint32_t bits;
    } as = {.number = value};

    pvg_put_u32(w, as.bits);
}

static inline void pvg_put_f64(struct pvg_writer *w, double value)
{
    union {
        double number;
        uint64_t bits;
    } as = {.number = value};

    pvg_put_u64(w, as.bits);
}

static inline void pvg_put_bytes(struct pvg_writer *w, const void *bytes, size_t size)
{
    uint8_t *at = pvg_writer_claim(w, size);

    for (size_t i = 0; at && i < size; i++) {
        at[i] = ((const uint8_t *)bytes)[i];
    }
}

static inline void pvg_put_zeros(struct pvg_writer *w, size_t size)
{
    uint8_t *at = pvg_writer_claim(w, size);

    for (size_t i = 0; at && i < size; i++) {
        at[i] = 0;
    }
}

/* Steps over @size bytes that a guest does not write. */
static inline void pvg_put_nothing(struct pvg_writer *w, size_t size)
{
    (void)pvg_writer_claim(w, size);
}

/* Steps over what is missing to a multiple of 4. */
static inline void pvg_writer_round(struct pvg_writer *w)
{
    pvg_put_nothing(w, -w->size & 3);
}

/* A record: opcode, total length, payload rounded to 4. Spec: 30-resources 3.1. */
static inline size_t pvg_writer_begin_record(struct pvg_writer *w, uint32_t opcode)
{
    size_t start = w->size;

    pvg_put_u32(w, opcode);
    pvg_put_nothing(w, 4);
    return start;
}

static inline void pvg_writer_end_record(struct pvg_writer *w, size_t start)
{
    pvg_put_nothing(w, -(w->size - start) & 3);
    if (!w->overflow) {
        struct pvg_writer length = pvg_writer_over(w->bytes + start + 4, 4);

        pvg_put_u32(&length, (uint32_t)(w->size - start));
    }
}

#endif
