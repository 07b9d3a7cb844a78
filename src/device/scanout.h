/* SPDX-License-Identifier: MIT */
/* From a surface in guest memory to a picture: every surface format that can be shown.
 *
 * BGRA and 10-bit BGR are copied as they are, once; the others are converted row by row. Alpha is
 * ignored. Spec: 60-formats 6; errata row "10 13.8". */
#ifndef PVG_DEVICE_SCANOUT_H
#define PVG_DEVICE_SCANOUT_H

#include <stdint.h>

#include "device/picture.h"
#include "memory/memory.h"

struct pvg_scanout_format;

/* NULL: the format is not known, tile-compressed, or planes and row sizes are not what it needs. */
const struct pvg_scanout_format *pvg_scanout_format_find(const struct pvg_surface *surface);

/* Draws @surface, whose pages are in @view, into @picture, which has the size of plane 0. Sets the
 * picture's format. */
PVG_NODISCARD enum pvg_refusal pvg_scanout_read(const struct pvg_scanout_format *format,
                                                const struct pvg_surface *surface,
                                                const struct pvg_view *view, struct pvg_ram *ram,
                                                struct pvg_picture *picture);

#endif
