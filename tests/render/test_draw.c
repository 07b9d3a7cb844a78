/* SPDX-License-Identifier: MIT */
/* Draws: state, topologies, indices, blending, depth and stencil, targets. */
#include <math.h>

#include "picture.h"

/* ---- Passes ---- */

static void a_pass_without_draws_clears_its_target(void **state)
{
    struct scene s = scene_begin(*state);

    memcpy(s.pass.color[0].clear, (const double[]){0.2, 0.4, 0.6, 0.8}, 32);
    kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(&s.stage->stream.w, &s.pass);
    pass_end(&s);
    expect_picture(&s, everywhere, (const double[]){0.2, 0.4, 0.6, 0.8}, black);
}

static void clear_values_are_clamped_to_what_the_format_holds(void **state)
{
    struct scene s = scene_begin(*state);

    memcpy(s.pass.color[0].clear, (const double[]){-1, 7, NAN, 1e300}, 32);
    kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(&s.stage->stream.w, &s.pass);
    pass_end(&s);
    expect_picture(&s, everywhere, (const double[]){0, 1, 0, 1}, black);
}

static void a_triangle_covers_the_target(void **state)
{
    struct scene s = scene_begin(*state);

    draw_whole(pass_begin(&s));
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
    assert_int_equal(stage_stat(s.stage, "gpu.draws"), 1);
    assert_int_equal(stage_stat(s.stage, "gpu.passes"), 1);
}

static void load_keeps_what_was_drawn_before(void **state)
{
    struct scene s = scene_begin(*state);

    draw_whole(pass_begin(&s));
    pass_end(&s);
    s.pass.color[0].to.load = PVG_WIRE_LOAD_ACTION_LOAD;
    draw(pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE, 0, 0); /* zero vertices draw nothing */
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
}

static bool upper_left_quarter(unsigned x, unsigned y)
{
    return x < SIDE / 2 && y < SIDE / 2;
}

static void y_points_up(void **state)
{
    struct scene s = scene_begin(*state);

    stage_write(s.stage, &s.vertices, 0,
                (const float[]){-1, 0, 0, 1, -1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1}, 64);
    draw(pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, 0, 4);
    pass_end(&s);
    expect_picture(&s, upper_left_quarter, orange, black);
}

static bool scissored(unsigned x, unsigned y)
{
    return x >= 3 && x < 10 && y >= 5;
}

static void a_scissor_cuts_and_is_cut_to_the_target(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = pass_begin(&s);

    pvg_wire_set_scissor_encode(w, &(struct pvg_wire_set_scissor){{3, 5, 7, UINT64_MAX}});
    draw_whole(w);
    pass_end(&s);
    expect_picture(&s, scissored, orange, black);
}

static void an_empty_scissor_lets_nothing_pass(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = pass_begin(&s);

    pvg_wire_set_scissor_encode(w, &(struct pvg_wire_set_scissor){{UINT64_MAX, 2, 5, 5}});
    draw_whole(w);
    pvg_wire_set_scissor_encode(w, &(struct pvg_wire_set_scissor){{2, 2, 0, 5}});
    draw_whole(w);
    pass_end(&s);
    expect_picture(&s, nowhere, orange, black);
}

static bool in_viewport(unsigned x, unsigned y)
{
    return x >= 4 && x < 12 && y >= 2 && y < 6;
}

static void a_viewport_is_where_device_coordinates_end(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = pass_begin(&s);

    stage_write(s.stage, &s.vertices, 0,
                (const float[]){-1, -1, 0, 1, -1, 1, 0, 1, 1, -1, 0, 1, 1, 1, 0, 1}, 64);
    pvg_wire_set_viewport_encode(w, &(struct pvg_wire_set_viewport){{4, 2, 8, 4, 0, 1}});
    draw(w, PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, 0, 4);
    pass_end(&s);
    expect_picture(&s, in_viewport, orange, black);
}

static void a_viewport_that_is_no_number_stops_draws_until_there_is_another(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = pass_begin(&s);

    s.stage->may_refuse = true;
    pvg_wire_set_viewport_encode(w, &(struct pvg_wire_set_viewport){{0, 0, NAN, 4, 0, 1}});
    draw_whole(w);
    for (unsigned i = 0; i < 2; i++) { /* it begins in bounds and ends outside: 2^15, 2^16 */
        const float at = g_getenv("PVG_TEST_GPU") ? 65535 : 32767;

        pvg_wire_set_viewport_encode(
            w, &(struct pvg_wire_set_viewport){{i ? 0 : at, i ? at : 0, 16, 16, 0, 1}});
        draw_whole(w);
    }
    pvg_wire_set_viewport_encode(w, &(struct pvg_wire_set_viewport){{4, 2, 8, 4, 0, 1}});
    draw_whole(w);
    pass_end(&s);
    expect_picture(&s, in_viewport, orange, black);
    assert_int_equal(stage_stat(s.stage, "gpu.skipped"), 3);
}

static void culling_and_winding_agree_with_metal(void **state)
{
    struct scene s = scene_begin(*state);

    /* `whole` runs counter-clockwise as seen; Metal's front is clockwise unless told otherwise. */
    for (unsigned cull = 0; cull < 3; cull++) {
        for (unsigned winding = 0; winding < 2; winding++) {
            const bool front = winding == PVG_WIRE_WINDING_COUNTER_CLOCKWISE;
            const bool seen = cull == PVG_WIRE_CULL_MODE_NONE ||
                              (cull == PVG_WIRE_CULL_MODE_FRONT ? !front : front);
            struct pvg_writer *w = pass_begin(&s);

            pvg_wire_set_cull_mode_encode(w, &(struct pvg_wire_set_cull_mode){cull});
            pvg_wire_set_winding_encode(w, &(struct pvg_wire_set_winding){winding});
            draw_whole(w);
            pass_end(&s);
            expect_picture(&s, seen ? everywhere : nowhere, orange, black);
        }
    }
}

/* ---- Topologies and indices ---- */

static bool one_point(unsigned x, unsigned y)
{
    return x == 5 && y == 9;
}

static void a_point_is_one_texel(void **state)
{
    struct scene s = scene_begin(*state);

    stage_write(s.stage, &s.vertices, 0, (const float[]){device_x(5), device_y(9), 0, 1}, 16);
    draw(pass_begin(&s), PVG_WIRE_PRIMITIVE_POINT, 0, 1);
    pass_end(&s);
    expect_picture(&s, one_point, orange, black);
}

static bool row_seven(unsigned x, unsigned y)
{
    return y == 7 && x >= 2 && x < 12;
}

static void lines_and_line_strips_run_along_their_row(void **state)
{
    static const uint32_t kinds[] = {PVG_WIRE_PRIMITIVE_LINE, PVG_WIRE_PRIMITIVE_LINE_STRIP};
    struct scene s = scene_begin(*state);

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const bool strip = kinds[i] == PVG_WIRE_PRIMITIVE_LINE_STRIP;
        const float ends[] = {
            device_x(2),
            device_y(7),
            0,
            1,
            device_x(7),
            device_y(7),
            0,
            1,
            strip ? device_x(12) : device_x(7),
            device_y(7),
            0,
            1,
            device_x(12),
            device_y(7),
            0,
            1,
        };

        stage_write(s.stage, &s.vertices, 0, ends, sizeof(ends));
        draw(pass_begin(&s), kinds[i], 0, strip ? 3 : 4);
        pass_end(&s);
        expect_picture(&s, row_seven, orange, black);
    }
}

static void draw_indexed(struct scene *s, struct pvg_writer *w, uint16_t primitive, uint16_t type,
                         uint64_t count, uint64_t offset, int64_t base)
{
    pvg_wire_draw_indexed_base_wide_encode(w, &(struct pvg_wire_draw_indexed){
                                                  .primitive = primitive,
                                                  .index_type = type,
                                                  .index_buffer = s->indices.object,
                                                  .index_count = count,
                                                  .index_offset = offset,
                                                  .instance_count = 1,
                                                  .base_vertex = base,
                                              });
}

static void indices_of_both_sizes_and_a_base_vertex_find_their_vertices(void **state)
{
    struct scene s = scene_begin(*state);

    stage_write(s.stage, &s.indices, 4, (const uint16_t[]){1, 2, 3}, 6);
    stage_write(s.stage, &s.indices, 16, (const uint32_t[]){5, 6, 7}, 12);
    draw_indexed(&s, pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE, PVG_WIRE_INDEX_TYPE_U16, 3, 4,
                 -1);
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
    draw_indexed(&s, pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE, PVG_WIRE_INDEX_TYPE_U32, 3, 16,
                 -5);
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
}

static void an_odd_index_offset_works_too(void **state)
{
    struct scene s = scene_begin(*state);

    stage_write(s.stage, &s.indices, 3, (const uint16_t[]){0, 1, 2}, 6);
    draw_indexed(&s, pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE, PVG_WIRE_INDEX_TYPE_U16, 3, 3, 0);
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
}

/* The other order of two fields, which the second form may have, says that there are none. */
static void a_draw_without_indices_by_its_other_reading_draws_nothing(void **state)
{
    struct scene s = scene_begin(*state);

    pvg_wire_draw_indexed_base_2_wide_encode(
        pass_begin(&s), &(struct pvg_wire_draw_indexed){.primitive = PVG_WIRE_PRIMITIVE_TRIANGLE,
                                                        .index_type = PVG_WIRE_INDEX_TYPE_U32,
                                                        .index_buffer = s.indices.object,
                                                        .index_count = 0xfff,
                                                        .instance_count = 1});
    pass_end(&s);
    expect_picture(&s, nowhere, orange, black);
}

static bool left_and_right_columns(unsigned x, unsigned y)
{
    return x < 4 || x >= 12;
}

static void strips_restart_at_the_largest_index(void **state)
{
    static const float columns[] = {
        -1,   -1, 0, 1, -1,   1, 0, 1, -0.5f, -1, 0, 1, -0.5f, 1, 0, 1,
        0.5f, -1, 0, 1, 0.5f, 1, 0, 1, 1,     -1, 0, 1, 1,     1, 0, 1,
    };
    struct scene s = scene_begin(*state);

    stage_write(s.stage, &s.vertices, 0, columns, sizeof(columns));
    stage_write(s.stage, &s.indices, 0, (const uint16_t[]){0, 1, 2, 3, 0xffff, 4, 5, 6, 7}, 18);
    draw_indexed(&s, pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, PVG_WIRE_INDEX_TYPE_U16, 9,
                 0, 0);
    pass_end(&s);
    expect_picture(&s, left_and_right_columns, orange, black);
}

static void indices_outside_their_buffer_are_not_drawn(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = pass_begin(&s);

    s.stage->may_refuse = true;
    draw_indexed(&s, w, PVG_WIRE_PRIMITIVE_TRIANGLE, PVG_WIRE_INDEX_TYPE_U32, 1, 0xffd, 0);
    draw_indexed(&s, w, PVG_WIRE_PRIMITIVE_TRIANGLE, PVG_WIRE_INDEX_TYPE_U32, UINT64_MAX, 0, 0);
    draw_indexed(&s, w, PVG_WIRE_PRIMITIVE_TRIANGLE, 2, 3, 0, 0);
    pass_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_RANGE), 2);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_VALUE), 1);
    expect_picture(&s, nowhere, orange, black);
}

/* Index values are not looked at: the fetch is what must be bounded. */
static void wild_indices_draw_nothing_and_harm_nobody(void **state)
{
    struct scene s = scene_begin(*state);

    stage_write(s.stage, &s.indices, 0, (const uint32_t[]){0x7fffffff, 0xfffffff0, 0x10000000}, 12);
    draw_indexed(&s, pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE, PVG_WIRE_INDEX_TYPE_U32, 3, 0, 0);
    pass_end(&s);
    expect_picture(&s, nowhere, orange, black);
}

static void an_indirect_draw_takes_its_arguments_from_memory(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w;

    stage_write(s.stage, &s.indices, 0, (const uint32_t[]){3, 1, 0, 0}, 16);
    w = pass_begin(&s);
    pvg_wire_draw_indirect_encode(
        w, &(struct pvg_wire_draw_indirect){0, s.indices.object, PVG_WIRE_PRIMITIVE_TRIANGLE});
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
}

static void an_indexed_indirect_draw_adds_its_start_to_the_records_offset(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w;

    stage_write(s.stage, &s.indices, 0x100, (const uint32_t[]){3, 1, 1, (uint32_t)-7, 0}, 20);
    stage_write(s.stage, &s.indices, 0x200, (const uint16_t[]){99, 7, 8, 9}, 8);
    w = pass_begin(&s);
    pvg_wire_draw_indexed_indirect_encode(w, &(struct pvg_wire_draw_indexed_indirect){
                                                 .primitive = PVG_WIRE_PRIMITIVE_TRIANGLE,
                                                 .index_type = PVG_WIRE_INDEX_TYPE_U16,
                                                 .index_buffer = s.indices.object,
                                                 .buffer = s.indices.object,
                                                 .index_offset = 0x200,
                                                 .offset = 0x100,
                                             });
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
}

static void an_indirect_draw_that_would_never_end_draws_nothing(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w;

    stage_write(s.stage, &s.indices, 0, (const uint32_t[]){0xffffffff, 0xffffffff, 0, 0}, 16);
    stage_write(s.stage, &s.indices, 16, (const uint32_t[]){0x10001, 0x10000, 0, 0, 0}, 20);
    w = pass_begin(&s);
    pvg_wire_draw_indirect_encode(
        w, &(struct pvg_wire_draw_indirect){0, s.indices.object, PVG_WIRE_PRIMITIVE_TRIANGLE});
    pvg_wire_draw_indexed_indirect_encode(w, &(struct pvg_wire_draw_indexed_indirect){
                                                 .primitive = PVG_WIRE_PRIMITIVE_TRIANGLE,
                                                 .index_buffer = s.indices.object,
                                                 .buffer = s.indices.object,
                                                 .index_offset = 0x200,
                                                 .offset = 16,
                                             });
    pass_end(&s);
    expect_picture(&s, nowhere, orange, black);
}

/* ---- Blending and masks ---- */

static double factor(uint32_t f, const double s[4], const double d[4], const double c[4],
                     unsigned channel)
{
    switch (f) {
    case PVG_WIRE_BLEND_FACTOR_ZERO:
        return 0;
    case PVG_WIRE_BLEND_FACTOR_ONE:
        return 1;
    case PVG_WIRE_BLEND_FACTOR_SOURCE_COLOR:
        return s[channel];
    case PVG_WIRE_BLEND_FACTOR_ONE_MINUS_SOURCE_COLOR:
        return 1 - s[channel];
    case PVG_WIRE_BLEND_FACTOR_SOURCE_ALPHA:
        return s[3];
    case PVG_WIRE_BLEND_FACTOR_ONE_MINUS_SOURCE_ALPHA:
        return 1 - s[3];
    case PVG_WIRE_BLEND_FACTOR_DESTINATION_COLOR:
        return d[channel];
    case PVG_WIRE_BLEND_FACTOR_ONE_MINUS_DESTINATION_COLOR:
        return 1 - d[channel];
    case PVG_WIRE_BLEND_FACTOR_DESTINATION_ALPHA:
        return d[3];
    case PVG_WIRE_BLEND_FACTOR_ONE_MINUS_DESTINATION_ALPHA:
        return 1 - d[3];
    case PVG_WIRE_BLEND_FACTOR_SOURCE_ALPHA_SATURATED:
        return channel == 3 ? 1 : fmin(s[3], 1 - d[3]);
    case PVG_WIRE_BLEND_FACTOR_BLEND_COLOR:
        return c[channel];
    case PVG_WIRE_BLEND_FACTOR_ONE_MINUS_BLEND_COLOR:
        return 1 - c[channel];
    case PVG_WIRE_BLEND_FACTOR_BLEND_ALPHA:
        return c[3];
    default:
        return 1 - c[3];
    }
}

static double combine(uint32_t operation, double s, double sf, double d, double df)
{
    switch (operation) {
    case PVG_WIRE_BLEND_OPERATION_ADD:
        return s * sf + d * df;
    case PVG_WIRE_BLEND_OPERATION_SUBTRACT:
        return s * sf - d * df;
    case PVG_WIRE_BLEND_OPERATION_REVERSE_SUBTRACT:
        return d * df - s * sf;
    case PVG_WIRE_BLEND_OPERATION_MIN:
        return fmin(s, d);
    default:
        return fmax(s, d);
    }
}

static void expect_blend(struct scene *s, uint32_t source, uint32_t destination, uint32_t operation)
{
    static const double from[4] = {0.8, 0.6, 0.2, 0.5}, to[4] = {0.3, 0.9, 0.4, 0.7};
    static const double constant[4] = {0.25, 0.5, 0.75, 0.4};
    const float constant_words[4] = {0.25f, 0.5f, 0.75f, 0.4f};
    const struct kit_color color = {
        .format = 80,
        .blending = true,
        .source_rgb = source,
        .destination_rgb = destination,
        .operation_rgb = operation,
        .source_alpha = source,
        .destination_alpha = destination,
        .operation_alpha = operation,
    };
    const struct kit_render_pipeline pipeline = pipeline_of(s, &color);
    struct pvg_wire_set_blend_color blend;
    struct pvg_writer *w;
    double want[4];

    if (!source && !destination && !operation) {
        return; /* the kit takes that for its usual blend */
    }
    s->pipeline = kit_render_pipeline_create(&s->stage->kit, &s->stage->task, &pipeline);
    stage_write(s->stage, &s->colours, 0, (const float[]){0.8f, 0.6f, 0.2f, 0.5f}, 16);
    memcpy(s->pass.color[0].clear, to, sizeof(to));
    memcpy(blend.rgba, constant_words, sizeof(blend.rgba));
    w = pass_begin(s);
    pvg_wire_set_blend_color_encode(w, &blend);
    draw_whole(w);
    pass_end(s);
    for (unsigned i = 0; i < 4; i++) {
        want[i] = combine(operation, from[i], factor(source, from, to, constant, i), to[i],
                          factor(destination, from, to, constant, i));
    }
    expect_picture(s, everywhere, want, want);
}

static void every_blend_factor_does_what_its_name_says(void **state)
{
    struct scene s = scene_begin(*state);

    for (uint32_t f = 0; f <= PVG_WIRE_BLEND_FACTOR_ONE_MINUS_BLEND_ALPHA; f++) {
        expect_blend(&s, f, PVG_WIRE_BLEND_FACTOR_ONE, PVG_WIRE_BLEND_OPERATION_ADD);
        expect_blend(&s, PVG_WIRE_BLEND_FACTOR_ZERO, f, PVG_WIRE_BLEND_OPERATION_ADD);
    }
}

static void every_blend_operation_does_what_its_name_says(void **state)
{
    struct scene s = scene_begin(*state);

    for (uint32_t operation = 0; operation <= PVG_WIRE_BLEND_OPERATION_MAX; operation++) {
        expect_blend(&s, PVG_WIRE_BLEND_FACTOR_ONE, PVG_WIRE_BLEND_FACTOR_ONE, operation);
        expect_blend(&s, PVG_WIRE_BLEND_FACTOR_SOURCE_ALPHA,
                     PVG_WIRE_BLEND_FACTOR_ONE_MINUS_SOURCE_ALPHA, operation);
    }
}

static void a_write_mask_keeps_channels_as_they_were(void **state)
{
    struct scene s = scene_begin(*state);

    for (uint32_t unwritten = 0; unwritten < 16; unwritten++) {
        const struct kit_color color = {.format = 80, .unwritten = unwritten};
        const struct kit_render_pipeline pipeline = pipeline_of(&s, &color);
        const double cleared[4] = {0.1, 0.2, 0.3, 0.4};
        double want[4];

        for (unsigned i = 0; i < 4; i++) { /* red is bit 3, alpha bit 0 */
            want[i] = unwritten >> (3 - i) & 1 ? cleared[i] : orange[i];
        }
        s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
        memcpy(s.pass.color[0].clear, cleared, sizeof(cleared));
        draw_whole(pass_begin(&s));
        pass_end(&s);
        expect_picture(&s, everywhere, want, want);
    }
}

/* ---- Depth ---- */

static uint32_t depth_state(struct stage *stage, uint32_t compare, bool write)
{
    static const struct pvg_wire_stencil_face always = {
        .compare = PVG_WIRE_COMPARE_ALWAYS, .read_mask = ~0u, .write_mask = ~0u};

    return stage_depth_stencil(
        stage,
        (struct pvg_wire_depth_stencil){.depth_compare = (uint8_t)compare, .depth_write = write},
        always);
}

static void every_depth_comparison_passes_when_it_should(void **state)
{
    static const float depths[3] = {0.25f, 0.5f, 0.75f};
    struct scene s = scene_begin(*state);
    struct pvg_wire_texture_body body = stage_texture_2d(252, SIDE, SIDE);
    const struct kit_color color = {.format = 80};
    struct kit_render_pipeline pipeline = pipeline_of(&s, &color);
    struct kit_texture depth;

    body.options.storage = PVG_WIRE_STORAGE_MODE_PRIVATE;
    kit_texture_create(&s.stage->kit, &s.stage->task, &depth, &body, 4);
    pipeline.depth_format = 252;
    s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
    s.pass.depth.to =
        (struct pvg_wire_attachment){.texture = depth.object, .load = PVG_WIRE_LOAD_ACTION_CLEAR};
    s.pass.depth.clear = 0.5;
    for (uint32_t compare = 0; compare <= PVG_WIRE_COMPARE_ALWAYS; compare++) {
        for (unsigned i = 0; i < 3; i++) {
            const float z = depths[i];
            /* bit 0: less, bit 1: equal, bit 2: greater */
            const bool passes = compare >> i & 1;
            struct pvg_writer *w;

            stage_write(s.stage, &s.vertices, 0,
                        (const float[]){-1, -1, z, 1, 3, -1, z, 1, -1, 3, z, 1}, 48);
            w = pass_begin(&s);
            pvg_wire_set_depth_stencil_encode(
                w, &(struct pvg_wire_set_depth_stencil){depth_state(s.stage, compare, false)});
            draw_whole(w);
            pass_end(&s);
            expect_picture(&s, passes ? everywhere : nowhere, orange, black);
        }
    }
}

/* ---- Targets ---- */

static void a_multisampled_target_is_resolved(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_wire_texture_body body = stage_texture_2d(80, SIDE, SIDE);
    const struct kit_color color = {.format = 80};
    struct kit_render_pipeline pipeline = pipeline_of(&s, &color);
    struct kit_texture samples;
    uint8_t got[SIDE * SIDE * 4];

    body.type = PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE;
    body.samples = 4;
    body.options.storage = PVG_WIRE_STORAGE_MODE_PRIVATE;
    kit_texture_create(&s.stage->kit, &s.stage->task, &samples, &body, 4);
    pipeline.samples = 4;
    s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
    s.pass.color[0].to.resolve_texture = s.target.object;
    s.pass.color[0].to.texture = samples.object;
    s.pass.color[0].to.store = PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE;
    /* The left half up to the middle of column 7: half of its four samples are covered. */
    stage_write(
        s.stage, &s.vertices, 0,
        (const float[]){-1, -1, 0, 1, -1, 1, 0, 1, device_x(7), -1, 0, 1, device_x(7), 1, 0, 1},
        64);
    draw(pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, 0, 4);
    pass_end(&s);
    stage_texture_read(s.stage, &s.target, 0, 0, SIDE, SIDE * 4, got);
    for (unsigned y = 0; y < SIDE; y++) {
        assert_in_range(got[(y * SIDE + 6) * 4 + 2], 254, 255);
        assert_in_range(got[(y * SIDE + 7) * 4 + 2], 126, 129);
        assert_int_equal(got[(y * SIDE + 8) * 4 + 2], 0);
    }
}

static void levels_and_slices_are_drawn_to_by_themselves(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_wire_texture_body body = stage_texture_2d(80, 2 * SIDE, 2 * SIDE);

    body.type = PVG_WIRE_TEXTURE_TYPE_2D_ARRAY;
    body.levels = 3;
    body.array_length = 3;
    target_of(&s, &body, 4);
    s.pass.color[0].to.level = 1;
    s.pass.color[0].to.slice = 2;
    draw_whole(pass_begin(&s));
    pass_end(&s);
    for (unsigned level = 0; level < 3; level++) {
        for (unsigned slice = 0; slice < 3; slice++) {
            const unsigned side = 2 * SIDE >> level;
            uint8_t got[4 * SIDE * SIDE * 4];

            stage_texture_read(s.stage, &s.target, level, slice, side, side * 4, got);
            assert_int_equal(got[2], level == 1 && slice == 2 ? 255 : 0);
            assert_int_equal(got[side * side * 4 - 2], level == 1 && slice == 2 ? 255 : 0);
        }
    }
}

static void drawing_to_srgb_encodes(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_wire_texture_body body = stage_texture_2d(81, SIDE, SIDE);
    const struct kit_color color = {.format = 81};
    const struct kit_render_pipeline pipeline = pipeline_of(&s, &color);

    target_of(&s, &body, 4);
    s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
    draw_whole(pass_begin(&s));
    pass_end(&s);
    /* 1.055 x^(1/2.4) - 0.055 */
    expect_picture(&s, everywhere, (const double[]){1, 0.7354, 0.5371, 1}, black);
}

static void a_pass_with_a_missing_target_is_refused_and_the_next_one_runs(void **state)
{
    struct scene s = scene_begin(*state);
    const uint32_t target = s.target.object;

    s.stage->may_refuse = true;
    s.pass.color[0].to.texture = kit_object_number(&s.stage->task);
    draw_whole(pass_begin(&s));
    pass_end(&s);
    assert_int_equal(stage_stat(s.stage, "gpu.skipped"), 1);
    s.pass.color[0].to.texture = target;
    draw_whole(pass_begin(&s));
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
}

static void a_level_or_slice_that_is_not_there_is_refused(void **state)
{
    struct scene s = scene_begin(*state);

    s.stage->may_refuse = true;
    s.pass.color[0].to.level = 1;
    draw_whole(pass_begin(&s));
    pass_end(&s);
    s.pass.color[0].to.level = 0;
    s.pass.color[0].to.slice = 1;
    draw_whole(pass_begin(&s));
    pass_end(&s);
    s.pass.color[0].to.slice = 0;
    s.pass.array_length = 2;
    draw_whole(pass_begin(&s));
    pass_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_LEVEL), 3);
}

/* ---- Stencil ---- */

static uint32_t stencil_state(struct stage *stage, uint32_t compare, uint32_t pass, uint32_t fail)
{
    const struct pvg_wire_stencil_face face = {
        .compare = (uint8_t)compare,
        .pass = (uint8_t)pass,
        .fail = (uint8_t)fail,
        .read_mask = 0xff,
        .write_mask = 0xff,
    };

    return stage_depth_stencil(
        stage, (struct pvg_wire_depth_stencil){.depth_compare = PVG_WIRE_COMPARE_ALWAYS}, face);
}

static struct scene scene_with_stencil(struct stage *stage)
{
    struct scene s = scene_begin(stage);
    struct pvg_wire_texture_body body = stage_texture_2d(253, SIDE, SIDE);
    const struct kit_color color = {.format = 80};
    struct kit_render_pipeline pipeline = pipeline_of(&s, &color);
    struct kit_texture stencil;

    body.options.storage = PVG_WIRE_STORAGE_MODE_PRIVATE;
    kit_texture_create(&stage->kit, &stage->task, &stencil, &body, 1);
    pipeline.stencil_format = 253;
    s.pipeline = kit_render_pipeline_create(&stage->kit, &stage->task, &pipeline);
    s.pass.stencil.to = (struct pvg_wire_attachment){
        .texture = stencil.object,
        .load = PVG_WIRE_LOAD_ACTION_CLEAR,
        .store = PVG_WIRE_STORE_ACTION_STORE,
    };
    return s;
}

static void set_state(struct pvg_writer *w, uint32_t state, uint32_t reference)
{
    pvg_wire_set_depth_stencil_encode(w, &(struct pvg_wire_set_depth_stencil){state});
    pvg_wire_set_stencil_reference_encode(
        w, &(struct pvg_wire_set_stencil_reference){reference, reference});
}

static void every_stencil_operation_leaves_what_it_should(void **state)
{
    static const struct {
        uint8_t operation, before, reference, after;
    } cases[] = {
        {PVG_WIRE_STENCIL_OPERATION_KEEP, 7, 9, 7},
        {PVG_WIRE_STENCIL_OPERATION_ZERO, 7, 9, 0},
        {PVG_WIRE_STENCIL_OPERATION_REPLACE, 7, 9, 9},
        {PVG_WIRE_STENCIL_OPERATION_INCREMENT_CLAMP, 7, 9, 8},
        {PVG_WIRE_STENCIL_OPERATION_INCREMENT_CLAMP, 255, 9, 255},
        {PVG_WIRE_STENCIL_OPERATION_DECREMENT_CLAMP, 7, 9, 6},
        {PVG_WIRE_STENCIL_OPERATION_DECREMENT_CLAMP, 0, 9, 0},
        {PVG_WIRE_STENCIL_OPERATION_INVERT, 7, 9, 0xf8},
        {PVG_WIRE_STENCIL_OPERATION_INCREMENT_WRAP, 255, 9, 0},
        {PVG_WIRE_STENCIL_OPERATION_DECREMENT_WRAP, 0, 9, 255},
    };
    struct scene s = scene_with_stencil(*state);
    uint32_t equal = stencil_state(s.stage, PVG_WIRE_COMPARE_EQUAL, PVG_WIRE_STENCIL_OPERATION_KEEP,
                                   PVG_WIRE_STENCIL_OPERATION_KEEP);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint32_t changes = stencil_state(s.stage, PVG_WIRE_COMPARE_NEVER,
                                         PVG_WIRE_STENCIL_OPERATION_KEEP, cases[i].operation);
        struct pvg_writer *w;

        s.pass.stencil.clear = cases[i].before;
        w = pass_begin(&s);
        set_state(w, changes, cases[i].reference);
        draw_whole(w); /* draws nothing, but the failed test changes the stencil */
        set_state(w, equal, cases[i].after);
        draw_whole(w);
        pass_end(&s);
        expect_picture(&s, everywhere, orange, black);
    }
}

static void every_stencil_comparison_passes_when_it_should(void **state)
{
    struct scene s = scene_with_stencil(*state);

    s.pass.stencil.clear = 5;
    for (uint32_t compare = 0; compare <= PVG_WIRE_COMPARE_ALWAYS; compare++) {
        uint32_t object = stencil_state(s.stage, compare, PVG_WIRE_STENCIL_OPERATION_KEEP,
                                        PVG_WIRE_STENCIL_OPERATION_KEEP);

        for (uint32_t reference = 4; reference <= 6; reference++) {
            /* The reference is on the left: bit 0 less, bit 1 equal, bit 2 greater. */
            const bool passes = compare >> (reference - 4) & 1;
            struct pvg_writer *w = pass_begin(&s);

            set_state(w, object, reference);
            draw_whole(w);
            pass_end(&s);
            expect_picture(&s, passes ? everywhere : nowhere, orange, black);
        }
    }
}

/* ---- Formats ---- */

static void every_format_that_can_be_drawn_to_holds_the_colour(void **state)
{
    /* The constant is (1, 0.5, 0.25, 1): its bytes in memory order. Halves: 3c00, 3800, 3400. */
    static const struct {
        uint16_t format;
        uint8_t size, bytes[16], tolerance;
    } cases[] = {
        {10, 1, {255}, 0},
        {12, 1, {127}, 0},
        {20, 2, {255, 255}, 0},
        {25, 2, {0, 0x3c}, 0},
        {30, 2, {255, 128}, 1},
        {55, 4, {0, 0, 0x80, 0x3f}, 0},
        {65, 4, {0, 0x3c, 0, 0x38}, 0},
        {70, 4, {255, 128, 64, 255}, 1},
        {71, 4, {255, 188, 137, 255}, 1},
        {72, 4, {127, 64, 32, 127}, 1},
        {80, 4, {64, 128, 255, 255}, 1},
        {81, 4, {137, 188, 255, 255}, 1},
        {105, 8, {0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f}, 0},
        {115, 8, {0, 0x3c, 0, 0x38, 0, 0x34, 0, 0x3c}, 0},
        {125, 16, {0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0x80, 0x3e, 0, 0, 0x80, 0x3f}, 0},
    };
    struct scene s = scene_begin(*state);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct pvg_wire_texture_body body = stage_texture_2d(cases[i].format, SIDE, SIDE);
        const struct kit_color color = {.format = cases[i].format};
        const struct kit_render_pipeline pipeline = pipeline_of(&s, &color);
        uint8_t got[SIDE * SIDE * 16];

        target_of(&s, &body, cases[i].size);
        s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
        draw_whole(pass_begin(&s));
        pass_end(&s);
        stage_texture_read(s.stage, &s.target, 0, 0, SIDE, SIDE * cases[i].size, got);
        for (unsigned b = 0; b < cases[i].size; b++) {
            const int difference =
                got[SIDE * SIDE * cases[i].size - cases[i].size + b] - cases[i].bytes[b];

            if (abs(difference) > cases[i].tolerance) {
                fail_msg("format %u: byte %u is off by %d", cases[i].format, b, difference);
            }
        }
    }
}

static void sticky_binds_survive_draws_and_pipelines(void **state)
{
    struct scene s = scene_begin(*state);
    const struct kit_color color = {.format = 80};
    const struct kit_render_pipeline again = pipeline_of(&s, &color);
    uint32_t other = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &again);
    struct pvg_writer *w = pass_begin(&s);

    draw_whole(w);
    bind(&s, true, s.colours.object, 16);
    pvg_wire_set_render_pipeline_encode(w, &(struct pvg_wire_set_pipeline){other});
    draw_whole(w);
    pass_end(&s);
    expect_picture(&s, everywhere, (const double[]){0, 0, 1, 0.5}, black);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(a_pass_without_draws_clears_its_target),
        scene(clear_values_are_clamped_to_what_the_format_holds),
        scene(a_triangle_covers_the_target),
        scene(load_keeps_what_was_drawn_before),
        scene(y_points_up),
        scene(a_scissor_cuts_and_is_cut_to_the_target),
        scene(an_empty_scissor_lets_nothing_pass),
        scene(a_viewport_is_where_device_coordinates_end),
        scene(a_viewport_that_is_no_number_stops_draws_until_there_is_another),
        scene(culling_and_winding_agree_with_metal),
        scene(a_point_is_one_texel),
        scene(lines_and_line_strips_run_along_their_row),
        scene(indices_of_both_sizes_and_a_base_vertex_find_their_vertices),
        scene(an_odd_index_offset_works_too),
        scene_once(a_draw_without_indices_by_its_other_reading_draws_nothing),
        scene(strips_restart_at_the_largest_index),
        scene(indices_outside_their_buffer_are_not_drawn),
        scene(wild_indices_draw_nothing_and_harm_nobody),
        scene(an_indirect_draw_takes_its_arguments_from_memory),
        scene(an_indexed_indirect_draw_adds_its_start_to_the_records_offset),
        scene(an_indirect_draw_that_would_never_end_draws_nothing),
        scene(every_blend_factor_does_what_its_name_says),
        scene(every_blend_operation_does_what_its_name_says),
        scene(a_write_mask_keeps_channels_as_they_were),
        scene(every_depth_comparison_passes_when_it_should),
        scene(a_multisampled_target_is_resolved),
        scene(levels_and_slices_are_drawn_to_by_themselves),
        scene(drawing_to_srgb_encodes),
        scene(a_pass_with_a_missing_target_is_refused_and_the_next_one_runs),
        scene(a_level_or_slice_that_is_not_there_is_refused),
        scene(every_stencil_operation_leaves_what_it_should),
        scene(every_stencil_comparison_passes_when_it_should),
        scene(every_format_that_can_be_drawn_to_holds_the_colour),
        scene(sticky_binds_survive_draws_and_pipelines),
    };

    return run_scenes(tests);
}
