/* SPDX-License-Identifier: MIT */
/* Compressed formats as conversions to formats that every host has. */
#ifndef PVG_GPU_BLOCK_CODEC_H
#define PVG_GPU_BLOCK_CODEC_H

#include "gpu/texel.h"

/* NULL: no decoder, or none needed (BC). */
const struct pvg_texel_codec *pvg_block_codec_find(const struct pvg_pixel_format *format);

#endif
