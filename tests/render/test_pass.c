/* SPDX-License-Identifier: MIT */
/* Passes: what their attachments go through, what they count, and when two of them are one. */
#include "picture.h"

static void next_pass_loads(struct scene *s)
{
    s->pass.color[0].to.load = PVG_WIRE_LOAD_ACTION_LOAD;
}

static bool left_half(unsigned x, unsigned y)
{
    return x < SIDE / 2;
}

static void scissor(struct pvg_writer *w, uint64_t x, uint64_t y, uint64_t width, uint64_t height)
{
    pvg_wire_set_scissor_encode(w, &(struct pvg_wire_set_scissor){{x, y, width, height}});
}

static void barrier(struct pvg_writer *w)
{
    pvg_wire_render_memory_barrier_encode(w, &(struct pvg_wire_memory_barrier){.scope = 3});
}

/* ---- Visibility ---- */

static struct scene scene_with_counters(struct stage *stage)
{
    struct scene s = scene_begin(stage);

    stage_fill(stage, &s.indices, 0xaa);
    s.pass.visibility_buffer = s.indices.object;
    return s;
}

static void count_at(struct pvg_writer *w, uint64_t offset, uint64_t mode)
{
    pvg_wire_set_visibility_encode(w, &(struct pvg_wire_set_visibility){offset, mode});
}

static uint64_t counted(struct scene *s, uint64_t offset)
{
    uint64_t value;

    stage_read(s->stage, &s->indices, offset, &value, sizeof(value));
    return value;
}

static void counting_says_how_many_samples_passed(void **state)
{
    struct scene s = scene_with_counters(*state);
    struct pvg_writer *w = pass_begin(&s);

    count_at(w, 8, PVG_WIRE_VISIBILITY_MODE_COUNTING);
    scissor(w, 0, 0, 4, 8);
    draw_whole(w);
    count_at(w, 24, PVG_WIRE_VISIBILITY_MODE_COUNTING);
    scissor(w, 0, 0, SIDE, SIDE);
    draw_whole(w);
    count_at(w, 32, PVG_WIRE_VISIBILITY_MODE_COUNTING); /* nothing is drawn */
    count_at(w, 0, PVG_WIRE_VISIBILITY_MODE_DISABLED);
    draw_whole(w);
    pass_end(&s);
    assert_int_equal(counted(&s, 8), 32);
    assert_int_equal(counted(&s, 24), SIDE * SIDE);
    assert_int_equal(counted(&s, 32), 0);
    stage_expect(s.stage, &s.indices, 0, 8, 0xaa);
    stage_expect(s.stage, &s.indices, 16, 24, 0xaa);
    stage_expect(s.stage, &s.indices, 40, s.indices.size, 0xaa);
}

static void draws_under_one_offset_add_up_also_across_barriers(void **state)
{
    struct scene s = scene_with_counters(*state);
    struct pvg_writer *w = pass_begin(&s);

    count_at(w, 16, PVG_WIRE_VISIBILITY_MODE_COUNTING);
    draw_whole(w);
    draw_whole(w);
    barrier(w);
    draw_whole(w);
    count_at(w, 8, PVG_WIRE_VISIBILITY_MODE_COUNTING);
    draw_whole(w);
    barrier(w); /* and nothing more: no query without draws */
    count_at(w, 16, PVG_WIRE_VISIBILITY_MODE_COUNTING);
    scissor(w, 3, 3, 1, 1);
    draw_whole(w);
    pass_end(&s);
    assert_int_equal(counted(&s, 16), 3 * SIDE * SIDE + 1);
    assert_int_equal(counted(&s, 8), SIDE * SIDE);
}

static void a_pass_counts_from_zero(void **state)
{
    struct scene s = scene_with_counters(*state);

    for (unsigned i = 0; i < 2; i++) {
        struct pvg_writer *w = pass_begin(&s);

        count_at(w, 0, PVG_WIRE_VISIBILITY_MODE_COUNTING);
        draw_whole(w);
        pass_close(&s);
    }
    pass_end(&s);
    assert_int_equal(counted(&s, 0), SIDE * SIDE);
}

static void boolean_results_are_zero_or_not(void **state)
{
    struct scene s = scene_with_counters(*state);
    struct pvg_writer *w = pass_begin(&s);

    count_at(w, 0, PVG_WIRE_VISIBILITY_MODE_BOOLEAN);
    draw_whole(w);
    count_at(w, 8, PVG_WIRE_VISIBILITY_MODE_BOOLEAN);
    scissor(w, 0, 0, 0, 0);
    draw_whole(w);
    pass_end(&s);
    assert_int_not_equal(counted(&s, 0), 0);
    assert_int_equal(counted(&s, 8), 0);
}

static void more_offsets_than_a_query_pool_holds_are_all_counted(void **state)
{
    enum { OFFSETS = 511 }; /* to the last eight bytes but one, then the last */
    struct scene s = scene_with_counters(*state);
    struct pvg_writer *w = pass_begin(&s);

    for (unsigned i = 0; i <= OFFSETS; i++) {
        count_at(w, 8 * (uint64_t)i, PVG_WIRE_VISIBILITY_MODE_COUNTING);
        scissor(w, 0, 0, i % SIDE, 1 + i / SIDE % SIDE);
        draw_whole(w);
    }
    pass_end(&s);
    for (unsigned i = 0; i <= OFFSETS; i++) {
        assert_int_equal(counted(&s, 8 * (uint64_t)i), (i % SIDE) * (1 + i / SIDE % SIDE));
    }
}

static void what_was_counted_is_there_for_the_next_encoder(void **state)
{
    struct scene s = scene_with_counters(*state);
    struct pvg_writer *w = pass_begin(&s);

    count_at(w, 8, PVG_WIRE_VISIBILITY_MODE_COUNTING);
    draw_whole(w);
    pass_close(&s);
    kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_copy_buffer_encode(w, &(struct pvg_wire_copy_buffer){
                                       .source = s.indices.object,
                                       .destination = s.indices.object,
                                       .source_offset = 8,
                                       .destination_offset = 64,
                                       .size = 8,
                                   });
    pass_end(&s);
    assert_int_equal(counted(&s, 64), SIDE * SIDE);
}

static void counters_that_are_nowhere_are_refused_and_the_draws_drawn(void **state)
{
    static const struct {
        uint64_t offset, mode;
        enum pvg_refusal why;
    } wrong[] = {
        {0x1000, PVG_WIRE_VISIBILITY_MODE_COUNTING, PVG_REFUSED_RANGE},
        {UINT64_MAX - 7, PVG_WIRE_VISIBILITY_MODE_COUNTING, PVG_REFUSED_RANGE},
        {0xff9, PVG_WIRE_VISIBILITY_MODE_BOOLEAN, PVG_REFUSED_VALUE},
        {4, PVG_WIRE_VISIBILITY_MODE_COUNTING, PVG_REFUSED_VALUE},
        {8, 3, PVG_REFUSED_VALUE},
        {8, UINT64_C(1) << 32, PVG_REFUSED_VALUE},
    };
    struct scene s = scene_with_counters(*state);

    s.stage->may_refuse = true;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        struct pvg_writer *w = pass_begin(&s);
        const uint64_t before = stage_refusals(s.stage, wrong[i].why);

        count_at(w, 16, PVG_WIRE_VISIBILITY_MODE_COUNTING);
        count_at(w, wrong[i].offset, wrong[i].mode); /* disarms the one before */
        draw_whole(w);
        pass_end(&s);
        assert_int_equal(stage_refusals(s.stage, wrong[i].why), before + 1);
        assert_int_equal(counted(&s, 16), 0);
        expect_picture(&s, everywhere, orange, black);
    }
    stage_expect(s.stage, &s.indices, 24, s.indices.size, 0xaa);
    s.pass.visibility_buffer = 0;
    count_at(pass_begin(&s), 0, PVG_WIRE_VISIBILITY_MODE_COUNTING);
    draw_whole(&s.stage->stream.w);
    pass_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_STATE), 1);
    s.pass.visibility_buffer = s.target.object; /* no buffer */
    draw_whole(pass_begin(&s));
    pass_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_KIND), 1);
    expect_picture(&s, everywhere, orange, black);
}

/* ---- Passes that go on ---- */

static uint64_t passes(struct scene *s)
{
    return stage_stat(s->stage, "gpu.passes");
}

/* Draws the left half blue in a pass of its own. */
static struct pvg_writer *blue_on_the_left(struct scene *s)
{
    struct pvg_writer *w = pass_begin(s);

    bind(s, true, s->colours.object, 16);
    scissor(w, 0, 0, SIDE / 2, SIDE);
    draw_whole(w);
    return w;
}

static const double blue[4] = {0, 0, 1, 0.5};

static void passes_to_the_same_target_in_a_row_are_one(void **state)
{
    struct scene s = scene_begin(*state);

    draw_whole(pass_begin(&s));
    pass_close(&s);
    next_pass_loads(&s);
    draw(pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE, 0, 0);
    pass_close(&s);
    blue_on_the_left(&s);
    pass_end(&s);
    assert_int_equal(passes(&s), 1);
    expect_picture(&s, left_half, blue, orange);
}

static void a_pass_that_goes_on_clears_if_it_says_so(void **state)
{
    struct scene s = scene_begin(*state);

    draw_whole(pass_begin(&s));
    pass_close(&s);
    memcpy(s.pass.color[0].clear, (const double[]){0, 1, 0, 1}, 32);
    blue_on_the_left(&s);
    pass_end(&s);
    assert_int_equal(passes(&s), 1);
    expect_picture(&s, left_half, blue, (const double[]){0, 1, 0, 1});
}

static void state_does_not_leak_into_a_pass_that_goes_on(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w;

    s.stage->may_refuse = true;
    blue_on_the_left(&s);
    pass_close(&s);
    next_pass_loads(&s);
    w = pass_begin(&s); /* no scissor: the whole target */
    draw_whole(w);
    pass_close(&s);
    kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(w, &s.pass);
    draw_whole(w); /* no pipeline: skipped */
    pass_end(&s);
    assert_int_equal(passes(&s), 1);
    assert_int_equal(stage_stat(s.stage, "gpu.skipped"), 1);
    expect_picture(&s, everywhere, orange, black);
}

static void passes_that_cannot_go_on_begin_anew(void **state)
{
    enum { BLIT, FENCE, NOT_STORED, OTHER_TARGET, SMALLER, COUNTS, CASES };
    struct scene s = scene_begin(*state);
    const struct pvg_wire_render_pass usual = s.pass;
    const struct pvg_wire_texture_body body = stage_texture_2d(80, SIDE, SIDE);
    struct kit_texture other;

    kit_texture_create(&s.stage->kit, &s.stage->task, &other, &body, 4);
    for (unsigned i = 0; i < CASES; i++) {
        const uint64_t before = passes(&s);
        struct pvg_writer *w;

        s.pass = usual;
        if (i == NOT_STORED) {
            s.pass.color[0].to.store = PVG_WIRE_STORE_ACTION_DONT_CARE;
        }
        w = pass_begin(&s);
        draw_whole(w);
        pass_close(&s);
        if (i == BLIT) {
            kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
            kit_segment_end(&s.stage->stream);
        }
        s.pass = usual;
        next_pass_loads(&s);
        if (i == OTHER_TARGET) {
            s.pass.color[0].to.texture = other.object;
        }
        if (i == SMALLER) {
            s.pass.width = SIDE / 2;
        }
        if (i == COUNTS) {
            s.pass.visibility_buffer = s.indices.object;
        }
        w = pass_begin(&s);
        if (i == FENCE) {
            pvg_wire_render_wait_fence_encode(w, &(struct pvg_wire_wait_fence){.fence = 0});
        }
        draw_whole(w);
        pass_close(&s);
        stage_run_with(s.stage, s.target.object, other.object, s.vertices.object, s.colours.object,
                       s.indices.object, s.pipeline);
        /* A wait interrupts the pass; it does not become another one. */
        assert_int_equal(passes(&s), before + (i == FENCE ? 1 : 2));
        expect_picture(&s, everywhere, orange, black);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(counting_says_how_many_samples_passed),
        scene(draws_under_one_offset_add_up_also_across_barriers),
        scene(a_pass_counts_from_zero),
        scene(boolean_results_are_zero_or_not),
        scene(more_offsets_than_a_query_pool_holds_are_all_counted),
        scene(what_was_counted_is_there_for_the_next_encoder),
        scene(counters_that_are_nowhere_are_refused_and_the_draws_drawn),
        scene(passes_to_the_same_target_in_a_row_are_one),
        scene(a_pass_that_goes_on_clears_if_it_says_so),
        scene(state_does_not_leak_into_a_pass_that_goes_on),
        scene(passes_that_cannot_go_on_begin_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
