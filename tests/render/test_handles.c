/* SPDX-License-Identifier: MIT */
/* Argument buffers: numbers that the host gives out for objects, stored in guest memory, found
 * there by shaders. Only on devices with descriptor indexing; lavapipe has it since Mesa 23. */
#include <stdio.h>

#include "picture.h"

#define COLOURS 4

struct handles {
    struct stage *stage;
    struct kit_buffer numbers, seen, answers;
    struct kit_texture textures[COLOURS]; /* of one texel: 10, 20, 30, 40 of 255 red */
    uint64_t of_texture[COLOURS], of_sampler;
    unsigned count; /* of answers asked for */
};

static void begin(struct handles *h, struct stage *stage)
{
    const struct pvg_wire_texture_body body = stage_texture_2d(70, 1, 1);

    if (!(stage->kit.info[PVG_WIRE_DEVICE_INFO_FLAGS_2024] &
          PVG_WIRE_DEVICE_FLAGS_2024_ARGUMENT_BUFFERS)) {
        fprintf(stderr, "# the device has no descriptor indexing: the scene is skipped\n");
        skip();
    }
    *h = (struct handles){.stage = stage};
    h->numbers = stage_buffer(stage, 0x1000, 0);
    h->seen = stage_buffer(stage, 0x1000, 0xee);
    h->answers = stage_buffer(stage, 0x1000, 0xee);
    for (unsigned i = 0; i < COLOURS; i++) {
        kit_texture_create(&stage->kit, &stage->task, &h->textures[i], &body, 4);
        stage_texture_write(stage, &h->textures[i], 0, 0, 1, 4,
                            (const uint8_t[]){(uint8_t)(10 * (i + 1)), 0, 0, 255});
    }
}

/* What the host calls @object: what a driver asks when it makes one. */
static uint64_t number_of(struct handles *h, uint32_t object,
                          void (*encode)(struct pvg_writer *, const struct pvg_wire_query_object *))
{
    struct stage *stage = h->stage;
    uint64_t number;

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_INFO);
    encode(&stage->stream.w,
           &(struct pvg_wire_query_object){.object = object, .buffer = h->answers.object});
    kit_segment_end(&stage->stream);
    stage_run_with(stage, object, h->answers.object);
    stage_read(stage, &h->answers, 0, &number, 8);
    return number;
}

static void number_textures(struct handles *h)
{
    struct pvg_wire_sampler sampler = {.normalized = true};

    for (unsigned i = 0; i < COLOURS; i++) {
        h->of_texture[i] = number_of(h, h->textures[i].object, pvg_wire_query_texture_encode);
        assert_int_not_equal(h->of_texture[i], 0);
    }
    stage_sampler(h->stage, &sampler);
    h->of_sampler = number_of(h, sampler.object, pvg_wire_query_sampler_encode);
    assert_int_not_equal(h->of_sampler, 0);
}

/* Runs @kernel with a thread for each of @count elements. */
static void run_kernel(struct handles *h, const char *kernel, unsigned count)
{
    struct stage *stage = h->stage;
    const uint32_t pipeline =
        kit_compute_pipeline_create(&stage->kit, &stage->task, stage_shader(stage, kernel));

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    pvg_wire_set_compute_pipeline_encode(&stage->stream.w,
                                         &(struct pvg_wire_set_pipeline){pipeline});
    stage_bind_buffer(stage, AT_KERNEL, 0, h->numbers.object, 0);
    stage_bind_buffer(stage, AT_KERNEL, 1, h->seen.object, 0);
    pvg_wire_dispatch_threads_encode(
        &stage->stream.w,
        &(struct pvg_wire_dispatch){.grid = {count, 1, 1}, .group = {count, 1, 1}});
    kit_segment_end(&stage->stream);
    stage_run_with(stage, h->numbers.object, h->seen.object, pipeline);
}

/* The @count textures of @numbers are seen as @want of 255 red; 0: as nothing. */
static void expect_seen(struct handles *h, const uint64_t *numbers, const unsigned *want,
                        unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        stage_write(h->stage, &h->numbers, 16 * (uint64_t)i, &numbers[i], 8);
        stage_write(h->stage, &h->numbers, 16 * (uint64_t)i + 8, &h->of_sampler, 8);
    }
    run_kernel(h, "see_by_number", count);
    for (unsigned i = 0; i < count; i++) {
        float red;

        stage_read(h->stage, &h->seen, 16 * (uint64_t)i, &red, 4);
        assert_float_equal(red, (float)want[i] / 255, 1e-6f);
    }
}

static void textures_and_samplers_are_found_by_their_numbers(void **state)
{
    struct handles h;

    begin(&h, *state);
    number_textures(&h);
    expect_seen(&h,
                (const uint64_t[]){h.of_texture[2], h.of_texture[0], h.of_texture[3],
                                   h.of_texture[1], h.of_texture[2]},
                (const unsigned[]){30, 10, 40, 20, 30}, 5);
    assert_int_equal(number_of(&h, h.textures[1].object, pvg_wire_query_texture_encode),
                     h.of_texture[1]);
}

/* The specification's own: texture, pointer, constant and sampler in one structure. */
static void an_argument_buffer_has_all_kinds_of_members(void **state)
{
    struct handles h;
    struct stage *stage = *state;
    struct kit_buffer data;
    struct {
        uint64_t texture, data;
        float k[4];
        uint64_t sampler, pad;
    } arguments = {.k = {255, 1, 1, 1}};
    uint32_t pipeline;
    float got[3];

    begin(&h, stage);
    number_textures(&h);
    data = stage_buffer(stage, 0x1000, 0);
    arguments.texture = h.of_texture[1];
    arguments.data = number_of(&h, data.object, pvg_wire_query_buffer_encode) + 4;
    arguments.sampler = h.of_sampler;
    stage_write(stage, &h.numbers, 0, &arguments, sizeof(arguments));
    pipeline = kit_compute_pipeline_create(
        &stage->kit, &stage->task, stage_function(stage, "air/own/own_argbuf.metallib", NULL));
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    pvg_wire_set_compute_pipeline_encode(&stage->stream.w,
                                         &(struct pvg_wire_set_pipeline){pipeline});
    stage_bind_buffer(stage, AT_KERNEL, 0, h.numbers.object, 0);
    pvg_wire_dispatch_threads_encode(
        &stage->stream.w, &(struct pvg_wire_dispatch){.grid = {1, 1, 1}, .group = {1, 1, 1}});
    kit_segment_end(&stage->stream);
    stage_run_with(stage, h.numbers.object, pipeline);
    stage_read(stage, &data, 0, got, sizeof(got));
    assert_float_equal(got[0], 0, 0);
    assert_float_equal(got[1], 20, 1e-3f);
    assert_float_equal(got[2], 0, 0);
}

static void fragments_find_textures_by_numbers_too(void **state)
{
    struct handles h;
    struct scene s;
    const struct kit_color color = {.format = 80};
    struct kit_render_pipeline pipeline;
    uint8_t got[SIDE * SIDE * 4];

    begin(&h, *state);
    number_textures(&h);
    s = scene_begin(*state);
    pipeline = pipeline_of(&s, &color);
    pipeline.fragment_function = stage_shader(s.stage, "show_by_number");
    s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
    stage_write(s.stage, &s.colours, 0, (const uint64_t[]){h.of_texture[3], h.of_texture[0]}, 16);
    draw_whole(pass_begin(&s));
    pass_end(&s);
    stage_texture_read(s.stage, &s.target, 0, 0, SIDE, SIDE * 4, got);
    for (unsigned x = 0; x < SIDE; x++) {
        assert_int_equal(got[x * 4 + 2], x < SIDE / 2 ? 40 : 10);
    }
}

static void numbers_that_nobody_gave_out_show_nothing(void **state)
{
    struct handles h;
    struct stage *stage = *state;

    begin(&h, stage);
    number_textures(&h);
    expect_seen(
        &h,
        (const uint64_t[]){0, 5, 4095, 4096, UINT32_MAX, UINT64_MAX, 1ull << 63,
                           number_of(&h, h.numbers.object, pvg_wire_query_buffer_encode),
                           h.of_texture[0]},
        (const unsigned[]){0, 0, 0, 0, 0, 0, 0, 0, 10}, 9);
}

static void numbers_of_deleted_objects_show_nothing(void **state)
{
    struct handles h;
    struct stage *stage = *state;

    begin(&h, stage);
    number_textures(&h);
    (void)kit_resource_delete(&stage->kit, &stage->task, h.textures[1].object, NULL);
    expect_seen(&h, h.of_texture, (const unsigned[]){10, 0, 30, 40}, COLOURS);
}

/* Another task's numbers are this task's own, or nobody's. */
static void numbers_mean_nothing_in_another_task(void **state)
{
    struct handles h;
    struct stage *stage = *state;
    const struct pvg_wire_texture_body body = stage_texture_2d(70, 1, 1);
    const struct kit_task first = stage->task;
    struct kit_texture other;

    begin(&h, stage);
    number_textures(&h);
    kit_task_create(&stage->kit, &stage->task, 9);
    kit_task_bind_objects(&stage->kit, &stage->task);
    kit_stream_init(&stage->kit, &stage->stream, &stage->task);
    h.numbers = stage_buffer(stage, 0x1000, 0);
    h.seen = stage_buffer(stage, 0x1000, 0xee);
    h.answers = stage_buffer(stage, 0x1000, 0xee);
    expect_seen(&h, h.of_texture, (const unsigned[]){0, 0, 0, 0}, COLOURS);
    kit_texture_create(&stage->kit, &stage->task, &other, &body, 4);
    stage_texture_write(stage, &other, 0, 0, 1, 4, (const uint8_t[]){99, 0, 0, 255});
    assert_int_equal(number_of(&h, other.object, pvg_wire_query_texture_encode),
                     h.of_texture[0]);
    expect_seen(&h, h.of_texture, (const unsigned[]){99, 0, 0, 0}, COLOURS);
    stage->task = first;
    kit_stream_init(&stage->kit, &stage->stream, &stage->task);
}

static void pointers_reach_their_buffer_and_nothing_else(void **state)
{
    enum { SIZE = 64 };
    struct handles h;
    struct stage *stage = *state;
    struct kit_buffer target, neighbour;
    uint64_t base, numbers[8];
    uint32_t seen[8];

    begin(&h, stage);
    target = stage_buffer(stage, SIZE, 0x11);
    neighbour = stage_buffer(stage, 0x1000, 0x22);
    base = number_of(&h, target.object, pvg_wire_query_buffer_encode);
    assert_int_not_equal(base, 0);
    numbers[0] = base + 4;
    numbers[1] = base + SIZE - 4;
    numbers[2] = base + SIZE;
    numbers[3] = base + (1ull << 32);
    numbers[4] = base - 4; /* the end of the slot before it */
    numbers[5] = base + (1ull << 40);
    numbers[6] = 0;
    numbers[7] = UINT64_MAX;
    stage_write(stage, &h.numbers, 0, numbers, sizeof(numbers));
    run_kernel(&h, "exchange_by_number", G_N_ELEMENTS(numbers));
    stage_read(stage, &h.seen, 0, seen, sizeof(seen));
    for (unsigned i = 0; i < G_N_ELEMENTS(seen); i++) {
        assert_int_equal(seen[i], i < 2 ? 0x11111111 : 0);
    }
    stage_expect(stage, &target, 0, 4, 0x11);
    stage_expect(stage, &target, 4, 8, 1);
    stage_expect(stage, &target, 8, SIZE - 4, 0x11);
    stage_expect(stage, &target, SIZE - 4, SIZE, 2);
    stage_expect(stage, &neighbour, 0, 0x1000, 0x22);
}

static void numbers_are_good_in_a_restored_machine(void **state)
{
    struct handles h;
    struct stage *stage = *state;
    struct pvg_error error = {0};
    void *bytes = NULL;
    size_t size = 0;

    begin(&h, stage);
    number_textures(&h);
    pvg_device_stop(stage->device);
    assert_true(pvg_device_save(stage->device, &bytes, &size, &error));
    assert_true(pvg_device_restore(stage->device, bytes, size, &error));
    pvg_free(bytes);
    pvg_device_start(stage->device);
    expect_seen(&h, h.of_texture, (const unsigned[]){10, 20, 30, 40}, COLOURS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(textures_and_samplers_are_found_by_their_numbers),
        scene(an_argument_buffer_has_all_kinds_of_members),
        scene(fragments_find_textures_by_numbers_too),
        scene(numbers_that_nobody_gave_out_show_nothing),
        scene(numbers_of_deleted_objects_show_nothing),
        scene(numbers_mean_nothing_in_another_task),
        scene(pointers_reach_their_buffer_and_nothing_else),
        scene(numbers_are_good_in_a_restored_machine),
    };

    return run_scenes(tests);
}
