/* SPDX-License-Identifier: MIT
 * The screen as a desktop draws it: two surfaces in turn, presented 60 times a second by the GPU's
 * own driver; something moves, and the test picture stays. */
#include "checks.h"
#include "clock.h"
#include "gpu.h"
#include "picture.h"

#include "kit/display.h"
#include "kit/surface.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FRAMES = 120,
    RATE = 60, /* a second */
    SIDE = 48, /* of what moves, pixels */
};

#define COLOUR 0xfff08a5d

#define MEMORY (32u << 20) /* two pictures of 1920x1080, and what belongs to them */

struct screen {
    struct kit *kit;
    struct canvas picture; /* opaque */
    struct kit_surface surfaces[2];
    int moved_to[2]; /* where the square is on each, or -1 */
};

/* The picture as bytes that a surface takes: alpha is one. */
static bool paint(struct screen *screen)
{
    struct canvas *canvas = &screen->picture;
    size_t size;

    canvas->width = (int)screen->kit->displays[0].width;
    canvas->height = (int)screen->kit->displays[0].height;
    canvas->stride = 4 * (size_t)canvas->width;
    size = canvas->stride * (size_t)canvas->height;
    canvas->at = calloc(1, size);
    if (!canvas->at) {
        return false;
    }
    picture_paint(canvas, "presented by a guest's GPU driver");
    for (size_t i = 3; i < size; i += 4) {
        canvas->at[i] = 0xff;
    }
    return true;
}

static uint32_t offset_of(const struct kit_surface *surface, int x, int y)
{
    return surface->stride * (uint32_t)y + 4 * (uint32_t)x;
}

static void copy_picture(struct screen *screen, const struct kit_surface *surface, int x, int y,
                         int width, int height)
{
    const struct canvas *picture = &screen->picture;

    for (int row = y; row < y + height && !screen->kit->failure; row++) {
        kit_surface_write(screen->kit, surface, offset_of(surface, x, row),
                          picture->at + picture->stride * (size_t)row + 4 * (size_t)x,
                          4 * (uint32_t)width);
    }
}

/* Moves the square of surface @which to column @x; takes it away for -1. */
static void move(struct screen *screen, unsigned which, int x)
{
    static uint32_t square[SIDE];
    const struct kit_surface *surface = &screen->surfaces[which];
    int y = screen->picture.height / 2;

    if (screen->moved_to[which] >= 0) {
        copy_picture(screen, surface, screen->moved_to[which], y, SIDE, SIDE);
    }
    for (int i = 0; i < SIDE; i++) {
        square[i] = COLOUR;
    }
    for (int row = y; x >= 0 && row < y + SIDE && !screen->kit->failure; row++) {
        kit_surface_write(screen->kit, surface, offset_of(surface, x, row), square, 4 * SIDE);
    }
    screen->moved_to[which] = x;
}

static void show(struct screen *screen, unsigned which)
{
    kit_wait(screen->kit, kit_display_channel(screen->kit, 0),
             kit_present(screen->kit, 0, screen->surfaces[which].id, NULL));
    kit_interrupt(screen->kit);
}

/* Returns the seconds that the frames took. */
static double animate(struct screen *screen)
{
    int way = screen->picture.width - SIDE;
    double start = clock_now(), due = start;

    for (int frame = 0; frame < FRAMES && !screen->kit->failure; frame++) {
        move(screen, frame % 2, way * frame / FRAMES);
        show(screen, frame % 2);
        due += 1.0 / RATE;
        if (due > clock_now()) {
            clock_sleep(due - clock_now());
        }
    }
    return clock_now() - start;
}

static bool bring_up(struct screen *screen)
{
    struct kit *kit = screen->kit;

    kit_start(kit);
    kit_display_start(kit, 0);
    kit_display_wait_online(kit, 0);
    for (unsigned i = 0; i < 2 && !kit->failure; i++) {
        kit_surface_create(kit, &screen->surfaces[i], kit->displays[0].width,
                           kit->displays[0].height);
        screen->moved_to[i] = -1;
    }
    return !kit->failure;
}

/* Returns the seconds that the frames took. */
static double draw(struct screen *screen)
{
    double seconds;

    for (unsigned i = 0; i < 2; i++) {
        copy_picture(screen, &screen->surfaces[i], 0, 0, screen->picture.width,
                     screen->picture.height);
    }
    seconds = animate(screen);
    move(screen, 0, -1);
    show(screen, 0);
    return seconds;
}

static void put_away(struct screen *screen)
{
    for (unsigned i = 0; i < 2; i++) {
        kit_surface_destroy(screen->kit, &screen->surfaces[i]);
    }
    free(screen->picture.at);
}

void check_present(struct report *report)
{
    static struct gpu gpu;
    struct screen screen = { .kit = &gpu.kit };

    if (!gpu_open(&gpu, MEMORY, report)) {
        return;
    }
    if (report_expect(report, bring_up(&screen), "%s", gpu.kit.failure) &&
        report_expect(report, paint(&screen), "no memory for a picture")) {
        double seconds = draw(&screen);

        put_away(&screen);
        if (report_expect(report, !gpu.kit.failure, "%s", gpu.kit.failure)) {
            printf("presented %d frames, %.1f a second\n", FRAMES, FRAMES / seconds);
        }
    }
    gpu_close(&gpu);
}
