/* SPDX-License-Identifier: MIT */
/* A picture's buffer. */
#include "device/picture.h"

#include <glib.h>
#include <string.h>

void pvg_picture_finish(struct pvg_picture *picture)
{
    g_free(picture->pixels);
    *picture = (struct pvg_picture){0};
}

bool pvg_picture_resize(struct pvg_picture *picture, uint32_t width, uint32_t height,
                        enum pvg_pixels format, bool *changed)
{
    size_t stride = (size_t)width * 4;
    size_t size = stride * height; /* sides are at most PVG_MAX_SIDE */

    if (picture->pixels && picture->width == width && picture->height == height &&
        picture->format == format) {
        return true;
    }
    if (size > picture->capacity) {
        uint8_t *pixels = g_try_realloc(picture->pixels, size);

        if (!pixels) {
            return false;
        }
        picture->pixels = pixels;
        picture->capacity = size;
    }
    memset(picture->pixels, 0, size);
    picture->width = width;
    picture->height = height;
    picture->stride = (uint32_t)stride;
    picture->format = format;
    if (changed) {
        *changed = true;
    }
    return true;
}
