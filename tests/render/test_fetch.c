/* SPDX-License-Identifier: MIT */
/* Fragments that read the colours they draw to. */
#include <math.h>

#include "picture.h"
#include "wire/devinfo.h"

static struct scene scene_fetching(struct stage *stage, const char *fragment, unsigned targets)
{
    struct scene s = scene_begin(stage);
    const struct kit_color colors[2] = {{.format = 80}, {.format = 80}};
    struct kit_render_pipeline pipeline;

    if (!stage->kit.info[PVG_WIRE_DEVICE_INFO_FRAMEBUFFER_READ]) {
        print_message("# the device does not offer framebuffer fetch: the scene is skipped\n");
        skip();
    }
    s.fragment = stage_shader(stage, fragment);
    pipeline = pipeline_of(&s, colors);
    pipeline.color_count = targets;
    s.pipeline = kit_render_pipeline_create(&stage->kit, &stage->task, &pipeline);
    return s;
}

static void fragments_see_what_earlier_draws_left(void **state)
{
    struct scene s = scene_fetching(*state, "halve", 1);
    struct pvg_writer *w;

    memcpy(s.pass.color[0].clear, (const double[]){0, 1, 0, 1}, 32);
    w = pass_begin(&s);
    draw_whole(w);
    draw_whole(w);
    pass_end(&s);
    expect_picture(&s, everywhere, (const double[]){0.375, 0.25, 0, 0.25}, black);
    assert_int_equal(stage_stat(s.stage, "gpu.passes"), 1);
}

static void primitives_of_one_draw_see_each_other_in_order(void **state)
{
    enum { LAYERS = 5 };
    struct scene s = scene_fetching(*state, "halve", 1);
    double want[4] = {0, 1, 0, 1};

    memcpy(s.pass.color[0].clear, want, 32);
    for (unsigned i = 0; i < LAYERS; i++) {
        stage_write(s.stage, &s.vertices, i * sizeof(scene_whole), scene_whole,
                    sizeof(scene_whole));
        want[0] = want[0] / 2 + 0.25;
        want[1] /= 2;
        want[3] /= 2;
    }
    draw(pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE, 0, 3 * LAYERS);
    pass_end(&s);
    expect_picture(&s, everywhere, want, black);
}

static bool left_half(unsigned x, unsigned y)
{
    return x < SIDE / 2;
}

static void draws_that_fetch_and_draws_that_do_not_take_turns(void **state)
{
    struct scene s = scene_begin(*state);
    const uint32_t plain = s.pipeline;
    struct scene fetching = scene_fetching(*state, "halve", 1);
    struct pvg_writer *w;

    s.pipeline = plain;
    s.pass.visibility_buffer = s.indices.object;
    w = pass_begin(&s);
    pvg_wire_set_visibility_encode(
        w, &(struct pvg_wire_set_visibility){0, PVG_WIRE_VISIBILITY_MODE_COUNTING});
    draw_whole(w); /* orange */
    pvg_wire_set_render_pipeline_encode(w, &(struct pvg_wire_set_pipeline){fetching.pipeline});
    draw_whole(w);
    pvg_wire_render_memory_barrier_encode(w, &(struct pvg_wire_memory_barrier){.scope = 4});
    pvg_wire_set_render_pipeline_encode(w, &(struct pvg_wire_set_pipeline){plain});
    pvg_wire_set_scissor_encode(w, &(struct pvg_wire_set_scissor){{0, 0, SIDE / 2, SIDE}});
    draw_whole(w);
    pvg_wire_set_render_pipeline_encode(w, &(struct pvg_wire_set_pipeline){fetching.pipeline});
    draw_whole(w);
    draw_whole(w);
    pass_close(&s);
    stage_run_with(s.stage, s.target.object, s.vertices.object, s.colours.object, s.indices.object,
                   plain, fetching.pipeline);
    expect_picture(&s, left_half, (const double[]){0.625, 0.125, 0.0625, 0.25},
                   (const double[]){0.75, 0.25, 0.125, 0.5});
    {
        uint64_t samples;

        stage_read(s.stage, &s.indices, 0, &samples, 8);
        assert_int_equal(samples, 2 * SIDE * SIDE + 3 * SIDE * SIDE / 2);
    }
}

static void two_targets_change_places(void **state)
{
    struct scene s = scene_fetching(*state, "exchange", 2);
    const struct pvg_wire_texture_body body = stage_texture_2d(80, SIDE, SIDE);
    struct kit_texture other;

    kit_texture_create(&s.stage->kit, &s.stage->task, &other, &body, 4);
    s.pass.color[1] = s.pass.color[0];
    s.pass.color[1].to.texture = other.object;
    memcpy(s.pass.color[0].clear, (const double[]){0, 1, 0, 1}, 32);
    memcpy(s.pass.color[1].clear, (const double[]){1, 0.5, 0.25, 1}, 32);
    draw_whole(pass_begin(&s));
    pass_close(&s);
    stage_run_with(s.stage, s.target.object, other.object, s.vertices.object, s.colours.object,
                   s.pipeline);
    expect_picture(&s, everywhere, orange, black);
    s.target = other;
    expect_picture(&s, everywhere, (const double[]){0, 1, 0, 1}, black);
}

static void a_pass_that_lacks_what_is_read_is_not_drawn(void **state)
{
    struct scene s = scene_fetching(*state, "exchange", 2);

    s.stage->may_refuse = true;
    draw_whole(pass_begin(&s));
    pass_end(&s);
    expect_picture(&s, everywhere, black, black);
    assert_int_equal(stage_stat(s.stage, "gpu.skipped"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(fragments_see_what_earlier_draws_left),
        scene(primitives_of_one_draw_see_each_other_in_order),
        scene(draws_that_fetch_and_draws_that_do_not_take_turns),
        scene(two_targets_change_places),
        scene(a_pass_that_lacks_what_is_read_is_not_drawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
