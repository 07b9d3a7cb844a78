/* SPDX-License-Identifier: MIT */
/* The server's own copy of what a display shows. */
#include "picture.h"

#include <glib.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"

void picture_finish(struct picture *picture)
{
    g_free(picture->pixels);
    *picture = (struct picture){0};
}

static uint32_t from_10_bits(uint32_t pixel)
{
    return (pixel >> 6 & 0xff0000) | (pixel >> 4 & 0xff00) | (pixel >> 2 & 0xff);
}

/* The row at @y of @frame as 0x00RRGGBB, in place where it can be. */
static const uint32_t *frame_row(const struct pvg_frame *frame, uint32_t y, uint32_t *scratch)
{
    const uint32_t *row =
        (const uint32_t *)((const uint8_t *)frame->pixels + (size_t)y * frame->stride);

    switch (frame->format) {
    case PVG_PIXELS_BGRX8888:
        return row;
    case PVG_PIXELS_BGR10X2:
        for (uint32_t x = 0; x < frame->width; x++) {
            scratch[x] = from_10_bits(row[x]);
        }
        return scratch;
    }
    return row;
}

static void widen(struct picture_change *change, uint32_t left, uint32_t right, uint32_t y)
{
    if (change->left == change->right) {
        *change = (struct picture_change){change->resized, left, y, right, y + 1};
        return;
    }
    change->left = MIN(change->left, left);
    change->right = MAX(change->right, right);
    change->bottom = y + 1;
}

static void update_row(struct picture *picture, uint32_t y, const uint32_t *from,
                       struct picture_change *change)
{
    uint32_t *to = picture->pixels + (size_t)y * picture->width;
    uint32_t left = 0, right = picture->width;

    if (memcmp(to, from, (size_t)picture->width * 4) == 0) {
        return;
    }
    while (to[left] == from[left]) {
        left++;
    }
    while (to[right - 1] == from[right - 1]) {
        right--;
    }
    memcpy(to + left, from + left, (size_t)(right - left) * 4);
    widen(change, left, right, y);
}

struct picture_change picture_update(struct picture *picture, const struct pvg_frame *frame)
{
    g_autofree uint32_t *scratch = NULL;
    struct picture_change change = {0};

    if (!frame->pixels || frame->serial == picture->frame_serial) {
        return change;
    }
    if (frame->width != picture->width || frame->height != picture->height) {
        g_free(picture->pixels);
        picture->pixels = g_new0(uint32_t, (size_t)frame->width * frame->height);
        picture->width = frame->width;
        picture->height = frame->height;
        change.resized = true;
    }
    picture->frame_serial = frame->serial;
    scratch = g_new(uint32_t, frame->width);
    for (uint32_t y = 0; y < frame->height; y++) {
        update_row(picture, y, frame_row(frame, y, scratch), &change);
    }
    if (change.resized) {
        change = (struct picture_change){true, 0, 0, frame->width, frame->height};
    }
    return change;
}

bool picture_write_png(const struct picture *picture, int fd, struct pvg_error *error)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION,
        .width = picture->width,
        .height = picture->height,
        .format = PNG_FORMAT_RGB,
    };
    g_autofree uint8_t *rows = g_malloc((size_t)picture->width * picture->height * 3);
    png_alloc_size_t size = 0;
    g_autofree uint8_t *bytes = NULL;

    for (size_t i = 0; i < (size_t)picture->width * picture->height; i++) {
        rows[i * 3] = picture->pixels[i] >> 16;
        rows[i * 3 + 1] = picture->pixels[i] >> 8;
        rows[i * 3 + 2] = picture->pixels[i];
    }
    if (!png_image_write_to_memory(&image, NULL, &size, 0, rows, 0, NULL)) {
        pvg_error_set(error, "cannot encode a screenshot: %s", image.message);
        return false;
    }
    bytes = g_malloc(size);
    if (!png_image_write_to_memory(&image, bytes, &size, 0, rows, 0, NULL)) {
        pvg_error_set(error, "cannot encode a screenshot: %s", image.message);
        return false;
    }
    for (size_t done = 0; done < size;) {
        ssize_t written = write(fd, bytes + done, size - done);

        if (written < 0) {
            pvg_error_set_errno(error, "cannot write a screenshot");
            return false;
        }
        done += written;
    }
    return true;
}
