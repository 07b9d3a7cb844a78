/* SPDX-License-Identifier: MIT */
/* Reads bits and integer sequences. */
#include "gpu/astc_numbers.h"

#include <glib.h>

/* ---- Bits ---- */

struct pvg_astc_bits pvg_astc_bits_of(const uint8_t block[16])
{
    struct pvg_astc_bits b = {0, 0};

    for (unsigned i = 0; i < 8; i++) {
        b.low |= (uint64_t)block[i] << 8 * i;
        b.high |= (uint64_t)block[8 + i] << 8 * i;
    }
    return b;
}

unsigned pvg_astc_bits_get(const struct pvg_astc_bits *b, unsigned at, unsigned count)
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

struct pvg_astc_bits pvg_astc_bits_reversed(const struct pvg_astc_bits *b)
{
    return (struct pvg_astc_bits){mirrored(b->high), mirrored(b->low)};
}

/* ---- Integer sequences: numbers below 2^n, 3 * 2^n or 5 * 2^n ---- */

const struct pvg_astc_range pvg_astc_ranges[PVG_ASTC_RANGES] = {
    {2, 0, 0, 1},   {3, 1, 0, 0},   {4, 0, 0, 2},  {5, 0, 1, 0},  {6, 1, 0, 1},  {8, 0, 0, 3},
    {10, 0, 1, 1},  {12, 1, 0, 2},  {16, 0, 0, 4}, {20, 0, 1, 2}, {24, 1, 0, 3}, {32, 0, 0, 5},
    {40, 0, 1, 3},  {48, 1, 0, 4},  {64, 0, 0, 6}, {80, 0, 1, 4}, {96, 1, 0, 5}, {128, 0, 0, 7},
    {160, 0, 1, 5}, {192, 1, 0, 6}, {0, 0, 0, 8},
};

unsigned pvg_astc_sequence_size(const struct pvg_astc_range *r, unsigned count)
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

void pvg_astc_read_sequence(const struct pvg_astc_bits *b, unsigned at,
                            const struct pvg_astc_range *r, unsigned count, uint8_t *out)
{
    static const uint8_t trit_bits[5] = {2, 2, 1, 2, 1}, quint_bits[3] = {3, 2, 2};
    const unsigned group = r->trits ? 5 : r->quints ? 3 : 1;
    const unsigned end = at + pvg_astc_sequence_size(r, count);

    for (unsigned i = 0; i < count; i += group) {
        unsigned low[5] = {0}, high[5] = {0}, packed = 0, shift = 0;

        for (unsigned j = 0; j < group; j++) {
            const unsigned more = r->trits ? trit_bits[j] : r->quints ? quint_bits[j] : 0;

            low[j] = at < end ? pvg_astc_bits_get(b, at, MIN(r->bits, end - at)) : 0;
            at += r->bits;
            packed |= (at < end ? pvg_astc_bits_get(b, at, MIN(more, end - at)) : 0) << shift;
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

int pvg_astc_colour_value(const struct pvg_astc_range *r, unsigned v)
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

int pvg_astc_weight_value(const struct pvg_astc_range *r, unsigned v)
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
