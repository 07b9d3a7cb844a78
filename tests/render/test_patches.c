/* SPDX-License-Identifier: MIT */
/* Patches: triangles of three control points, whose function mixes their positions. */
#include "picture.h"

#define ONE  0x3c00 /* halves */
#define HALF 0x3800

static bool left_half(unsigned x, unsigned y)
{
    return x < SIDE / 2;
}

static bool right_half(unsigned x, unsigned y)
{
    return x >= SIDE / 2;
}

/* A triangle, or more of it than the target shows, of one half. */
static const float halves[] = {
    -1, 1,  0, 1, -1, -7, 0, 1, 0, 1,  0, 1, /* patch 0: the left half's upper left */
    -1, -3, 0, 1, 0,  5,  0, 1, 0, -3, 0, 1, /* patch 1: what that leaves out of it */
    0,  3,  0, 1, 0,  -9, 0, 1, 9, -3, 0, 1, /* patch 2: the right half */
};

static struct scene scene_of_patches(struct stage *stage, const struct kit_tessellation *t)
{
    static const struct kit_attribute attribute = {.format = PVG_WIRE_VERTEX_FORMAT_FLOAT4};
    static const struct kit_layout layout = {.stride = 16, .per_control_point = true};
    const struct kit_color color = {.format = 80};
    struct scene s = scene_begin(stage);
    struct kit_render_pipeline pipeline = pipeline_of(&s, &color);

    pipeline.vertex_function = stage_function(stage, "air/reims/icb_tess_vtx.metallib", NULL);
    pipeline.attributes = &attribute;
    pipeline.layouts = &layout;
    pipeline.tessellation = t;
    s.pipeline = kit_render_pipeline_create(&stage->kit, &stage->task, &pipeline);
    return s;
}

/* Factors are in the last page's last part: 0x800 of the indices' buffer. */
static void factors(struct scene *s, unsigned patch, uint16_t edges, uint16_t inside)
{
    stage_write(s->stage, &s->indices, 0x800 + 8 * (uint64_t)patch,
                (const uint16_t[]){edges, edges, edges, inside}, 8);
}

static struct pvg_writer *patches_begin(struct scene *s)
{
    struct pvg_writer *w = pass_begin(s);

    pvg_wire_set_tessellation_factors_encode(w, &(struct pvg_wire_set_tessellation_factors){
                                                    .buffer = s->indices.object, .offset = 0x800});
    return w;
}

static struct pvg_wire_draw_patches patches(uint64_t start, uint64_t count)
{
    return (struct pvg_wire_draw_patches){
        .patch_start = start, .patch_count = count, .instance_count = 1, .control_points = 3};
}

static void a_patch_covers_what_its_control_points_span(void **state)
{
    for (uint32_t partition = 0; partition < 4; partition++) {
        const struct kit_tessellation t = {.partition = partition, .most = 16};
        struct scene s = scene_of_patches(*state, &t);
        static const uint16_t sizes[] = {ONE, 0x4200, 0x4c00}; /* 1, 3, 16 */

        for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
            const struct pvg_wire_draw_patches rec = patches(0, 1);

            factors(&s, 0, sizes[i], sizes[i]);
            pvg_wire_draw_patches_encode(patches_begin(&s), &rec);
            pass_end(&s);
            expect_picture(&s, everywhere, orange, black);
        }
    }
}

static void factors_that_are_zero_or_no_number_draw_nothing(void **state)
{
    static const uint16_t none[] = {0, 0x8000, 0xbc00, 0x7e00}; /* 0, -0, -1, NaN */
    const struct kit_tessellation t = {.most = 16};
    struct scene s = scene_of_patches(*state, &t);

    for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
        const struct pvg_wire_draw_patches rec = patches(0, 1);

        factors(&s, 0, none[i], ONE);
        pvg_wire_draw_patches_wide_encode(patches_begin(&s), &rec);
        pass_end(&s);
        expect_picture(&s, nowhere, orange, black);
    }
}

static void each_patch_has_its_factors_and_its_points(void **state)
{
    const struct kit_tessellation t = {
        .most = 16, .step = PVG_WIRE_TESSELLATION_STEP_PER_PATCH, .partition = 1};
    struct scene s = scene_of_patches(*state, &t);
    struct pvg_wire_draw_patches rec = patches(0, 3);

    stage_write(s.stage, &s.vertices, 0, halves, sizeof(halves));
    factors(&s, 0, 0, 0);
    factors(&s, 1, 0, 0);
    factors(&s, 2, ONE, ONE);
    pvg_wire_draw_patches_encode(patches_begin(&s), &rec);
    pass_end(&s);
    expect_picture(&s, right_half, orange, black);
    factors(&s, 0, ONE, ONE);
    rec = patches(2, 1); /* from the third on */
    pvg_wire_draw_patches_encode(patches_begin(&s), &rec);
    pass_end(&s);
    expect_picture(&s, right_half, orange, black);
}

static void buffers_name_patches_and_control_points(void **state)
{
    static const uint32_t wanted[] = {9, 2, 2};
    struct scene s;

    for (uint32_t index = PVG_WIRE_CONTROL_POINT_INDEX_NONE;
         index <= PVG_WIRE_CONTROL_POINT_INDEX_U32; index++) {
        const struct kit_tessellation t = {.most = 16,
                                           .step = PVG_WIRE_TESSELLATION_STEP_PER_PATCH,
                                           .partition = 1,
                                           .index = index};
        struct pvg_wire_draw_patches rec = patches(1, 1);

        s = scene_of_patches(*state, &t);
        stage_write(s.stage, &s.vertices, 0, halves, sizeof(halves));
        stage_write(s.stage, &s.indices, 4, wanted, sizeof(wanted));
        /* Control points of patch 2, where buffers name them: those of patch 2. */
        stage_write(s.stage, &s.indices, 0x100 + 12, (const uint16_t[]){6, 7, 8}, 6);
        stage_write(s.stage, &s.indices, 0x200 + 24, (const uint32_t[]){6, 7, 8}, 12);
        factors(&s, 2, ONE, ONE);
        rec.patch_index_buffer = s.indices.object;
        rec.patch_index_offset = 4;
        rec.control_point_buffer = s.indices.object;
        rec.control_point_offset = index == PVG_WIRE_CONTROL_POINT_INDEX_U16 ? 0x100 : 0x200;
        if (index) {
            pvg_wire_draw_indexed_patches_encode(patches_begin(&s), &rec);
        } else {
            pvg_wire_draw_patches_encode(patches_begin(&s), &rec);
        }
        pass_end(&s);
        expect_picture(&s, right_half, orange, black);
        rec.patch_index_buffer = 0; /* patch 1, of points that nobody named: point 0 thrice */
        if (index) {
            factors(&s, 1, ONE, ONE);
            pvg_wire_draw_indexed_patches_wide_encode(patches_begin(&s), &rec);
            pass_end(&s);
            expect_picture(&s, nowhere, orange, black);
            pvg_wire_draw_indexed_patches_wide_0e_encode(patches_begin(&s), &rec);
            pass_end(&s);
            expect_picture(&s, nowhere, orange, black);
        }
    }
}

static void the_scale_counts_where_the_pipeline_says_so(void **state)
{
    for (unsigned scaled = 0; scaled < 2; scaled++) {
        const struct kit_tessellation t = {.most = 16, .scaled = scaled};
        struct scene s = scene_of_patches(*state, &t);
        const struct pvg_wire_draw_patches rec = patches(0, 1);
        struct pvg_writer *w;

        factors(&s, 0, ONE, ONE);
        w = patches_begin(&s);
        pvg_wire_set_tessellation_scale_encode(w, &(struct pvg_wire_set_tessellation_scale){0});
        pvg_wire_draw_patches_encode(w, &rec);
        pass_end(&s);
        expect_picture(&s, scaled ? nowhere : everywhere, orange, black);
    }
}

static void instances_have_factors_of_their_own(void **state)
{
    const struct kit_tessellation t = {
        .most = 16, .step = PVG_WIRE_TESSELLATION_STEP_PER_PATCH_AND_PER_INSTANCE};
    struct scene s = scene_of_patches(*state, &t);

    for (unsigned stride = 0; stride <= 64; stride += 64) {
        struct pvg_wire_draw_patches rec = patches(0, 1);
        struct pvg_writer *w;

        factors(&s, 0, 0, 0);
        factors(&s, 8, HALF, HALF); /* rounded up to one */
        rec.instance_count = 2;
        w = pass_begin(&s);
        pvg_wire_set_tessellation_factors_encode(
            w, &(struct pvg_wire_set_tessellation_factors){
                   .buffer = s.indices.object, .offset = 0x800, .instance_stride = stride});
        pvg_wire_draw_patches_encode(w, &rec);
        pass_end(&s);
        expect_picture(&s, stride ? everywhere : nowhere, orange, black);
    }
}

/* Of the three halves the arguments choose one, behind draws of the same pass. */
static void arguments_in_memory_choose_patches(void **state)
{
    const struct kit_tessellation t = {
        .most = 16, .step = PVG_WIRE_TESSELLATION_STEP_PER_PATCH, .partition = 1};
    struct scene s = scene_of_patches(*state, &t);
    struct pvg_wire_draw_patches_indirect rec = {
        .buffer = s.indices.object, .offset = 0x40, .control_points = 3};
    struct pvg_writer *w;

    stage_write(s.stage, &s.vertices, 0, halves, sizeof(halves));
    for (unsigned patch = 0; patch < 3; patch++) {
        factors(&s, patch, ONE, ONE);
    }
    stage_write(s.stage, &s.indices, 0x40, (const uint32_t[]){1, 1, 2, 0}, 16);
    stage_write(s.stage, &s.indices, 0x80, (const uint32_t[]){2, 1, 0, 0}, 16);
    pvg_wire_draw_patches_indirect_encode(patches_begin(&s), &rec);
    pass_end(&s);
    expect_picture(&s, right_half, orange, black);
    w = patches_begin(&s); /* and the pass goes on with what it had */
    pvg_wire_draw_patches_indirect_encode(w, &rec);
    rec.offset = 0x80;
    pvg_wire_draw_patches_indirect_encode(w, &rec);
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
}

static void arguments_in_memory_choose_named_patches(void **state)
{
    const struct kit_tessellation t = {.most = 16,
                                       .step = PVG_WIRE_TESSELLATION_STEP_PER_PATCH,
                                       .partition = 1,
                                       .index = PVG_WIRE_CONTROL_POINT_INDEX_U32};
    struct scene s = scene_of_patches(*state, &t);
    const struct pvg_wire_draw_patches_indirect rec = {
        .patch_index_buffer = s.indices.object,
        .patch_index_offset = 4,
        .control_point_buffer = s.indices.object,
        .control_point_offset = 0x200,
        .buffer = s.indices.object,
        .offset = 0x40,
        .control_points = 3,
        .indexed = true,
    };

    stage_write(s.stage, &s.vertices, 0, halves, sizeof(halves));
    stage_write(s.stage, &s.indices, 4, (const uint32_t[]){9, 2}, 8);
    stage_write(s.stage, &s.indices, 0x200 + 24, (const uint32_t[]){6, 7, 8}, 12);
    stage_write(s.stage, &s.indices, 0x40, (const uint32_t[]){1, 1, 1, 0}, 16);
    factors(&s, 2, ONE, ONE);
    pvg_wire_draw_indexed_patches_indirect_encode(patches_begin(&s), &rec);
    pass_end(&s);
    expect_picture(&s, right_half, orange, black);
}

static void arguments_of_patches_that_cannot_be_draw_nothing(void **state)
{
    static const uint32_t wild[][4] = {
        {0, 1, 0, 0},          {1, 0, 0, 0},          {UINT32_MAX, 1, 0, 0},
        {1, UINT32_MAX, 0, 0}, {1, 1, UINT32_MAX, 0}, {1, 1, 0, UINT32_MAX},
    };
    const struct kit_tessellation t = {.most = 16};
    struct scene s = scene_of_patches(*state, &t);
    struct pvg_wire_draw_patches_indirect rec = {.buffer = s.indices.object, .control_points = 3};
    struct pvg_writer *w = patches_begin(&s);

    s.stage->may_refuse = true;
    factors(&s, 0, ONE, ONE);
    for (unsigned i = 0; i < G_N_ELEMENTS(wild); i++) {
        stage_write(s.stage, &s.indices, 16 * (uint64_t)i, wild[i], 16);
        rec.offset = 16 * i;
        pvg_wire_draw_patches_indirect_encode(w, &rec);
    }
    rec.offset = 0x1000 - 12;
    pvg_wire_draw_patches_indirect_encode(w, &rec);
    rec.offset = 2;
    pvg_wire_draw_patches_indirect_encode(w, &rec);
    rec.buffer = s.pipeline;
    rec.offset = 0;
    pvg_wire_draw_patches_indirect_encode(w, &rec);
    pass_end(&s);
    expect_picture(&s, nowhere, orange, black);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_LIMIT), 4);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_RANGE), 1);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_VALUE), 1);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_KIND), 1);
}

static void patches_that_cannot_be_are_not_drawn(void **state)
{
    const struct kit_tessellation t = {.most = 16};
    struct scene s = scene_of_patches(*state, &t);
    const struct pvg_wire_draw_patches usual = patches(0, 1);
    struct pvg_wire_draw_patches wrong[10];
    struct pvg_writer *w;
    uint64_t skipped = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        wrong[i] = usual;
    }
    wrong[0].control_points = 0;
    wrong[1].control_points = 33;
    wrong[2].patch_count = UINT64_MAX;
    wrong[3].patch_start = UINT64_MAX;
    wrong[4].patch_count = 0x60000000;
    wrong[5].instance_count = UINT64_C(1) << 33;
    wrong[6].patch_index_buffer = s.indices.object;
    wrong[6].patch_index_offset = 0x1000;
    wrong[7].patch_index_buffer = s.indices.object;
    wrong[7].patch_index_offset = 2;
    wrong[8].patch_index_buffer = s.pipeline;
    wrong[9].patch_index_buffer = s.indices.object;
    wrong[9].patch_index_offset = 0xffc;
    wrong[9].patch_count = 2;
    s.stage->may_refuse = true;
    factors(&s, 0, ONE, ONE);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        pvg_wire_draw_patches_wide_encode(patches_begin(&s), &wrong[i]);
        pass_end(&s);
        expect_picture(&s, nowhere, orange, black);
        assert_int_equal(stage_stat(s.stage, "gpu.skipped"), ++skipped);
    }
    w = patches_begin(&s);
    pvg_wire_draw_indexed_patches_encode(w, &usual); /* the pipeline has no type of index */
    draw_whole(w);                                   /* nor triangles */
    pvg_wire_set_tessellation_factors_encode(
        w, &(struct pvg_wire_set_tessellation_factors){.buffer = s.indices.object,
                                                       .offset = UINT64_MAX});
    pvg_wire_draw_patches_encode(w, &usual);
    pvg_wire_set_tessellation_factors_encode(
        w, &(struct pvg_wire_set_tessellation_factors){.buffer = s.indices.object,
                                                       .offset = 0x7ffffffe});
    pvg_wire_draw_patches_encode(w, &usual); /* zeroes: nothing */
    pvg_wire_set_tessellation_factors_encode(w, &(struct pvg_wire_set_tessellation_factors){0});
    pvg_wire_draw_patches_encode(w, &usual);
    pass_end(&s);
    expect_picture(&s, nowhere, orange, black);
    assert_int_equal(stage_stat(s.stage, "gpu.skipped"), skipped + 3);
}

static void a_pipeline_without_patches_draws_none(void **state)
{
    struct scene s = scene_begin(*state);
    const struct pvg_wire_draw_patches rec = patches(0, 1);

    s.stage->may_refuse = true;
    pvg_wire_draw_patches_encode(patches_begin(&s), &rec);
    pass_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_STATE), 1);
    expect_picture(&s, left_half, black, black);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(a_patch_covers_what_its_control_points_span),
        scene(factors_that_are_zero_or_no_number_draw_nothing),
        scene(each_patch_has_its_factors_and_its_points),
        scene(buffers_name_patches_and_control_points),
        scene(the_scale_counts_where_the_pipeline_says_so),
        scene(instances_have_factors_of_their_own),
        scene(arguments_in_memory_choose_patches),
        scene(arguments_in_memory_choose_named_patches),
        scene(arguments_of_patches_that_cannot_be_draw_nothing),
        scene(patches_that_cannot_be_are_not_drawn),
        scene(a_pipeline_without_patches_draws_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
