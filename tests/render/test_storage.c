/* SPDX-License-Identifier: MIT */
/* Textures that kernels write. */
#include "stage.h"

#define SIDE 4

struct scene {
    struct stage *stage;
    struct kit_buffer words;
    struct kit_texture texture;
    uint32_t pipeline;
};

static struct scene scene_begin(struct stage *stage, const char *kernel, uint16_t format,
                                unsigned bytes)
{
    struct scene s = {.stage = stage};
    const struct pvg_wire_texture_body body = stage_texture_2d(format, SIDE, SIDE);

    kit_buffer_create(&stage->kit, &stage->task, &s.words, 0x1000);
    kit_texture_create(&stage->kit, &stage->task, &s.texture, &body, bytes);
    s.pipeline =
        kit_compute_pipeline_create(&stage->kit, &stage->task, stage_shader(stage, kernel));
    return s;
}

/* One thread for each texel of the first @rows rows. */
static void run_kernel(struct scene *s, unsigned rows)
{
    struct stage *stage = s->stage;

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    pvg_wire_set_compute_pipeline_encode(&stage->stream.w,
                                         &(struct pvg_wire_set_pipeline){s->pipeline});
    stage_bind_texture(stage, AT_KERNEL, 0, s->texture.object);
    stage_bind_buffer(stage, AT_KERNEL, 0, s->words.object, 0);
    pvg_wire_dispatch_threads_encode(
        &stage->stream.w,
        &(struct pvg_wire_dispatch){.grid = {SIDE, rows, 1}, .group = {SIDE, 1, 1}});
    kit_segment_end(&stage->stream);
    stage_run_with(stage, s->words.object, s->texture.object, s->pipeline);
    kit_resource_synchronize(&stage->kit, &stage->task, s->texture.object);
}

static void a_kernel_reads_and_writes_one_texture(void **state)
{
    struct scene s = scene_begin(*state, "double_texels", 125, 16); /* RGBA32Float */
    float texels[SIDE * SIDE * 4];

    for (unsigned i = 0; i < G_N_ELEMENTS(texels); i++) {
        texels[i] = (float)i;
    }
    stage_texture_write(s.stage, &s.texture, 0, 0, SIDE, SIDE * 16, texels);
    run_kernel(&s, SIDE);
    stage_texture_read(s.stage, &s.texture, 0, 0, SIDE, SIDE * 16, texels);
    for (unsigned i = 0; i < G_N_ELEMENTS(texels); i++) {
        assert_true(texels[i] == 2.0f * (float)i);
    }
}

static void threads_count_in_one_texel(void **state)
{
    struct scene s = scene_begin(*state, "count_texels", 53, 4); /* R32Uint */
    uint32_t texels[SIDE * SIDE] = {0}, before[SIDE], seen = 0;

    texels[SIDE + 1] = 100;
    stage_texture_write(s.stage, &s.texture, 0, 0, SIDE, SIDE * 4, texels);
    run_kernel(&s, 1);
    stage_texture_read(s.stage, &s.texture, 0, 0, SIDE, SIDE * 4, texels);
    assert_int_equal(texels[SIDE + 1], 100 + 3 * SIDE);
    stage_read(s.stage, &s.words, 0, before, sizeof(before));
    for (unsigned i = 0; i < SIDE; i++) {
        assert_in_range(before[i], 100, 100 + 3 * (SIDE - 1));
        assert_int_equal((before[i] - 100) % 3, 0);
        seen |= 1u << (before[i] - 100) / 3;
    }
    assert_int_equal(seen, (1u << SIDE) - 1);
}

/* Four bytes a texel, and whole numbers, but not one number. */
static void atomics_on_texels_of_several_channels_are_bound_to_none(void **state)
{
    struct scene s = scene_begin(*state, "count_texels", 73, 4); /* RGBA8Uint */
    uint32_t texels[SIDE * SIDE] = {0};

    s.stage->may_refuse = true;
    stage_texture_write(s.stage, &s.texture, 0, 0, SIDE, SIDE * 4, texels);
    run_kernel(&s, 1);
    stage_texture_read(s.stage, &s.texture, 0, 0, SIDE, SIDE * 4, texels);
    assert_int_equal(texels[SIDE + 1], 0);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_KIND), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(a_kernel_reads_and_writes_one_texture),
        scene(threads_count_in_one_texel),
        scene(atomics_on_texels_of_several_channels_are_bound_to_none),
    };

    return run_scenes(tests);
}
