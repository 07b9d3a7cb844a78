/* SPDX-License-Identifier: MIT */
/* Metal's pixel formats as numbers on the wire: what they are and how their texels lie in memory.
 * What the host makes of them is host_format.h. Spec: 60-formats 3, 7.1. */
#ifndef PVG_GPU_PIXEL_FORMAT_H
#define PVG_GPU_PIXEL_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "vulkan/loader.h"

enum pvg_aspect {
    PVG_ASPECT_COLOR = 1,
    PVG_ASPECT_DEPTH = 2,
    PVG_ASPECT_STENCIL = 4,
    PVG_ASPECT_BOTH = PVG_ASPECT_DEPTH | PVG_ASPECT_STENCIL,
};

/* What a shader sees. */
enum pvg_numeric {
    PVG_NUMERIC_FLOAT,
    PVG_NUMERIC_SINT,
    PVG_NUMERIC_UINT,
};

/* Two formats can view one texture only inside one class; inside NONE not even then. */
enum pvg_view_class {
    PVG_VIEW_NONE,
    PVG_VIEW_BITS_8,
    PVG_VIEW_BITS_16,
    PVG_VIEW_BITS_32,
    PVG_VIEW_BITS_64,
    PVG_VIEW_BITS_128,
    PVG_VIEW_DS24,
    PVG_VIEW_DS32,
    PVG_VIEW_BGR10_XR,
    PVG_VIEW_BGRA10_XR,
    PVG_VIEW_TWINS, /* compressed: a format and its sRGB twin */
};

struct pvg_pixel_format {
    uint16_t ordinal; /* MTLPixelFormat */
    uint8_t bytes;    /* a block, in guest memory */
    uint8_t block_width, block_height;
    uint8_t aspect;     /* of enum pvg_aspect */
    uint8_t numeric;    /* enum pvg_numeric */
    uint8_t view_class; /* enum pvg_view_class */
    uint16_t twin;      /* the same texels with or without sRGB; 0: none */
    bool linear;        /* may lie over a buffer or a surface */
    bool srgb;
    VkFormat vk;
    const char *name;
};

/* NULL for a number that is no format, 0 (Invalid) among them. */
const struct pvg_pixel_format *pvg_pixel_format_find(uint32_t ordinal);

extern const struct pvg_pixel_format pvg_pixel_formats[];
extern const size_t pvg_pixel_format_count;

static inline bool pvg_pixel_format_is_compressed(const struct pvg_pixel_format *format)
{
    return format->block_height > 1;
}

/* Whether a texture of format @base may be seen as @view. */
bool pvg_pixel_format_views(const struct pvg_pixel_format *base,
                            const struct pvg_pixel_format *view);

/* How a piece of a texture lies in linear memory. Sizes in bytes; @bytes is that of a block, which
 * a copy of one aspect makes smaller than the format's own. */
struct pvg_linear_layout {
    uint32_t blocks_wide, blocks_high;
    uint64_t tight_row;
};
struct pvg_linear_layout pvg_linear_layout(const struct pvg_pixel_format *format, uint32_t bytes,
                                           uint32_t width, uint32_t height);

/* Bytes from the first to the last one touched when @depth images of @layout are @image_stride
 * apart and rows @row_stride: the last row counts at its tight length. False when that overflows.
 */
PVG_NODISCARD bool pvg_linear_span(const struct pvg_linear_layout *layout, uint64_t row_stride,
                                   uint64_t image_stride, uint64_t depth, uint64_t *span);

#endif
