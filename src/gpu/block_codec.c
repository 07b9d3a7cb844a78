/* SPDX-License-Identifier: MIT */
/* Decodes levels block by block. */
#include "gpu/block_codec.h"

#include <glib.h>
#include <string.h>

#include "gpu/block_decode.h"

#define MOST_TEXELS 144 /* of a block, 12x12 */
#define MOST_BYTES  8   /* of a host texel */

/* What an ordinal is. Spec: 60-formats 3.2, 3.3. */
static bool is_pvrtc(const struct pvg_pixel_format *f)
{
    return f->ordinal >= 160 && f->ordinal <= 167;
}

static bool is_astc(const struct pvg_pixel_format *f)
{
    return f->ordinal >= 186 && f->ordinal <= 236;
}

static bool is_astc_high(const struct pvg_pixel_format *f)
{
    return f->ordinal >= 222 && f->ordinal <= 236;
}

/* One block to @out, whose texels are tight. */
static void decode_block(const struct pvg_pixel_format *f, const uint8_t *block, void *out)
{
    if (is_astc_high(f)) {
        pvg_astc_decode_half(block, f->block_width, f->block_height, out);
    } else if (is_astc(f)) {
        pvg_astc_decode_8(block, f->block_width, f->block_height, f->srgb, out);
    } else if (f->ordinal == 178 || f->ordinal == 179) { /* EAC_RGBA8: alpha first */
        pvg_etc2_decode(block + 8, false, out);
        pvg_eac_decode_alpha(block, out);
    } else {
        pvg_etc2_decode(block, f->ordinal >= 182, out);
    }
}

/* One or two channels of 16 bits. */
static void decode_eac(const struct pvg_pixel_format *f, const uint8_t *block, uint16_t *out)
{
    const bool is_signed = f->ordinal == 172 || f->ordinal == 176;
    const unsigned channels = f->bytes / 8u;
    uint16_t one[16];

    for (unsigned c = 0; c < channels; c++) {
        if (is_signed) {
            pvg_eac_decode_signed(block + 8 * c, (int16_t *)one);
        } else {
            pvg_eac_decode_unsigned(block + 8 * c, one);
        }
        for (unsigned i = 0; i < 16; i++) {
            out[i * channels + c] = one[i];
        }
    }
}

static void decode_level(const struct pvg_pixel_format *f, unsigned texel, const uint8_t *guest,
                         uint32_t width, uint32_t height, uint8_t *host)
{
    const uint32_t bw = f->block_width, bh = f->block_height;
    _Alignas(4) uint8_t texels[MOST_TEXELS * MOST_BYTES];

    for (uint32_t y = 0; y < height; y += bh) {
        for (uint32_t x = 0; x < width; x += bw, guest += f->bytes) {
            const uint32_t wide = MIN(bw, width - x), high = MIN(bh, height - y);

            if (f->ordinal >= 170 && f->ordinal <= 176) {
                decode_eac(f, guest, (uint16_t *)texels);
            } else {
                decode_block(f, guest, texels);
            }
            for (uint32_t row = 0; row < high; row++) {
                memcpy(host + (((size_t)y + row) * width + x) * texel,
                       texels + (size_t)row * bw * texel, (size_t)wide * texel);
            }
        }
    }
}

static void decode_2(const struct pvg_pixel_format *f, const uint8_t *guest, uint32_t width,
                     uint32_t height, uint8_t *host)
{
    decode_level(f, 2, guest, width, height, host);
}

static void decode_4(const struct pvg_pixel_format *f, const uint8_t *guest, uint32_t width,
                     uint32_t height, uint8_t *host)
{
    decode_level(f, 4, guest, width, height, host);
}

static void decode_8(const struct pvg_pixel_format *f, const uint8_t *guest, uint32_t width,
                     uint32_t height, uint8_t *host)
{
    decode_level(f, 8, guest, width, height, host);
}

/* The guest's blocks are those of the level's size; the decoder wants powers of two, which is what
 * Metal's textures of these formats have. */
static void decode_pvrtc(const struct pvg_pixel_format *f, const uint8_t *guest, uint32_t width,
                         uint32_t height, uint8_t *host)
{
    const struct pvg_linear_layout layout = pvg_linear_layout(f, f->bytes, width, height);
    const size_t there = layout.tight_row * layout.blocks_high;
    const size_t wanted = (size_t)pvg_pvrtc_blocks(width, f->block_width) *
                          pvg_pvrtc_blocks(height, f->block_height) * f->bytes;
    g_autofree uint8_t *padded = NULL;

    if (there < wanted) {
        padded = g_malloc0(wanted);
        memcpy(padded, guest, there);
        guest = padded;
    }
    pvg_pvrtc_decode(guest, f->block_width == 8, width, height, (uint8_t(*)[4])host);
    for (size_t i = 0; f->ordinal <= 163 && i < (size_t)width * height; i++) {
        host[4 * i + 3] = 255; /* the formats without alpha */
    }
}

const struct pvg_texel_codec *pvg_block_codec_find(const struct pvg_pixel_format *f)
{
    static const struct pvg_texel_codec linear = {VK_FORMAT_R8G8B8A8_UNORM, 4, decode_4, NULL,
                                                  NULL};
    static const struct pvg_texel_codec srgb = {VK_FORMAT_R8G8B8A8_SRGB, 4, decode_4, NULL, NULL};
    static const struct pvg_texel_codec half = {VK_FORMAT_R16G16B16A16_SFLOAT, 8, decode_8, NULL,
                                                NULL};
    static const struct pvg_texel_codec pvrtc[2] = {
        {VK_FORMAT_R8G8B8A8_UNORM, 4, decode_pvrtc, NULL, NULL},
        {VK_FORMAT_R8G8B8A8_SRGB, 4, decode_pvrtc, NULL, NULL}};
    static const struct pvg_texel_codec eac[4] = {
        {VK_FORMAT_R16_UNORM, 2, decode_2, NULL, NULL},
        {VK_FORMAT_R16_SNORM, 2, decode_2, NULL, NULL},
        {VK_FORMAT_R16G16_UNORM, 4, decode_4, NULL, NULL},
        {VK_FORMAT_R16G16_SNORM, 4, decode_4, NULL, NULL}};

    if (is_pvrtc(f)) {
        return &pvrtc[f->srgb];
    }
    if (f->ordinal >= 170 && f->ordinal <= 176) {
        return &eac[(f->ordinal - 170) / 2];
    }
    if (is_astc_high(f)) {
        return &half;
    }
    if (is_astc(f) || (f->ordinal >= 178 && f->ordinal <= 183)) {
        return f->srgb ? &srgb : &linear;
    }
    return NULL;
}
