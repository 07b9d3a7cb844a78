/* SPDX-License-Identifier: MIT */
/* Every form of dispatch, what its kernels are told of the grid, and loops and branches on values
 * that the GPU wrote. */
#include "stage.h"

struct scene {
    struct stage *stage;
    struct kit_buffer words, arguments;
    uint32_t pipeline;
};

static struct scene scene_begin(struct stage *stage, const char *kernel)
{
    struct scene s = {.stage = stage};

    kit_buffer_create(&stage->kit, &stage->task, &s.words, 0x10000);
    kit_buffer_create(&stage->kit, &stage->task, &s.arguments, 0x1000);
    s.pipeline =
        kit_compute_pipeline_create(&stage->kit, &stage->task, stage_shader(stage, kernel));
    return s;
}

static struct pvg_writer *encoder_begin(struct scene *s)
{
    struct pvg_writer *w = &s->stage->stream.w;
    uint8_t entry[12];
    struct pvg_writer e = pvg_writer_over(entry, sizeof(entry));

    pvg_put_u32(&e, s->words.object);
    pvg_put_u64(&e, 0);
    kit_segment_begin(&s->stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    pvg_wire_set_compute_pipeline_encode(w, &(struct pvg_wire_set_pipeline){s->pipeline});
    pvg_wire_set_compute_buffers_encode(
        w, &(struct pvg_wire_set_buffers){.first = 0, .count = 1, .binds = {entry, 1}});
    return w;
}

static void encoder_end(struct scene *s)
{
    kit_segment_end(&s->stage->stream);
    stage_run_with(s->stage, s->words.object, s->arguments.object, s->pipeline);
}

static uint32_t word(struct scene *s, uint64_t index)
{
    uint32_t value;

    stage_read(s->stage, &s->words, 4 * index, &value, 4);
    return value;
}

static void set_words(struct scene *s, uint32_t a, uint32_t b, uint32_t c)
{
    stage_write(s->stage, &s->words, 0, (const uint32_t[]){a, b, c}, 12);
}

static void arguments(struct scene *s, uint64_t offset, const uint32_t *values, unsigned count)
{
    stage_write(s->stage, &s->arguments, offset, values, count * sizeof(*values));
}
#define arguments_at(s, offset, ...)                                                               \
    arguments(s, offset, (const uint32_t[]){__VA_ARGS__},                                          \
              sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void one_thread(struct pvg_writer *w)
{
    pvg_wire_dispatch_threads_encode(
        w, &(struct pvg_wire_dispatch){.grid = {1, 1, 1}, .group = {1, 1, 1}});
}

static void indirect(struct scene *s, struct pvg_writer *w, uint64_t offset)
{
    pvg_wire_dispatch_indirect_encode(w, &(struct pvg_wire_dispatch_indirect){
                                             .group = {4, 2, 1},
                                             .offset = offset,
                                             .buffer = s->arguments.object,
                                         });
}

static void threads_indirect(struct scene *s, struct pvg_writer *w, uint64_t offset)
{
    pvg_wire_dispatch_threads_indirect_encode(
        w, &(struct pvg_wire_dispatch_threads_indirect){offset, s->arguments.object});
}

/* ---- Grids ---- */

/* All threads of the grid said what they should; the words behind are as they were. */
static void expect_grid(struct scene *s, const uint32_t grid[3], const uint32_t group[3])
{
    const uint32_t count = grid[0] * grid[1] * grid[2];

    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at[3] = {i % grid[0], i / grid[0] % grid[1], i / grid[0] / grid[1]};

        for (unsigned axis = 0; axis < 3; axis++) {
            const uint32_t position = at[axis] / group[axis];
            const uint32_t rest = grid[axis] - position * group[axis];

            assert_int_equal(word(s, 12 * i + axis), grid[axis]);
            assert_int_equal(word(s, 12 * i + 3 + axis),
                             (grid[axis] + group[axis] - 1) / group[axis]);
            assert_int_equal(word(s, 12 * i + 6 + axis), rest < group[axis] ? rest : group[axis]);
            assert_int_equal(word(s, 12 * i + 9 + axis), position);
        }
    }
    assert_int_equal(word(s, 12 * count), 0x77777777);
}

static void each_thread_knows_the_grid_also_in_partial_groups(void **state)
{
    static const uint32_t grids[][3] = {{8, 4, 2}, {9, 5, 3}, {3, 1, 1}, {4, 3, 5}};
    static const uint32_t group[3] = {4, 2, 2};
    struct scene s = scene_begin(*state, "say_grid");

    for (size_t i = 0; i < G_N_ELEMENTS(grids); i++) {
        struct pvg_writer *w = encoder_begin(&s);

        stage_fill(s.stage, &s.words, 0x77);
        pvg_wire_dispatch_threads_encode(
            w, &(struct pvg_wire_dispatch){.grid = {grids[i][0], grids[i][1], grids[i][2]},
                                           .group = {group[0], group[1], group[2]}});
        encoder_end(&s);
        expect_grid(&s, grids[i], group);
    }
}

static void a_machine_that_stops_while_a_kernel_is_compiled_loses_no_work(void **state)
{
    static const uint32_t grid[3] = {4, 2, 2};
    struct scene s = scene_begin(*state, "say_grid");
    struct kit *kit = &s.stage->kit;
    struct pvg_writer *w = encoder_begin(&s);
    uint32_t stamp;

    stage_fill(s.stage, &s.words, 0x77);
    pvg_wire_dispatch_threads_encode(w, &(struct pvg_wire_dispatch){.grid = {4, 2, 2},
                                                                    .group = {4, 2, 2}});
    kit_segment_end(&s.stage->stream);
    stamp = stage_submit(s.stage, &s.words.object, 1);
    pvg_engine_step(&s.stage->device->engine); /* begun, and its kernel is not translated yet */
    pvg_device_stop(s.stage->device);
    pvg_device_start(s.stage->device);
    kit_wait(kit, kit_exec_channel(kit), stamp);
    expect_grid(&s, grid, grid);
}

static void an_indirect_dispatch_knows_its_grid(void **state)
{
    struct scene s = scene_begin(*state, "say_grid");

    stage_fill(s.stage, &s.words, 0x77);
    arguments_at(&s, 8, 3, 2, 2);
    indirect(&s, encoder_begin(&s), 8);
    encoder_end(&s);
    expect_grid(&s, (const uint32_t[]){12, 4, 2}, (const uint32_t[]){4, 2, 1});
}

static void threads_in_memory_are_dispatched_with_their_group(void **state)
{
    struct scene s = scene_begin(*state, "say_grid");

    stage_fill(s.stage, &s.words, 0x77);
    arguments_at(&s, 0x20, 7, 3, 2, 3, 2, 2);
    threads_indirect(&s, encoder_begin(&s), 0x20);
    encoder_end(&s);
    expect_grid(&s, (const uint32_t[]){7, 3, 2}, (const uint32_t[]){3, 2, 2});
}

static void threadgroup_memory_serves_partial_groups(void **state)
{
    struct scene s = scene_begin(*state, "turn_round");
    struct pvg_writer *w = encoder_begin(&s);

    for (uint32_t i = 0; i < 40; i++) {
        stage_write(s.stage, &s.words, 4 * (uint64_t)i, &i, 4);
    }
    pvg_wire_set_threadgroup_memory_encode(w, &(struct pvg_wire_set_threadgroup_memory){64, 0});
    pvg_wire_dispatch_threads_encode(
        w, &(struct pvg_wire_dispatch){.grid = {37, 1, 1}, .group = {16, 1, 1}});
    encoder_end(&s);
    for (uint32_t i = 0; i < 40; i++) {
        const uint32_t first = i / 16 * 16, size = first == 32 ? 5 : 16;

        assert_int_equal(word(&s, i), i < 37 ? first + size - 1 - (i - first) : i);
    }
}

static void threadgroup_memory_beyond_the_device_s_is_refused_also_in_pieces(void **state)
{
    struct scene s = scene_begin(*state, "exchange_words");
    const uint64_t most = s.stage->kit.info[PVG_WIRE_DEVICE_INFO_THREADGROUP_MEMORY];
    struct pvg_writer *w = encoder_begin(&s);

    s.stage->may_refuse = true;
    set_words(&s, 1, 2, 0);
    for (uint32_t i = 0; i < 2; i++) { /* the device may have more than the guest was told */
        pvg_wire_set_threadgroup_memory_encode(w,
                                               &(struct pvg_wire_set_threadgroup_memory){most, i});
    }
    one_thread(w);
    pvg_wire_set_threadgroup_memory_encode(w, &(struct pvg_wire_set_threadgroup_memory){16, 1});
    pvg_wire_set_threadgroup_memory_encode(w,
                                           &(struct pvg_wire_set_threadgroup_memory){most - 16, 0});
    one_thread(w);
    encoder_end(&s);
    assert_int_equal(word(&s, 0), 2);
    assert_int_equal(word(&s, 1), 1);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_LIMIT), 1);
}

static void lengths_that_a_kernel_has_not_make_no_pipelines(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w = encoder_begin(&s);

    set_words(&s, 0, 0, 0);
    for (uint32_t i = 0; i < 8; i++) {
        pvg_wire_set_threadgroup_memory_encode(
            w, &(struct pvg_wire_set_threadgroup_memory){16 * (i + 1), 3});
        one_thread(w);
    }
    encoder_end(&s);
    assert_int_equal(word(&s, 0), 8);
    assert_int_equal(stage_stat(s.stage, "gpu.pipelines-built-late"), 1);
}

/* More than are kept: those in use stay until they are done, and those left are built again. */
static void groups_of_any_number_of_sizes_are_dispatched(void **state)
{
    enum { SIZES = 258, AT_ONCE = 10 };
    struct scene s = scene_begin(*state, "count_lanes");

    stage_fill(s.stage, &s.words, 0);
    for (uint32_t i = 0; i <= SIZES;) {
        struct pvg_writer *w = encoder_begin(&s);

        for (uint32_t n = 0; n < AT_ONCE && i <= SIZES; n++, i++) {
            const uint32_t size = i < SIZES ? i + 1 : 1;

            pvg_wire_dispatch_threadgroups_encode(
                w, &(struct pvg_wire_dispatch){.grid = {1, 1, 1}, .group = {size, 1, 1}});
        }
        encoder_end(&s);
    }
    assert_int_equal(word(&s, 0), SIZES + 1);
    assert_int_equal(word(&s, 1), SIZES - 1);
    assert_int_equal(word(&s, SIZES - 1), 1);
    assert_int_equal(stage_stat(s.stage, "gpu.pipelines-built-late"), SIZES + 1);
}

static void grids_that_no_device_reaches_are_refused(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w = encoder_begin(&s);

    s.stage->may_refuse = true;
    set_words(&s, 0, 0, 0);
    pvg_wire_dispatch_threads_encode(
        w, &(struct pvg_wire_dispatch){.grid = {1, UINT32_MAX, UINT32_MAX}, .group = {1, 1, 1}});
    one_thread(w);
    encoder_end(&s);
    assert_int_equal(word(&s, 0), 1);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_LIMIT), 1);
}

/* ---- What the GPU wrote ---- */

static void arguments_may_come_from_the_kernel_before(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w = encoder_begin(&s);

    /* The words are the arguments: x grows with each thread of a group of one. */
    set_words(&s, 1, 1, 1);
    for (unsigned i = 0; i < 2; i++) {
        one_thread(w); /* x: 2, then 4; y: 1; z: 2, then ... */
        pvg_wire_dispatch_indirect_encode(w, &(struct pvg_wire_dispatch_indirect){
                                                 .group = {1, 1, 1},
                                                 .offset = 12,
                                                 .buffer = s.words.object,
                                             });
    }
    stage_write(s.stage, &s.words, 12, (const uint32_t[]){1, 1, 1}, 12);
    encoder_end(&s);
    assert_int_equal(word(&s, 0), 5);
    assert_int_equal(word(&s, 2), 5);
}

static void wild_indirect_arguments_run_nothing(void **state)
{
    static const uint32_t wild[][3] = {
        {0xffffffff, 0xffffffff, 0xffffffff},
        {1, 65536, 1},
        {1, 1, 65536},
        {65535, 65535, 65535},
        {0x80000001, 1, 1},
        {0, 5, 5},
    };
    struct scene s = scene_begin(*state, "count_up");

    if (!g_getenv("PVG_TEST_GPU")) { /* limits are the device's */
        set_words(&s, 7, 0, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(wild); i++) {
            arguments(&s, 0, wild[i], 3);
            indirect(&s, encoder_begin(&s), 0);
            encoder_end(&s);
            assert_int_equal(word(&s, 0), 7);
        }
    }
}

static void indirect_arguments_that_cannot_be_are_refused(void **state)
{
    static const uint32_t wrong[][6] = {
        {1, 1, 1, 0, 1, 1}, {1, 1, 1, 0xffffffff, 1, 1}, {0xffffffff, 0xffffffff, 2, 1, 1, 1}};
    static const enum pvg_refusal reasons[] = {PVG_REFUSED_VALUE, PVG_REFUSED_LIMIT,
                                               PVG_REFUSED_LIMIT};
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w;

    s.stage->may_refuse = true;
    set_words(&s, 7, 0, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        const uint64_t before = stage_refusals(s.stage, reasons[i]);

        arguments(&s, 0, wrong[i], 6);
        threads_indirect(&s, encoder_begin(&s), 0);
        encoder_end(&s);
        assert_int_equal(stage_refusals(s.stage, reasons[i]), before + 1);
    }
    w = encoder_begin(&s);
    threads_indirect(&s, w, 0xfec); /* 20 of 24 bytes */
    threads_indirect(&s, w, UINT64_MAX - 3);
    indirect(&s, w, 0xff8); /* 8 of 12 */
    encoder_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_RANGE), 3);
    w = encoder_begin(&s);
    threads_indirect(&s, w, 2);
    indirect(&s, w, 2);
    encoder_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_VALUE), 3);
    w = encoder_begin(&s);
    pvg_wire_dispatch_threads_indirect_encode(
        w, &(struct pvg_wire_dispatch_threads_indirect){0, s.pipeline});
    one_thread(w); /* goes on all the same */
    encoder_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_KIND), 1);
    assert_int_equal(word(&s, 0), 8);
}

/* ---- Control flow ---- */

enum which { DO, END_DO, WHILE, END_WHILE, IF, ELSE, END_IF };

/* The predicate: word @index of the words, compared with @reference. */
static void flow(struct scene *s, enum which which, uint64_t index, uint32_t compare,
                 uint32_t reference)
{
    static void (*const encode[])(struct pvg_writer *,
                                  const struct pvg_wire_control_flow_record *) = {
        pvg_wire_start_do_encode,  pvg_wire_end_do_encode,   pvg_wire_start_while_encode,
        pvg_wire_end_while_encode, pvg_wire_start_if_encode, pvg_wire_start_else_encode,
        pvg_wire_end_if_encode,
    };

    encode[which](&s->stage->stream.w, &(struct pvg_wire_control_flow_record){
                                           .buffer = s->words.object,
                                           .offset = 4 * index,
                                           .compare = compare,
                                           .reference = reference,
                                       });
}

static void a_while_loop_runs_while_its_predicate_holds(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w = encoder_begin(&s);

    set_words(&s, 3, 10, 0);
    flow(&s, WHILE, 0, PVG_WIRE_COMPARE_LESS, 8);
    one_thread(w);
    flow(&s, END_WHILE, 0, 0, 0);
    flow(&s, WHILE, 0, PVG_WIRE_COMPARE_LESS, 8);
    one_thread(w);
    flow(&s, END_WHILE, 0, 0, 0);
    encoder_end(&s);
    assert_int_equal(word(&s, 0), 8);
    assert_int_equal(word(&s, 2), 50);
}

static void a_do_loop_runs_at_least_once(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w = encoder_begin(&s);

    set_words(&s, 20, 1, 0);
    flow(&s, DO, 0, 0, 0);
    one_thread(w);
    flow(&s, END_DO, 0, PVG_WIRE_COMPARE_LESS, 8);
    flow(&s, DO, 0, 0, 0);
    one_thread(w);
    flow(&s, END_DO, 0, PVG_WIRE_COMPARE_NOT_EQUAL, 25);
    encoder_end(&s);
    assert_int_equal(word(&s, 0), 25);
    assert_int_equal(word(&s, 2), 5);
}

static void every_comparison_of_a_branch_holds_when_it_should(void **state)
{
    struct scene s = scene_begin(*state, "count_up");

    for (uint32_t compare = 0; compare <= PVG_WIRE_COMPARE_ALWAYS; compare++) {
        for (uint32_t value = 4; value <= 6; value++) {
            const bool holds = compare >> (value - 4) & 1; /* less, equal, greater */
            struct pvg_writer *w = encoder_begin(&s);

            set_words(&s, 0, value, 0);
            flow(&s, IF, 1, compare, 5);
            one_thread(w);
            flow(&s, ELSE, 0, 0, 0);
            one_thread(w);
            one_thread(w);
            flow(&s, END_IF, 0, 0, 0);
            encoder_end(&s);
            assert_int_equal(word(&s, 0), holds ? 1 : 2);
        }
    }
}

static void constructs_nest_and_skip_what_is_inside(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w = encoder_begin(&s);

    set_words(&s, 0, 1, 0);
    flow(&s, IF, 1, PVG_WIRE_COMPARE_NEVER, 0);
    flow(&s, WHILE, 1, PVG_WIRE_COMPARE_ALWAYS, 0); /* for ever, were it reached */
    one_thread(w);
    flow(&s, END_WHILE, 0, 0, 0);
    flow(&s, IF, 1, PVG_WIRE_COMPARE_ALWAYS, 0);
    one_thread(w);
    flow(&s, ELSE, 0, 0, 0);
    one_thread(w);
    flow(&s, END_IF, 0, 0, 0);
    flow(&s, ELSE, 0, 0, 0);
    flow(&s, DO, 0, 0, 0);
    flow(&s, IF, 0, PVG_WIRE_COMPARE_LESS, 2);
    one_thread(w);
    flow(&s, END_IF, 0, 0, 0);
    one_thread(w);
    flow(&s, END_DO, 0, PVG_WIRE_COMPARE_LESS, 6);
    flow(&s, END_IF, 0, 0, 0);
    encoder_end(&s);
    assert_int_equal(word(&s, 0), 6); /* 2, 3 or 4, ... */
}

static void an_endless_loop_ends(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    const gint64 before = g_get_monotonic_time();

    s.stage->may_refuse = true;
    encoder_begin(&s);
    flow(&s, WHILE, 0, PVG_WIRE_COMPARE_ALWAYS, 0);
    flow(&s, END_WHILE, 0, 0, 0);
    one_thread(&s.stage->stream.w);
    encoder_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_LIMIT), 1);
    assert_int_equal(word(&s, 0), 1);
    assert_in_range(g_get_monotonic_time() - before, 0, 20 * G_USEC_PER_SEC);
}

static void constructs_that_do_not_fit_are_refused(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w = encoder_begin(&s);

    s.stage->may_refuse = true;
    set_words(&s, 0, 0, 0);
    flow(&s, END_IF, 0, 0, 0);
    flow(&s, END_WHILE, 0, 0, 0);
    flow(&s, END_DO, 0, 0, 0);
    flow(&s, ELSE, 0, 0, 0);
    flow(&s, IF, 0, PVG_WIRE_COMPARE_ALWAYS, 0);
    flow(&s, END_DO, 0, 0, 0);
    flow(&s, ELSE, 0, 0, 0);
    flow(&s, ELSE, 0, 0, 0);
    flow(&s, END_IF, 0, 0, 0);
    one_thread(w);
    flow(&s, WHILE, 0, PVG_WIRE_COMPARE_ALWAYS, 0); /* never ended */
    encoder_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_STATE), 7);
    assert_int_equal(word(&s, 0), 1);

    w = encoder_begin(&s); /* a predicate that cannot be read: neither branch */
    flow(&s, IF, 0x4000, PVG_WIRE_COMPARE_ALWAYS, 0);
    one_thread(w);
    flow(&s, ELSE, 0, 0, 0);
    one_thread(w);
    flow(&s, END_IF, 0, 0, 0);
    flow(&s, WHILE, 0, 8, 0);
    one_thread(w);
    flow(&s, END_WHILE, 0, 0, 0);
    encoder_end(&s);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_RANGE), 1);
    assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_VALUE), 1);
    assert_int_equal(word(&s, 0), 1);
}

static void constructs_nest_as_deep_as_is_offered(void **state)
{
    enum { DEPTH = 16 };
    struct scene s = scene_begin(*state, "count_up");

    s.stage->may_refuse = true;
    for (unsigned depth = DEPTH; depth <= DEPTH + 1; depth++) {
        encoder_begin(&s);
        for (unsigned i = 0; i < depth; i++) {
            flow(&s, DO, 0, 0, 0);
        }
        one_thread(&s.stage->stream.w);
        for (unsigned i = 0; i < depth; i++) {
            flow(&s, END_DO, 0, PVG_WIRE_COMPARE_NEVER, 0);
        }
        one_thread(&s.stage->stream.w);
        encoder_end(&s);
        assert_int_equal(stage_refusals(s.stage, PVG_REFUSED_LIMIT), depth - DEPTH);
        assert_int_equal(word(&s, 0), depth == DEPTH ? 2 : 3); /* the 17th is skipped */
    }
}

/* ---- Order ---- */

static void concurrent_passes_have_the_barriers_they_are_given(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w = encoder_begin(&s);

    set_words(&s, 0, 1, 0);
    pvg_wire_compute_pass_encode(
        w, &(struct pvg_wire_compute_pass){.type = PVG_WIRE_DISPATCH_TYPE_CONCURRENT});
    for (unsigned i = 0; i < 6; i++) {
        one_thread(w);
        if (i % 3 == 0) {
            pvg_wire_compute_memory_barrier_encode(w,
                                                   &(struct pvg_wire_memory_barrier){.scope = 1});
        } else if (i % 3 == 1) {
            pvg_wire_compute_memory_barrier_resources_encode(
                w, &(struct pvg_wire_memory_barrier_resources){0});
        } else {
            pvg_wire_compressed_texture_flush_encode(
                w, &(struct pvg_wire_compressed_texture_flush){0});
        }
    }
    encoder_end(&s);
    assert_int_equal(word(&s, 0), 6);
    assert_int_equal(word(&s, 2), 6);
}

static void state_records_that_cannot_be_poison_dispatches_until_they_are_mended(void **state)
{
    struct scene s = scene_begin(*state, "count_up");
    struct pvg_writer *w = encoder_begin(&s);

    s.stage->may_refuse = true;
    set_words(&s, 0, 0, 0);
    pvg_wire_set_threadgroup_memory_encode(
        w, &(struct pvg_wire_set_threadgroup_memory){UINT64_MAX, 0});
    one_thread(w);
    pvg_wire_set_threadgroup_memory_encode(w, &(struct pvg_wire_set_threadgroup_memory){16, 31});
    pvg_wire_set_threadgroup_memory_encode(w, &(struct pvg_wire_set_threadgroup_memory){16, 0});
    one_thread(w);
    pvg_wire_set_compute_pipeline_encode(w, &(struct pvg_wire_set_pipeline){s.words.object});
    one_thread(w);
    pvg_wire_set_compute_pipeline_encode(w, &(struct pvg_wire_set_pipeline){s.pipeline});
    one_thread(w);
    pvg_wire_set_stage_in_region_encode(w, &(struct pvg_wire_set_stage_in_region){{1, 1, 1}, {0}});
    one_thread(w); /* the host has no stage-in */
    encoder_end(&s);
    assert_int_equal(word(&s, 0), 2);
    assert_int_equal(stage_stat(s.stage, "gpu.skipped"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(each_thread_knows_the_grid_also_in_partial_groups),
        scene(a_machine_that_stops_while_a_kernel_is_compiled_loses_no_work),
        scene(an_indirect_dispatch_knows_its_grid),
        scene(threads_in_memory_are_dispatched_with_their_group),
        scene(threadgroup_memory_serves_partial_groups),
        scene(threadgroup_memory_beyond_the_device_s_is_refused_also_in_pieces),
        scene_once(lengths_that_a_kernel_has_not_make_no_pipelines),
        scene(grids_that_no_device_reaches_are_refused),
        scene_once(groups_of_any_number_of_sizes_are_dispatched),
        scene(arguments_may_come_from_the_kernel_before),
        scene(wild_indirect_arguments_run_nothing),
        scene(indirect_arguments_that_cannot_be_are_refused),
        scene(a_while_loop_runs_while_its_predicate_holds),
        scene(a_do_loop_runs_at_least_once),
        scene(every_comparison_of_a_branch_holds_when_it_should),
        scene(constructs_nest_and_skip_what_is_inside),
        scene(an_endless_loop_ends),
        scene(constructs_that_do_not_fit_are_refused),
        scene(constructs_nest_as_deep_as_is_offered),
        scene(concurrent_passes_have_the_barriers_they_are_given),
        scene(state_records_that_cannot_be_poison_dispatches_until_they_are_mended),
    };

    return run_scenes(tests);
}
