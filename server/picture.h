/* SPDX-License-Identifier: MIT */
/* The server's own copy of what a display shows: always 8-bit B, G, R, X, tightly packed, with the
 * rectangle that changed. One thread. */
#ifndef SERVER_PICTURE_H
#define SERVER_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <pvg/pvg.h>

struct picture {
    uint32_t width, height;
    uint32_t *pixels;     /* width * height, 0x00RRGGBB; NULL until the first frame */
    uint64_t frame_serial;
};

struct picture_change {
    bool resized; /* pixels moved: drop pointers to them */
    uint32_t left, top, right, bottom; /* what differs; empty when left == right */
};

void picture_finish(struct picture *picture);

/* Takes over @frame, comparing as it copies: one pass over the new pixels. */
struct picture_change picture_update(struct picture *picture, const struct pvg_frame *frame);

/* Writes a PNG to @fd; false with @error. */
bool picture_write_png(const struct picture *picture, int fd, struct pvg_error *error);

#endif
