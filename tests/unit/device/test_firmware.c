/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "bench.h"
#include "wire/registers.h"

#include "test.h"

#define FRAMEBUFFER 0x1000000
#define STRIDE      7680

static struct pvg_frame fetch(struct bench *b, unsigned display)
{
    struct pvg_frame frame;
    struct pvg_cursor_state cursor;

    pvg_display_fetch(b->device, display, &frame, &cursor);
    return frame;
}

static void announce(struct bench *b, uint32_t start, uint32_t stride)
{
    bench_write(b, PVG_WIRE_GFX_EFI_FB_STRIDE, stride);
    bench_write(b, PVG_WIRE_GFX_EFI_FB_START, start);
}

static void an_announced_framebuffer_is_shown(void **state)
{
    struct bench *b = *state;
    struct pvg_frame frame = fetch(b, 0);

    assert_int_equal(frame.serial, 0);
    bench_store(b, FRAMEBUFFER + STRIDE * 3 + 4 * 5, 0x00ff8040);
    announce(b, FRAMEBUFFER, 0); /* no stride: width * 4 */
    bench_run(b);
    assert_int_equal(b->changes[0], 1);
    frame = fetch(b, 0);
    assert_int_equal(frame.width, 1920);
    assert_int_equal(frame.height, 1080);
    assert_int_equal(frame.format, PVG_PIXELS_BGRX8888);
    assert_memory_equal((const uint8_t *)frame.pixels + frame.stride * 3 + 4 * 5,
                        "\x40\x80\xff\x00", 4);
    assert_int_equal(fetch(b, 1).serial, 0);
}

static void only_a_changed_picture_gets_a_new_serial(void **state)
{
    struct bench *b = *state;
    uint64_t serial;

    announce(b, FRAMEBUFFER, STRIDE);
    serial = fetch(b, 0).serial;
    assert_int_equal(fetch(b, 0).serial, serial);
    bench_store(b, FRAMEBUFFER + STRIDE * 1079 + 4 * 1919, 1);
    assert_int_equal(fetch(b, 0).serial, serial + 1);
}

static void a_framebuffer_that_leaves_ram_keeps_the_last_picture(void **state)
{
    struct bench *b = *state;
    uint64_t serial;

    announce(b, BENCH_RAM_SIZE - STRIDE * 1080, STRIDE);
    serial = fetch(b, 0).serial;
    assert_int_not_equal(serial, 0);
    announce(b, BENCH_RAM_SIZE - STRIDE * 1080 + 4096, STRIDE); /* last row is not there */
    assert_int_equal(fetch(b, 0).serial, serial);
    announce(b, FRAMEBUFFER, STRIDE - 4); /* rows overlap */
    bench_store(b, FRAMEBUFFER, 1);
    assert_int_equal(fetch(b, 0).serial, serial);
    announce(b, FRAMEBUFFER, 0xfffffffc);
    assert_int_equal(fetch(b, 0).serial, serial);
}

static void a_stopped_device_does_not_read_guest_memory(void **state)
{
    struct bench *b = *state;

    announce(b, FRAMEBUFFER, STRIDE);
    pvg_device_stop(b->device);
    assert_int_equal(fetch(b, 0).serial, 0);
    pvg_device_start(b->device);
    assert_int_not_equal(fetch(b, 0).serial, 0);
}

static void the_vmm_is_told_once_until_it_fetches(void **state)
{
    struct bench *b = *state;

    announce(b, FRAMEBUFFER, STRIDE);
    bench_run(b);
    bench_pass(b, 40000);
    bench_pass(b, 40000);
    assert_int_equal(b->changes[0], 1);
    fetch(b, 0);
    bench_pass(b, 40000);
    assert_int_equal(b->changes[0], 2);
}

#define PCI(test) cmocka_unit_test_setup_teardown(test, bench_setup_pci, bench_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(an_announced_framebuffer_is_shown),
        PCI(only_a_changed_picture_gets_a_new_serial),
        PCI(a_framebuffer_that_leaves_ram_keeps_the_last_picture),
        PCI(a_stopped_device_does_not_read_guest_memory),
        PCI(the_vmm_is_told_once_until_it_fetches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
