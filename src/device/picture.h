/* SPDX-License-Identifier: MIT */
/* Pixels on their way to the VMM's window: one buffer that grows and is reused. */
#ifndef PVG_DEVICE_PICTURE_H
#define PVG_DEVICE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pvg/pvg.h>

#include "base/attributes.h"

struct pvg_picture {
    uint8_t *pixels; /* owned */
    size_t capacity; /* bytes */
    uint32_t width, height, stride;
    enum pvg_pixels format;
    uint64_t serial; /* 0: no picture yet */
};

void pvg_picture_finish(struct pvg_picture *picture);

/* Makes room; new room is black. @changed (may be NULL) is set when the shape is another than
 * before. False when there is no memory: the picture stays as it was. */
PVG_NODISCARD bool pvg_picture_resize(struct pvg_picture *picture, uint32_t width, uint32_t height,
                                      enum pvg_pixels format, bool *changed);

#endif
