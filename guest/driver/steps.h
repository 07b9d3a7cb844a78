/* SPDX-License-Identifier: MIT */
/* What a GPU driver does, step by step, wherever the guest kit runs. Freestanding, as the kit. */
#ifndef DRIVER_STEPS_H
#define DRIVER_STEPS_H

#include "kit/kit.h"
#include "kit/surface.h"

/* Each leaves what went wrong in the kit's failure, if anything did; then the later ones have
 * nothing to stand on. */
struct driver_step {
    const char *name;
    void (*run)(struct kit *kit);
};

#define DRIVER_PORTS 2 /* displays that it draws on */

/* Draws a picture that tells rows, columns and displays apart, and presents it. */
void driver_show_picture(struct kit *kit, unsigned port, const struct kit_surface *surface);

extern const struct driver_step driver_steps[];
extern const unsigned driver_step_count;

#endif
