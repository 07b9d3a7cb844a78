/* SPDX-License-Identifier: MIT */
/* Block transfers between a framebuffer and a caller's buffer. */
#include "blt.h"

#include <stdbool.h>
#include <stddef.h>

static bool lies_within(uint64_t start, uint64_t size, uint64_t limit)
{
    return size <= limit && start <= limit - size;
}

static bool lies_on(const struct blt_screen *screen, uint64_t x, uint64_t y,
                    const struct blt_request *request)
{
    return lies_within(x, request->width, screen->width) &&
           lies_within(y, request->height, screen->height);
}

static uint32_t *screen_at(const struct blt_screen *screen, uint64_t x, uint64_t y)
{
    return screen->pixels + y * screen->pixels_per_line + x;
}

static void copy_row(uint32_t *to, const uint32_t *from, uint64_t count)
{
    if (to <= from) {
        for (uint64_t i = 0; i < count; i++) {
            to[i] = from[i];
        }
    } else {
        for (uint64_t i = count; i-- > 0;) {
            to[i] = from[i];
        }
    }
}

static void fill(const struct blt_screen *screen, const struct blt_request *request,
                 uint32_t pixel)
{
    for (uint64_t row = 0; row < request->height; row++) {
        uint32_t *to = screen_at(screen, request->x, request->y + row);

        for (uint64_t i = 0; i < request->width; i++) {
            to[i] = pixel;
        }
    }
}

/* Rows go downwards or upwards so that an overlapping source is read before it is overwritten. */
static void move(const struct blt_screen *screen, const struct blt_request *request)
{
    for (uint64_t i = 0; i < request->height; i++) {
        uint64_t row = request->y > request->source_y ? request->height - 1 - i : i;

        copy_row(screen_at(screen, request->x, request->y + row),
                 screen_at(screen, request->source_x, request->source_y + row), request->width);
    }
}

efi_status blt_run(const struct blt_screen *screen, const struct blt_request *request,
                   uint32_t *buffer)
{
    uint64_t pitch = request->pitch ? request->pitch : request->width * sizeof(uint32_t);
    uint64_t line = pitch / sizeof(uint32_t);
    bool uses_source = request->operation == EFI_BLT_VIDEO_TO_VIDEO ||
                       request->operation == EFI_BLT_VIDEO_TO_BUFFER;
    bool uses_destination = request->operation != EFI_BLT_VIDEO_TO_BUFFER;

    if (request->width == 0 || request->height == 0 ||
        (unsigned)request->operation >= EFI_BLT_OPERATION_COUNT ||
        (uses_source && !lies_on(screen, request->source_x, request->source_y, request)) ||
        (uses_destination && !lies_on(screen, request->x, request->y, request)) ||
        (request->operation != EFI_BLT_VIDEO_TO_VIDEO && !buffer) ||
        pitch % sizeof(uint32_t) || line < request->width) {
        return EFI_INVALID_PARAMETER;
    }
    switch (request->operation) {
    case EFI_BLT_VIDEO_FILL:
        fill(screen, request, buffer[0]);
        break;
    case EFI_BLT_VIDEO_TO_BUFFER:
        for (uint64_t row = 0; row < request->height; row++) {
            copy_row(buffer + (request->y + row) * line + request->x,
                     screen_at(screen, request->source_x, request->source_y + row),
                     request->width);
        }
        break;
    case EFI_BLT_BUFFER_TO_VIDEO:
        for (uint64_t row = 0; row < request->height; row++) {
            copy_row(screen_at(screen, request->x, request->y + row),
                     buffer + (request->source_y + row) * line + request->source_x,
                     request->width);
        }
        break;
    case EFI_BLT_VIDEO_TO_VIDEO:
        move(screen, request);
        break;
    case EFI_BLT_OPERATION_COUNT:
        break;
    }
    return EFI_SUCCESS;
}
