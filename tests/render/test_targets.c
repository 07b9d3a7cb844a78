/* SPDX-License-Identifier: MIT */
/* Attachments: layers and viewports, actions and resolves, depth and stencil together and apart,
 * and what no pass may be made of. */
#include "picture.h"

static bool left_half(unsigned x, unsigned y)
{
    return x < SIDE / 2;
}

static uint32_t render_pipeline(struct scene *s, uint16_t format, uint32_t depth, uint32_t stencil,
                                uint32_t samples)
{
    const struct kit_color color = {.format = format};
    struct kit_render_pipeline pipeline = pipeline_of(s, &color);

    pipeline.depth_format = depth;
    pipeline.stencil_format = stencil;
    pipeline.samples = samples;
    return kit_render_pipeline_create(&s->stage->kit, &s->stage->task, &pipeline);
}

/* @private: the guest has no bytes of it. */
static struct kit_texture texture(struct scene *s, uint16_t format, uint32_t samples,
                                  unsigned bytes)
{
    struct pvg_wire_texture_body body = stage_texture_2d(format, SIDE, SIDE);
    struct kit_texture made;

    if (samples > 1) {
        body.type = PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE;
        body.samples = (uint8_t)samples;
    }
    body.options.storage = PVG_WIRE_STORAGE_MODE_PRIVATE;
    kit_texture_create(&s->stage->kit, &s->stage->task, &made, &body, bytes);
    return made;
}

static struct pvg_wire_attachment attached(const struct kit_texture *to, uint16_t load,
                                           uint16_t store)
{
    return (struct pvg_wire_attachment){.texture = to->object, .load = load, .store = store};
}

/* Texels of @bytes of one aspect, through a buffer. */
static void read_back(struct scene *s, const struct kit_texture *from, uint16_t aspect,
                      unsigned bytes, void *out)
{
    struct kit_buffer to;

    kit_buffer_create(&s->stage->kit, &s->stage->task, &to, 0x4000);
    kit_segment_begin(&s->stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_copy_texture_to_buffer_encode(&s->stage->stream.w,
                                           &(struct pvg_wire_copy_texture_to_buffer){
                                               .source = from->object,
                                               .destination = to.object,
                                               .size = {SIDE, SIDE, 1},
                                               .bytes_per_row = SIDE * bytes,
                                               .bytes_per_image = SIDE * SIDE * bytes,
                                               .options = aspect,
                                           });
    kit_segment_end(&s->stage->stream);
    stage_run_with(s->stage, to.object); /* @from is not what the CPU wrote */
    stage_read(s->stage, &to, 0, out, (uint64_t)SIDE * SIDE * bytes);
}

/* ---- Layers and viewports ---- */

static void use_vertex(struct scene *s, const char *name)
{
    const struct kit_color color = {.format = 80};
    const struct kit_render_pipeline pipeline = {
        .vertex_function = stage_shader(s->stage, name),
        .fragment_function = stage_shader(s->stage, "show_number"),
        .colors = &color,
        .color_count = 1,
    };

    s->pipeline = kit_render_pipeline_create(&s->stage->kit, &s->stage->task, &pipeline);
}

static void draw_instances(struct pvg_writer *w, uint32_t count)
{
    pvg_wire_draw_instanced_encode(w, &(struct pvg_wire_draw){
                                          .primitive = PVG_WIRE_PRIMITIVE_TRIANGLE,
                                          .count = 3,
                                          .instance_count = count,
                                      });
}

static void a_vertex_function_chooses_the_layer(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_wire_texture_body body = stage_texture_2d(80, SIDE, SIDE);
    const uint32_t layers[] = {2, 0, 1, 3, 0xffffffff}; /* the last two: cut to the last */

    use_vertex(&s, "cover_layer");
    body.type = PVG_WIRE_TEXTURE_TYPE_2D_ARRAY;
    body.array_length = 5;
    target_of(&s, &body, 4);
    s.pass.color[0].to.slice = 1;
    s.pass.array_length = 3;
    s.pass.color[0].clear[1] = 1;
    stage_write(s.stage, &s.vertices, 0, layers, sizeof(layers));
    draw_instances(pass_begin(&s), 2);
    pass_end(&s);
    for (unsigned slice = 0; slice < 5; slice++) {
        static const uint8_t green[] = {0, 0, 255, 0, 0}, red[] = {0, 32, 0, 16, 0};
        uint8_t got[SIDE * SIDE * 4];

        stage_texture_read(s.stage, &s.target, 0, slice, SIDE, SIDE * 4, got);
        for (unsigned i = 0; i < SIDE * SIDE; i++) { /* layers 0 and 2 drawn, 1 only cleared */
            assert_int_equal(got[i * 4 + 1], green[slice]);
            assert_int_equal(got[i * 4 + 2], red[slice]);
        }
    }
    draw_instances(pass_begin(&s), 5); /* in order: 16, 32, 48 red; then the last layer again */
    pass_end(&s);
    for (unsigned slice = 0; slice < 5; slice++) {
        static const uint8_t red[] = {0, 32, 48, 80, 0};
        uint8_t got[SIDE * SIDE * 4];

        stage_texture_read(s.stage, &s.target, 0, slice, SIDE, SIDE * 4, got);
        assert_int_equal(got[2], red[slice]);
    }
}

static void planes_of_a_3d_texture_are_layers_too(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_wire_texture_body body = stage_texture_2d(80, SIDE, SIDE);

    use_vertex(&s, "cover_layer");
    body.type = PVG_WIRE_TEXTURE_TYPE_3D;
    body.depth = 4;
    target_of(&s, &body, 4);
    s.pass.color[0].to.plane = 1;
    s.pass.array_length = 2;
    stage_write(s.stage, &s.vertices, 0, (const uint32_t[]){1, 0}, 8);
    draw_instances(pass_begin(&s), 2);
    pass_end(&s);
    for (unsigned plane = 0; plane < 4; plane++) {
        static const uint8_t red[] = {0, 32, 16, 0};
        uint8_t got[SIDE * SIDE * 4];

        stage_texture_read(s.stage, &s.target, 0, plane, SIDE, SIDE * 4, got);
        assert_int_equal(got[2], red[plane]);
        assert_int_equal(got[SIDE * SIDE * 4 - 2], red[plane]);
    }
}

static void a_vertex_function_chooses_the_viewport_and_its_scissor(void **state)
{
    static const struct pvg_wire_viewport views[] = {{0, 0, 8, 8, 0, 1}, {8, 8, 8, 8, 0, 1}};
    static const struct pvg_wire_scissor rects[] = {{0, 0, 16, 16}, {8, 8, 4, 8}};
    struct scene s = scene_begin(*state);
    uint8_t view_bytes[96], rect_bytes[64], got[SIDE * SIDE * 4];
    struct pvg_writer vw = pvg_writer_over(view_bytes, sizeof(view_bytes));
    struct pvg_writer rw = pvg_writer_over(rect_bytes, sizeof(rect_bytes));
    struct pvg_writer *w;

    for (unsigned i = 0; i < 2; i++) {
        pvg_wire_viewport_encode(&vw, &views[i]);
        pvg_wire_scissor_encode(&rw, &rects[i]);
    }
    use_vertex(&s, "cover_viewport");
    stage_write(s.stage, &s.vertices, 0, (const uint32_t[]){1, 0, 7}, 12); /* 7: cut to 1 */
    w = pass_begin(&s);
    pvg_wire_set_viewports_encode(
        w, &(struct pvg_wire_set_viewports){.count = 2, .viewports = {view_bytes, 2}});
    pvg_wire_set_scissors_encode(
        w, &(struct pvg_wire_set_scissors){.count = 2, .rects = {rect_bytes, 2}});
    draw_instances(w, 3);
    pass_end(&s);
    stage_texture_read(s.stage, &s.target, 0, 0, SIDE, SIDE * 4, got);
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < SIDE; x++) {
            const unsigned want = x < 8 && y < 8 ? 32 : x >= 8 && x < 12 && y >= 8 ? 48 : 0;

            assert_int_equal(got[(y * SIDE + x) * 4 + 2], want);
        }
    }
}

/* ---- Actions ---- */

struct samples {
    struct scene scene;
    struct kit_texture many;
};

static struct samples multisampled(struct stage *stage)
{
    struct samples m = {.scene = scene_begin(stage)};

    m.many = texture(&m.scene, 80, 4, 4);
    m.scene.pipeline = render_pipeline(&m.scene, 80, 0, 0, 4);
    m.scene.pass.color[0].to.texture = m.many.object;
    m.scene.pass.color[0].to.resolve_texture = m.scene.target.object;
    return m;
}

static void fill_target(struct scene *s, double green)
{
    struct pvg_wire_render_pass pass = {
        .color[0] = {.to = attached(&s->target, PVG_WIRE_LOAD_ACTION_CLEAR,
                                    PVG_WIRE_STORE_ACTION_STORE),
                     .clear = {0, green, 0, 1}},
    };

    kit_segment_begin(&s->stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(&s->stage->stream.w, &pass);
    pass_close(s);
}

static const double green[4] = {0, 1, 0, 1};

static void store_actions_resolve_and_keep_what_they_say(void **state)
{
    static const struct {
        uint16_t action, later; /* the override, or the same */
        bool resolves, keeps;
    } cases[] = {
        {PVG_WIRE_STORE_ACTION_DONT_CARE, PVG_WIRE_STORE_ACTION_DONT_CARE, false, false},
        {PVG_WIRE_STORE_ACTION_STORE, PVG_WIRE_STORE_ACTION_STORE, false, true},
        {PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE, PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE, true,
         false},
        {PVG_WIRE_STORE_ACTION_STORE_AND_MULTISAMPLE_RESOLVE,
         PVG_WIRE_STORE_ACTION_STORE_AND_MULTISAMPLE_RESOLVE, true, true},
        {PVG_WIRE_STORE_ACTION_UNKNOWN, PVG_WIRE_STORE_ACTION_UNKNOWN, false, true},
        {PVG_WIRE_STORE_ACTION_UNKNOWN, PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE, true, false},
        {PVG_WIRE_STORE_ACTION_DONT_CARE, PVG_WIRE_STORE_ACTION_STORE_AND_MULTISAMPLE_RESOLVE, true,
         true},
        {PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE, PVG_WIRE_STORE_ACTION_STORE, false, true},
    };
    struct samples m = multisampled(*state);
    struct scene *s = &m.scene;
    const struct pvg_wire_render_pass usual = s->pass;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pvg_writer *w;

        fill_target(s, 1);
        s->pass = usual;
        s->pass.color[0].to.store = cases[i].action;
        w = pass_begin(s);
        draw_whole(w);
        if (cases[i].later != cases[i].action) {
            pvg_wire_set_color_store_action_encode(
                w, &(struct pvg_wire_set_color_store_action){cases[i].later, 0});
        }
        pass_close(s);
        stage_run_with(s->stage, s->target.object, m.many.object, s->vertices.object,
                       s->colours.object, s->pipeline);
        expect_picture(s, everywhere, cases[i].resolves ? orange : green, black);
        if (cases[i].keeps) { /* resolve now what was kept then */
            fill_target(s, 1);
            s->pass.color[0].to.load = PVG_WIRE_LOAD_ACTION_LOAD;
            s->pass.color[0].to.store = PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE;
            pass_begin(s);
            pass_close(s);
            stage_run_with(s->stage, s->target.object, m.many.object, s->vertices.object,
                           s->colours.object, s->pipeline);
            expect_picture(s, everywhere, orange, black);
        }
    }
}

static void a_resolve_of_a_pass_without_draws_resolves_the_clear(void **state)
{
    struct samples m = multisampled(*state);

    m.scene.pass.color[0].clear[1] = m.scene.pass.color[0].clear[3] = 1;
    m.scene.pass.color[0].to.store = PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE;
    pass_begin(&m.scene);
    pass_close(&m.scene);
    stage_run_with(m.scene.stage, m.scene.target.object, m.many.object, m.scene.pipeline);
    expect_picture(&m.scene, everywhere, green, black);
}

static void a_pass_goes_on_behind_a_barrier_with_all_it_had(void **state)
{
    struct samples m = multisampled(*state);
    struct scene *s = &m.scene;
    struct pvg_writer *w;

    s->pass.color[0].to.store = PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE;
    w = pass_begin(s);
    draw_whole(w);
    pvg_wire_texture_barrier_encode(w, &(struct pvg_wire_texture_barrier){0});
    bind(s, true, s->colours.object, 16);
    pvg_wire_set_scissor_encode(w, &(struct pvg_wire_set_scissor){{0, 0, SIDE / 2, SIDE}});
    draw_whole(w);
    pass_close(s);
    stage_run_with(s->stage, s->target.object, m.many.object, s->vertices.object, s->colours.object,
                   s->pipeline);
    expect_picture(s, left_half, (const double[]){0, 0, 1, 0.5}, orange);
    assert_int_equal(stage_stat(s->stage, "gpu.passes"), 1);
}

static void what_is_not_stored_is_not_written_to_guest_memory(void **state)
{
    struct scene s = scene_begin(*state);
    uint8_t was[SIDE * SIDE * 4], is[SIDE * SIDE * 4];

    memset(was, 0x5a, sizeof(was));
    stage_texture_write(s.stage, &s.target, 0, 0, SIDE, SIDE * 4, was);
    s.pass.color[0].to.store = PVG_WIRE_STORE_ACTION_DONT_CARE;
    draw_whole(pass_begin(&s));
    pass_end(&s);
    stage_texture_read(s.stage, &s.target, 0, 0, SIDE, SIDE * 4, is);
    assert_memory_equal(is, was, sizeof(is));
}

static void a_pass_is_as_large_as_its_smallest_target_and_its_record_say(void **state)
{
    struct scene s = scene_begin(*state);
    const struct pvg_wire_texture_body body = stage_texture_2d(80, 2 * SIDE, 2 * SIDE);
    uint8_t got[4 * SIDE * SIDE * 4];

    target_of(&s, &body, 4);
    s.pass.width = 10;
    s.pass.height = UINT64_MAX;
    draw_whole(pass_begin(&s));
    pass_end(&s);
    stage_texture_read(s.stage, &s.target, 0, 0, 2 * SIDE, 2 * SIDE * 4, got);
    for (unsigned x = 0; x < 2 * SIDE; x++) {
        assert_int_equal(got[(2 * SIDE - 1) * 2 * SIDE * 4 + x * 4 + 2], x < 10 ? 255 : 0);
    }
}

/* ---- No targets at all ---- */

static void a_pass_without_targets_counts_the_samples_it_is_told_to_have(void **state)
{
    struct scene s = scene_begin(*state);
    uint64_t count;

    for (uint32_t samples = 1; samples <= 4; samples *= 4) {
        const struct kit_color none = {.format = 0};
        struct kit_render_pipeline pipeline = pipeline_of(&s, &none);
        struct pvg_writer *w = &s.stage->stream.w;

        pipeline.color_count = 0;
        pipeline.samples = samples;
        s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
        s.pass = (struct pvg_wire_render_pass){
            .visibility_buffer = s.indices.object, .width = 12, .height = 5};
        kit_segment_begin(&s.stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
        pvg_wire_default_sample_count_encode(w, &(struct pvg_wire_default_sample_count){samples});
        pvg_wire_render_pass_encode(w, &s.pass);
        pvg_wire_set_render_pipeline_encode(w, &(struct pvg_wire_set_pipeline){s.pipeline});
        bind(&s, false, s.vertices.object, 0);
        bind(&s, true, s.colours.object, 0);
        pvg_wire_set_visibility_encode(
            w, &(struct pvg_wire_set_visibility){0, PVG_WIRE_VISIBILITY_MODE_COUNTING});
        draw_whole(w);
        pass_end(&s);
        stage_read(s.stage, &s.indices, 0, &count, 8);
        assert_int_equal(count, 12 * 5 * samples);
    }
}

/* ---- Alpha alone ---- */

static void expect_alpha(struct scene *s, unsigned want)
{
    uint8_t got[SIDE * SIDE];

    stage_texture_read(s->stage, &s->target, 0, 0, SIDE, SIDE, got);
    for (unsigned i = 0; i < sizeof(got); i++) {
        if (got[i] + 1u < want || got[i] > want + 1) {
            fail_msg("texel %u is %u, wanted %u", i, got[i], want);
        }
    }
}

static void a_target_of_alpha_alone_takes_alpha(void **state)
{
    static const struct {
        uint32_t source, destination, operation, unwritten;
        double want;
    } cases[] = {
        /* the source's alpha is 0.5, the target's 0.8, the blend colour's 0.4 */
        {PVG_WIRE_BLEND_FACTOR_ONE, PVG_WIRE_BLEND_FACTOR_ZERO, 0, 0, 0.5},
        {PVG_WIRE_BLEND_FACTOR_ONE, PVG_WIRE_BLEND_FACTOR_ZERO, 0, 14, 0.5},
        {PVG_WIRE_BLEND_FACTOR_ONE, PVG_WIRE_BLEND_FACTOR_ZERO, 0, 1, 0.8},
        {PVG_WIRE_BLEND_FACTOR_SOURCE_ALPHA, PVG_WIRE_BLEND_FACTOR_ONE_MINUS_SOURCE_ALPHA, 0, 0,
         0.65},
        {PVG_WIRE_BLEND_FACTOR_DESTINATION_ALPHA, PVG_WIRE_BLEND_FACTOR_ZERO, 0, 0, 0.4},
        {PVG_WIRE_BLEND_FACTOR_ONE_MINUS_DESTINATION_COLOR, PVG_WIRE_BLEND_FACTOR_ZERO, 0, 0, 0.1},
        {PVG_WIRE_BLEND_FACTOR_SOURCE_ALPHA_SATURATED, PVG_WIRE_BLEND_FACTOR_ZERO, 0, 0, 0.5},
        {PVG_WIRE_BLEND_FACTOR_BLEND_COLOR, PVG_WIRE_BLEND_FACTOR_ONE_MINUS_BLEND_COLOR, 0, 0,
         0.68},
        {PVG_WIRE_BLEND_FACTOR_ONE, PVG_WIRE_BLEND_FACTOR_ONE,
         PVG_WIRE_BLEND_OPERATION_REVERSE_SUBTRACT, 0, 0.3},
        {PVG_WIRE_BLEND_FACTOR_ONE, PVG_WIRE_BLEND_FACTOR_ONE, PVG_WIRE_BLEND_OPERATION_MIN, 0,
         0.5},
    };
    struct scene s = scene_begin(*state);
    const struct pvg_wire_texture_body body = stage_texture_2d(1, SIDE, SIDE);

    target_of(&s, &body, 1);
    s.pass.color[0].clear[0] = 0.1;
    s.pass.color[0].clear[3] = 0.8;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct kit_color color = {
            .format = 1,
            .blending = true,
            .source_rgb = PVG_WIRE_BLEND_FACTOR_ZERO,
            .destination_rgb = PVG_WIRE_BLEND_FACTOR_ONE,
            .operation_rgb = PVG_WIRE_BLEND_OPERATION_MAX,
            .source_alpha = cases[i].source,
            .destination_alpha = cases[i].destination,
            .operation_alpha = cases[i].operation,
            .unwritten = cases[i].unwritten,
        };
        const struct kit_render_pipeline pipeline = pipeline_of(&s, &color);
        const struct pvg_wire_set_blend_color blend = {.rgba = {0.9f, 0.9f, 0.9f, 0.4f}};
        struct pvg_writer *w;

        s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
        w = pass_begin(&s);
        pvg_wire_set_blend_color_encode(w, &blend);
        bind(&s, true, s.colours.object, 16); /* blue at half alpha */
        draw_whole(w);
        pass_end(&s);
        expect_alpha(&s, (unsigned)(cases[i].want * 255 + 0.5));
    }
}

/* ---- Depth and stencil ---- */

static uint32_t depth_stencil_state(struct stage *stage, uint32_t depth, bool write,
                                    uint32_t stencil, uint32_t pass)
{
    const struct pvg_wire_stencil_face face = {
        .compare = (uint8_t)stencil,
        .pass = (uint8_t)pass,
        .read_mask = 0xff,
        .write_mask = 0xff,
    };

    return stage_depth_stencil(
        stage,
        (struct pvg_wire_depth_stencil){.depth_compare = (uint8_t)depth, .depth_write = write},
        face);
}

/* The rectangle of device coordinates at @z, as a strip. */
static void rectangle(struct scene *s, float left, float right, float z)
{
    stage_write(s->stage, &s->vertices, 0,
                (const float[]){left, -1, z, 1, left, 1, z, 1, right, -1, z, 1, right, 1, z, 1},
                64);
}

static void draw_with(struct scene *s, struct pvg_writer *w, uint32_t state, uint32_t reference)
{
    pvg_wire_set_depth_stencil_encode(w, &(struct pvg_wire_set_depth_stencil){state});
    pvg_wire_set_stencil_reference_encode(
        w, &(struct pvg_wire_set_stencil_reference){reference, reference});
    draw(w, PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP, 0, 4);
}

static void depth_and_stencil_may_be_two_textures(void **state)
{
    struct scene s = scene_begin(*state);
    struct kit_texture depth = texture(&s, 252, 1, 4), stencil = texture(&s, 253, 1, 1);
    const uint32_t mark =
        depth_stencil_state(s.stage, PVG_WIRE_COMPARE_LESS, true, PVG_WIRE_COMPARE_ALWAYS,
                            PVG_WIRE_STENCIL_OPERATION_REPLACE);
    const uint32_t match =
        depth_stencil_state(s.stage, PVG_WIRE_COMPARE_EQUAL, false, PVG_WIRE_COMPARE_EQUAL,
                            PVG_WIRE_STENCIL_OPERATION_KEEP);
    float depths[SIDE * SIDE];
    uint8_t stencils[SIDE * SIDE];

    s.pipeline = render_pipeline(&s, 80, 252, 253, 1);
    s.pass.depth.to = attached(&depth, PVG_WIRE_LOAD_ACTION_CLEAR, PVG_WIRE_STORE_ACTION_STORE);
    s.pass.depth.clear = 0.75;
    s.pass.stencil.to = attached(&stencil, PVG_WIRE_LOAD_ACTION_CLEAR, PVG_WIRE_STORE_ACTION_STORE);
    s.pass.stencil.clear = 3;
    rectangle(&s, -1, 0, 0.25f);
    draw_with(&s, pass_begin(&s), mark, 9);
    pass_end(&s);
    read_back(&s, &depth, 0, 4, depths);
    read_back(&s, &stencil, 0, 1, stencils);
    for (unsigned i = 0; i < SIDE * SIDE; i++) {
        assert_true(depths[i] == (left_half(i % SIDE, 0) ? 0.25f : 0.75f));
        assert_int_equal(stencils[i], left_half(i % SIDE, 0) ? 9 : 3);
    }
    s.pass.depth.to.load = s.pass.stencil.to.load = PVG_WIRE_LOAD_ACTION_LOAD;
    rectangle(&s, -1, 1, 0.25f);
    draw_with(&s, pass_begin(&s), match, 9);
    pass_end(&s);
    expect_picture(&s, left_half, orange, black);
}

static void two_textures_are_not_written_where_only_one_is_stored(void **state)
{
    struct scene s = scene_begin(*state);
    struct kit_texture depth = texture(&s, 252, 1, 4), stencil = texture(&s, 253, 1, 1);
    float depths[SIDE * SIDE];
    uint8_t stencils[SIDE * SIDE];

    s.pipeline = render_pipeline(&s, 80, 252, 253, 1);
    for (unsigned i = 0; i < 2; i++) { /* the second pass keeps the depth alone */
        s.pass.depth.to = attached(&depth, PVG_WIRE_LOAD_ACTION_CLEAR, PVG_WIRE_STORE_ACTION_STORE);
        s.pass.depth.clear = i ? 0.5 : 0.25;
        s.pass.stencil.to =
            attached(&stencil, PVG_WIRE_LOAD_ACTION_CLEAR,
                     i ? PVG_WIRE_STORE_ACTION_DONT_CARE : PVG_WIRE_STORE_ACTION_STORE);
        s.pass.stencil.clear = i ? 8 : 7;
        pass_begin(&s);
        pass_end(&s);
    }
    read_back(&s, &depth, 0, 4, depths);
    read_back(&s, &stencil, 0, 1, stencils);
    assert_true(depths[17] == 0.5f);
    assert_int_equal(stencils[17], 7);
}

/* Half of the samples of column 7 are nearer, and marked. */
static void half_covered_column(struct scene *s, struct kit_texture *many,
                                const struct kit_texture *one, uint16_t depth_filter,
                                uint16_t stencil_filter)
{
    const uint32_t mark =
        depth_stencil_state(s->stage, PVG_WIRE_COMPARE_ALWAYS, true, PVG_WIRE_COMPARE_ALWAYS,
                            PVG_WIRE_STENCIL_OPERATION_REPLACE);

    s->pass.depth.to =
        attached(many, PVG_WIRE_LOAD_ACTION_CLEAR, PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE);
    s->pass.depth.to.resolve_texture = one->object;
    s->pass.depth.resolve_filter = depth_filter;
    s->pass.depth.clear = 0.75;
    if (stencil_filter != UINT16_MAX) {
        s->pass.stencil.to = s->pass.depth.to;
        s->pass.stencil.resolve_filter = stencil_filter;
        s->pass.stencil.clear = 3;
    }
    rectangle(s, -1, device_x(7), 0.25f);
    draw_with(s, pass_begin(s), mark, 9);
    pass_end(s);
}

static void depth_resolves_to_the_sample_that_its_filter_wants(void **state)
{
    static const struct {
        uint16_t format;
        unsigned bytes;
        double unit;
    } formats[] = {{252, 4, 0}, {250, 2, 65535}};
    struct scene s = scene_begin(*state);
    struct pvg_wire_texture_body body = stage_texture_2d(80, SIDE, SIDE);
    struct kit_texture colour;

    body.type = PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE;
    body.samples = 4;
    body.options.storage = PVG_WIRE_STORAGE_MODE_PRIVATE;
    kit_texture_create(&s.stage->kit, &s.stage->task, &colour, &body, 4);
    s.pass.color[0].to.texture = colour.object;
    s.pass.color[0].to.store = PVG_WIRE_STORE_ACTION_DONT_CARE;
    for (size_t f = 0; f < G_N_ELEMENTS(formats); f++) {
        struct kit_texture many = texture(&s, formats[f].format, 4, formats[f].bytes);
        struct kit_texture one = texture(&s, formats[f].format, 1, formats[f].bytes);

        s.pipeline = render_pipeline(&s, 80, formats[f].format, 0, 4);
        for (uint16_t filter = 0; filter <= PVG_WIRE_DEPTH_RESOLVE_FILTER_MAX; filter++) {
            static const double edge[] = {-1, 0.25, 0.75};
            uint8_t bytes[SIDE * SIDE * 4];

            half_covered_column(&s, &many, &one, filter, UINT16_MAX);
            read_back(&s, &one, 0, formats[f].bytes, bytes);
            for (unsigned i = 0; i < SIDE * SIDE; i++) {
                const unsigned x = i % SIDE;
                double got;

                if (formats[f].bytes == 4) {
                    float value;

                    memcpy(&value, bytes + i * 4, 4);
                    got = (double)value;
                } else {
                    uint16_t value;

                    memcpy(&value, bytes + i * 2, 2);
                    got = value / formats[f].unit;
                }
                if (x == 7 && edge[filter] < 0) { /* sample 0 is on one side or the other */
                    assert_true((got > 0.2499 && got < 0.2501) || (got > 0.7499 && got < 0.7501));
                } else {
                    const double want = x == 7 ? edge[filter] : x < 7 ? 0.25 : 0.75;

                    if (got < want - 1e-4 || got > want + 1e-4) {
                        fail_msg("format %u, filter %u, column %u: %g, wanted %g",
                                 formats[f].format, filter, x, got, want);
                    }
                }
            }
        }
    }
}

static void stencil_resolves_with_the_sample_that_depth_chose(void **state)
{
    struct scene s = scene_begin(*state);
    struct kit_texture many = texture(&s, 260, 4, 8), one = texture(&s, 260, 1, 8);

    s.pass.color[0].to = (struct pvg_wire_attachment){0};
    s.pipeline = render_pipeline(&s, 0, 260, 260, 4);
    for (uint16_t filter = PVG_WIRE_DEPTH_RESOLVE_FILTER_MIN;
         filter <= PVG_WIRE_DEPTH_RESOLVE_FILTER_MAX; filter++) {
        const bool least = filter == PVG_WIRE_DEPTH_RESOLVE_FILTER_MIN;
        float depths[SIDE * SIDE];
        uint8_t stencils[SIDE * SIDE];

        half_covered_column(&s, &many, &one, filter,
                            PVG_WIRE_STENCIL_RESOLVE_FILTER_DEPTH_RESOLVED_SAMPLE);
        read_back(&s, &one, PVG_WIRE_BLIT_OPTION_DEPTH_FROM_DEPTH_STENCIL, 4, depths);
        read_back(&s, &one, PVG_WIRE_BLIT_OPTION_STENCIL_FROM_DEPTH_STENCIL, 1, stencils);
        for (unsigned i = 0; i < SIDE * SIDE; i++) {
            const bool near = i % SIDE < 7 || (i % SIDE == 7 && least);

            assert_true(depths[i] == (near ? 0.25f : 0.75f));
            assert_int_equal(stencils[i], near ? 9 : 3);
        }
    }
}

/* ---- What is refused ---- */

static void passes_that_contradict_themselves_are_refused(void **state)
{
    enum {
        RESOLVE_SIZE,
        RESOLVE_FORMAT,
        SAMPLES,
        TWICE,
        COLOUR_AS_DEPTH,
        LAYERS,
        LOAD,
        STORE,
        FILTER,
        NOTHING,
        BUFFER,
        CASES
    };
    static const enum pvg_refusal reasons[CASES] = {
        [RESOLVE_SIZE] = PVG_REFUSED_LEVEL,
        [RESOLVE_FORMAT] = PVG_REFUSED_FORMAT,
        [SAMPLES] = PVG_REFUSED_KIND,
        [TWICE] = PVG_REFUSED_VALUE,
        [COLOUR_AS_DEPTH] = PVG_REFUSED_FORMAT,
        [LAYERS] = PVG_REFUSED_LIMIT,
        [LOAD] = PVG_REFUSED_VALUE,
        [STORE] = PVG_REFUSED_VALUE,
        [FILTER] = PVG_REFUSED_VALUE,
        [NOTHING] = PVG_REFUSED_VALUE,
        [BUFFER] = PVG_REFUSED_KIND,
    };
    struct samples m = multisampled(*state);
    struct scene *s = &m.scene;
    const struct pvg_wire_render_pass usual = s->pass;
    struct kit_texture deep = texture(s, 252, 4, 4), flat = texture(s, 252, 1, 4);
    struct pvg_wire_texture_body body = stage_texture_2d(80, SIDE, SIDE / 2);
    struct kit_texture half, rgba;

    s->stage->may_refuse = true;
    kit_texture_create(&s->stage->kit, &s->stage->task, &half, &body, 4);
    body = stage_texture_2d(70, SIDE, SIDE);
    kit_texture_create(&s->stage->kit, &s->stage->task, &rgba, &body, 4);
    for (unsigned i = 0; i < CASES; i++) {
        const uint64_t before = stage_refusals(s->stage, reasons[i]);
        struct pvg_wire_attachment *to = &s->pass.color[0].to;

        s->pass = usual;
        to->store = PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE;
        switch (i) {
        case RESOLVE_SIZE:
            to->resolve_texture = half.object;
            break;
        case RESOLVE_FORMAT:
            to->resolve_texture = rgba.object;
            break;
        case SAMPLES:
            s->pass.color[1].to = attached(&s->target, 0, 1);
            break;
        case TWICE:
            s->pass.color[1].to = *to;
            break;
        case COLOUR_AS_DEPTH:
            s->pass.depth.to = attached(&m.many, 0, 1);
            break;
        case LAYERS:
            s->pass.array_length = UINT64_C(1) << 32;
            break;
        case LOAD:
            to->load = 3;
            break;
        case STORE:
            to->store = 6;
            break;
        case FILTER:
            s->pass.depth.to = attached(&deep, 0, PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE);
            s->pass.depth.to.resolve_texture = flat.object;
            s->pass.depth.resolve_filter = 3;
            break;
        case NOTHING:
            s->pass = (struct pvg_wire_render_pass){.width = SIDE};
            break;
        case BUFFER:
            to->texture = s->indices.object;
            break;
        }
        draw_whole(pass_begin(s));
        pass_close(s);
        stage_run_with(s->stage, s->target.object, m.many.object, half.object, rgba.object,
                       deep.object, flat.object, s->vertices.object, s->colours.object,
                       s->indices.object, s->pipeline);
        assert_int_equal(stage_refusals(s->stage, reasons[i]), before + 1);
        assert_int_equal(stage_stat(s->stage, "gpu.passes"), 0);
        assert_int_equal(stage_stat(s->stage, "gpu.draws"), 0);
    }
}

static void store_actions_of_slots_without_a_target_are_refused(void **state)
{
    struct scene s = scene_begin(*state);
    struct pvg_writer *w = pass_begin(&s);

    s.stage->may_refuse = true;
    pvg_wire_set_color_store_action_encode(w, &(struct pvg_wire_set_color_store_action){1, 8});
    pvg_wire_set_color_store_action_encode(w, &(struct pvg_wire_set_color_store_action){1, 1});
    pvg_wire_set_color_store_action_encode(w, &(struct pvg_wire_set_color_store_action){6, 0});
    pvg_wire_set_depth_store_action_encode(w, &(struct pvg_wire_set_depth_store_action){1});
    pvg_wire_set_stencil_store_action_encode(
        w, &(struct pvg_wire_set_stencil_store_action){UINT64_C(1) << 32});
    draw_whole(w);
    pass_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_LIMIT), 1);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_STATE), 2);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_VALUE), 2);
    expect_picture(&s, everywhere, orange, black);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(a_vertex_function_chooses_the_layer),
        scene(planes_of_a_3d_texture_are_layers_too),
        scene(a_vertex_function_chooses_the_viewport_and_its_scissor),
        scene(store_actions_resolve_and_keep_what_they_say),
        scene(a_resolve_of_a_pass_without_draws_resolves_the_clear),
        scene(a_pass_goes_on_behind_a_barrier_with_all_it_had),
        scene(what_is_not_stored_is_not_written_to_guest_memory),
        scene(a_pass_is_as_large_as_its_smallest_target_and_its_record_say),
        scene(a_pass_without_targets_counts_the_samples_it_is_told_to_have),
        scene(a_target_of_alpha_alone_takes_alpha),
        scene(depth_and_stencil_may_be_two_textures),
        scene(two_textures_are_not_written_where_only_one_is_stored),
        scene(depth_resolves_to_the_sample_that_its_filter_wants),
        scene(stencil_resolves_with_the_sample_that_depth_chose),
        scene(passes_that_contradict_themselves_are_refused),
        scene(store_actions_of_slots_without_a_target_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
