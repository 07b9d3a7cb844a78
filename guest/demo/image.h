/* SPDX-License-Identifier: MIT */
/* Images of the demo, drawn by arithmetic: RGBA, 8 bits each, red in the lowest byte. */
#ifndef DEMO_IMAGE_H
#define DEMO_IMAGE_H

#include <stdint.h>

#define IMAGE_SIDE 256
/* The atlas has 16 x 16 cells, one a character. */
#define CELL_WIDTH   8
#define CELL_HEIGHT  16
#define ATLAS_WIDTH  (16 * CELL_WIDTH)
#define ATLAS_HEIGHT (16 * CELL_HEIGHT)

/* Tiles of a floor, and plates of brushed metal. */
void image_tiles(uint32_t texels[IMAGE_SIDE * IMAGE_SIDE]);
void image_plates(uint32_t texels[IMAGE_SIDE * IMAGE_SIDE]);

/* The font, one byte a texel: FONT_WIDTH x FONT_HEIGHT dots in the upper left of each cell. */
void image_atlas(uint8_t texels[ATLAS_WIDTH * ATLAS_HEIGHT]);

#endif
