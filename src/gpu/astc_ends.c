/* SPDX-License-Identifier: MIT */
/* Computes endpoints. */
#include "gpu/astc_ends.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

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

static void clamp_ends(struct pvg_astc_ends *e, int most)
{
    for (unsigned i = 0; i < 8; i++) {
        e->at[i / 4][i % 4] = CLAMP(e->at[i / 4][i % 4], 0, most);
    }
}

static void swap_ends(struct pvg_astc_ends *e)
{
    int kept[4];

    memcpy(kept, e->at[0], sizeof(kept));
    memcpy(e->at[0], e->at[1], sizeof(kept));
    memcpy(e->at[1], kept, sizeof(kept));
    contract_blue(e->at[0]);
    contract_blue(e->at[1]);
}

static void direct_ends(const int *v, bool alpha, struct pvg_astc_ends *e)
{
    set(e->at[0], v[0], v[2], v[4], alpha ? v[6] : 255);
    set(e->at[1], v[1], v[3], v[5], alpha ? v[7] : 255);
    if (v[1] + v[3] + v[5] < v[0] + v[2] + v[4]) {
        swap_ends(e);
    }
}

static void offset_ends(int *v, bool alpha, struct pvg_astc_ends *e)
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

static void high_luminance(const int *v, bool small, struct pvg_astc_ends *e)
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
static void high_scale(const int *v, struct pvg_astc_ends *e)
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

static void high_direct(const int *v, struct pvg_astc_ends *e)
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

static void high_alpha(int v6, int v7, struct pvg_astc_ends *e)
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

struct pvg_astc_ends pvg_astc_ends_of(unsigned mode, int *v)
{
    struct pvg_astc_ends e = {.high =
                                  mode == 2 || mode == 3 || mode == 7 || mode == 11 || mode >= 14};

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
