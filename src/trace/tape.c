/* SPDX-License-Identifier: MIT */
#include "trace/tape.h"

struct pvg_hash pvg_tape_picture_hash(const struct pvg_tape_picture *picture)
{
    const uint8_t *row = picture->pixels;
    struct pvg_hash hash = pvg_hash_bytes(NULL, NULL, 0);

    for (uint32_t y = 0; y < picture->height; y++, row += picture->stride) {
        hash = pvg_hash_more(hash, row, 4 * (size_t)picture->width);
    }
    return hash;
}
