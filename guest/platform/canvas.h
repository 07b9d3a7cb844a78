/* SPDX-License-Identifier: MIT
 * Drawing into 32-bit pixels (blue in the low byte), in integers only, so that every machine draws
 * the same. What lies outside the canvas is clipped. */
#ifndef GUEST_CANVAS_H
#define GUEST_CANVAS_H

#include <stddef.h>
#include <stdint.h>

struct canvas {
    uint8_t *at;
    int width, height;
    size_t stride; /* bytes */
};

/* Colours are 0xRRGGBB. */
uint32_t canvas_mix(uint32_t from, uint32_t to, unsigned part, unsigned whole);

void canvas_fill(const struct canvas *canvas, int x, int y, int width, int height,
                 uint32_t colour);

/* A disc with a smooth edge. */
void canvas_disc(const struct canvas *canvas, int x, int y, int radius, uint32_t colour);

/* Text whose dots are @scale pixels wide and high; returns x behind it. */
int canvas_text(const struct canvas *canvas, int x, int y, int scale, uint32_t colour,
                const char *text);

#endif
