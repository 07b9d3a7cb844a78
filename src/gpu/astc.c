/* SPDX-License-Identifier: MIT */
/* ASTC blocks of two dimensions. The format is Khronos' Data Format Specification, chapter ASTC;
 * names are those of its sections: partitions, endpoint modes, weights, integer sequences. */
#include <glib.h>
#include <string.h>

#include "gpu/block_decode.h"

#define MOST_WEIGHTS    64
#define MOST_COLOURS    18
#define MOST_PARTITIONS 4
#define ONE_HALF        0x3c00 /* 1.0 as a half */

/* ---- Bits ---- */

struct bits {
    uint64_t low, high;
};

static struct bits bits_of(const uint8_t block[16])
{
    struct bits b = {0, 0};

    for (unsigned i = 0; i < 8; i++) {
        b.low |= (uint64_t)block[i] << 8 * i;
        b.high |= (uint64_t)block[8 + i] << 8 * i;
    }
    return b;
}

/* @count bits, at most 16, from @at on; those behind the end are 0. */
static unsigned get(const struct bits *b, unsigned at, unsigned count)
{
    const unsigned mask = (1u << count) - 1;

    if (at >= 128) {
        return 0;
    }
    if (at >= 64) {
        return (unsigned)(b->high >> (at - 64)) & mask;
    }
    return (unsigned)(b->low >> at | (at ? b->high << (64 - at) : 0)) & mask;
}

static uint64_t mirrored(uint64_t v)
{
    uint64_t out = 0;

    for (unsigned i = 0; i < 64; i++) {
        out |= (v >> i & 1) << (63 - i);
    }
    return out;
}

/* The same bits, read from the other end: so weights are stored. */
static struct bits reversed(const struct bits *b)
{
    return (struct bits){mirrored(b->high), mirrored(b->low)};
}

/* ---- Integer sequences: numbers below 2^n, 3 * 2^n or 5 * 2^n ---- */

struct range {
    uint8_t levels; /* the largest number is one less; 0 stands for 256 */
    uint8_t trits, quints, bits;
};

/* In rising order; the first twelve serve weights. */
static const struct range ranges[] = {
    {2, 0, 0, 1},   {3, 1, 0, 0},   {4, 0, 0, 2},  {5, 0, 1, 0},  {6, 1, 0, 1},  {8, 0, 0, 3},
    {10, 0, 1, 1},  {12, 1, 0, 2},  {16, 0, 0, 4}, {20, 0, 1, 2}, {24, 1, 0, 3}, {32, 0, 0, 5},
    {40, 0, 1, 3},  {48, 1, 0, 4},  {64, 0, 0, 6}, {80, 0, 1, 4}, {96, 1, 0, 5}, {128, 0, 0, 7},
    {160, 0, 1, 5}, {192, 1, 0, 6}, {0, 0, 0, 8},
};
#define FIRST_COLOUR_RANGE 4 /* six levels */

static unsigned sequence_size(const struct range *r, unsigned count)
{
    return count * r->bits + (r->trits ? (8 * count + 4) / 5 : r->quints ? (7 * count + 2) / 3 : 0);
}

/* Five numbers of three in eight bits. */
static void unpack_trits(unsigned t, unsigned out[5])
{
    unsigned c;

    if ((t >> 2 & 7) == 7) {
        c = (t >> 5 & 7) << 2 | (t & 3);
        out[4] = out[3] = 2;
    } else {
        c = t & 31;
        out[4] = (t >> 5 & 3) == 3 ? 2 : t >> 7 & 1;
        out[3] = (t >> 5 & 3) == 3 ? t >> 7 & 1 : t >> 5 & 3;
    }
    if ((c & 3) == 3) {
        out[2] = 2;
        out[1] = c >> 4 & 1;
        out[0] = (c >> 3 & 1) << 1 | (c >> 2 & 1 & ~(c >> 3));
    } else if ((c >> 2 & 3) == 3) {
        out[2] = out[1] = 2;
        out[0] = c & 3;
    } else {
        out[2] = c >> 4 & 1;
        out[1] = c >> 2 & 3;
        out[0] = (c >> 1 & 1) << 1 | (c & 1 & ~(c >> 1));
    }
}

/* Three numbers of five in seven bits. */
static void unpack_quints(unsigned q, unsigned out[3])
{
    unsigned c;

    if ((q >> 1 & 3) == 3 && (q >> 5 & 3) == 0) {
        out[2] = (q & 1) << 2 | (q >> 4 & 1 & ~q) << 1 | (q >> 3 & 1 & ~q);
        out[1] = out[0] = 4;
        return;
    }
    if ((q >> 1 & 3) == 3) {
        out[2] = 4;
        c = (q >> 3 & 3) << 3 | (~(q >> 5) & 3) << 1 | (q & 1);
    } else {
        out[2] = q >> 5 & 3;
        c = q & 31;
    }
    if ((c & 7) == 5) {
        out[1] = 4;
        out[0] = c >> 3 & 3;
    } else {
        out[1] = c >> 3 & 3;
        out[0] = c & 7;
    }
}

/* Each number as its bits, and its trit or quint above them. Bits behind the sequence's own end
 * count as 0. */
static void read_sequence(const struct bits *b, unsigned at, const struct range *r, unsigned count,
                          uint8_t *out)
{
    static const uint8_t trit_bits[5] = {2, 2, 1, 2, 1}, quint_bits[3] = {3, 2, 2};
    const unsigned group = r->trits ? 5 : r->quints ? 3 : 1;
    const unsigned end = at + sequence_size(r, count);

    for (unsigned i = 0; i < count; i += group) {
        unsigned low[5] = {0}, high[5] = {0}, packed = 0, shift = 0;

        for (unsigned j = 0; j < group; j++) {
            const unsigned more = r->trits ? trit_bits[j] : r->quints ? quint_bits[j] : 0;

            low[j] = at < end ? get(b, at, MIN(r->bits, end - at)) : 0;
            at += r->bits;
            packed |= (at < end ? get(b, at, MIN(more, end - at)) : 0) << shift;
            at += more;
            shift += more;
        }
        if (r->trits) {
            unpack_trits(packed, high);
        } else if (r->quints) {
            unpack_quints(packed, high);
        }
        for (unsigned j = 0; j < group && i + j < count; j++) {
            out[i + j] = (uint8_t)(high[j] << r->bits | low[j]);
        }
    }
}

/* Repeats the @bits bits of @v until there are @wanted. */
static unsigned repeated(unsigned v, unsigned bits, unsigned wanted)
{
    unsigned out = 0;

    for (int shift = (int)wanted - (int)bits; shift > -(int)bits; shift -= (int)bits) {
        out |= shift >= 0 ? v << shift : v >> -shift;
    }
    return out;
}

/* The part that the bits above the lowest one play beside a trit or quint: each row says, for every
 * bit of the sum from the highest down, which bit of the number it is ('b' the second one). */
static unsigned scattered(const char *pattern, unsigned v)
{
    unsigned out = 0;

    for (; *pattern; pattern++) {
        out = out << 1 | (*pattern == '0' ? 0 : v >> (*pattern - 'a') & 1);
    }
    return out;
}

/* A colour from 0 to 255. */
static int colour_value(const struct range *r, unsigned v)
{
    static const char *const of_trits[] = {"",          "000000000", "b000b0bb0", "cb000cbcb",
                                           "dcb000dcb", "edcb000ed", "fedcb000f"};
    static const char *const of_quints[] = {"",          "000000000", "b0000bb00",
                                            "cb0000cbc", "dcb0000dc", "edcb0000e"};
    static const unsigned trit_factor[] = {0, 204, 93, 44, 22, 11, 5};
    static const unsigned quint_factor[] = {0, 113, 54, 26, 13, 6};
    const unsigned high = v >> r->bits, a = v & 1 ? 0x1ff : 0;
    unsigned t;

    if (!r->trits && !r->quints) {
        return (int)repeated(v, r->bits, 8);
    }
    t = r->trits ? high * trit_factor[r->bits] + scattered(of_trits[r->bits], v)
                 : high * quint_factor[r->bits] + scattered(of_quints[r->bits], v);
    t ^= a;
    return (int)((a & 0x80) | t >> 2);
}

/* A weight from 0 to 64. */
static int weight_value(const struct range *r, unsigned v)
{
    static const uint8_t trits[3] = {0, 32, 63}, quints[5] = {0, 16, 32, 47, 63};
    static const char *const of_trits[] = {"", "0000000", "b000b0b", "cb000cb"};
    static const char *const of_quints[] = {"", "0000000", "b0000b0"};
    static const unsigned trit_factor[] = {0, 50, 23, 11}, quint_factor[] = {0, 28, 13};
    const unsigned high = v >> r->bits, a = v & 1 ? 0x7f : 0;
    unsigned t;

    if (!r->trits && !r->quints) {
        t = repeated(v, r->bits, 6);
    } else if (!r->bits) {
        t = r->trits ? trits[high % 3] : quints[high % 5];
    } else {
        t = r->trits ? high * trit_factor[r->bits] + scattered(of_trits[r->bits], v)
                     : high * quint_factor[r->bits] + scattered(of_quints[r->bits], v);
        t ^= a;
        t = (a & 0x20) | t >> 2;
    }
    return (int)(t > 32 ? t + 1 : t);
}

/* ---- The block's head ---- */

struct mode {
    unsigned across, down; /* of the grid of weights */
    const struct range *range;
    bool two_planes;
};

static bool read_mode(unsigned m, struct mode *out)
{
    static const uint8_t plain[8] = {0, 0, 0, 1, 2, 3, 4, 5}; /* indices of ranges */
    static const uint8_t precise[8] = {0, 0, 6, 7, 8, 9, 10, 11};
    const unsigned a = m >> 5 & 3, b = m >> 7 & 3;
    bool high = m >> 9 & 1, two = m >> 10 & 1;
    unsigned r;

    if (m & 3) {
        r = (m & 3) << 1 | (m >> 4 & 1);
        switch (m >> 2 & 3) {
        case 0:
            out->across = b + 4;
            out->down = a + 2;
            break;
        case 1:
            out->across = b + 8;
            out->down = a + 2;
            break;
        case 2:
            out->across = a + 2;
            out->down = b + 8;
            break;
        default: /* 3 */
            out->across = b & 2 ? (b & 1) + 2 : a + 2;
            out->down = b & 2 ? a + 2 : (b & 1) + 6;
        }
    } else {
        r = (m >> 2 & 3) << 1 | (m >> 4 & 1);
        switch (b) {
        case 0:
            out->across = 12;
            out->down = a + 2;
            break;
        case 1:
            out->across = a + 2;
            out->down = 12;
            break;
        case 2:
            out->across = a + 6;
            out->down = (m >> 9 & 3) + 6;
            high = two = false;
            break;
        default: /* 3 */
            if (a > 1) {
                return false;
            }
            out->across = a ? 10 : 6;
            out->down = a ? 6 : 10;
        }
    }
    if (r < 2) {
        return false;
    }
    out->two_planes = two;
    out->range = &ranges[high ? precise[r] : plain[r]];
    return true;
}

/* ---- Partitions ---- */

static uint32_t hash(uint32_t p)
{
    p ^= p >> 15;
    p -= p << 17;
    p += p << 7;
    p += p << 4;
    p ^= p >> 5;
    p += p << 16;
    p ^= p >> 7;
    p ^= p >> 3;
    p ^= p << 6;
    p ^= p >> 17;
    return p;
}

static unsigned partition_of(unsigned seed, unsigned x, unsigned y, unsigned count, bool small)
{
    static const uint8_t places[8] = {0, 4, 8, 12, 16, 20, 24, 28};
    unsigned shift[2], sums[4];
    uint32_t random, seeds[8];

    if (count == 1) {
        return 0;
    }
    if (small) {
        x <<= 1;
        y <<= 1;
    }
    seed += (count - 1) * 1024;
    random = hash(seed);
    shift[seed & 1 ? 0 : 1] = seed & 2 ? 4 : 5;
    shift[seed & 1 ? 1 : 0] = count == 3 ? 6 : 5;
    for (unsigned i = 0; i < 8; i++) {
        seeds[i] = random >> places[i] & 15;
        seeds[i] = seeds[i] * seeds[i] >> shift[i & 1];
    }
    sums[0] = seeds[0] * x + seeds[1] * y + (random >> 14);
    sums[1] = seeds[2] * x + seeds[3] * y + (random >> 10);
    sums[2] = count > 2 ? seeds[4] * x + seeds[5] * y + (random >> 6) : 0;
    sums[3] = count > 3 ? seeds[6] * x + seeds[7] * y + (random >> 2) : 0;
    for (unsigned i = 0; i < 4; i++) {
        sums[i] &= 63;
    }
    if (sums[0] >= sums[1] && sums[0] >= sums[2] && sums[0] >= sums[3]) {
        return 0;
    }
    if (sums[1] >= sums[2] && sums[1] >= sums[3]) {
        return 1;
    }
    return sums[2] >= sums[3] ? 2 : 3;
}

/* ---- Endpoints ---- */

struct ends {
    int at[2][4]; /* eight bits, or twelve where high */
    bool high, high_alpha;
};

static void set(int to[4], int r, int g, int b, int a)
{
    to[0] = r;
    to[1] = g;
    to[2] = b;
    to[3] = a;
}

static void contract_blue(int c[4])
{
    c[0] = (c[0] + c[2]) >> 1;
    c[1] = (c[1] + c[2]) >> 1;
}

/* Moves the top bit of @step to @base; what is left of @step is signed. */
static void transfer_bit(int *step, int *base)
{
    *base = *base >> 1 | (*step & 0x80);
    *step = *step >> 1 & 0x3f;
    *step -= *step & 0x20 ? 0x40 : 0;
}

static void clamp_ends(struct ends *e, int most)
{
    for (unsigned i = 0; i < 8; i++) {
        e->at[i / 4][i % 4] = CLAMP(e->at[i / 4][i % 4], 0, most);
    }
}

static void swap_ends(struct ends *e)
{
    int kept[4];

    memcpy(kept, e->at[0], sizeof(kept));
    memcpy(e->at[0], e->at[1], sizeof(kept));
    memcpy(e->at[1], kept, sizeof(kept));
    contract_blue(e->at[0]);
    contract_blue(e->at[1]);
}

static void direct_ends(const int *v, bool alpha, struct ends *e)
{
    set(e->at[0], v[0], v[2], v[4], alpha ? v[6] : 255);
    set(e->at[1], v[1], v[3], v[5], alpha ? v[7] : 255);
    if (v[1] + v[3] + v[5] < v[0] + v[2] + v[4]) {
        swap_ends(e);
    }
}

static void offset_ends(int *v, bool alpha, struct ends *e)
{
    for (unsigned i = 0; i < (alpha ? 8u : 6u); i += 2) {
        transfer_bit(&v[i + 1], &v[i]);
    }
    set(e->at[0], v[0], v[2], v[4], alpha ? v[6] : 255);
    set(e->at[1], v[0] + v[1], v[2] + v[3], v[4] + v[5], alpha ? v[6] + v[7] : 255);
    if (v[1] + v[3] + v[5] < 0) {
        swap_ends(e);
    }
    clamp_ends(e, 255);
}

static void high_luminance(const int *v, bool small, struct ends *e)
{
    int low, high;

    if (!small) {
        low = v[1] >= v[0] ? v[0] << 4 : (v[1] << 4) + 8;
        high = v[1] >= v[0] ? v[1] << 4 : (v[0] << 4) - 8;
    } else if (v[0] & 0x80) {
        low = (v[1] & 0xe0) << 4 | (v[0] & 0x7f) << 2;
        high = MIN(low + ((v[1] & 0x1f) << 2), 0xfff);
    } else {
        low = (v[1] & 0xf0) << 4 | (v[0] & 0x7f) << 1;
        high = MIN(low + ((v[1] & 0x0f) << 1), 0xfff);
    }
    set(e->at[0], low, low, low, 0x780);
    set(e->at[1], high, high, high, 0x780);
}

static void swap_channels(int c[4], int major)
{
    const int red = c[0];

    c[0] = c[major];
    c[major] = red;
}

static int bit(int v, unsigned at)
{
    return v >> at & 1;
}

/* One colour and a scale. */
static void high_scale(const int *v, struct ends *e)
{
    static const uint8_t shifts[6] = {1, 1, 2, 3, 4, 5};
    const int value = v[0] >> 6 | (v[1] & 0x80) >> 5 | (v[2] & 0x80) >> 4;
    const int major = (value & 12) != 12 ? value >> 2 : value != 15 ? value & 3 : 0;
    const int mode = (value & 12) != 12 ? value & 3 : value != 15 ? 4 : 5;
    const int x[7] = {bit(v[1], 6), bit(v[1], 5), bit(v[2], 6), bit(v[2], 5),
                      bit(v[3], 7), bit(v[3], 6), bit(v[3], 5)};
    const int one = 1 << mode;
    int red = v[0] & 0x3f, green = v[1] & 0x1f, blue = v[2] & 0x1f, scale = v[3] & 0x1f;

    green |= one & 0x30 ? x[0] << 6 : 0;
    green |= one & 0x3a ? x[1] << 5 : 0;
    blue |= one & 0x30 ? x[2] << 6 : 0;
    blue |= one & 0x3a ? x[3] << 5 : 0;
    scale |= one & 0x3d ? x[6] << 5 : 0;
    scale |= one & 0x2d ? x[5] << 6 : 0;
    scale |= one & 0x04 ? x[4] << 7 : 0;
    red |= one & 0x3b ? x[4] << 6 : 0;
    red |= one & 0x04 ? x[3] << 6 : 0;
    red |= one & 0x10 ? x[5] << 7 : 0;
    red |= one & 0x0f ? x[2] << 7 : 0;
    red |= one & 0x05 ? x[1] << 8 : 0;
    red |= one & 0x0a ? x[0] << 8 : 0;
    red |= one & 0x05 ? x[0] << 9 : 0;
    red |= one & 0x02 ? x[6] << 9 : 0;
    red |= one & 0x01 ? x[3] << 10 : 0;
    red |= one & 0x02 ? x[5] << 10 : 0;
    red <<= shifts[mode];
    green <<= shifts[mode];
    blue <<= shifts[mode];
    scale <<= shifts[mode];
    if (mode != 5) {
        green = red - green;
        blue = red - blue;
    }
    set(e->at[1], red, green, blue, 0x780);
    swap_channels(e->at[1], major);
    set(e->at[0], e->at[1][0] - scale, e->at[1][1] - scale, e->at[1][2] - scale, 0x780);
    clamp_ends(e, 0xfff);
}

static int signed_bits(int v, unsigned bits)
{
    v &= (1 << bits) - 1;
    return v & 1 << (bits - 1) ? v - (1 << bits) : v;
}

static void high_direct(const int *v, struct ends *e)
{
    static const uint8_t step_bits[8] = {7, 6, 7, 6, 5, 6, 5, 6};
    const int major = v[4] >> 7 | (v[5] & 0x80) >> 6;
    const int mode = v[1] >> 7 | (v[2] & 0x80) >> 6 | (v[3] & 0x80) >> 5;
    const int x[6] = {bit(v[2], 6), bit(v[3], 6), bit(v[4], 6),
                      bit(v[5], 6), bit(v[4], 5), bit(v[5], 5)};
    const int one = 1 << mode, shift = (mode >> 1) ^ 3;
    int a = v[0] | (v[1] & 0x40) << 2, b0 = v[2] & 0x3f, b1 = v[3] & 0x3f, c = v[1] & 0x3f;
    int d0 = signed_bits(v[4], step_bits[mode]), d1 = signed_bits(v[5], step_bits[mode]);

    if (major == 3) {
        set(e->at[0], v[0] << 4, v[2] << 4, (v[4] & 0x7f) << 5, 0x780);
        set(e->at[1], v[1] << 4, v[3] << 4, (v[5] & 0x7f) << 5, 0x780);
        return;
    }
    a |= one & 0xa4 ? x[0] << 9 : 0;
    a |= one & 0x08 ? x[2] << 9 : 0;
    a |= one & 0x50 ? x[4] << 9 | x[5] << 10 : 0;
    a |= one & 0xa0 ? x[1] << 10 : 0;
    a |= one & 0xc0 ? x[2] << 11 : 0;
    c |= one & 0x04 ? x[1] << 6 : 0;
    c |= one & 0xe8 ? x[3] << 6 : 0;
    c |= one & 0x20 ? x[2] << 7 : 0;
    b0 |= one & 0x5b ? x[0] << 6 : 0;
    b1 |= one & 0x5b ? x[1] << 6 : 0;
    b0 |= one & 0x12 ? x[2] << 7 : 0;
    b1 |= one & 0x12 ? x[3] << 7 : 0;
    a <<= shift;
    b0 <<= shift;
    b1 <<= shift;
    c <<= shift;
    d0 *= 1 << shift;
    d1 *= 1 << shift;
    set(e->at[1], a, a - b0, a - b1, 0x780);
    set(e->at[0], a - c, a - b0 - c - d0, a - b1 - c - d1, 0x780);
    clamp_ends(e, 0xfff);
    swap_channels(e->at[0], major);
    swap_channels(e->at[1], major);
}

static void high_alpha(int v6, int v7, struct ends *e)
{
    const int mode = bit(v6, 7) | bit(v7, 7) << 1;

    v6 &= 0x7f;
    v7 &= 0x7f;
    if (mode == 3) {
        e->at[0][3] = v6 << 5;
        e->at[1][3] = v7 << 5;
        return;
    }
    v6 |= (v7 << (mode + 1)) & 0x780;
    v7 = ((v7 & (0x3f >> mode)) ^ (0x20 >> mode)) - (0x20 >> mode);
    e->at[0][3] = v6 << (4 - mode);
    e->at[1][3] = CLAMP((v6 << (4 - mode)) + v7 * (1 << (4 - mode)), 0, 0xfff);
}

static struct ends ends_of(unsigned mode, int *v)
{
    struct ends e = {.high = mode == 2 || mode == 3 || mode == 7 || mode == 11 || mode >= 14};

    e.high_alpha = e.high && mode != 14;
    switch (mode) {
    case 0: /* luminance */
        set(e.at[0], v[0], v[0], v[0], 255);
        set(e.at[1], v[1], v[1], v[1], 255);
        break;
    case 1: {
        const int low = v[0] >> 2 | (v[1] & 0xc0), high = MIN(low + (v[1] & 0x3f), 255);

        set(e.at[0], low, low, low, 255);
        set(e.at[1], high, high, high, 255);
        break;
    }
    case 4: /* luminance and alpha */
        set(e.at[0], v[0], v[0], v[0], v[2]);
        set(e.at[1], v[1], v[1], v[1], v[3]);
        break;
    case 5:
        transfer_bit(&v[1], &v[0]);
        transfer_bit(&v[3], &v[2]);
        set(e.at[0], v[0], v[0], v[0], v[2]);
        set(e.at[1], v[0] + v[1], v[0] + v[1], v[0] + v[1], v[2] + v[3]);
        clamp_ends(&e, 255);
        break;
    case 6: /* a colour and a scale, with and without alpha */
    case 10:
        set(e.at[1], v[0], v[1], v[2], mode == 10 ? v[5] : 255);
        set(e.at[0], v[0] * v[3] >> 8, v[1] * v[3] >> 8, v[2] * v[3] >> 8, mode == 10 ? v[4] : 255);
        break;
    case 8:
    case 12:
        direct_ends(v, mode == 12, &e);
        break;
    case 9:
    case 13:
        offset_ends(v, mode == 13, &e);
        break;
    case 2:
    case 3:
        high_luminance(v, mode == 3, &e);
        break;
    case 7:
        high_scale(v, &e);
        break;
    default: /* 11, 14, 15 */
        high_direct(v, &e);
        if (mode == 14) {
            e.at[0][3] = v[6];
            e.at[1][3] = v[7];
        } else if (mode == 15) {
            high_alpha(v[6], v[7], &e);
        }
    }
    return e;
}

/* ---- Blocks ---- */

enum output { TO_LINEAR, TO_SRGB, TO_HALF };

struct block {
    enum output output;
    unsigned width, height;
    unsigned partitions, seed;
    struct ends ends[MOST_PARTITIONS];
    struct mode mode;
    int second_plane; /* the channel with weights of its own; -1: none */
    int weights[2][MOST_WEIGHTS];
};

static void paint_all(void *out, const struct block *b, const uint16_t texel[4])
{
    for (unsigned i = 0; i < b->width * b->height; i++) {
        for (unsigned c = 0; c < 4; c++) {
            if (b->output == TO_HALF) {
                ((uint16_t(*)[4])out)[i][c] = texel[c];
            } else {
                ((uint8_t(*)[4])out)[i][c] = (uint8_t)texel[c];
            }
        }
    }
}

/* What invalid blocks show: opaque magenta. */
static void paint_error(void *out, const struct block *b)
{
    const uint16_t one = b->output == TO_HALF ? ONE_HALF : 255;

    paint_all(out, b, (const uint16_t[]){one, 0, one, one});
}

/* 16 bits, of which 65535 is one, as a half; it loses bits towards zero. */
static uint16_t half_of_unorm(unsigned v)
{
    unsigned leading;

    if (v == 65535) {
        return ONE_HALF;
    }
    if (v < 4) {
        return (uint16_t)(v << 8);
    }
    leading = (unsigned)__builtin_clz(v) - 16;
    v = (v << (leading + 1)) & 0xffff;
    return (uint16_t)((14 - leading) << 10 | v >> 6);
}

static uint8_t eight_of_unorm(const struct block *b, unsigned v)
{
    return (uint8_t)(b->output == TO_SRGB ? v >> 8 : (v * 255 + 32767) / 65535);
}

/* The logarithm that high endpoints are mixed in. */
static uint16_t half_of_log(unsigned v)
{
    const unsigned mantissa = v & 0x7ff;
    const unsigned bent = mantissa < 512    ? 3 * mantissa
                          : mantissa < 1536 ? 4 * mantissa - 512
                                            : 5 * mantissa - 2048;

    return (uint16_t)MIN((v >> 11) << 10 | bent >> 3, 0x7bffu);
}

/* A block of one colour. */
static void paint_void_extent(const struct bits *bits, const struct block *b, void *out)
{
    const unsigned low_s = get(bits, 12, 13), high_s = get(bits, 25, 13);
    const unsigned low_t = get(bits, 38, 13), high_t = get(bits, 51, 13);
    const bool nowhere = low_s == 0x1fff && high_s == 0x1fff && low_t == 0x1fff && high_t == 0x1fff;
    const bool high = get(bits, 9, 1);
    uint16_t texel[4];

    if (get(bits, 10, 2) != 3 || (!nowhere && (low_s >= high_s || low_t >= high_t)) ||
        (high && b->output != TO_HALF)) {
        paint_error(out, b);
        return;
    }
    for (unsigned c = 0; c < 4; c++) {
        const unsigned v = get(bits, 64 + 16 * c, 16);

        texel[c] = high                   ? (uint16_t)v
                   : b->output == TO_HALF ? half_of_unorm(v)
                                          : eight_of_unorm(b, v);
    }
    paint_all(out, b, texel);
}

/* The weight of a texel: the grid's, or a mix of the four around it. */
static int weight_at(const struct block *b, unsigned plane, unsigned x, unsigned y)
{
    const unsigned across = b->mode.across, down = b->mode.down;
    const unsigned ds = (1024 + b->width / 2) / (b->width - 1);
    const unsigned dt = (1024 + b->height / 2) / (b->height - 1);
    const unsigned gs = (ds * x * (across - 1) + 32) >> 6, gt = (dt * y * (down - 1) + 32) >> 6;
    const unsigned s = gs >> 4, t = gt >> 4, fs = gs & 15, ft = gt & 15;
    const int w11 = (int)(fs * ft + 8) >> 4, w10 = (int)ft - w11, w01 = (int)fs - w11;
    const int w00 = 16 - (int)fs - (int)ft + w11;
    const unsigned right = MIN(s + 1, across - 1), below = MIN(t + 1, down - 1);
    const int *w = b->weights[plane];

    return (w[t * across + s] * w00 + w[t * across + right] * w01 + w[below * across + s] * w10 +
            w[below * across + right] * w11 + 8) >>
           4;
}

static uint16_t mix_channel(const struct block *b, const struct ends *e, unsigned c, int weight)
{
    const bool high = c == 3 ? e->high_alpha : e->high;
    unsigned ends[2], v;

    for (unsigned i = 0; i < 2; i++) {
        const unsigned end = (unsigned)e->at[i][c];

        ends[i] = high ? end << 4 : b->output == TO_SRGB ? end << 8 | 0x80 : end << 8 | end;
    }
    v = (ends[0] * (64 - (unsigned)weight) + ends[1] * (unsigned)weight + 32) >> 6;
    if (b->output != TO_HALF) {
        return eight_of_unorm(b, v);
    }
    return high ? half_of_log(v) : half_of_unorm(v);
}

static void paint_texels(const struct block *b, void *out)
{
    const bool small = b->width * b->height < 31;

    for (unsigned y = 0; y < b->height; y++) {
        for (unsigned x = 0; x < b->width; x++) {
            const unsigned i = y * b->width + x;
            const struct ends *e = &b->ends[partition_of(b->seed, x, y, b->partitions, small)];

            if (e->high && b->output != TO_HALF) { /* an error of this partition only */
                memcpy(((uint8_t(*)[4])out)[i], (const uint8_t[]){255, 0, 255, 255}, 4);
                continue;
            }
            for (unsigned c = 0; c < 4; c++) {
                const uint16_t v =
                    mix_channel(b, e, c, weight_at(b, (int)c == b->second_plane, x, y));

                if (b->output == TO_HALF) {
                    ((uint16_t(*)[4])out)[i][c] = v;
                } else {
                    ((uint8_t(*)[4])out)[i][c] = (uint8_t)v;
                }
            }
        }
    }
}

static bool read_weights(const struct bits *bits, struct block *b, unsigned *size)
{
    const unsigned planes = b->mode.two_planes ? 2 : 1;
    const unsigned count = b->mode.across * b->mode.down * planes;
    const struct bits back = reversed(bits);
    uint8_t values[MOST_WEIGHTS];

    *size = sequence_size(b->mode.range, count);
    if (b->mode.across > b->width || b->mode.down > b->height || count > MOST_WEIGHTS ||
        *size < 24 || *size > 96) {
        return false;
    }
    read_sequence(&back, 0, b->mode.range, count, values);
    for (unsigned i = 0; i < count; i++) {
        b->weights[i % planes][i / planes] = weight_value(b->mode.range, values[i]);
    }
    return true;
}

/* The endpoint mode of each partition; @below: where what lies under the weights ends. */
static unsigned read_modes(const struct bits *bits, unsigned partitions, unsigned *below,
                           unsigned modes[MOST_PARTITIONS])
{
    unsigned all, class, more;

    if (partitions == 1) {
        modes[0] = get(bits, 13, 4);
        return 17;
    }
    all = get(bits, 23, 6);
    if (!(all & 3)) {
        for (unsigned i = 0; i < partitions; i++) {
            modes[i] = all >> 2;
        }
        return 29;
    }
    class = (all & 3) - 1;
    more = 3 * partitions - 4;
    *below -= more;
    all = (all | get(bits, *below, more) << 6) >> 2;
    for (unsigned i = 0; i < partitions; i++) {
        modes[i] = (class + (all >> i & 1)) << 2 | (all >> (partitions + 2 * i) & 3);
    }
    return 29;
}

static bool read_ends(const struct bits *bits, struct block *b, unsigned below)
{
    unsigned modes[MOST_PARTITIONS], count = 0, at, range = G_N_ELEMENTS(ranges);
    uint8_t raw[MOST_COLOURS];
    int values[MOST_COLOURS + 8] = {0};

    at = read_modes(bits, b->partitions, &below, modes);
    if (b->mode.two_planes) {
        below -= 2;
        b->second_plane = (int)get(bits, below, 2);
    }
    for (unsigned i = 0; i < b->partitions; i++) {
        count += ((modes[i] >> 2) + 1) * 2;
    }
    if (count > MOST_COLOURS || below < at || below > 128) {
        return false;
    }
    do {
        if (range-- == FIRST_COLOUR_RANGE) {
            return false; /* not even the smallest fits */
        }
    } while (sequence_size(&ranges[range], count) > below - at);
    read_sequence(bits, at, &ranges[range], count, raw);
    for (unsigned i = 0; i < count; i++) {
        values[i] = colour_value(&ranges[range], raw[i]);
    }
    for (unsigned i = 0, first = 0; i < b->partitions; i++) {
        b->ends[i] = ends_of(modes[i], values + first);
        first += ((modes[i] >> 2) + 1) * 2;
    }
    return true;
}

static void decode(const uint8_t block[16], struct block *b, void *out)
{
    const struct bits bits = bits_of(block);
    const unsigned mode = get(&bits, 0, 11);
    unsigned size;

    b->second_plane = -1;
    if ((mode & 0x1ff) == 0x1fc) {
        paint_void_extent(&bits, b, out);
        return;
    }
    b->partitions = get(&bits, 11, 2) + 1;
    b->seed = get(&bits, 13, 10);
    if (!read_mode(mode, &b->mode) || (b->partitions == 4 && b->mode.two_planes) ||
        !read_weights(&bits, b, &size) || !read_ends(&bits, b, 128 - size)) {
        paint_error(out, b);
        return;
    }
    paint_texels(b, out);
}

void pvg_astc_decode_8(const uint8_t block[16], unsigned width, unsigned height, bool srgb,
                       uint8_t (*out)[4])
{
    struct block b = {.output = srgb ? TO_SRGB : TO_LINEAR, .width = width, .height = height};

    decode(block, &b, out);
}

void pvg_astc_decode_half(const uint8_t block[16], unsigned width, unsigned height,
                          uint16_t (*out)[4])
{
    struct block b = {.output = TO_HALF, .width = width, .height = height};

    decode(block, &b, out);
}
