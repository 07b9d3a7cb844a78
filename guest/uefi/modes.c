/* SPDX-License-Identifier: MIT */
/* What the device says of its firmware display, made safe to compute with. */
#include "modes.h"

#define LONGEST_EDGE     8192
#define FALLBACK_WIDTH   1024
#define FALLBACK_HEIGHT  768
#define FALLBACK_ALIGN   64
#define LARGEST_ALIGN    4096

uint32_t modes_count(uint32_t count)
{
    if (count == 0) {
        return 1;
    }
    return count < MODES_MAX ? count : MODES_MAX;
}

struct display_mode modes_decode(uint32_t mode_size, uint32_t stride_align)
{
    struct display_mode mode = {.width = mode_size >> 16, .height = mode_size & 0xffff};
    uint32_t align = stride_align;

    if (align == 0 || align & (align - 1) || align > LARGEST_ALIGN) {
        align = FALLBACK_ALIGN;
    }
    if (mode.width == 0 || mode.height == 0 || mode.width > LONGEST_EDGE ||
        mode.height > LONGEST_EDGE) {
        mode.width = FALLBACK_WIDTH;
        mode.height = FALLBACK_HEIGHT;
    }
    mode.stride = (mode.width * 4 + align - 1) / align * align;
    if (mode.stride % 4) {
        mode.stride = (mode.stride + 3) / 4 * 4;
    }
    return mode;
}
