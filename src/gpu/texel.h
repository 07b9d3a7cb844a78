/* SPDX-License-Identifier: MIT */
/* Conversions on the CPU between texels as guest memory holds them and a format that the host has,
 * for the formats it has not. Both directions work on rows. Spec: 60-formats 3.7. */
#ifndef PVG_GPU_TEXEL_H
#define PVG_GPU_TEXEL_H

#include <stddef.h>

#include "gpu/pixel_format.h"

struct pvg_texel_codec {
    VkFormat host;      /* what the image has instead */
    uint8_t host_bytes; /* a texel of it */

    /* Compressed formats: a whole level, guest blocks and host texels tight. Nothing leads back, so
     * such images are never drawn to. NULL: the other two are there. */
    void (*decode_blocks)(const struct pvg_pixel_format *format, const uint8_t *guest,
                          uint32_t width, uint32_t height, uint8_t *host);

    /* @width texels (a multiple of the guest's block width but for the last block) of one row. */
    void (*decode)(const uint8_t *guest, uint8_t *host, uint32_t width);
    void (*encode)(const uint8_t *host, uint8_t *guest, uint32_t width);
};

/* The conversion for @format, or NULL: there is none, its bytes are what the host has. */
const struct pvg_texel_codec *pvg_texel_codec_find(const struct pvg_pixel_format *format);

/* IEEE 754 halves. */
uint16_t pvg_half_from_float(float value);
float pvg_half_to_float(uint16_t half);

#endif
