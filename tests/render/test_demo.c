/* SPDX-License-Identifier: MIT */
/* The demo's scene: that it comes to the surface, and that the device does not refuse a word of it
 * (the stage's teardown sees to that). */
#include "stage.h"

#include "demo/scene.h"
#include "kit/surface.h"

#define WIDTH    480
#define HEIGHT   300
#define PICTURES 12

static uint32_t pixels[WIDTH * HEIGHT];

static const struct scene_frame *draw_pictures(struct scene *scene, unsigned count,
                                               const char *text)
{
    const struct scene_frame *frame = NULL;

    for (unsigned i = 0; i < count; i++) {
        frame = scene_draw(scene, (float)i / 30, 1.0f / 30, text);
    }
    kit_wait(scene->kit, kit_exec_channel(scene->kit), frame->stamp);
    return frame;
}

static void read_pixels(struct scene *scene, const struct scene_frame *frame)
{
    kit_resource_synchronize(scene->kit, &scene->task, frame->target);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        kit_surface_read(scene->kit, &frame->surface, y * frame->surface.stride, pixels + y * WIDTH,
                         WIDTH * 4);
    }
    if (getenv("PVG_TEST_PICTURE")) {
        g_file_set_contents(getenv("PVG_TEST_PICTURE"), (char *)pixels, sizeof(pixels), NULL);
    }
}

static unsigned green(uint32_t x, uint32_t y)
{
    return pixels[y * WIDTH + x] >> 8 & 0xff;
}

static void the_demo_draws_its_scene(void **state)
{
    struct stage *stage = *state;
    g_autofree struct scene *scene = g_new0(struct scene, 1);
    const struct scene_frame *frame;
    unsigned white = 0, distinct = 0;

    scene_start(scene, &stage->kit, WIDTH, HEIGHT, NULL);
    frame = draw_pictures(scene, PICTURES, "MMMMMMMM");
    read_pixels(scene, frame);
    assert_null(stage->kit.failure);
    assert_int_equal(stage_stat(stage, "gpu.draws"), PICTURES * SCENE_DRAWS);
    assert_int_equal(stage_stat(stage, "gpu.passes"), PICTURES);
    assert_int_equal(stage_stat(stage, "gpu.skipped"), 0);
    for (uint32_t y = 16; y < 34; y++) {
        for (uint32_t x = 16; x < 16 + 8 * 12; x++) {
            white += pixels[y * WIDTH + x] == 0xffffffff;
        }
    }
    assert_in_range(white, 300, 1200);     /* an M has 17 dots of 2 x 2 */
    for (uint32_t x = 1; x < WIDTH; x++) { /* tiles, cubes, knot in the middle */
        distinct += abs((int)green(x, HEIGHT * 5 / 8) - (int)green(x - 1, HEIGHT * 5 / 8)) > 24;
    }
    assert_in_range(distinct, 8, WIDTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(the_demo_draws_its_scene),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
