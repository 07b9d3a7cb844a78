/* SPDX-License-Identifier: MIT */
/* Shows the scene on a display: paces the pictures, moves the cursor, keeps the times. The guest
 * brings a clock. */
#ifndef DEMO_SHOW_H
#define DEMO_SHOW_H

#include <stdint.h>

#include "demo/scene.h"
#include "demo/text.h"

#define SHOW_TIMES 4096

struct show {
    struct kit *kit;
    double (*now)(void); /* seconds */
    struct scene scene;
    uint32_t presented[SCENE_FRAMES]; /* stamps on the display's channel */
    uint32_t pictures;                /* so far */
    double times[SHOW_TIMES];         /* seconds from one picture to the next, the newest of them */
    double started, last;
};

/* Brings the device and its first display up and makes the scene, as large as the display when
 * @width is 0. What fails is told in the kit's
 * failure. The kit has been initialised, not started. */
void show_start(struct show *show, struct kit *kit, double (*now)(void), uint32_t width,
                uint32_t height, const struct scene_apple *apple);

/* The scene as it is after @seconds, as soon as the display has taken the picture before the last.
 */
void show_picture(struct show *show, float seconds);

/* A line on what was shown, and how fast. Sorts the times: nothing may be shown afterwards. */
void show_summary(struct show *show, struct text *text);

#endif
