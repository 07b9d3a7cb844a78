/* SPDX-License-Identifier: MIT */
/* The driver's whole way, from the version to a picture. Spec: 10-device 16; 01-errata-device 2. */
#include <string.h>

#include "bench.h"
#include "wire/devinfo.h"
#include "wire/registers.h"

#include "test.h"

static void the_driver_comes_up_and_its_display_goes_online(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    assert_true(b->kit.displays[0].online);
    assert_int_equal(b->kit.displays[0].onlines, 1);
    assert_int_equal(b->kit.displays[0].width, 1920);
    assert_int_equal(b->kit.displays[0].height, 1080);
    assert_int_equal(b->kit.info[PVG_WIRE_DEVICE_INFO_MAX_SAMPLE_COUNT], 8);
    bench_pass(b, 2000000); /* nobody says online again */
    kit_interrupt(&b->kit);
    assert_int_equal(b->kit.displays[0].onlines, 1);
}

static void a_surface_that_the_cpu_drew_is_shown(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface;
    struct pvg_frame frame;
    uint32_t stamp;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 640, 480);
    kit_surface_fill(&b->kit, &surface, 0xff3366ff);
    kit_surface_write(&b->kit, &surface, surface.stride * 479 + 4 * 639, "\x01\x02\x03\xff", 4);
    stamp = kit_present(&b->kit, 0, surface.id, NULL);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), stamp);
    bench_expect_no_failure(b);
    frame = bench_fetch(b, 0);
    assert_int_equal(frame.width, 640);
    assert_int_equal(frame.height, 480);
    assert_int_equal(bench_pixel(&frame, 0, 0), 0x3366ff);
    assert_int_equal(bench_pixel(&frame, 638, 479), 0x3366ff);
    assert_int_equal(bench_pixel(&frame, 639, 479), 0x030201);
    assert_int_equal(bench_stat(b, "displays.0.presents"), 1);
}

static void a_driver_that_starts_over_is_served_again(void **state)
{
    struct bench *b = *state;

    for (unsigned i = 0; i < 34; i++) {
        bench_bring_up(b);
        kit_stop(&b->kit);
        assert_int_equal(bench_read(b, PVG_WIRE_GFX_FIFO_READ), 0);
    }
    a_surface_that_the_cpu_drew_is_shown(state);
    assert_int_equal(bench_stat(b, "refused.STALE"), 0);
}

static void a_submission_reaches_the_executor_as_a_private_copy(void **state)
{
    struct bench *b = *state;
    struct kit_task task;
    struct kit_buffer buffer;
    static struct kit_stream stream;
    uint32_t stamp;

    bench_bring_up(b);
    kit_task_create(&b->kit, &task, 3);
    kit_task_bind_objects(&b->kit, &task);
    kit_buffer_create(&b->kit, &task, &buffer, 0x1000);
    kit_stream_init(&b->kit, &stream, &task);
    kit_segment_begin(&stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    kit_segment_end(&stream);
    b->hold = true;
    stamp = kit_submit(&b->kit, &stream,
                       &(struct pvg_wire_exec_resource){.object = buffer.object,
                                                        .validity = {.clear_host = true}},
                       1, NULL);
    bench_run(b);
    bench_expect_no_failure(b);
    assert_int_equal(b->submissions, 1);
    assert_int_equal(b->last_submission->buffer_count, 1);
    assert_int_equal(b->last_submission->buffers[0].size, 8);
    assert_int_equal(b->last_submission->resources.count, 1);
    assert_int_equal(g_hash_table_size(b->last_submission->objects), 1);
    assert_false(kit_done(&b->kit, kit_exec_channel(&b->kit), stamp));
    bench_release(b, 0);
    assert_true(kit_done(&b->kit, kit_exec_channel(&b->kit), stamp));
}

#define PCI(test)  {#test " (x86-64)", test, bench_setup_pci, bench_teardown, NULL}
#define MMIO(test) {#test " (arm64)", test, bench_setup_mmio, bench_teardown, NULL}

static void no_irq(void *host, enum pvg_interrupt line, bool level)
{
}

static void a_wish_that_cannot_be_granted_is_refused_not_ignored(void **state)
{
    static const struct pvg_host_ops ops = {.size = sizeof(ops), .set_interrupt = no_irq};
    static const struct pvg_mode mode = {1280, 800, 60000};
    static const struct pvg_display_options display = {.modes = &mode, .mode_count = 1};
    const struct pvg_device_options options = {
        .size = sizeof(options),
        .ops = &ops,
        .displays = &display,
        .display_count = 1,
        .gpu = "none",
        .trace_file = "/nonexistent/session.trace",
    };
    struct pvg_error error = {0};

    assert_null(pvg_device_create(&options, &error));
    assert_non_null(strstr(error.message, "/nonexistent/session.trace"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(the_driver_comes_up_and_its_display_goes_online),
        MMIO(the_driver_comes_up_and_its_display_goes_online),
        PCI(a_surface_that_the_cpu_drew_is_shown),
        MMIO(a_surface_that_the_cpu_drew_is_shown),
        PCI(a_driver_that_starts_over_is_served_again),
        MMIO(a_driver_that_starts_over_is_served_again),
        PCI(a_submission_reaches_the_executor_as_a_private_copy),
        MMIO(a_submission_reaches_the_executor_as_a_private_copy),
        cmocka_unit_test(a_wish_that_cannot_be_granted_is_refused_not_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
