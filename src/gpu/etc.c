/* SPDX-License-Identifier: MIT */
/* ETC2 and EAC. A block's bits are numbered from the first byte's highest down; its texels stand
 * column by column. The format is Khronos' Data Format Specification, chapters ETC2 and EAC. */
#include <glib.h>
#include <string.h>

#include "gpu/block_decode.h"

static uint8_t clamp_8(int v)
{
    return (uint8_t)CLAMP(v, 0, 255);
}

static uint8_t from_4(unsigned v)
{
    return (uint8_t)(v << 4 | v);
}

static uint8_t from_5(unsigned v)
{
    return (uint8_t)(v << 3 | v >> 2);
}

static uint8_t from_6(unsigned v)
{
    return (uint8_t)(v << 2 | v >> 4);
}

static uint8_t from_7(unsigned v)
{
    return (uint8_t)(v << 1 | v >> 6);
}

/* The 2-bit selector of the texel at (@x, @y): its high and low halves are 16 bits apart. */
static unsigned selector(const uint8_t *b, unsigned x, unsigned y)
{
    const unsigned i = 4 * x + y;
    const unsigned high = (unsigned)b[4] << 8 | b[5], low = (unsigned)b[6] << 8 | b[7];

    return (high >> i & 1) << 1 | (low >> i & 1);
}

static void put(uint8_t out[4], const int colour[3], int change)
{
    for (unsigned c = 0; c < 3; c++) {
        out[c] = clamp_8(colour[c] + change);
    }
    out[3] = 255;
}

/* Paints each texel with one of four colours; @hole: selector 2 is transparent. */
static void paint(const uint8_t *b, uint8_t colours[4][4], bool hole, uint8_t out[16][4])
{
    if (hole) {
        memset(colours[2], 0, 4);
    }
    for (unsigned y = 0; y < 4; y++) {
        for (unsigned x = 0; x < 4; x++) {
            memcpy(out[4 * y + x], colours[selector(b, x, y)], 4);
        }
    }
}

static const int distances[8] = {3, 6, 11, 16, 23, 32, 41, 64};

static void decode_t(const uint8_t *b, bool hole, uint8_t out[16][4])
{
    const int first[3] = {from_4((b[0] >> 3 & 3) << 2 | (b[0] & 3)), from_4(b[1] >> 4),
                          from_4(b[1] & 15)};
    const int second[3] = {from_4(b[2] >> 4), from_4(b[2] & 15), from_4(b[3] >> 4)};
    const int distance = distances[(b[3] >> 2 & 3) << 1 | (b[3] & 1)];
    uint8_t colours[4][4];

    put(colours[0], first, 0);
    put(colours[1], second, distance);
    put(colours[2], second, 0);
    put(colours[3], second, -distance);
    paint(b, colours, hole, out);
}

static void decode_h(const uint8_t *b, bool hole, uint8_t out[16][4])
{
    const unsigned r1 = b[0] >> 3 & 15, g1 = (b[0] & 7u) << 1 | (b[1] >> 4 & 1);
    const unsigned b1 = (b[1] & 8u) | (b[1] & 3u) << 1 | b[2] >> 7;
    const unsigned r2 = b[2] >> 3 & 15, g2 = (b[2] & 7u) << 1 | b[3] >> 7, b2 = b[3] >> 3 & 15;
    const bool ordered = (r1 << 8 | g1 << 4 | b1) >= (r2 << 8 | g2 << 4 | b2);
    const int distance = distances[(b[3] & 4) | (b[3] & 1) << 1 | ordered];
    const int first[3] = {from_4(r1), from_4(g1), from_4(b1)};
    const int second[3] = {from_4(r2), from_4(g2), from_4(b2)};
    uint8_t colours[4][4];

    put(colours[0], first, distance);
    put(colours[1], first, -distance);
    put(colours[2], second, distance);
    put(colours[3], second, -distance);
    paint(b, colours, hole, out);
}

/* Three colours: at the origin, and four texels to the right and down. */
static void decode_planar(const uint8_t *b, uint8_t out[16][4])
{
    const int origin[3] = {
        from_6(b[0] >> 1 & 63), from_7((b[0] & 1u) << 6 | (b[1] >> 1 & 63)),
        from_6((b[1] & 1u) << 5 | (b[2] & 0x18u) | (b[2] & 3u) << 1 | b[3] >> 7)};
    const int right[3] = {from_6((b[3] & 0x7cu) >> 1 | (b[3] & 1u)), from_7(b[4] >> 1),
                          from_6((b[4] & 1u) << 5 | b[5] >> 3)};
    const int down[3] = {from_6((b[5] & 7u) << 3 | b[6] >> 5),
                         from_7((b[6] & 0x1fu) << 2 | b[7] >> 6), from_6(b[7] & 0x3fu)};

    for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 4; x++) {
            for (unsigned c = 0; c < 3; c++) {
                out[4 * y + x][c] = clamp_8(
                    (x * (right[c] - origin[c]) + y * (down[c] - origin[c]) + 4 * origin[c] + 2) >>
                    2);
            }
            out[4 * y + x][3] = 255;
        }
    }
}

/* Two halves, each with a base colour and one of eight pairs of changes. */
static void decode_halves(const uint8_t *b, const int base[2][3], bool opaque, uint8_t out[16][4])
{
    static const int changes[8][2] = {{2, 8},   {5, 17},  {9, 29},   {13, 42},
                                      {18, 60}, {24, 80}, {33, 106}, {47, 183}};
    const bool flip = b[3] & 1;

    for (unsigned y = 0; y < 4; y++) {
        for (unsigned x = 0; x < 4; x++) {
            const unsigned half = (flip ? y : x) / 2, s = selector(b, x, y);
            const int *pair = changes[half ? b[3] >> 2 & 7 : b[3] >> 5];
            const int small = opaque ? pair[0] : 0;

            if (!opaque && s == 2) {
                memset(out[4 * y + x], 0, 4);
            } else {
                put(out[4 * y + x], base[half],
                    s & 1 ? (s & 2 ? -pair[1] : pair[1]) : (s & 2 ? -small : small));
            }
        }
    }
}

void pvg_etc2_decode(const uint8_t block[8], bool punch_through, uint8_t out[16][4])
{
    const bool bit = block[3] & 2; /* differential; with punch-through: opaque */
    int base[2][3];

    for (unsigned c = 0; c < 3; c++) {
        const int five = block[c] >> 3, step = (block[c] & 7) - ((block[c] & 4) << 1);

        if (!bit && !punch_through) {
            base[0][c] = from_4(block[c] >> 4);
            base[1][c] = from_4(block[c] & 15);
            continue;
        }
        if (five + step < 0 || five + step > 31) { /* no colour: another kind of block */
            if (c == 0) {
                decode_t(block, !bit, out);
            } else if (c == 1) {
                decode_h(block, !bit, out);
            } else {
                decode_planar(block, out);
            }
            return;
        }
        base[0][c] = from_5((unsigned)five);
        base[1][c] = from_5((unsigned)(five + step));
    }
    decode_halves(block, base, bit || !punch_through, out);
}

/* ---- EAC: one channel ---- */

static int eac_change(const uint8_t *b, unsigned x, unsigned y)
{
    static const int8_t changes[16][8] = {
        {-3, -6, -9, -15, 2, 5, 8, 14}, {-3, -7, -10, -13, 2, 6, 9, 12},
        {-2, -5, -8, -13, 1, 4, 7, 12}, {-2, -4, -6, -13, 1, 3, 5, 12},
        {-3, -6, -8, -12, 2, 5, 7, 11}, {-3, -7, -9, -11, 2, 6, 8, 10},
        {-4, -7, -8, -11, 3, 6, 7, 10}, {-3, -5, -8, -11, 2, 4, 7, 10},
        {-2, -6, -8, -10, 1, 5, 7, 9},  {-2, -5, -8, -10, 1, 4, 7, 9},
        {-2, -4, -8, -10, 1, 3, 7, 9},  {-2, -5, -7, -10, 1, 4, 6, 9},
        {-3, -4, -7, -10, 2, 3, 6, 9},  {-1, -2, -3, -10, 0, 1, 2, 9},
        {-4, -6, -8, -9, 3, 5, 7, 8},   {-3, -5, -7, -9, 2, 4, 6, 8}};
    uint64_t bits = 0;

    for (unsigned i = 2; i < 8; i++) {
        bits = bits << 8 | b[i];
    }
    return changes[b[1] & 15][bits >> (45 - 3 * (4 * x + y)) & 7];
}

void pvg_eac_decode_alpha(const uint8_t block[8], uint8_t out[16][4])
{
    for (unsigned i = 0; i < 16; i++) {
        out[i][3] = clamp_8(block[0] + eac_change(block, i % 4, i / 4) * (block[1] >> 4));
    }
}

/* Eleven bits; a multiplier of 0 stands for one eighth. */
static int eac_change_11(const uint8_t *b, unsigned i)
{
    const int change = eac_change(b, i % 4, i / 4), multiplier = b[1] >> 4;

    return multiplier ? change * multiplier * 8 : change;
}

void pvg_eac_decode_unsigned(const uint8_t block[8], uint16_t out[16])
{
    for (unsigned i = 0; i < 16; i++) {
        const int v = CLAMP(block[0] * 8 + 4 + eac_change_11(block, i), 0, 2047);

        out[i] = (uint16_t)(v << 5 | v >> 6);
    }
}

void pvg_eac_decode_signed(const uint8_t block[8], int16_t out[16])
{
    const int base = MAX((int8_t)block[0], -127) * 8;

    for (unsigned i = 0; i < 16; i++) {
        const int v = CLAMP(base + eac_change_11(block, i), -1023, 1023);
        const int magnitude = ABS(v) << 5 | ABS(v) >> 5;

        out[i] = (int16_t)(v < 0 ? -magnitude : magnitude);
    }
}
