/* SPDX-License-Identifier: MIT
 * Drawing into 32-bit pixels. */
#include "canvas.h"

#include "font.h"

static uint32_t *pixel(const struct canvas *canvas, int x, int y)
{
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height) {
        return NULL;
    }
    return (uint32_t *)(canvas->at + y * canvas->stride) + x;
}

uint32_t canvas_mix(uint32_t from, uint32_t to, unsigned part, unsigned whole)
{
    uint32_t mixed = 0;

    for (unsigned shift = 0; shift < 24; shift += 8) {
        uint32_t a = from >> shift & 0xff, b = to >> shift & 0xff;

        mixed |= (a * (whole - part) + b * part + whole / 2) / whole << shift;
    }
    return mixed;
}

void canvas_fill(const struct canvas *canvas, int x, int y, int width, int height,
                 uint32_t colour)
{
    for (int row = y; row < y + height; row++) {
        for (int column = x; column < x + width; column++) {
            uint32_t *at = pixel(canvas, column, row);

            if (at) {
                *at = colour;
            }
        }
    }
}

void canvas_disc(const struct canvas *canvas, int x, int y, int radius, uint32_t colour)
{
    enum { FINE = 4, SAMPLES = FINE * FINE }; /* samples a pixel: 4 x 4 */
    const int64_t limit = (int64_t)radius * FINE * 2 * radius * FINE * 2;

    for (int row = -radius; row < radius; row++) {
        for (int column = -radius; column < radius; column++) {
            uint32_t *at = pixel(canvas, x + column, y + row);
            unsigned inside = 0;

            for (unsigned i = 0; i < SAMPLES; i++) {
                int64_t dx = (column * FINE + (int)(i % FINE)) * 2 + 1;
                int64_t dy = (row * FINE + (int)(i / FINE)) * 2 + 1;

                inside += dx * dx + dy * dy < limit;
            }
            if (at) {
                *at = canvas_mix(*at, colour, inside, SAMPLES);
            }
        }
    }
}

int canvas_text(const struct canvas *canvas, int x, int y, int scale, uint32_t colour,
                const char *text)
{
    for (; *text; text++, x += (FONT_WIDTH + 1) * scale) {
        const uint8_t *rows = font_rows(*text);

        for (int row = 0; row < FONT_HEIGHT; row++) {
            for (int column = 0; column < FONT_WIDTH; column++) {
                if (rows[row] >> (FONT_WIDTH - 1 - column) & 1) {
                    canvas_fill(canvas, x + column * scale, y + row * scale, scale, scale, colour);
                }
            }
        }
    }
    return x;
}
