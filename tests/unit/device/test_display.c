/* SPDX-License-Identifier: MIT */
/* Displays, their pages and events, presents and cursors. Spec: 10-device 13, 17, 18. */
#include <glib.h>
#include <string.h>

#include "bench.h"
#include "wire/packets_encode.h"
#include "wire/registers.h"

#include "test.h"

#define PAGE 0x6000000 /* of tests that write the page by hand; from the start of RAM */

static unsigned channel_of(struct bench *b, unsigned port)
{
    return kit_display_channel(&b->kit, port);
}

static uint32_t send_set_page(struct bench *b, uint32_t port, uint64_t gpa)
{
    struct pvg_writer *w = kit_packet(&b->kit, PVG_WIRE_PACKET_DISPLAY_SET_PAGE);

    pvg_put_u32(w, port);
    pvg_put_u32(w, (uint32_t)(gpa >> b->page_shift));
    return kit_send(&b->kit, channel_of(b, 0));
}

static uint32_t present(struct bench *b, unsigned port, uint32_t surface)
{
    return kit_present(&b->kit, port, surface, NULL);
}

/* 10-device V7 */
static void the_shared_page_is_the_spec_s_vector(void **state)
{
    static const uint8_t head[0x2c] = {
        1, 0, 0, 0, 'v', 'm', 'a', 'p', 'p', 'l', 'e', ' ', 'd', 'i', 's', 'p',
        0, 0, 0, 0, 0xe0, 1, 0x0e, 1, 0, 2, 0, 2, 0, 0, 0, 0,
        3, 0, 0, 0, 0, 0, 0xf0, 0x43, 0, 0, 0x87, 0x43,
    };
    static const uint8_t modes[0x30] = {
        1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
        0x80, 7, 0x38, 4, 0, 0, 0x3c, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 5, 0, 4, 0, 0, 0x3c, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    };
    struct bench *b = *state;
    uint64_t page = b->ram_gpa + PAGE;

    kit_start(&b->kit);
    kit_channel_define(&b->kit, channel_of(b, 0), 1);
    memset(bench_at(b, page + 0x2c), 0x5a, 0x24); /* seeds of the guest */
    kit_wait(&b->kit, channel_of(b, 0), send_set_page(b, 0, page));
    bench_expect_no_failure(b);
    assert_memory_equal(bench_at(b, page), head, sizeof(head));
    assert_int_equal(bench_load(b, page + 0x2c), 0x5a5a5a5a);
    assert_int_equal(bench_load(b, page + 0x4c), 0x5a5a5a5a);
    assert_int_equal(bench_load(b, page + 0x100), PVG_WIRE_DISPLAY_EVENT_ONLINE);
    assert_memory_equal(bench_at(b, page + 0x200), modes, sizeof(modes));
}

static void pages_and_ports_that_make_no_sense_are_refused(void **state)
{
    struct bench *b = *state;

    kit_start(&b->kit);
    kit_channel_define(&b->kit, channel_of(b, 0), 1);
    kit_wait(&b->kit, channel_of(b, 0), send_set_page(b, 2, b->ram_gpa + PAGE));
    assert_int_equal(bench_stat(b, "refused.RANGE"), 1);
    kit_wait(&b->kit, channel_of(b, 0), send_set_page(b, 0, 0));
    assert_int_equal(bench_stat(b, "refused.VALUE"), 1);
    kit_wait(&b->kit, channel_of(b, 0), send_set_page(b, 0, b->ram_gpa + BENCH_RAM_SIZE));
    assert_int_equal(bench_stat(b, "refused.NOT_RAM"), 1);
    bench_expect_no_failure(b);
}

static void online_is_said_again_until_it_is_acknowledged(void **state)
{
    struct bench *b = *state;
    uint64_t page = b->ram_gpa + PAGE;
    unsigned pulses = 0;

    kit_start(&b->kit);
    kit_channel_define(&b->kit, channel_of(b, 0), 1);
    kit_wait(&b->kit, channel_of(b, 0), send_set_page(b, 0, page));
    bench_store(b, page + 0x104, 0xc); /* the guest listens, takes the preset, says nothing */
    bench_store(b, page + 0x100, 0);
    bench_pass(b, 5000);
    assert_int_equal(bench_load(b, page + 0x100), 0);
    bench_pass(b, 990000);
    assert_int_equal(bench_load(b, page + 0x100), 0); /* a second of patience */
    for (unsigned i = 0; i < 100; i++) {
        bench_pass(b, 20000);
        pulses += bench_load(b, page + 0x100) == PVG_WIRE_DISPLAY_EVENT_ONLINE;
        bench_store(b, page + 0x100, 0);
    }
    assert_in_range(pulses, 9, 11); /* every 200 ms */
}

static void a_bit_that_is_not_enabled_is_never_set(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    kit_display_enable(&b->kit, 0, 0xc);
    bench_pass(b, 100000);
    assert_int_equal(bench_load(b, b->kit.displays[0].page + 0x100), 0);
    assert_int_equal(bench_stat(b, "displays.0.vertical-blanks"), 0);
}

static void blanks_come_at_the_rate_of_the_mode(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    kit_display_enable(&b->kit, 0, 0xd);
    for (unsigned i = 0; i < 1000; i++) {
        bench_pass(b, 1000);
    }
    assert_in_range(bench_stat(b, "displays.0.vertical-blanks"), 59, 61);
}

static void a_blank_armed_for_one_tick_at_a_time_loses_none(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t page = b->kit.displays[0].page;

        if (i % 5 == 0) { /* the guest is a little late to arm it */
            kit_display_enable(&b->kit, 0, 0xd);
        }
        bench_pass(b, 1000);
        if (bench_load(b, page + 0x100) & 1) {
            bench_store(b, page + 0x100, 0);
            kit_display_enable(&b->kit, 0, 0xc);
        }
    }
    assert_in_range(bench_stat(b, "displays.0.vertical-blanks"), 45, 61);
}

static void a_transaction_is_told_after_its_stamp(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 16, 16);
    kit_display_enable(&b->kit, 0, 0xe);
    bench_pass(b, 20000);
    kit_interrupt(&b->kit);
    b->kit.displays[0].transactions = 0;
    kit_wait(&b->kit, channel_of(b, 0), present(b, 0, surface.id));
    bench_run(b);
    kit_interrupt(&b->kit);
    assert_true(b->kit.displays[0].transactions >= 1);
}

static void every_present_command_shows_the_surface(void **state)
{
    static const uint16_t commands[] = {6, 7, 8};
    struct bench *b = *state;
    struct kit_surface surface;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 16, 16);
    for (unsigned i = 0; i < 3; i++) {
        struct pvg_frame frame;

        b->kit.present_opcode = commands[i];
        kit_surface_fill(&b->kit, &surface, 0xff000000 | (i + 1) * 0x111111);
        kit_wait(&b->kit, channel_of(b, 0), present(b, 0, surface.id));
        frame = bench_fetch(b, 0);
        assert_int_equal(bench_pixel(&frame, 5, 5), (i + 1) * 0x111111);
    }
    bench_expect_no_failure(b);
}

/* A table of three channels that turns red upside down; the picture follows it. */
static void a_gamma_table_corrects_the_picture(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface;
    struct pvg_frame frame;
    uint32_t table[3 * 257], stamp;
    struct pvg_wire_present rec = {.port = 0, .gamma_entries = 257, .gamma_length = sizeof(table),
                                   .gamma_checksum = 1};

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 16, 16);
    kit_surface_fill(&b->kit, &surface, 0xff0080ff);
    for (uint32_t i = 0; i < 257; i++) {
        table[i] = 65536 - 256 * i;
        table[257 + i] = table[514 + i] = 256 * i;
    }
    rec.surface = surface.id;
    rec.gamma.value = kit_task_alloc(&b->kit, &b->kit.kernel, sizeof(table));
    kit_task_write(&b->kit, &b->kit.kernel, rec.gamma.value, table, sizeof(table));
    pvg_wire_display_transaction_3_encode(
        kit_packet(&b->kit, PVG_WIRE_PACKET_DISPLAY_TRANSACTION_3), &rec);
    stamp = kit_send(&b->kit, channel_of(b, 0));
    kit_wait(&b->kit, channel_of(b, 0), stamp);
    bench_expect_no_failure(b);
    frame = bench_fetch(b, 0);
    assert_int_equal(bench_pixel(&frame, 1, 1), 0xff80ff);
}

static void two_displays_show_two_pictures(void **state)
{
    struct bench *b = *state;
    struct kit_surface one, two;
    struct pvg_frame frame;

    bench_bring_up(b);
    kit_display_start(&b->kit, 1);
    kit_display_wait_online(&b->kit, 1);
    kit_surface_create(&b->kit, &one, 16, 16);
    kit_surface_create(&b->kit, &two, 32, 32);
    kit_surface_fill(&b->kit, &one, 0xff0000ff);
    kit_surface_fill(&b->kit, &two, 0xffff0000);
    kit_wait(&b->kit, channel_of(b, 0), present(b, 0, one.id));
    kit_wait(&b->kit, channel_of(b, 1), present(b, 1, two.id));
    bench_expect_no_failure(b);
    frame = bench_fetch(b, 0);
    assert_int_equal(bench_pixel(&frame, 0, 0), 0x0000ff);
    frame = bench_fetch(b, 1);
    assert_int_equal(frame.width, 32);
    assert_int_equal(bench_pixel(&frame, 31, 31), 0xff0000);
}

static void a_surface_that_is_a_little_late_is_shown_all_the_same(void **state)
{
    struct bench *b = *state;
    uint32_t stamp;
    struct kit_surface surface;
    struct pvg_frame frame;

    bench_bring_up(b);
    stamp = present(b, 0, b->kit.machine == KIT_X86 ? b->kit.kernel.last_object + 1
                                                    : b->kit.last_surface + 1);
    bench_pass(b, 10000);
    assert_false(kit_done(&b->kit, channel_of(b, 0), stamp));
    kit_surface_create(&b->kit, &surface, 16, 16);
    kit_surface_fill(&b->kit, &surface, 0xff123456);
    kit_wait(&b->kit, channel_of(b, 0), stamp);
    frame = bench_fetch(b, 0);
    assert_int_equal(bench_pixel(&frame, 0, 0), 0x123456);
}

static void a_surface_that_never_comes_keeps_the_last_picture(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface;
    uint64_t serial;
    uint32_t stamp;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 16, 16);
    kit_wait(&b->kit, channel_of(b, 0), present(b, 0, surface.id));
    serial = bench_fetch(b, 0).serial;
    stamp = present(b, 0, 0x1ffff);
    bench_run(b);
    bench_pass(b, 49000);
    assert_false(kit_done(&b->kit, channel_of(b, 0), stamp));
    bench_pass(b, 2000);
    assert_true(kit_done(&b->kit, channel_of(b, 0), stamp));
    assert_int_equal(bench_fetch(b, 0).serial, serial);
    assert_int_equal(bench_stat(b, "displays.0.dropped"), 1);
    kit_wait(&b->kit, channel_of(b, 0), present(b, 0, 0)); /* nothing to show: no fault */
    assert_int_equal(bench_stat(b, "displays.0.dropped"), 1);
}

static void a_guest_is_slowed_to_a_vmm_that_keeps_up_and_to_no_other(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface;
    uint32_t stamp;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 16, 16);
    for (unsigned i = 0; i < 10; i++) { /* nobody fetches */
        stamp = present(b, 0, surface.id);
        bench_run(b);
        assert_true(kit_done(&b->kit, channel_of(b, 0), stamp));
    }
    bench_fetch(b, 0);
    present(b, 0, surface.id);
    stamp = present(b, 0, surface.id);
    bench_run(b);
    assert_false(kit_done(&b->kit, channel_of(b, 0), stamp));
    bench_fetch(b, 0);
    bench_run(b);
    assert_true(kit_done(&b->kit, channel_of(b, 0), stamp));
    stamp = present(b, 0, surface.id);
    bench_run(b);
    bench_pass(b, 100000); /* never longer */
    assert_true(kit_done(&b->kit, channel_of(b, 0), stamp));
}

static void the_executor_s_newer_picture_is_shown(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface;
    struct pvg_frame frame;
    uint32_t stamp;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 16, 16);
    b->draws = b->hold = true;
    stamp = present(b, 0, surface.id);
    bench_run(b);
    assert_false(kit_done(&b->kit, channel_of(b, 0), stamp));
    bench_release(b, 0);
    bench_run(b);
    assert_true(kit_done(&b->kit, channel_of(b, 0), stamp));
    frame = bench_fetch(b, 0);
    assert_int_equal(bench_pixel(&frame, 3, 3), 0x777777);
}

/* ---- Plugging ---- */

static void a_display_plugged_in_later_comes_online_with_its_modes(void **state)
{
    static const struct pvg_mode modes[] = {{2560, 1440, 120000}};
    struct bench *b = *state;

    pvg_display_connect(b->device, 1, false);
    bench_bring_up(b);
    kit_display_start(&b->kit, 1);
    bench_pass(b, 3000000);
    kit_interrupt(&b->kit);
    assert_false(b->kit.displays[1].online);
    assert_true(pvg_display_set_modes(b->device, 1, modes, 1, NULL));
    pvg_display_connect(b->device, 1, true);
    kit_display_wait_online(&b->kit, 1);
    bench_expect_no_failure(b);
    assert_int_equal(b->kit.displays[1].width, 2560);
    pvg_display_connect(b->device, 1, false);
    bench_run(b);
    kit_interrupt(&b->kit);
    assert_int_equal(b->kit.displays[1].offlines, 1);
}

static void new_modes_are_read_again(void **state)
{
    static const struct pvg_mode modes[] = {{1280, 800, 60000}};
    struct bench *b = *state;
    struct pvg_error error = {0};

    bench_bring_up(b);
    assert_true(pvg_display_set_modes(b->device, 0, modes, 1, NULL));
    bench_run(b);
    kit_interrupt(&b->kit);
    bench_pass(b, 1000000);
    kit_interrupt(&b->kit);
    assert_int_equal(b->kit.displays[0].onlines, 2);
    assert_int_equal(b->kit.displays[0].width, 1280);
    assert_false(pvg_display_set_modes(b->device, 0, modes, 0, &error));
    assert_string_not_equal(error.message, "");
}

/* ---- Cursor ---- */

static void a_cursor_is_shown_where_the_guest_puts_it(void **state)
{
    struct bench *b = *state;
    uint32_t pixels[4] = {0xff0000ff, 0x80800000, 0x00000000, 0xffffffff};
    struct pvg_cursor_state cursor;

    bench_bring_up(b);
    kit_cursor_image(&b->kit, 0, pixels, 2, 2, 1, 0);
    kit_cursor_move(&b->kit, 0, 100, 50, true);
    bench_run(b);
    bench_expect_no_failure(b);
    cursor = bench_cursor(b, 0);
    assert_true(cursor.visible);
    assert_int_equal(cursor.x, 100);
    assert_int_equal(cursor.y, 50);
    assert_int_equal(cursor.hot_x, 1);
    assert_memory_equal(cursor.pixels, pixels, sizeof(pixels));
    kit_cursor_move(&b->kit, 0, 100, 50, false);
    bench_run(b);
    assert_false(bench_cursor(b, 0).visible);
}

static void straight_alpha_is_premultiplied(void **state)
{
    struct bench *b = *state;
    uint32_t pixels[2] = {0x80ff0000, 0xff00ff00};

    bench_bring_up(b);
    kit_cursor_image(&b->kit, 0, pixels, 2, 1, 0, 0);
    assert_int_equal(bench_cursor(b, 0).pixels[0], 0x80800000);
    assert_int_equal(bench_cursor(b, 0).pixels[1], 0xff00ff00);
}

static uint32_t send_glyph(struct bench *b, const struct pvg_wire_cursor_glyph *glyph)
{
    pvg_wire_cursor_glyph_encode(kit_packet(&b->kit, PVG_WIRE_PACKET_CURSOR_GLYPH), glyph);
    return kit_send(&b->kit, channel_of(b, 0));
}

static void cursor_images_are_checked_to_the_last_byte(void **state)
{
    struct bench *b = *state;
    struct pvg_wire_cursor_glyph good, bad[8];
    uint64_t serial;

    bench_bring_up(b);
    good = (struct pvg_wire_cursor_glyph){
        .address = {kit_task_alloc(&b->kit, &b->kit.kernel, 0x1000)},
        .length = 0x1000, .stride = 0x80, .width = 32, .height = 32, .hot_x = 4, .hot_y = 5};
    kit_wait(&b->kit, channel_of(b, 0), send_glyph(b, &good));
    serial = bench_cursor(b, 0).glyph_serial;
    assert_int_equal(serial, 1);
    for (unsigned i = 0; i < 8; i++) {
        bad[i] = good;
    }
    bad[0].length = 0xfff; /* 10-device V12 */
    bad[1].stride = 0x7c;
    bad[2].hot_x = 32;
    bad[3].hot_y = 32;
    bad[4].width = 0;
    bad[5].height = 0xffff;
    bad[6].port = 2;
    bad[7].width = 513;
    for (unsigned i = 0; i < 8; i++) {
        kit_wait(&b->kit, channel_of(b, 0), send_glyph(b, &bad[i]));
    }
    assert_int_equal(bench_stat(b, "refused.RANGE"), 8);
    assert_int_equal(bench_cursor(b, 0).glyph_serial, serial);
    bench_expect_no_failure(b);
}

#define PCI(test)  {#test " (x86-64)", test, bench_setup_pci, bench_teardown, NULL}
#define MMIO(test) {#test " (arm64)", test, bench_setup_mmio, bench_teardown, NULL}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(the_shared_page_is_the_spec_s_vector),
        MMIO(the_shared_page_is_the_spec_s_vector),
        PCI(pages_and_ports_that_make_no_sense_are_refused),
        PCI(online_is_said_again_until_it_is_acknowledged),
        PCI(a_bit_that_is_not_enabled_is_never_set),
        PCI(blanks_come_at_the_rate_of_the_mode),
        PCI(a_blank_armed_for_one_tick_at_a_time_loses_none),
        PCI(a_transaction_is_told_after_its_stamp),
        PCI(every_present_command_shows_the_surface),
        MMIO(every_present_command_shows_the_surface),
        PCI(a_gamma_table_corrects_the_picture),
        MMIO(a_gamma_table_corrects_the_picture),
        PCI(two_displays_show_two_pictures),
        MMIO(two_displays_show_two_pictures),
        PCI(a_surface_that_is_a_little_late_is_shown_all_the_same),
        MMIO(a_surface_that_is_a_little_late_is_shown_all_the_same),
        PCI(a_surface_that_never_comes_keeps_the_last_picture),
        MMIO(a_surface_that_never_comes_keeps_the_last_picture),
        PCI(a_guest_is_slowed_to_a_vmm_that_keeps_up_and_to_no_other),
        PCI(the_executor_s_newer_picture_is_shown),
        PCI(a_display_plugged_in_later_comes_online_with_its_modes),
        PCI(new_modes_are_read_again),
        PCI(a_cursor_is_shown_where_the_guest_puts_it),
        MMIO(a_cursor_is_shown_where_the_guest_puts_it),
        PCI(straight_alpha_is_premultiplied),
        PCI(cursor_images_are_checked_to_the_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
