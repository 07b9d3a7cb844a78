/* SPDX-License-Identifier: MIT */
#include "stage.h"

static struct kit_buffer make_words(struct stage *stage, uint32_t count)
{
    struct kit_buffer buffer;

    kit_buffer_create(&stage->kit, &stage->task, &buffer, count * 4);
    for (uint32_t i = 0; i < count; i++) {
        stage_write(stage, &buffer, 4 * i, &(uint32_t){i + 1}, 4);
    }
    return buffer;
}

static uint32_t word(struct stage *stage, const struct kit_buffer *buffer, uint32_t index)
{
    uint32_t value;

    stage_read(stage, buffer, 4 * (uint64_t)index, &value, 4);
    return value;
}

static void bind_buffer(struct stage *stage, uint32_t slot, uint32_t object, uint64_t offset)
{
    uint8_t entry[12];
    struct pvg_writer w = pvg_writer_over(entry, sizeof(entry));

    pvg_put_u32(&w, object);
    pvg_put_u64(&w, offset);
    pvg_wire_set_compute_buffers_encode(
        &stage->stream.w,
        &(struct pvg_wire_set_buffers){.first = slot, .count = 1, .binds = {entry, 1}});
}

/* Multiplies by three and adds one, below index 65536: compute_mul3add1. */
static uint32_t multiply_and_add(struct stage *stage)
{
    return kit_compute_pipeline_create(
        &stage->kit, &stage->task, stage_function(stage, "air/reims/compute_mul3add1.mtlb", NULL));
}

static void begin(struct stage *stage, uint32_t pipeline)
{
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    pvg_wire_set_compute_pipeline_encode(&stage->stream.w,
                                         &(struct pvg_wire_set_pipeline){.pipeline = pipeline});
}

static void dispatch(struct stage *stage, bool in_threads, uint64_t grid, uint64_t group)
{
    const struct pvg_wire_dispatch rec = {
        .grid = {grid, 1, 1},
        .group = {group, 1, 1},
    };

    if (in_threads) {
        pvg_wire_dispatch_threads_encode(&stage->stream.w, &rec);
    } else {
        pvg_wire_dispatch_threadgroups_encode(&stage->stream.w, &rec);
    }
}

static void a_kernel_changes_its_buffer(void **state)
{
    struct stage *stage = *state;
    uint32_t pipeline = multiply_and_add(stage);
    struct kit_buffer buffer = make_words(stage, 256);

    begin(stage, pipeline);
    bind_buffer(stage, 0, buffer.object, 0);
    dispatch(stage, false, 2, 64);
    kit_segment_end(&stage->stream);
    stage_run_with(stage, buffer.object, pipeline);
    for (uint32_t i = 0; i < 256; i++) {
        assert_int_equal(word(stage, &buffer, i), i < 128 ? 3 * (i + 1) + 1 : i + 1);
    }
}

static void dispatch_threads_runs_exactly_the_threads_asked_for(void **state)
{
    static const uint64_t counts[] = {1, 63, 64, 65, 200};
    struct stage *stage = *state;
    uint32_t pipeline = multiply_and_add(stage);

    for (size_t c = 0; c < G_N_ELEMENTS(counts); c++) {
        struct kit_buffer buffer = make_words(stage, 256);

        begin(stage, pipeline);
        bind_buffer(stage, 0, buffer.object, 0);
        dispatch(stage, true, counts[c], 64);
        kit_segment_end(&stage->stream);
        stage_run_with(stage, buffer.object, pipeline);
        for (uint32_t i = 0; i < 256; i++) {
            assert_int_equal(word(stage, &buffer, i), i < counts[c] ? 3 * (i + 1) + 1 : i + 1);
        }
    }
}

static void a_bound_offset_is_where_the_kernel_begins(void **state)
{
    struct stage *stage = *state;
    uint32_t pipeline = multiply_and_add(stage);
    struct kit_buffer buffer = make_words(stage, 256);

    begin(stage, pipeline);
    bind_buffer(stage, 0, buffer.object, 0);
    pvg_wire_set_compute_buffer_offset_encode(
        &stage->stream.w, &(struct pvg_wire_set_buffer_offset){.index = 0, .offset = 4 * 7});
    dispatch(stage, true, 10, 32);
    kit_segment_end(&stage->stream);
    stage_run_with(stage, buffer.object, pipeline);
    for (uint32_t i = 0; i < 256; i++) {
        assert_int_equal(word(stage, &buffer, i), i >= 7 && i < 17 ? 3 * (i + 1) + 1 : i + 1);
    }
}

/* The last word is the last thing a kernel reaches, whatever lies behind. */
static void a_kernel_that_runs_past_its_buffer_reaches_nothing_else(void **state)
{
    struct stage *stage = *state;
    uint32_t pipeline = multiply_and_add(stage);
    struct kit_buffer buffer = make_words(stage, 100), neighbour = make_words(stage, 4096);

    begin(stage, pipeline);
    bind_buffer(stage, 0, buffer.object, 4 * 50);
    dispatch(stage, true, 60000, 64);
    kit_segment_end(&stage->stream);
    stage_run_with(stage, buffer.object, neighbour.object, pipeline);
    assert_int_equal(word(stage, &buffer, 49), 50);
    assert_int_equal(word(stage, &buffer, 50), 3 * 51 + 1);
    assert_int_equal(word(stage, &buffer, 99), 3 * 100 + 1);
    for (uint32_t i = 0; i < 4096; i++) {
        assert_int_equal(word(stage, &neighbour, i), i + 1);
    }
}

static void dispatches_of_a_serial_pass_see_each_other(void **state)
{
    struct stage *stage = *state;
    uint32_t pipeline = multiply_and_add(stage), want[64];
    struct kit_buffer buffer = make_words(stage, 64);

    begin(stage, pipeline);
    bind_buffer(stage, 0, buffer.object, 0);
    for (unsigned i = 0; i < 5; i++) {
        dispatch(stage, true, 64, 32);
    }
    kit_segment_end(&stage->stream);
    stage_run_with(stage, buffer.object, pipeline);
    for (uint32_t i = 0; i < 64; i++) {
        want[i] = i + 1;
        for (unsigned n = 0; n < 5; n++) {
            want[i] = want[i] * 3 + 1;
        }
        assert_int_equal(word(stage, &buffer, i), want[i]);
    }
}

static void an_indirect_dispatch_takes_its_size_from_memory(void **state)
{
    struct stage *stage = *state;
    uint32_t pipeline = multiply_and_add(stage);
    struct kit_buffer buffer = make_words(stage, 256), arguments = make_words(stage, 8);

    stage_write(stage, &arguments, 4, (const uint32_t[]){3, 1, 1}, 12);
    begin(stage, pipeline);
    bind_buffer(stage, 0, buffer.object, 0);
    pvg_wire_dispatch_indirect_encode(&stage->stream.w, &(struct pvg_wire_dispatch_indirect){
                                                            .group = {32, 1, 1},
                                                            .offset = 4,
                                                            .buffer = arguments.object,
                                                        });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, buffer.object, arguments.object, pipeline);
    for (uint32_t i = 0; i < 256; i++) {
        assert_int_equal(word(stage, &buffer, i), i < 96 ? 3 * (i + 1) + 1 : i + 1);
    }
}

static void a_dispatch_that_cannot_be_is_skipped_and_the_next_one_runs(void **state)
{
    static const struct {
        uint64_t grid, group;
        enum pvg_refusal why;
    } bad[] = {
        {1, 0, PVG_REFUSED_VALUE},
        {1, 5000, PVG_REFUSED_LIMIT},
        {UINT64_MAX, 64, PVG_REFUSED_LIMIT},
        {1, UINT64_MAX, PVG_REFUSED_LIMIT},
    };
    struct stage *stage = *state;
    uint32_t pipeline = multiply_and_add(stage);
    struct kit_buffer buffer = make_words(stage, 64);
    uint64_t skipped = 0;

    stage->may_refuse = true;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        const uint64_t before = stage_refusals(stage, bad[i].why);

        begin(stage, pipeline);
        bind_buffer(stage, 0, buffer.object, 0);
        dispatch(stage, false, bad[i].grid, bad[i].group);
        dispatch(stage, true, 1, 1);
        kit_segment_end(&stage->stream);
        stage_run_with(stage, buffer.object, pipeline);
        assert_int_equal(stage_refusals(stage, bad[i].why), before + 1);
        assert_int_equal(stage_stat(stage, "gpu.skipped"), ++skipped);
    }
    assert_int_equal(word(stage, &buffer, 0), ((1 * 3 + 1) * 3 + 1) * 9 + 4);
}

static void queries_are_answered_before_the_stamp(void **state)
{
    struct stage *stage = *state;
    uint32_t pipeline = multiply_and_add(stage);
    struct kit_buffer answer = make_words(stage, 64);

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_INFO);
    pvg_wire_query_compute_limits_encode(&stage->stream.w, &(struct pvg_wire_query_object){
                                                               .object = pipeline,
                                                               .buffer = answer.object,
                                                               .offset = 16,
                                                           });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, pipeline, answer.object);
    assert_int_equal(word(stage, &answer, 3), 4);         /* what was there before */
    assert_in_range(word(stage, &answer, 4), 128, 65536); /* threads of a group */
    assert_in_range(word(stage, &answer, 6), 1, 128);     /* the guest divides by it */
    assert_int_equal(word(stage, &answer, 11), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(a_kernel_changes_its_buffer),
        scene(dispatch_threads_runs_exactly_the_threads_asked_for),
        scene(a_bound_offset_is_where_the_kernel_begins),
        scene(a_kernel_that_runs_past_its_buffer_reaches_nothing_else),
        scene(dispatches_of_a_serial_pass_see_each_other),
        scene(an_indirect_dispatch_takes_its_size_from_memory),
        scene(a_dispatch_that_cannot_be_is_skipped_and_the_next_one_runs),
        scene(queries_are_answered_before_the_stamp),
    };

    return run_scenes(tests);
}
