/* SPDX-License-Identifier: MIT */
/* Decoders of compressed texels for hosts without the formats: ASTC, ETC2 and EAC, PVRTC. They take
 * any bytes; what is no valid block gets the colour that the format's own specification names.
 * Spec: 60-formats 3.2, 3.3. */
#ifndef PVG_GPU_BLOCK_DECODE_H
#define PVG_GPU_BLOCK_DECODE_H

#include <stdbool.h>
#include <stdint.h>

/* One block of @width x @height texels, 4x4 to 12x12, row by row. */
void pvg_astc_decode_8(const uint8_t block[16], unsigned width, unsigned height, bool srgb,
                       uint8_t (*out)[4]);
/* The same as halves, with the endpoint modes of high dynamic range. */
void pvg_astc_decode_half(const uint8_t block[16], unsigned width, unsigned height,
                          uint16_t (*out)[4]);

/* 4x4 texels, row by row: 8-bit colour, opaque. @punch_through: one of four selectors may be
 * transparent black. */
void pvg_etc2_decode(const uint8_t block[8], bool punch_through, uint8_t out[16][4]);
/* Replaces the alpha of @out. */
void pvg_eac_decode_alpha(const uint8_t block[8], uint8_t out[16][4]);
/* 11-bit values as 16-bit ones. */
void pvg_eac_decode_unsigned(const uint8_t block[8], uint16_t out[16]);
void pvg_eac_decode_signed(const uint8_t block[8], int16_t out[16]);

/* A whole level, as its texels depend on blocks around them. @wide: 2 bits a texel, blocks of 8x4
 * instead of 4x4. There are at least 2x2 blocks at @blocks, in Morton order; sides are rounded up
 * to powers of two. @out: @width x @height texels. */
void pvg_pvrtc_decode(const uint8_t *blocks, bool wide, uint32_t width, uint32_t height,
                      uint8_t (*out)[4]);

/* Blocks along one side of such a level. */
uint32_t pvg_pvrtc_blocks(uint32_t texels, uint32_t block);

#endif
