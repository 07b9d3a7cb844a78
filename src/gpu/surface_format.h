/* SPDX-License-Identifier: MIT */
/* The pixel formats of IOSurfaces. Spec: 60-formats 6. */
#ifndef PVG_GPU_SURFACE_FORMAT_H
#define PVG_GPU_SURFACE_FORMAT_H

#include <stdint.h>

#define PVG_SURFACE_MAX_PLANES 3

struct pvg_surface_format {
    uint32_t code;                                  /* four characters, the first in the top byte */
    uint8_t planes;                                 /* 1 to 3 */
    uint16_t plane_formats[PVG_SURFACE_MAX_PLANES]; /* MTLPixelFormat; 0: Metal has none for it */
};

/* NULL for a code that is not known; the tile-compressed ones ('&...', '-...') are not. */
const struct pvg_surface_format *pvg_surface_format_find(uint32_t code);

#endif
