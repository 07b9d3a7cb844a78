/* SPDX-License-Identifier: MIT */
/* Texel conversions. */
#include "gpu/texel.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "gpu/block_codec.h"

uint16_t pvg_half_from_float(float value)
{
    uint32_t bits, sign, mantissa, rounded;
    int exponent;

    memcpy(&bits, &value, sizeof(bits));
    sign = bits >> 16 & 0x8000;
    exponent = (int)(bits >> 23 & 0xff) - 127 + 15;
    mantissa = bits & 0x7fffff;
    if ((bits & 0x7fffffff) > 0x7f800000) {
        return (uint16_t)(sign | 0x7e00);
    }
    if (exponent >= 31) {
        return (uint16_t)(sign | 0x7c00);
    }
    if (exponent <= 0) { /* subnormal, or nothing */
        unsigned shift = (unsigned)(14 - exponent);

        if (shift > 24) {
            return (uint16_t)sign;
        }
        mantissa |= 0x800000;
        rounded = mantissa >> shift;
        mantissa &= (1u << shift) - 1;
        rounded += mantissa > 1u << (shift - 1) || (mantissa == 1u << (shift - 1) && (rounded & 1));
        return (uint16_t)(sign | rounded);
    }
    rounded = (uint32_t)exponent << 10 | mantissa >> 13;
    mantissa &= 0x1fff;
    rounded += mantissa > 0x1000 || (mantissa == 0x1000 && (rounded & 1));
    return (uint16_t)(sign | rounded); /* a carry into the exponent is the right answer too */
}

float pvg_half_to_float(uint16_t half)
{
    int exponent = half >> 10 & 31;
    float mantissa = (float)(half & 0x3ff);
    float value = exponent == 0    ? ldexpf(mantissa, -24)
                  : exponent == 31 ? (half & 0x3ff ? NAN : INFINITY)
                                   : ldexpf(mantissa + 1024, exponent - 25);

    return half & 0x8000 ? -value : value;
}

static float srgb_to_linear(float v)
{
    float a = fabsf(v);

    return copysignf(a <= 0.04045f ? a / 12.92f : powf((a + 0.055f) / 1.055f, 2.4f), v);
}

static float srgb_from_linear(float v)
{
    float a = fabsf(v);

    return copysignf(a <= 0.0031308f ? a * 12.92f : 1.055f * powf(a, 1 / 2.4f) - 0.055f, v);
}

/* ---- One or two 8-bit sRGB channels: widened to four, as every host has those. ---- */

static void widen_srgb(const uint8_t *guest, uint8_t *host, uint32_t width, unsigned channels)
{
    for (uint32_t x = 0; x < width; x++) {
        host[4 * x] = guest[channels * x];
        host[4 * x + 1] = channels > 1 ? guest[channels * x + 1] : 0;
        host[4 * x + 2] = 0;
        host[4 * x + 3] = 255;
    }
}

static void narrow_srgb(const uint8_t *host, uint8_t *guest, uint32_t width, unsigned channels)
{
    for (uint32_t x = 0; x < width; x++) {
        memcpy(guest + channels * x, host + 4 * x, channels);
    }
}

static void decode_r8_srgb(const uint8_t *guest, uint8_t *host, uint32_t width)
{
    widen_srgb(guest, host, width, 1);
}

static void encode_r8_srgb(const uint8_t *host, uint8_t *guest, uint32_t width)
{
    narrow_srgb(host, guest, width, 1);
}

static void decode_rg8_srgb(const uint8_t *guest, uint8_t *host, uint32_t width)
{
    widen_srgb(guest, host, width, 2);
}

static void encode_rg8_srgb(const uint8_t *host, uint8_t *guest, uint32_t width)
{
    narrow_srgb(host, guest, width, 2);
}

/* ---- ABGR4: bits A 0-3, B 4-7, G 8-11, R 12-15. Widened so that it can be drawn to as well. ----
 */

static void decode_abgr4(const uint8_t *guest, uint8_t *host, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        host[4 * x] = (uint8_t)((guest[2 * x + 1] >> 4) * 17);
        host[4 * x + 1] = (uint8_t)((guest[2 * x + 1] & 15) * 17);
        host[4 * x + 2] = (uint8_t)((guest[2 * x] >> 4) * 17);
        host[4 * x + 3] = (uint8_t)((guest[2 * x] & 15) * 17);
    }
}

static uint8_t to_four_bits(uint8_t value)
{
    return (uint8_t)((value * 15 + 127) / 255);
}

static void encode_abgr4(const uint8_t *host, uint8_t *guest, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        guest[2 * x] =
            (uint8_t)(to_four_bits(host[4 * x + 2]) << 4 | to_four_bits(host[4 * x + 3]));
        guest[2 * x + 1] =
            (uint8_t)(to_four_bits(host[4 * x]) << 4 | to_four_bits(host[4 * x + 1]));
    }
}

/* ---- 4:2:2: two texels share one chroma sample; shaders see (Cr, Y, Cb, 1). ---- */

static void decode_422(const uint8_t *guest, uint8_t *host, uint32_t width, unsigned luma)
{
    for (uint32_t x = 0; x < width; x++) {
        const uint8_t *pair = guest + x / 2 * 4;

        host[4 * x] = pair[3 - luma];
        host[4 * x + 1] = pair[luma + x % 2 * 2];
        host[4 * x + 2] = pair[1 - luma];
        host[4 * x + 3] = 255;
    }
}

static void encode_422(const uint8_t *host, uint8_t *guest, uint32_t width, unsigned luma)
{
    for (uint32_t x = 0; x < width; x++) {
        uint8_t *pair = guest + x / 2 * 4;

        pair[luma + x % 2 * 2] = host[4 * x + 1];
        if (x % 2 == 0) {
            pair[3 - luma] = host[4 * x];
            pair[1 - luma] = host[4 * x + 2];
        }
    }
}

static void decode_gbgr422(const uint8_t *guest, uint8_t *host, uint32_t width)
{
    decode_422(guest, host, width, 0);
}

static void encode_gbgr422(const uint8_t *host, uint8_t *guest, uint32_t width)
{
    encode_422(host, guest, width, 0);
}

static void decode_bgrg422(const uint8_t *guest, uint8_t *host, uint32_t width)
{
    decode_422(guest, host, width, 1);
}

static void encode_bgrg422(const uint8_t *host, uint8_t *guest, uint32_t width)
{
    encode_422(host, guest, width, 1);
}

/* ---- Extended range: ten bits v mean (v - 384) / 510, kept as halves. ---- */

static float xr_decode(uint32_t v, bool srgb)
{
    float value = ((float)v - 384) / 510;

    return srgb ? srgb_to_linear(value) : value;
}

static uint32_t xr_encode(float value, bool srgb)
{
    float v = (srgb ? srgb_from_linear(value) : value) * 510 + 384;

    return v > 0 ? v < 1023 ? (uint32_t)(v + 0.5f) : 1023 : 0; /* not a number: 0 */
}

static void put_half(uint8_t *host, unsigned channel, float value)
{
    uint16_t half = pvg_half_from_float(value);

    memcpy(host + 2 * channel, &half, sizeof(half));
}

static float get_half(const uint8_t *host, unsigned channel)
{
    uint16_t half;

    memcpy(&half, host + 2 * channel, sizeof(half));
    return pvg_half_to_float(half);
}

static uint32_t get_le(const uint8_t *bytes, unsigned count)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < count; i++) {
        value |= (uint32_t)bytes[i] << 8 * i;
    }
    return value;
}

static void put_le(uint8_t *bytes, unsigned count, uint32_t value)
{
    for (unsigned i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

static void decode_bgr10(const uint8_t *guest, uint8_t *host, uint32_t width, bool srgb)
{
    for (uint32_t x = 0; x < width; x++) {
        uint32_t word = get_le(guest + 4 * x, 4);

        for (unsigned c = 0; c < 3; c++) {
            put_half(host + 8 * x, c, xr_decode(word >> (20 - 10 * c) & 1023, srgb));
        }
        put_half(host + 8 * x, 3, 1);
    }
}

static void encode_bgr10(const uint8_t *host, uint8_t *guest, uint32_t width, bool srgb)
{
    for (uint32_t x = 0; x < width; x++) {
        uint32_t word = 0;

        for (unsigned c = 0; c < 3; c++) {
            word |= xr_encode(get_half(host + 8 * x, c), srgb) << (20 - 10 * c);
        }
        put_le(guest + 4 * x, 4, word);
    }
}

static void decode_bgra10(const uint8_t *guest, uint8_t *host, uint32_t width, bool srgb)
{
    static const unsigned at[4] = {4, 2, 0, 6};

    for (uint32_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < 4; c++) {
            float value = xr_decode(get_le(guest + 8 * x + at[c], 2) >> 6, srgb && c < 3);

            put_half(host + 8 * x, c, c == 3 ? CLAMP(value, 0.0f, 1.0f) : value);
        }
    }
}

static void encode_bgra10(const uint8_t *host, uint8_t *guest, uint32_t width, bool srgb)
{
    static const unsigned at[4] = {4, 2, 0, 6};

    for (uint32_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < 4; c++) {
            float value = get_half(host + 8 * x, c);

            value = c == 3 ? CLAMP(value, 0.0f, 1.0f) : value;
            put_le(guest + 8 * x + at[c], 2, xr_encode(value, srgb && c < 3) << 6);
        }
    }
}

#define XR(name, bits, srgb)                                                                       \
    static void decode_##name(const uint8_t *guest, uint8_t *host, uint32_t width)                 \
    {                                                                                              \
        decode_##bits(guest, host, width, srgb);                                                   \
    }                                                                                              \
    static void encode_##name(const uint8_t *host, uint8_t *guest, uint32_t width)                 \
    {                                                                                              \
        encode_##bits(host, guest, width, srgb);                                                   \
    }
XR(bgr10_xr, bgr10, false)
XR(bgr10_xr_srgb, bgr10, true)
XR(bgra10_xr, bgra10, false)
XR(bgra10_xr_srgb, bgra10, true)
#undef XR

static const struct {
    uint16_t ordinal;
    struct pvg_texel_codec codec;
} codecs[] = {
#define CODEC(ordinal, host, bytes, name)                                                          \
    {                                                                                              \
        ordinal,                                                                                   \
        {                                                                                          \
            host, bytes, NULL, decode_##name, encode_##name                                        \
        }                                                                                          \
    }
    CODEC(11, VK_FORMAT_R8G8B8A8_SRGB, 4, r8_srgb),
    CODEC(31, VK_FORMAT_R8G8B8A8_SRGB, 4, rg8_srgb),
    CODEC(42, VK_FORMAT_R8G8B8A8_UNORM, 4, abgr4),
    CODEC(240, VK_FORMAT_R8G8B8A8_UNORM, 4, gbgr422),
    CODEC(241, VK_FORMAT_R8G8B8A8_UNORM, 4, bgrg422),
    CODEC(552, VK_FORMAT_R16G16B16A16_SFLOAT, 8, bgra10_xr),
    CODEC(553, VK_FORMAT_R16G16B16A16_SFLOAT, 8, bgra10_xr_srgb),
    CODEC(554, VK_FORMAT_R16G16B16A16_SFLOAT, 8, bgr10_xr),
    CODEC(555, VK_FORMAT_R16G16B16A16_SFLOAT, 8, bgr10_xr_srgb),
#undef CODEC
};

const struct pvg_texel_codec *pvg_texel_codec_find(const struct pvg_pixel_format *format)
{
    for (size_t i = 0; i < G_N_ELEMENTS(codecs); i++) {
        if (codecs[i].ordinal == format->ordinal) {
            return &codecs[i].codec;
        }
    }
    return pvg_block_codec_find(format);
}
