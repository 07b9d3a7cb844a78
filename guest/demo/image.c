/* SPDX-License-Identifier: MIT */
#include "demo/image.h"

#include <stdbool.h>
#include <string.h>

#include "demo/vector.h"
#include "platform/font.h"

static uint32_t rgba(float red, float green, float blue)
{
    const float channels[3] = {red, green, blue};
    uint32_t texel = 0xff000000;

    for (unsigned i = 0; i < 3; i++) {
        texel |= (uint32_t)(smaller(larger(channels[i], 0), 1) * 255 + 0.5f) << (8 * i);
    }
    return texel;
}

/* 0 to 1, the same for the same cell. */
static float noise(uint32_t x, uint32_t y)
{
    uint32_t n = x * 0x9e3779b1u + y * 0x85ebca77u;

    n = (n ^ (n >> 15)) * 0x2c1b3c6du;
    n ^= n >> 12;
    return (float)(n & 0xffff) / 65535;
}

void image_tiles(uint32_t texels[IMAGE_SIDE * IMAGE_SIDE])
{
    const uint32_t half = IMAGE_SIDE / 2, gap = 3;

    for (uint32_t y = 0; y < IMAGE_SIDE; y++) {
        for (uint32_t x = 0; x < IMAGE_SIDE; x++) {
            const bool dark = (x / half + y / half) % 2, joint = x % half < gap || y % half < gap;
            const float grain = 0.06f * noise(x, y) + 0.05f * noise(x / 8, y / 8);
            const float base = joint ? 0.20f : (dark ? 0.36f : 0.62f) + grain;

            texels[y * IMAGE_SIDE + x] = rgba(base, base * 0.97f, base * 0.92f);
        }
    }
}

void image_plates(uint32_t texels[IMAGE_SIDE * IMAGE_SIDE])
{
    const uint32_t plate = IMAGE_SIDE / 4;

    for (uint32_t y = 0; y < IMAGE_SIDE; y++) {
        for (uint32_t x = 0; x < IMAGE_SIDE; x++) {
            const float u = (float)(x % plate) / (float)plate - 0.5f;
            const float v = (float)(y % plate) / (float)plate - 0.5f;
            const float edge = larger(magnitude(u), magnitude(v)), rivet = u * u + v * v;
            const float base =
                0.74f + 0.08f * noise(x / 24, y) + 0.05f * noise(x / plate, y / plate);
            const float shade = edge > 0.45f ? 0.55f : rivet < 0.012f ? 1.2f : 1;

            texels[y * IMAGE_SIDE + x] = rgba(base * shade, base * shade, base * shade);
        }
    }
}

void image_atlas(uint8_t texels[ATLAS_WIDTH * ATLAS_HEIGHT])
{
    memset(texels, 0, ATLAS_WIDTH * ATLAS_HEIGHT);
    for (unsigned character = ' '; character <= '~'; character++) {
        const uint8_t *rows = font_rows((char)character);
        uint8_t *cell =
            texels + character / 16 * CELL_HEIGHT * ATLAS_WIDTH + character % 16 * CELL_WIDTH;

        for (unsigned y = 0; y < FONT_HEIGHT; y++) {
            for (unsigned x = 0; x < FONT_WIDTH; x++) {
                cell[y * ATLAS_WIDTH + x] = rows[y] >> (FONT_WIDTH - 1 - x) & 1 ? 0xff : 0;
            }
        }
    }
}
