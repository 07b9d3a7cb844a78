/* SPDX-License-Identifier: MIT
 * A bitmap font of our own: 5 x 7 dots a character and two rows more below the
 * line, of the printable ASCII characters. */
#ifndef GUEST_FONT_H
#define GUEST_FONT_H

#include <stdint.h>

enum { FONT_WIDTH = 5, FONT_HEIGHT = 9 };

/* The rows of @character from above, the leftmost dot in bit 4; a box for what there is not. */
const uint8_t *font_rows(char character);

#endif
