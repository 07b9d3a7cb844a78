/* SPDX-License-Identifier: MIT
 * The test picture: what the machine is, how its checks went, and colours to look at. */
#ifndef GUEST_PICTURE_H
#define GUEST_PICTURE_H

#include "canvas.h"

/* @subtitle says how it comes to the screen. */
void picture_paint(const struct canvas *canvas, const char *subtitle);

#endif
