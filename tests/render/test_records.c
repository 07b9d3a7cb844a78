/* SPDX-License-Identifier: MIT */
/* Each record at least once: forms that the other scenes do not use, records without effect on the
 * picture, and records that are refused because no guest is told of them. docs/gpu-opcodes.md says
 * which scene is about which opcode. */
#include <math.h>

#include "picture.h"
#include "probe.h"

/* ---- Draws ---- */

/* Vertex i is corner i mod 4 of a strip that covers the target; show_number draws instance n in
 * 16 (n + 1) red to layer 0, show_primitive triangle n. */
static struct scene scene_of_corners(struct stage *stage, const char *fragment)
{
    struct scene s = scene_begin(stage);
    const struct kit_color color = {.format = 80};
    const struct kit_render_pipeline pipeline = {
        .vertex_function = stage_shader(stage, "corner"),
        .fragment_function = stage_shader(stage, fragment),
        .colors = &color,
        .color_count = 1,
    };

    s.pipeline = kit_render_pipeline_create(&stage->kit, &stage->task, &pipeline);
    stage_write(stage, &s.indices, 0, (const uint16_t[]){4, 5, 6, 7}, 8);
    stage_write(stage, &s.indices, 16, (const uint32_t[]){4, 5, 6, 7}, 16);
    return s;
}

static void every_form_of_a_draw_draws(void **state)
{
    static const struct {
        void (*plain)(struct pvg_writer *, const struct pvg_wire_draw *);
        void (*indexed)(struct pvg_writer *, const struct pvg_wire_draw_indexed *);
        unsigned instances, base; /* what the form can say */
        bool base_vertex;
    } forms[] = {
        {pvg_wire_draw_wide_encode, NULL, 1, 0, false},
        {pvg_wire_draw_encode, NULL, 1, 0, false},
        {pvg_wire_draw_instanced_wide_encode, NULL, 3, 0, false},
        {pvg_wire_draw_instanced_encode, NULL, 3, 0, false},
        {pvg_wire_draw_base_instance_wide_encode, NULL, 3, 4, false},
        {pvg_wire_draw_base_instance_encode, NULL, 3, 4, false},
        {NULL, pvg_wire_draw_indexed_wide_encode, 1, 0, false},
        {NULL, pvg_wire_draw_indexed_encode, 1, 0, false},
        {NULL, pvg_wire_draw_indexed_instanced_wide_encode, 3, 0, false},
        {NULL, pvg_wire_draw_indexed_instanced_encode, 3, 0, false},
        {NULL, pvg_wire_draw_indexed_base_wide_encode, 3, 4, true},
        {NULL, pvg_wire_draw_indexed_base_encode, 3, 4, true},
        {NULL, pvg_wire_draw_indexed_base_2_wide_encode, 3, 4, true},
        {NULL, pvg_wire_draw_indexed_base_2_encode, 3, 4, true},
    };
    struct scene s = scene_of_corners(*state, "show_number");

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        for (unsigned type = 0; type < (forms[i].indexed ? 2 : 1); type++) {
            const double last = (forms[i].base + forms[i].instances) * 16 / 255.0;
            struct pvg_writer *w = pass_begin(&s);

            if (forms[i].plain) {
                forms[i].plain(w, &(struct pvg_wire_draw){
                                      .primitive = PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP,
                                      .start = 4,
                                      .count = 4,
                                      .instance_count = forms[i].instances,
                                      .base_instance = forms[i].base,
                                  });
            } else {
                forms[i].indexed(w, &(struct pvg_wire_draw_indexed){
                                        .primitive = PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP,
                                        .index_type = (uint16_t)type,
                                        .index_buffer = s.indices.object,
                                        .index_count = 4,
                                        .index_offset = type ? 16 : 0,
                                        .instance_count = forms[i].instances,
                                        .base_vertex = forms[i].base_vertex ? -4 : 0,
                                        .base_instance = forms[i].base,
                                    });
            }
            pass_end(&s);
            expect_picture(&s, everywhere, (const double[]){last, 0, 0, 1}, black);
        }
    }
}

static void a_fragment_function_knows_its_primitive(void **state)
{
    struct scene s = scene_of_corners(*state, "show_primitive");
    uint8_t got[SIDE][SIDE][4];

    draw(pass_begin(&s), PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, 4, 4);
    pass_end(&s);
    stage_texture_read(s.stage, &s.target, 0, 0, SIDE, SIDE * 4, got);
    assert_int_equal(got[SIDE - 2][1][2], 16);
    assert_int_equal(got[1][SIDE - 2][2], 32);
}

/* ---- State ---- */

static bool outline(unsigned x, unsigned y)
{
    return x == 4 || x == 12 || y == 4 || y == 12 || x + y == 16;
}

static void wire_frames_have_nothing_inside(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = pass_begin(&s);
    uint8_t got[SIDE * SIDE * 4];

    stage_write(s.stage, &s.vertices, 0,
                (const float[]){device_x(4), device_y(4), 0, 1, device_x(12), device_y(4), 0, 1,
                                device_x(4), device_y(12), 0, 1, device_x(12), device_y(12), 0, 1},
                64);
    pvg_wire_set_fill_mode_encode(w, &(struct pvg_wire_set_fill_mode){PVG_WIRE_FILL_MODE_LINES});
    pvg_wire_set_line_width_encode(w, &(struct pvg_wire_set_line_width){1});
    draw(w, PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, 0, 4);
    pass_end(&s);
    stage_texture_read(s.stage, &s.target, 0, 0, SIDE, SIDE * 4, got);
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < SIDE; x++) {
            const bool inside = x > 4 && x < 12 && y > 4 && y < 12;
            const bool drawn = got[(y * SIDE + x) * 4 + 2] != 0;

            /* Ends of lines and diagonals differ between devices by a texel. */
            if (drawn) {
                assert_true(x >= 4 && x <= 12 && y >= 4 && y <= 12);
            }
            if (inside && x + y != 15 && x + y != 16 && x + y != 17) {
                assert_false(drawn);
            }
            if (x == 4 && y > 4 && y < 12) {
                assert_true(drawn && outline(x, y));
            }
        }
    }
}

/* A target with depth: near pieces win. */
static struct scene scene_with_depth(struct stage *stage)
{
    static const struct pvg_wire_stencil_face always = {
        .compare = PVG_WIRE_COMPARE_ALWAYS, .read_mask = ~0u, .write_mask = ~0u};
    struct scene s = scene_begin(stage);
    struct pvg_wire_texture_body body = stage_texture_2d(252, SIDE, SIDE);
    const struct kit_color color = {.format = 80};
    struct kit_render_pipeline pipeline = pipeline_of(&s, &color);
    struct kit_texture depth;

    body.options.storage = PVG_WIRE_STORAGE_MODE_PRIVATE;
    kit_texture_create(&stage->kit, &stage->task, &depth, &body, 4);
    pipeline.depth_format = 252;
    s.pipeline = kit_render_pipeline_create(&stage->kit, &stage->task, &pipeline);
    s.pass.depth.to = (struct pvg_wire_attachment){
        .texture = depth.object, .load = PVG_WIRE_LOAD_ACTION_CLEAR, .store = 0};
    s.pass.depth.clear = 0.5;
    s.fragment =
        stage_depth_stencil(/* the state: less, no write */
                            stage,
                            (struct pvg_wire_depth_stencil){.depth_compare = PVG_WIRE_COMPARE_LESS},
                            always);
    return s;
}

static void whole_at(struct scene *s, float z)
{
    stage_write(s->stage, &s->vertices, 0, (const float[]){-1, -1, z, 1, 3, -1, z, 1, -1, 3, z, 1},
                48);
}

static void depth_bias_moves_what_is_drawn(void **state)
{
    static const struct {
        float bias, slope, clamp;
        bool seen;
    } cases[] = {
        {0, 0, 0, false},
        {-4, 0, 0, true},
        {4, 0, 0, false},
        {-1e9f, 0, 0, true},
    };
    struct scene s = scene_with_depth(*state);

    whole_at(&s, 0.5f); /* just not less than what is there */
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pvg_writer *w = pass_begin(&s);

        pvg_wire_set_depth_stencil_encode(w, &(struct pvg_wire_set_depth_stencil){s.fragment});
        pvg_wire_set_depth_bias_encode(
            w, &(struct pvg_wire_set_depth_bias){cases[i].bias, cases[i].slope, cases[i].clamp});
        draw_whole(w);
        pass_end(&s);
        expect_picture(&s, cases[i].seen ? everywhere : nowhere, orange, black);
    }
}

static void depths_outside_the_range_are_clipped_or_clamped(void **state)
{
    struct scene s = scene_with_depth(*state);

    whole_at(&s, -0.5f);
    for (uint64_t mode = 0; mode <= PVG_WIRE_DEPTH_CLIP_MODE_CLAMP; mode++) {
        struct pvg_writer *w = pass_begin(&s);

        pvg_wire_set_depth_stencil_encode(w, &(struct pvg_wire_set_depth_stencil){s.fragment});
        pvg_wire_set_depth_clip_mode_encode(w, &(struct pvg_wire_set_depth_clip_mode){mode});
        draw_whole(w);
        pass_end(&s);
        expect_picture(&s, mode ? everywhere : nowhere, orange, black);
    }
}

static void offsets_and_strides_change_without_the_buffer(void **state)
{
    struct scene s = scene_begin(*state);
    const struct kit_color color = {.format = 80};
    struct kit_render_pipeline pipeline = pipeline_of(&s, &color);
    const struct kit_layout dynamic = {.buffer = 0, .stride = UINT32_MAX};
    uint8_t entry[20];
    struct pvg_writer e = pvg_writer_over(entry, sizeof(entry));
    struct pvg_writer *w;

    pipeline.layouts = &dynamic;
    s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
    for (unsigned i = 0; i < 3; i++) { /* 32 bytes apart */
        stage_write(s.stage, &s.vertices, 0x100 + 32 * i, scene_whole + 4 * i, 16);
    }
    pvg_put_u32(&e, s.vertices.object);
    pvg_put_u64(&e, 0x400);
    pvg_put_u64(&e, 16);
    w = pass_begin(&s);
    pvg_wire_set_vertex_buffers_strided_encode(
        w, &(struct pvg_wire_set_buffers_strided){.first = 0, .count = 1, .binds = {entry, 1}});
    draw_whole(w); /* zeroes: nothing */
    pvg_wire_set_vertex_buffer_offset_strided_encode(
        w, &(struct pvg_wire_set_buffer_offset_strided){.offset = 0x80, .stride = 32});
    pvg_wire_set_vertex_buffer_offset_encode(
        w, &(struct pvg_wire_set_buffer_offset){.offset = 0x100}); /* the stride stays */
    pvg_wire_set_fragment_buffer_offset_encode(w,
                                               &(struct pvg_wire_set_buffer_offset){.offset = 16});
    draw_whole(w);
    pass_end(&s);
    expect_picture(&s, everywhere, (const double[]){0, 0, 1, 0.5}, black);
}

static void records_of_order_and_residency_change_no_picture(void **state)
{
    struct scene s = scene_begin(*state);
    uint8_t list[8];
    struct pvg_writer l = pvg_writer_over(list, sizeof(list));
    const struct pvg_wire_use_resources resources = {
        .count = 2, .usage = 1, .stages = 2, .resources = {list, 2}};
    const struct pvg_wire_use_heaps heaps = {.count = 1, .stages = 2, .heaps = {list, 1}};
    const struct pvg_wire_memory_barrier_resources barrier = {
        .count = 2, .after = 1, .before = 2, .resources = {list, 2}};
    struct pvg_writer *w;

    pvg_put_u32(&l, s.vertices.object);
    pvg_put_u32(&l, 0xffffffff); /* nothing */
    w = pass_begin(&s);
    pvg_wire_use_resources_encode(w, &resources);
    pvg_wire_use_resources_stages_encode(w, &resources);
    pvg_wire_use_heaps_encode(w, &heaps);
    pvg_wire_use_heaps_stages_encode(w, &heaps);
    pvg_wire_render_wait_fence_encode(w, &(struct pvg_wire_wait_fence){.fence = 77});
    draw_whole(w);
    pvg_wire_render_memory_barrier_resources_encode(w, &barrier);
    bind(&s, true, s.colours.object, 16);
    draw_whole(w);
    pvg_wire_render_update_fence_encode(w, &(struct pvg_wire_update_fence){.fence = 77});
    pvg_wire_set_color_store_options_encode(w, &(struct pvg_wire_set_color_store_options){0, 0});
    pvg_wire_set_depth_store_options_encode(w, &(struct pvg_wire_set_depth_store_options){0});
    pvg_wire_set_stencil_store_options_encode(w, &(struct pvg_wire_set_stencil_store_options){0});
    pass_end(&s);
    expect_picture(&s, everywhere, (const double[]){0, 0, 1, 0.5}, black);
}

static void the_size_of_tiles_is_answered(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = &s.stage->stream.w;
    uint16_t size[4];

    s.stage->may_refuse = true;
    stage_fill(s.stage, &s.indices, 0xaa);
    kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(w, &s.pass);
    pvg_wire_get_tile_dimensions_encode(
        w, &(struct pvg_wire_get_tile_dimensions){s.indices.object, 0});
    pvg_wire_get_tile_dimensions_encode(
        w, &(struct pvg_wire_get_tile_dimensions){s.indices.object, 0xffd});
    pass_close(&s);
    kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_tile_size_encode(w, &(struct pvg_wire_tile_size){16, 8});
    pvg_wire_render_pass_encode(w, &s.pass);
    pvg_wire_get_tile_dimensions_encode(
        w, &(struct pvg_wire_get_tile_dimensions){s.indices.object, 0xffc});
    pass_end(&s);
    stage_read(s.stage, &s.indices, 0, size, 4);
    stage_read(s.stage, &s.indices, 0xffc, size + 2, 4);
    assert_int_equal(size[0], 32);
    assert_int_equal(size[1], 32);
    assert_int_equal(size[2], 16);
    assert_int_equal(size[3], 8);
    stage_expect(s.stage, &s.indices, 4, 0xffc, 0xaa);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_RANGE), 1);
}

static void compute_records_without_effect_are_accepted(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = &s.stage->stream.w;
    uint8_t list[8], entry[20];
    struct pvg_writer l = pvg_writer_over(list, sizeof(list));
    struct pvg_writer e = pvg_writer_over(entry, sizeof(entry));
    uint32_t pipeline = kit_compute_pipeline_create(&s.stage->kit, &s.stage->task,
                                                    stage_shader(s.stage, "count_up"));
    uint32_t word;

    pvg_put_u32(&l, s.indices.object);
    pvg_put_u32(&l, 0xffffffff);
    pvg_put_u32(&e, s.indices.object);
    pvg_put_u64(&e, 0x800);
    pvg_put_u64(&e, 24);
    kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    pvg_wire_compute_wait_fence_encode(w, &(struct pvg_wire_wait_fence){.fence = 5});
    pvg_wire_use_resources_encode(
        w, &(struct pvg_wire_use_resources){.count = 2, .usage = 3, .resources = {list, 2}});
    pvg_wire_use_heaps_encode(w, &(struct pvg_wire_use_heaps){.count = 2, .heaps = {list, 2}});
    pvg_wire_set_compute_pipeline_encode(w, &(struct pvg_wire_set_pipeline){pipeline});
    pvg_wire_set_compute_buffers_strided_encode(
        w, &(struct pvg_wire_set_buffers_strided){.first = 0, .count = 1, .binds = {entry, 1}});
    pvg_wire_set_compute_buffer_offset_strided_encode(
        w, &(struct pvg_wire_set_buffer_offset_strided){.offset = 0x900, .stride = 4});
    pvg_wire_dispatch_threads_encode(
        w, &(struct pvg_wire_dispatch){.grid = {1, 1, 1}, .group = {1, 1, 1}});
    pvg_wire_compute_update_fence_encode(w, &(struct pvg_wire_update_fence){.fence = 5});
    kit_segment_end(&s.stage->stream);
    stage_run_with(s.stage, s.indices.object, pipeline);
    stage_read(s.stage, &s.indices, 0x900, &word, 4);
    assert_int_equal(word, 1);
}

static void vertices_sample_textures_through_their_own_tables(void **state)
{
    struct scene s = scene_begin(*state);
    const struct kit_color color = {.format = 80};
    const struct kit_render_pipeline pipeline = {
        .vertex_function = stage_shader(s.stage, "look"),
        .fragment_function = stage_shader(s.stage, "show_number"),
        .colors = &color,
        .color_count = 1,
    };
    struct pvg_wire_texture_body body = stage_texture_2d(10, 2, 2);
    struct pvg_wire_sampler sampler = probe_sampler();
    struct kit_texture levels;

    sampler.mip = 1;
    body.levels = 2;
    kit_texture_create(&s.stage->kit, &s.stage->task, &levels, &body, 1);
    stage_texture_write(s.stage, &levels, 0, 0, 2, 2, (const uint8_t[]){2, 2, 2, 2});
    stage_texture_write(s.stage, &levels, 1, 0, 1, 1, (const uint8_t[]){5});
    stage_sampler(s.stage, &sampler);
    s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
    for (unsigned clamped = 0; clamped < 2; clamped++) {
        struct pvg_writer *w = pass_begin(&s);

        stage_bind_texture(s.stage, AT_VERTEX, 0, levels.object);
        if (clamped) {
            stage_bind_sampler_clamped(s.stage, AT_VERTEX, 0, sampler.object, 1, 1);
        } else {
            stage_bind_sampler(s.stage, AT_VERTEX, 0, sampler.object);
        }
        draw_whole(w);
        pass_close(&s);
        stage_run_with(s.stage, s.target.object, levels.object, s.vertices.object, s.colours.object,
                       s.pipeline);
        expect_picture(&s, everywhere, (const double[]){(clamped ? 6 : 3) * 16 / 255.0, 0, 0, 1},
                       black);
    }
}

/* ---- Blits and events ---- */

/* A texture of two slices and two levels: each level of each slice has bytes of its own. */
static struct kit_texture leveled(struct stage *stage, uint8_t first)
{
    struct pvg_wire_texture_body body = stage_texture_2d(10, 4, 4);
    struct kit_texture made;

    body.type = PVG_WIRE_TEXTURE_TYPE_2D_ARRAY;
    body.array_length = 2;
    body.levels = 2;
    kit_texture_create(&stage->kit, &stage->task, &made, &body, 1);
    for (unsigned level = 0; level < 2; level++) {
        for (unsigned slice = 0; slice < 2; slice++) {
            uint8_t texels[16];

            memset(texels, first + level * 2 + slice, sizeof(texels));
            stage_texture_write(stage, &made, level, slice, 4 >> level, 4 >> level, texels);
        }
    }
    return made;
}

static void expect_texel(struct stage *stage, const struct kit_texture *texture, unsigned level,
                         unsigned slice, unsigned at, uint8_t want)
{
    uint8_t texels[16];

    stage_texture_read(stage, texture, level, slice, 4 >> level, 4 >> level, texels);
    assert_int_equal(texels[at], want);
}

static void whole_levels_and_regions_with_options_are_copied(void **state)
{
    struct stage *stage = *state;
    struct kit_texture from = leveled(stage, 10), to = leveled(stage, 20);
    struct pvg_writer *w = &stage->stream.w;

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_copy_texture_levels_encode(w, &(struct pvg_wire_copy_texture_levels){
                                               .source = from.object,
                                               .destination = to.object,
                                               .source_slice = 1,
                                               .destination_slice = 0,
                                               .slice_count = 1,
                                               .level_count = 2,
                                           });
    pvg_wire_copy_texture_options_encode(w, &(struct pvg_wire_copy_texture){
                                                .source = from.object,
                                                .destination = to.object,
                                                .size = {1, 1, 1},
                                                .destination_origin = {3, 3, 0},
                                                .destination_slice = 1,
                                            });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, from.object, to.object);
    expect_texel(stage, &to, 0, 0, 0, 11);
    expect_texel(stage, &to, 1, 0, 3, 13);
    expect_texel(stage, &to, 0, 1, 14, 21);
    expect_texel(stage, &to, 0, 1, 15, 10);
    expect_texel(stage, &to, 1, 1, 0, 23);
}

static void a_texture_is_filled_with_the_bytes_of_a_buffer(void **state)
{
    struct stage *stage = *state;
    struct kit_texture to = leveled(stage, 20);
    struct kit_buffer pattern;

    kit_buffer_create(&stage->kit, &stage->task, &pattern, 0x1000);
    stage_write(stage, &pattern, 17, (const uint8_t[]){99}, 1);
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_fill_texture_bytes_encode(&stage->stream.w, &(struct pvg_wire_fill_texture_bytes){
                                                             .texture = to.object,
                                                             .slice = 1,
                                                             .size = {2, 1, 1},
                                                             .origin = {1, 2, 0},
                                                             .buffer = pattern.object,
                                                             .offset = 17,
                                                             .length = 1,
                                                         });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, to.object, pattern.object);
    expect_texel(stage, &to, 0, 1, 8, 21);
    expect_texel(stage, &to, 0, 1, 9, 99);
    expect_texel(stage, &to, 0, 1, 10, 99);
    expect_texel(stage, &to, 0, 1, 11, 21);
    expect_texel(stage, &to, 0, 0, 9, 20);
}

static void hints_and_fences_of_a_blit_change_nothing(void **state)
{
    struct stage *stage = *state;
    struct kit_texture to = leveled(stage, 20);
    const struct pvg_wire_optimize_texture hint = {.texture = to.object, .slice = 1, .level = 1};
    const struct pvg_wire_invalidate_compressed drop = {
        .texture = to.object, .slice = 1, .level = 1};
    struct pvg_writer *w = &stage->stream.w;

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_blit_wait_fence_encode(w, &(struct pvg_wire_wait_fence){.fence = 3});
    pvg_wire_optimize_for_cpu_encode(w, &hint);
    pvg_wire_optimize_for_gpu_encode(w, &hint);
    pvg_wire_optimize_level_for_cpu_encode(w, &hint);
    pvg_wire_optimize_level_for_gpu_encode(w, &hint);
    pvg_wire_invalidate_compressed_encode(w, &drop);
    pvg_wire_invalidate_compressed_level_encode(w, &drop);
    pvg_wire_synchronize_texture_encode(w, &(struct pvg_wire_synchronize){.resource = to.object});
    pvg_wire_blit_update_fence_encode(w, &(struct pvg_wire_update_fence){.fence = 3});
    kit_segment_end(&stage->stream);
    stage_run_with(stage, to.object);
    for (unsigned i = 0; i < 4; i++) {
        expect_texel(stage, &to, i / 2, i % 2, 0, (uint8_t)(20 + i));
    }
}

static void events_that_were_signalled_let_pass_and_others_do_not_hang(void **state)
{
    struct stage *stage = *state;
    struct pvg_writer *w = &stage->stream.w;

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_EVENT);
    pvg_wire_signal_event_encode(w, &(struct pvg_wire_signal_event){5, UINT64_MAX - 1});
    pvg_wire_wait_event_encode(w, &(struct pvg_wire_wait_event){.event = 5, .value = 7});
    kit_segment_end(&stage->stream);
    stage_run(stage, NULL, 0);
    assert_int_equal(stage_stat(stage, "gpu.event-waits-passed"), 0);
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_EVENT);
    pvg_wire_wait_event_encode(w, &(struct pvg_wire_wait_event){.event = 5, .value = UINT64_MAX});
    pvg_wire_wait_event_timeout_encode(
        w, &(struct pvg_wire_wait_event){.event = 6, .value = 1, .timeout = 0xffffffff});
    kit_segment_end(&stage->stream);
    stage_run(stage, NULL, 0);
    assert_int_equal(stage_stat(stage, "gpu.event-waits-passed"), 2);
}

/* ---- Refused ---- */

static void put_record(struct pvg_writer *w, uint32_t opcode, uint32_t length)
{
    pvg_put_u32(w, opcode);
    pvg_put_u32(w, length);
    for (uint32_t i = 8; i < length; i++) {
        pvg_put_u8(w, 0);
    }
}

static void render_records_that_no_guest_is_told_of_are_refused(void **state)
{
    static const struct {
        uint8_t opcode, length;
    } records[] = {
        {0x14, 24}, {0x15, 28}, {0x1f, 12}, {0x20, 12}, {0x21, 12}, {0x22, 12}, {0x23, 12},
        {0x24, 12}, {0x8a, 12}, {0x8b, 12}, {0x8c, 28}, {0x8d, 28}, {0x8e, 28}, {0x8f, 12},
        {0x90, 12}, {0x91, 16}, {0x92, 12}, {0x93, 12}, {0x94, 8},  {0x95, 8},  {0x96, 24},
        {0x97, 20}, {0x98, 20}, {0x99, 16}, {0x9a, 12}, {0x9b, 32}, {0x9c, 28}, {0x9d, 16},
        {0x9e, 20}, {0x9f, 16}, {0xa0, 16}, {0xa1, 16}, {0xa2, 84}, {0xa3, 84}, {0x25, 8},
        {0x64, 40}, {0xa7, 8},  {0xff, 12},
    };
    struct scene s = scene_begin(*state);

    s.stage->may_refuse = true;
    for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
        struct pvg_writer *w = pass_begin(&s);

        put_record(w, records[i].opcode, records[i].length);
        draw_whole(w);
        pass_end(&s);
        if (stage_refusals(s.stage, PVG_REFUSED_OPCODE) != i + 1) {
            fail_msg("record 0x%x of %u bytes was not refused", records[i].opcode,
                     records[i].length);
        }
        expect_picture(&s, everywhere, orange, black);
    }
}

static void compute_and_blit_records_that_no_guest_is_told_of_are_refused(void **state)
{
    static const struct {
        uint16_t opcode;
        uint8_t length;
        bool blit;
    } records[] = {
        {0xd8, 16, false}, {0xe4, 28, false}, {0xe5, 24, false}, {0xc7, 8, false},
        {0x85, 8, false},  {0x88, 12, false}, {0x131, 40, true}, {0x138, 28, true},
        {0x139, 28, true}, {0x12b, 8, true},  {0x144, 8, true},
    };
    struct scene s = scene_begin(*state);
    uint64_t before = 0;

    s.stage->may_refuse = true;
    for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
        kit_segment_begin(&s.stage->stream, records[i].blit ? PVG_WIRE_SEGMENT_TYPE_BLIT
                                                            : PVG_WIRE_SEGMENT_TYPE_COMPUTE);
        put_record(&s.stage->stream.w, records[i].opcode, records[i].length);
        pass_end(&s);
        if (stage_refusals(s.stage, PVG_REFUSED_OPCODE) != ++before) {
            fail_msg("record 0x%x was not refused", records[i].opcode);
        }
    }
}

/* ---- Malformed ---- */

static void records_of_a_wrong_length_are_refused_alone(void **state)
{
    static const struct {
        uint8_t opcode, length;
    } records[] = {
        {0x01, 12}, {0x01, 8},  {0x68, 8},  {0x6b, 12}, {0x74, 8},  {0x75, 36},
        {0x82, 52}, {0x84, 20}, {0x0c, 60}, {0x10, 20}, {0x11, 32}, {0x17, 8},
    };
    struct scene s = scene_begin(*state);

    s.stage->may_refuse = true;
    for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
        struct pvg_writer *w = pass_begin(&s);

        put_record(w, records[i].opcode, records[i].length);
        draw_whole(w);
        pass_end(&s);
        expect_picture(&s, everywhere, orange, black);
    }
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_SHORT) +
                         stage_refusals(s.stage, PVG_REFUSED_OPCODE),
                     G_N_ELEMENTS(records));
}

static void counts_that_are_not_there_are_refused(void **state)
{
    static const struct {
        uint8_t opcode, length; /* as much as follows the counts is there: one entry */
        uint32_t words[2];      /* what the count says */
    } records[] = {
        {0x7d, 28, {0, 2}},   {0x7d, 28, {0, 0xffffffff}}, {0x7d, 28, {0xffffffff, 1}},
        {0x7d, 28, {31, 1}},  {0x81, 20, {128, 1}},        {0x81, 20, {0, 0x40000000}},
        {0x72, 20, {127, 2}}, {0x70, 20, {16, 1}},         {0x71, 28, {15, 2}},
        {0xa5, 36, {30, 2}},  {0x76, 48, {2, 0}},          {0x76, 48, {1, 0x80000000}},
        {0x76, 48, {0, 0}},   {0x83, 60, {0xffffffff, 0}}, {0x16, 20, {0xffffffff, 0}},
        {0x89, 20, {3, 0}},   {0x1b, 20, {0x80000001, 0}},
    };
    struct scene s = scene_begin(*state);

    s.stage->may_refuse = true;
    for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
        struct pvg_writer *w = pass_begin(&s);
        const uint64_t before = stage_refusals(s.stage, PVG_REFUSED_COUNT) +
                                stage_refusals(s.stage, PVG_REFUSED_LIMIT) +
                                stage_refusals(s.stage, PVG_REFUSED_SHORT) +
                                stage_refusals(s.stage, PVG_REFUSED_VALUE);

        pvg_put_u32(w, records[i].opcode);
        pvg_put_u32(w, records[i].length);
        pvg_put_u32(w, records[i].words[0]);
        pvg_put_u32(w, records[i].words[1]);
        for (uint32_t b = 16; b < records[i].length; b++) {
            pvg_put_u8(w, 0);
        }
        pass_end(&s);
        if (stage_refusals(s.stage, PVG_REFUSED_COUNT) +
                stage_refusals(s.stage, PVG_REFUSED_LIMIT) +
                stage_refusals(s.stage, PVG_REFUSED_SHORT) +
                stage_refusals(s.stage, PVG_REFUSED_VALUE) !=
            before + 1) {
            fail_msg("case %zu, opcode 0x%x, was not refused", i, records[i].opcode);
        }
    }
}

static void enumerants_that_have_no_meaning_are_not_cut_to_ones_that_have(void **state)
{
    struct scene s = scene_begin(*state);
    const uint64_t high = UINT64_C(1) << 32;
    struct pvg_writer *w = pass_begin(&s);

    s.stage->may_refuse = true;
    pvg_wire_set_cull_mode_encode(w, &(struct pvg_wire_set_cull_mode){3});
    pvg_wire_set_cull_mode_encode(w, &(struct pvg_wire_set_cull_mode){high | 1});
    pvg_wire_set_winding_encode(w, &(struct pvg_wire_set_winding){high | 1});
    pvg_wire_set_fill_mode_encode(w, &(struct pvg_wire_set_fill_mode){2});
    pvg_wire_set_depth_clip_mode_encode(w, &(struct pvg_wire_set_depth_clip_mode){high});
    pvg_wire_set_depth_bias_encode(w, &(struct pvg_wire_set_depth_bias){NAN, 0, 0});
    pvg_wire_set_depth_bias_encode(w, &(struct pvg_wire_set_depth_bias){0, INFINITY, 0});
    draw(w, 5, 0, 3);
    draw(w, 0xffffffff, 0, 3);
    draw_whole(w); /* nothing of all that has stuck */
    pass_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_VALUE), 9);
    expect_picture(&s, everywhere, orange, black);
}

static void segments_that_go_on_with_nothing_are_refused(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = &s.stage->stream.w;

    s.stage->may_refuse = true;
    kit_segment_begin_flags(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER, true, false);
    pvg_wire_render_pass_encode(w, &s.pass);
    pass_close(&s);
    kit_segment_begin_flags(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE, false, true);
    kit_segment_end(&s.stage->stream);
    kit_segment_begin_flags(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER, true, false);
    draw_whole(w);
    pass_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_STATE), 2);
    assert_int_equal(stage_stat(s.stage, "gpu.passes"), 0);
}

static void an_encoder_that_survives_goes_on_in_the_next_segment(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = &s.stage->stream.w;

    kit_segment_begin_flags(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER, false, true);
    pvg_wire_render_pass_encode(w, &s.pass);
    pvg_wire_set_render_pipeline_encode(w, &(struct pvg_wire_set_pipeline){s.pipeline});
    bind(&s, false, s.vertices.object, 0);
    pass_close(&s);
    kit_segment_begin_flags(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER, true, false);
    bind(&s, true, s.colours.object, 0);
    draw_whole(w);
    pass_end(&s);
    expect_picture(&s, everywhere, orange, black);
    assert_int_equal(stage_stat(s.stage, "gpu.passes"), 1);
}

static void a_segment_without_a_pass_and_one_with_two_are_refused(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = &s.stage->stream.w;

    s.stage->may_refuse = true;
    kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_set_render_pipeline_encode(w, &(struct pvg_wire_set_pipeline){s.pipeline});
    draw_whole(w);
    pass_close(&s);
    pass_begin(&s);
    pvg_wire_render_pass_encode(w, &s.pass);
    draw_whole(w); /* the first one's */
    pass_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_STATE), 2);
    expect_picture(&s, everywhere, orange, black);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(every_form_of_a_draw_draws),
        scene(a_fragment_function_knows_its_primitive),
        scene(wire_frames_have_nothing_inside),
        scene(depth_bias_moves_what_is_drawn),
        scene(depths_outside_the_range_are_clipped_or_clamped),
        scene(offsets_and_strides_change_without_the_buffer),
        scene(records_of_order_and_residency_change_no_picture),
        scene(the_size_of_tiles_is_answered),
        scene(compute_records_without_effect_are_accepted),
        scene(vertices_sample_textures_through_their_own_tables),
        scene(whole_levels_and_regions_with_options_are_copied),
        scene(a_texture_is_filled_with_the_bytes_of_a_buffer),
        scene(hints_and_fences_of_a_blit_change_nothing),
        scene(events_that_were_signalled_let_pass_and_others_do_not_hang),
        scene(render_records_that_no_guest_is_told_of_are_refused),
        scene(compute_and_blit_records_that_no_guest_is_told_of_are_refused),
        scene(records_of_a_wrong_length_are_refused_alone),
        scene(counts_that_are_not_there_are_refused),
        scene(enumerants_that_have_no_meaning_are_not_cut_to_ones_that_have),
        scene(segments_that_go_on_with_nothing_are_refused),
        scene(an_encoder_that_survives_goes_on_in_the_next_segment),
        scene(a_segment_without_a_pass_and_one_with_two_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
