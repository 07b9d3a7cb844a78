/* SPDX-License-Identifier: MIT */
/* The specification's test vectors, as they stand there: bytes in hex, spaces anywhere. */
#ifndef PVG_TESTS_UNIT_WIRE_HEX_H
#define PVG_TESTS_UNIT_WIRE_HEX_H

#include <assert.h>
#include <ctype.h>
#include <stdio.h>

#include "base/cursor.h"

struct hex {
    uint8_t bytes[1024];
    size_t size;
};

static inline struct hex hex(const char *text)
{
    struct hex out = {.size = 0};
    unsigned value;

    while (*text) {
        if (isspace((unsigned char)*text)) {
            text++;
            continue;
        }
        assert(out.size < sizeof(out.bytes) && sscanf(text, "%2x", &value) == 1);
        out.bytes[out.size++] = (uint8_t)value;
        text += 2;
    }
    return out;
}

/* Over all of @vector but its first @skip bytes. */
static inline struct pvg_cursor hex_cursor(const struct hex *vector, size_t skip)
{
    return pvg_cursor_over(vector->bytes + skip, vector->size - skip);
}

#endif
