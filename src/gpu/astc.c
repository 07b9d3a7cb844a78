/* SPDX-License-Identifier: MIT */
/* ASTC blocks of two dimensions. The format is Khronos' Data Format Specification, chapter ASTC;
 * names are those of its sections: partitions, endpoint modes, weights, integer sequences. */
#include <glib.h>
#include <string.h>

#include "gpu/astc_ends.h"
#include "gpu/astc_numbers.h"
#include "gpu/block_decode.h"

#define MOST_WEIGHTS    64
#define MOST_COLOURS    18
#define MOST_PARTITIONS 4
#define ONE_HALF        0x3c00 /* 1.0 as a half */

/* ---- The block's head ---- */

struct mode {
    unsigned across, down; /* of the grid of weights */
    const struct pvg_astc_range *range;
    bool two_planes;
};

static bool read_mode(unsigned m, struct mode *out)
{
    static const uint8_t plain[8] = {0, 0, 0, 1, 2, 3, 4, 5}; /* indices of pvg_astc_ranges */
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
    out->range = &pvg_astc_ranges[high ? precise[r] : plain[r]];
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

/* ---- Blocks ---- */

enum output { TO_LINEAR, TO_SRGB, TO_HALF };

struct block {
    enum output output;
    unsigned width, height;
    unsigned partitions, seed;
    struct pvg_astc_ends ends[MOST_PARTITIONS];
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
static void paint_void_extent(const struct pvg_astc_bits *bits, const struct block *b, void *out)
{
    const unsigned low_s = pvg_astc_bits_get(bits, 12, 13),
                   high_s = pvg_astc_bits_get(bits, 25, 13);
    const unsigned low_t = pvg_astc_bits_get(bits, 38, 13),
                   high_t = pvg_astc_bits_get(bits, 51, 13);
    const bool nowhere = low_s == 0x1fff && high_s == 0x1fff && low_t == 0x1fff && high_t == 0x1fff;
    const bool high = pvg_astc_bits_get(bits, 9, 1);
    uint16_t texel[4];

    if (pvg_astc_bits_get(bits, 10, 2) != 3 || (!nowhere && (low_s >= high_s || low_t >= high_t)) ||
        (high && b->output != TO_HALF)) {
        paint_error(out, b);
        return;
    }
    for (unsigned c = 0; c < 4; c++) {
        const unsigned v = pvg_astc_bits_get(bits, 64 + 16 * c, 16);

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

static uint16_t mix_channel(const struct block *b, const struct pvg_astc_ends *e, unsigned c,
                            int weight)
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
            const struct pvg_astc_ends *e =
                &b->ends[partition_of(b->seed, x, y, b->partitions, small)];

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

static bool read_weights(const struct pvg_astc_bits *bits, struct block *b, unsigned *size)
{
    const unsigned planes = b->mode.two_planes ? 2 : 1;
    const unsigned count = b->mode.across * b->mode.down * planes;
    const struct pvg_astc_bits back = pvg_astc_bits_reversed(bits);
    uint8_t values[MOST_WEIGHTS];

    *size = pvg_astc_sequence_size(b->mode.range, count);
    if (b->mode.across > b->width || b->mode.down > b->height || count > MOST_WEIGHTS ||
        *size < 24 || *size > 96) {
        return false;
    }
    pvg_astc_read_sequence(&back, 0, b->mode.range, count, values);
    for (unsigned i = 0; i < count; i++) {
        b->weights[i % planes][i / planes] = pvg_astc_weight_value(b->mode.range, values[i]);
    }
    return true;
}

/* The endpoint mode of each partition; @below: where what lies under the weights ends. */
static unsigned read_modes(const struct pvg_astc_bits *bits, unsigned partitions, unsigned *below,
                           unsigned modes[MOST_PARTITIONS])
{
    unsigned all, class, more;

    if (partitions == 1) {
        modes[0] = pvg_astc_bits_get(bits, 13, 4);
        return 17;
    }
    all = pvg_astc_bits_get(bits, 23, 6);
    if (!(all & 3)) {
        for (unsigned i = 0; i < partitions; i++) {
            modes[i] = all >> 2;
        }
        return 29;
    }
    class = (all & 3) - 1;
    more = 3 * partitions - 4;
    *below -= more;
    all = (all | pvg_astc_bits_get(bits, *below, more) << 6) >> 2;
    for (unsigned i = 0; i < partitions; i++) {
        modes[i] = (class + (all >> i & 1)) << 2 | (all >> (partitions + 2 * i) & 3);
    }
    return 29;
}

static bool read_ends(const struct pvg_astc_bits *bits, struct block *b, unsigned below)
{
    unsigned modes[MOST_PARTITIONS], count = 0, at, range = PVG_ASTC_RANGES;
    uint8_t raw[MOST_COLOURS];
    int values[MOST_COLOURS + 8] = {0};

    at = read_modes(bits, b->partitions, &below, modes);
    if (b->mode.two_planes) {
        below -= 2;
        b->second_plane = (int)pvg_astc_bits_get(bits, below, 2);
    }
    for (unsigned i = 0; i < b->partitions; i++) {
        count += ((modes[i] >> 2) + 1) * 2;
    }
    if (count > MOST_COLOURS || below < at || below > 128) {
        return false;
    }
    do {
        if (range-- == PVG_ASTC_FIRST_COLOUR_RANGE) {
            return false; /* not even the smallest fits */
        }
    } while (pvg_astc_sequence_size(&pvg_astc_ranges[range], count) > below - at);
    pvg_astc_read_sequence(bits, at, &pvg_astc_ranges[range], count, raw);
    for (unsigned i = 0; i < count; i++) {
        values[i] = pvg_astc_colour_value(&pvg_astc_ranges[range], raw[i]);
    }
    for (unsigned i = 0, first = 0; i < b->partitions; i++) {
        b->ends[i] = pvg_astc_ends_of(modes[i], values + first);
        first += ((modes[i] >> 2) + 1) * 2;
    }
    return true;
}

static void decode(const uint8_t block[16], struct block *b, void *out)
{
    const struct pvg_astc_bits bits = pvg_astc_bits_of(block);
    const unsigned mode = pvg_astc_bits_get(&bits, 0, 11);
    unsigned size;

    b->second_plane = -1;
    if ((mode & 0x1ff) == 0x1fc) {
        paint_void_extent(&bits, b, out);
        return;
    }
    b->partitions = pvg_astc_bits_get(&bits, 11, 2) + 1;
    b->seed = pvg_astc_bits_get(&bits, 13, 10);
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
