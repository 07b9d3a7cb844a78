/* SPDX-License-Identifier: MIT */
/* PVRTC, first version. Each block has two colours; a texel's two are mixed from those of the four
 * blocks around it, and its modulation says how much of which it has. Edges wrap. The format is
 * Khronos' Data Format Specification, chapter PVRTC. */
#include <glib.h>
#include <string.h>

#include "gpu/block_decode.h"

struct image {
    const uint8_t *blocks;
    uint32_t block_width, across, down; /* sides in blocks are powers of two */
};

static uint32_t word(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint32_t pvg_pvrtc_blocks(uint32_t texels, uint32_t block)
{
    const uint32_t blocks = MAX((texels + block - 1) / block, 2u);

    return blocks > 2 ? 1u << (32 - __builtin_clz(blocks - 1)) : 2;
}

/* Morton order as far as the shorter side goes, then along the longer one. */
static const uint8_t *block_at(const struct image *image, uint32_t x, uint32_t y)
{
    const uint32_t shorter = MIN(image->across, image->down);
    const unsigned bits = 31u - (unsigned)__builtin_clz(shorter);
    uint32_t index = 0;

    x &= image->across - 1;
    y &= image->down - 1;
    for (unsigned i = 0; i < bits; i++) {
        index |= (y >> i & 1) << (2 * i) | (x >> i & 1) << (2 * i + 1);
    }
    index |= (image->across > image->down ? x >> bits : y >> bits) << (2 * bits);
    return image->blocks + (size_t)index * 8;
}

/* The @bits bits of @v as five. */
static int five(uint32_t v, unsigned bits)
{
    return (int)(v << (5 - bits) | v >> (2 * bits - 5));
}

/* One colour, in 16 bits: five a channel, four of alpha. The first one has lent its lowest bit to
 * the block's mode. */
static void colour(uint32_t w, bool first, int out[4])
{
    if (w & 0x8000) {
        out[0] = w >> 10 & 31;
        out[1] = w >> 5 & 31;
        out[2] = first ? five(w >> 1 & 15, 4) : (int)(w & 31);
        out[3] = 15;
    } else {
        out[0] = five(w >> 8 & 15, 4);
        out[1] = five(w >> 4 & 15, 4);
        out[2] = first ? five(w >> 1 & 7, 3) : five(w & 15, 4);
        out[3] = (w >> 12 & 7) << 1;
    }
}

/* Mixes one of the two colours at a texel, to eight bits. */
static void mixed(const struct image *image, uint32_t x, uint32_t y, bool first, int out[4])
{
    const uint32_t width = image->block_width;
    const uint32_t bx = (x + width / 2) / width - 1, by = (y + 2) / 4 - 1; /* -1 wraps */
    const int u = (int)((x + width / 2) % width), v = (int)((y + 2) % 4);
    int corners[4][4];

    for (unsigned i = 0; i < 4; i++) {
        const uint32_t both = word(block_at(image, bx + (i & 1), by + i / 2) + 4);

        colour(first ? both & 0xffff : both >> 16, first, corners[i]);
    }
    for (unsigned c = 0; c < 4; c++) {
        const int top = corners[0][c] * ((int)width - u) + corners[1][c] * u;
        const int bottom = corners[2][c] * ((int)width - u) + corners[3][c] * u;
        const int sum = top * (4 - v) + bottom * v; /* of 16 or 32 parts */

        if (width == 4) {
            out[c] = c < 3 ? (sum >> 6) + (sum >> 1) : (sum >> 4) + sum;
        } else {
            out[c] = c < 3 ? (sum >> 7) + (sum >> 2) : (sum >> 5) + (sum >> 1);
        }
    }
}

static const int eighths[4] = {0, 3, 5, 8};

/* The two bits that a block of 8x4 stores for its texels of even parity. */
static int stored(const struct image *image, uint32_t x, uint32_t y)
{
    const uint8_t *block = block_at(image, x / 8, y / 4);
    uint32_t bits = word(block);
    const unsigned place = y % 4 * 8 + x % 8;

    if (!(word(block + 4) & 1)) {
        return bits >> place & 1 ? 8 : 0;
    }
    if (bits & 1) { /* the middle texel has lent a bit to the choice of neighbours */
        bits = bits & 1u << 21 ? bits | 1u << 20 : bits & ~(1u << 20);
    }
    bits = bits & 2 ? bits | 1 : bits & ~1u;
    return eighths[bits >> (place & ~1u) & 3];
}

static int modulation_2(const struct image *image, uint32_t x, uint32_t y)
{
    const uint32_t across = image->across * 8 - 1, down = image->down * 4 - 1;
    const uint8_t *block = block_at(image, x / 8, y / 4);
    const uint32_t bits = word(block);
    int left, right, above, below;

    if (!(word(block + 4) & 1) || !((x ^ y) & 1)) {
        return stored(image, x, y);
    }
    left = stored(image, (x - 1) & across, y);
    right = stored(image, (x + 1) & across, y);
    above = stored(image, x, (y - 1) & down);
    below = stored(image, x, (y + 1) & down);
    if (!(bits & 1)) {
        return (left + right + above + below + 2) / 4;
    }
    return bits & 1u << 20 ? (above + below + 1) / 2 : (left + right + 1) / 2;
}

/* @hole: the texel is transparent. */
static int modulation_4(const struct image *image, uint32_t x, uint32_t y, bool *hole)
{
    static const int with_hole[4] = {0, 4, 4, 8};
    const uint8_t *block = block_at(image, x / 4, y / 4);
    const unsigned bits = word(block) >> (2 * (y % 4 * 4 + x % 4)) & 3;

    if (!(word(block + 4) & 1)) {
        return eighths[bits];
    }
    *hole = bits == 2;
    return with_hole[bits];
}

void pvg_pvrtc_decode(const uint8_t *blocks, bool wide, uint32_t width, uint32_t height,
                      uint8_t (*out)[4])
{
    const struct image image = {
        .blocks = blocks,
        .block_width = wide ? 8 : 4,
        .across = pvg_pvrtc_blocks(width, wide ? 8 : 4),
        .down = pvg_pvrtc_blocks(height, 4),
    };

    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            bool hole = false;
            int a[4], b[4], share;

            mixed(&image, x, y, true, a);
            mixed(&image, x, y, false, b);
            share = wide ? modulation_2(&image, x, y) : modulation_4(&image, x, y, &hole);
            for (unsigned c = 0; c < 4; c++) {
                out[(size_t)y * width + x][c] = (uint8_t)((a[c] * (8 - share) + b[c] * share) / 8);
            }
            if (hole) {
                out[(size_t)y * width + x][3] = 0;
            }
        }
    }
}
