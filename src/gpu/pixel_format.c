/* SPDX-License-Identifier: MIT */
/* The table of pixel formats and the arithmetic of linear textures. */
#include "gpu/pixel_format.h"

#include <glib.h>
#include <string.h>

#include "base/range.h"

/* The last column but three of the table. */
#define VIEW_NONE       PVG_VIEW_NONE
#define VIEW_BITS_8     PVG_VIEW_BITS_8
#define VIEW_BITS_16    PVG_VIEW_BITS_16
#define VIEW_BITS_32    PVG_VIEW_BITS_32
#define VIEW_BITS_64    PVG_VIEW_BITS_64
#define VIEW_BITS_128   PVG_VIEW_BITS_128
#define VIEW_DS24       PVG_VIEW_DS24
#define VIEW_DS32       PVG_VIEW_DS32
#define VIEW_BGR10_XR   PVG_VIEW_BGR10_XR
#define VIEW_BGRA10_XR  PVG_VIEW_BGRA10_XR
#define VIEW_COMPRESSED PVG_VIEW_TWINS

const struct pvg_pixel_format pvg_pixel_formats[] = {
#define X(ordinal_, name_, bytes_, width_, height_, aspect_, numeric_, class_, twin_, linear_,     \
          vk_)                                                                                     \
    {                                                                                              \
        .ordinal = ordinal_,                                                                       \
        .bytes = bytes_,                                                                           \
        .block_width = width_,                                                                     \
        .block_height = height_,                                                                   \
        .aspect = PVG_ASPECT_##aspect_,                                                            \
        .numeric = PVG_NUMERIC_##numeric_,                                                         \
        .view_class = VIEW_##class_,                                                               \
        .twin = twin_,                                                                             \
        .linear = linear_,                                                                         \
        .srgb = sizeof(#name_) > sizeof("_sRGB") &&                                                \
                __builtin_strcmp(#name_ + sizeof(#name_) - sizeof("_sRGB"), "_sRGB") == 0,         \
        .vk = vk_,                                                                                 \
        .name = #name_,                                                                            \
    },
#include "gpu/pixel_formats.def"
#undef X
};
const size_t pvg_pixel_format_count = G_N_ELEMENTS(pvg_pixel_formats);

const struct pvg_pixel_format *pvg_pixel_format_find(uint32_t ordinal)
{
    size_t low = 0, high = pvg_pixel_format_count; /* the table is sorted; a test says so */

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (pvg_pixel_formats[middle].ordinal == ordinal) {
            return &pvg_pixel_formats[middle];
        }
        if (pvg_pixel_formats[middle].ordinal < ordinal) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

bool pvg_pixel_format_views(const struct pvg_pixel_format *base,
                            const struct pvg_pixel_format *view)
{
    return base == view || base->twin == view->ordinal ||
           (base->view_class == view->view_class && base->view_class != PVG_VIEW_NONE &&
            base->view_class != PVG_VIEW_TWINS);
}

struct pvg_linear_layout pvg_linear_layout(const struct pvg_pixel_format *format, uint32_t bytes,
                                           uint32_t width, uint32_t height)
{
    uint32_t wide = (uint32_t)(((uint64_t)width + format->block_width - 1) / format->block_width);
    uint32_t high =
        (uint32_t)(((uint64_t)height + format->block_height - 1) / format->block_height);

    if (format->ordinal >= 160 && format->ordinal <= 167) { /* PVRTC has at least 2 x 2 blocks */
        wide = MAX(wide, 2u);
        high = MAX(high, 2u);
    }
    return (struct pvg_linear_layout){wide, high, (uint64_t)wide * bytes};
}

bool pvg_linear_span(const struct pvg_linear_layout *layout, uint64_t row_stride,
                     uint64_t image_stride, uint64_t depth, uint64_t *span)
{
    uint64_t images, rows;

    if (!depth || !layout->blocks_high) {
        *span = 0;
        return true;
    }
    return pvg_mul(depth - 1, image_stride, &images) &&
           pvg_mul(layout->blocks_high - 1, row_stride, &rows) && pvg_add(images, rows, span) &&
           pvg_add(*span, layout->tight_row, span);
}
