/* SPDX-License-Identifier: MIT */
/* Pictures of the demo, from the guest's first word to pixels in the display's memory. */
#include "demo.h"

#include <stdio.h>
#include <stdlib.h>

#include "demo/scene.h"
#include "guest.h"
#include "native_demo.h"
#include "report.h"

#define PICTURES 8 /* in a row, before it is the other's turn */
#define STEP     (1.0f / 60)
/* Levels of a channel by which the pictures may differ on average: they have shaders from two
 * compilers. */
#define MOST_DIFFERENCE 1.0

static const char text[] = "vmapple: the same scene, natively and through a guest\n"
                           "4 samples a pixel, 4096 particles";

struct guest_demo {
    struct guest *guest;
    struct scene scene;
    unsigned pictures;
    uint32_t presented; /* stamp of the newest */
};

static void wait_until_shown(struct guest_demo *demo, uint32_t stamp)
{
    struct pvg_cursor_state cursor;
    struct pvg_frame frame;

    kit_wait(&demo->guest->kit, kit_display_channel(&demo->guest->kit, 0), stamp);
    pvg_display_fetch(demo->guest->device, 0, &frame, &cursor);
}

/* @count pictures, each drawn while the one before is shown; nanoseconds for one. */
static int64_t guest_pictures(struct guest_demo *demo, unsigned count)
{
    const int64_t start = g_get_monotonic_time();
    struct kit *kit = &demo->guest->kit;

    for (unsigned i = 0; i < count && !kit->failure; i++) {
        const struct scene_frame *frame =
            scene_draw(&demo->scene, (float)demo->pictures * STEP, STEP, text);
        const uint32_t stamp = kit_present(
            kit, 0, frame->surface.id, &(struct kit_point){kit_exec_channel(kit), frame->stamp});

        if (i) {
            wait_until_shown(demo, demo->presented);
        }
        demo->presented = stamp;
        demo->pictures++;
    }
    wait_until_shown(demo, demo->presented);
    return (g_get_monotonic_time() - start) * 1000 / count;
}

static int64_t native_pictures(struct native_demo *demo, unsigned first, unsigned count)
{
    const int64_t start = g_get_monotonic_time();

    for (unsigned i = first; i < first + count; i++) {
        native_demo_picture(demo, (float)i * STEP, STEP, text);
    }
    (void)native_demo_pixels(demo);
    return (g_get_monotonic_time() - start) * 1000 / count;
}

/* The average difference of a channel. */
static double difference(const struct pvg_frame *frame, const uint8_t *native)
{
    uint64_t sum = 0;

    for (uint32_t y = 0; y < frame->height; y++) {
        const uint8_t *a = (const uint8_t *)frame->pixels + (size_t)y * frame->stride;
        const uint8_t *b = native + (size_t)y * frame->width * 4;

        for (uint32_t x = 0; x < frame->width * 4; x++) {
            sum += x % 4 == 3 ? 0 : (uint64_t)abs(a[x] - b[x]);
        }
    }
    return (double)sum / ((double)frame->width * frame->height * 3);
}

static void compare(struct guest *guest, struct native_demo *native, uint32_t width,
                    uint32_t height)
{
    struct pvg_cursor_state cursor;
    struct pvg_frame frame;

    pvg_display_fetch(guest->device, 0, &frame, &cursor);
    if (guest->kit.failure || !frame.pixels || frame.width != width || frame.height != height) {
        fprintf(stderr, "the guest's demo is not to be seen: %s\n",
                guest->kit.failure ? guest->kit.failure : "no picture");
        exit(1);
    }
    if (difference(&frame, native_demo_pixels(native)) > MOST_DIFFERENCE) {
        fprintf(stderr, "guest and native program do not draw the same: they differ by %.2f\n",
                difference(&frame, native_demo_pixels(native)));
        exit(1);
    }
}

void bench_demo(struct pvg_vk *vk, const char *gpu, uint32_t width, uint32_t height,
                unsigned rounds)
{
    g_autofree char *name = g_strdup_printf("demo.%ux%u_ms", width, height);
    g_autofree char *ratio_name = g_strdup_printf("demo.%ux%u_ratio", width, height);
    g_autofree struct guest_demo *demo = g_new0(struct guest_demo, 1);
    g_autofree int64_t *ours = g_new0(int64_t, rounds), *theirs = g_new0(int64_t, rounds);
    struct native_demo *native = native_demo_start(vk, width, height);
    double a, b;

    demo->guest = guest_start(gpu, width, height);
    scene_start(&demo->scene, &demo->guest->kit, width, height, NULL);
    for (unsigned i = 0; i <= rounds; i++) { /* the first makes objects, pipelines and pools */
        const unsigned first = demo->pictures;

        ours[i ? i - 1 : 0] = guest_pictures(demo, PICTURES);
        theirs[i ? i - 1 : 0] = native_pictures(native, first, PICTURES);
    }
    compare(demo->guest, native, width, height);
    a = median(ours, rounds) / 1e6;
    b = median(theirs, rounds) / 1e6;
    report(ratio_name, a / b, "ratio", -1, "lower",
           "the demo's scene: %.2f ms a picture, native with one read-back %.2f ms", a, b);
    report(name, a, "ms", -1, "lower", "a picture, drawn and presented; natively %.2f ms", b);
    native_demo_end(native);
    guest_end(demo->guest);
}
