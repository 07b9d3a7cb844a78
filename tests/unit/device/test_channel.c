/* SPDX-License-Identifier: MIT */
/* Rings, waits, stamps and doorbells, spoken to as a driver does. Spec: 10-device 6 to 8, 17, 22. */
#include <glib.h>
#include <pthread.h>
#include <string.h>

#include "bench.h"
#include "wire/packets_encode.h"
#include "wire/registers.h"

#include "test.h"

#define EXEC   1
#define MEMORY 2

static uint32_t send_nop(struct bench *b, unsigned channel)
{
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
    return kit_send(&b->kit, channel);
}

static uint32_t send_nop_after(struct bench *b, unsigned channel, unsigned slot, uint32_t stamp)
{
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
    kit_packet_after(&b->kit, (struct kit_point){slot, stamp});
    return kit_send(&b->kit, channel);
}

/* Work that the executor holds: a submission without streams. */
static uint32_t send_held(struct bench *b)
{
    struct pvg_writer *w = kit_packet(&b->kit, PVG_WIRE_PACKET_EXEC_INDIRECT);

    b->hold = true;
    pvg_put_u32(w, 0);
    pvg_put_u32(w, 0);
    pvg_put_u32(w, 0);
    return kit_send(&b->kit, EXEC);
}

static bool done(struct bench *b, unsigned channel, uint32_t stamp)
{
    bench_run(b);
    return kit_done(&b->kit, channel, stamp);
}

/* Puts raw words into a child's ring and rings. */
static void send_raw(struct bench *b, unsigned id, const uint32_t *words, unsigned count)
{
    struct kit_channel *channel = &b->kit.channels[id];

    for (unsigned i = 0; i < count; i++, channel->tail += 4) {
        uint32_t at = channel->tail % channel->size;

        bench_store(b, channel->pages[at >> b->page_shift] + (at & (kit_page_size(&b->kit) - 1)),
                    words[i]);
    }
    bench_store(b, channel->record, channel->tail);
    kit_ring(&b->kit, id);
    bench_run(b);
}

/* ---- Rings ---- */

static void the_root_ring_wraps_inside_packets_and_headers(void **state)
{
    struct bench *b = *state;
    uint32_t stamp = 0;

    bench_bring_up(b);
    for (unsigned i = 0; i < 20000; i++) { /* 3 laps of 60 KiB; 12 and 16 bytes in turn */
        struct pvg_writer *w =
            kit_packet(&b->kit, i & 1 ? PVG_WIRE_PACKET_NOP : PVG_WIRE_PACKET_DELETE_TASK);

        if (!(i & 1)) {
            pvg_put_u32(w, 200);
        }
        stamp = kit_send(&b->kit, 0);
    }
    kit_wait(&b->kit, 0, stamp);
    bench_expect_no_failure(b);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_FIFO_READ), b->kit.channels[0].tail);
    assert_int_equal(bench_stat(b, "channels.stopped"), 0);
}

static void a_child_ring_wraps_over_scattered_pages(void **state)
{
    struct bench *b = *state;
    uint32_t stamp = 0;

    bench_bring_up(b);
    for (unsigned i = 0; i < 20000; i++) {
        struct pvg_writer *w = kit_packet(&b->kit, PVG_WIRE_PACKET_MAP_MEMORY);

        pvg_put_u32(w, 0);
        pvg_put_u64(w, 0);
        pvg_put_u64(w, 0);
        stamp = kit_send(&b->kit, MEMORY);
    }
    kit_wait(&b->kit, MEMORY, stamp);
    bench_expect_no_failure(b);
    assert_int_equal(bench_stat(b, "channels.stopped"), 0);
    assert_int_equal(bench_load(b, b->kit.channels[MEMORY].record + 4),
                     b->kit.channels[MEMORY].tail);
}

static void a_ring_whose_page_list_is_empty_is_not_ready_yet(void **state)
{
    struct bench *b = *state;
    uint32_t first, stamp;

    bench_bring_up(b);
    kit_channel_define(&b->kit, 9, 1);
    first = bench_load(b, b->kit.channels[9].list);
    bench_store(b, b->kit.channels[9].list, 0);
    stamp = send_nop(b, 9);
    assert_false(done(b, 9, stamp));
    bench_store(b, b->kit.channels[9].list, first);
    kit_ring(&b->kit, 9);
    assert_true(done(b, 9, stamp));
}

static void sizes_that_make_no_sense_stop_the_channel_until_it_is_defined_anew(void **state)
{
    static const uint32_t bad[][3] = {
        {0x1e, 8, 7},               /* shorter than a header */
        {0x0002001e, 0x14, 7},      /* two waits do not fit 20 bytes */
        {0x1e, 0xfffffff8, 7},      /* longer than the ring */
        {0xffff001e, 0x7fffc, 7},   /* 65535 waits need more */
    };
    struct bench *b = *state;

    bench_bring_up(b);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        uint32_t stamp;

        kit_channel_define(&b->kit, 9, 16);
        send_raw(b, 9, bad[i], 3);
        assert_int_equal(bench_stat(b, "channels.stopped"), i + 1);
        stamp = send_nop(b, 9);
        assert_false(done(b, 9, stamp));
        kit_channel_free(&b->kit, 9);
    }
    kit_channel_define(&b->kit, 9, 1);
    assert_true(done(b, 9, send_nop(b, 9)));
}

static void too_many_waits_are_skipped_and_completed(void **state)
{
    struct bench *b = *state;
    uint32_t words[(12 + 65 * 8) / 4] = {0x0041001e, 12 + 65 * 8, 77};

    bench_bring_up(b);
    for (unsigned i = 3; i < G_N_ELEMENTS(words); i++) {
        words[i] = i & 1 ? 2 : 0x40000000; /* stamps that never come */
    }
    kit_channel_define(&b->kit, 9, 16);
    send_raw(b, 9, words, G_N_ELEMENTS(words));
    assert_true(done(b, 9, 77));
    assert_int_equal(bench_stat(b, "refused.LIMIT"), 1);
}

static void an_unknown_command_is_completed_and_counted(void **state)
{
    static const uint32_t words[] = {0x7f, 12, 0x20};
    struct bench *b = *state;

    bench_bring_up(b);
    kit_channel_define(&b->kit, 9, 16);
    send_raw(b, 9, words, 3);
    assert_true(done(b, 9, 0x20));
    assert_int_equal(bench_stat(b, "refused.OPCODE"), 1);
    assert_int_equal(b->lines, 1);
    send_raw(b, 9, (const uint32_t[]){0x7e, 12, 0x21}, 3);
    assert_int_equal(bench_stat(b, "refused.OPCODE"), 2);
    assert_int_equal(b->lines, 1); /* one line for each reason */
}

static void a_tail_that_jumps_out_of_the_ring_stops_the_channel(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    kit_channel_define(&b->kit, 9, 1);
    bench_store(b, b->kit.channels[9].record, kit_page_size(&b->kit) + 4);
    kit_ring(&b->kit, 9);
    bench_run(b);
    assert_int_equal(bench_stat(b, "channels.stopped"), 1);
    assert_true(done(b, EXEC, send_nop(b, EXEC))); /* nobody else minds */
}

static void the_guest_cannot_move_the_host_s_counter(void **state)
{
    struct bench *b = *state;
    uint32_t stamp;

    bench_bring_up(b);
    stamp = send_nop(b, EXEC);
    assert_true(done(b, EXEC, stamp));
    bench_store(b, b->kit.channels[EXEC].record + 4, 0x1234);
    stamp = send_nop(b, EXEC);
    kit_ring(&b->kit, EXEC);
    assert_true(done(b, EXEC, stamp));
    assert_int_equal(bench_load(b, b->kit.channels[EXEC].record + 4), b->kit.channels[EXEC].tail);
}

static void a_stamp_slot_past_the_table_is_refused_and_consumption_goes_on(void **state)
{
    struct bench *b = *state;
    uint32_t slots = kit_page_size(&b->kit) / 4;

    bench_bring_up(b);
    kit_channel_define(&b->kit, 9, 1);
    bench_store(b, b->kit.channels[9].record + 0xc, slots); /* then defined anew by hand */
    pvg_put_u32(kit_packet(&b->kit, PVG_WIRE_PACKET_DEFINE_CHANNEL), 9);
    kit_wait(&b->kit, 0, kit_send(&b->kit, 0));
    send_nop(b, 9);
    bench_run(b);
    assert_int_equal(bench_stat(b, "refused.RANGE"), 1);
    assert_int_equal(bench_load(b, b->kit.channels[9].record + 4), 12);
    assert_int_equal(bench_load(b, b->kit.fifo + 4 * slots) & 0xffff, 0x38); /* first ring word */
}

/* ---- Doorbells ---- */

static void a_packet_published_while_work_runs_needs_no_doorbell(void **state)
{
    struct bench *b = *state;
    uint32_t stamp;

    bench_bring_up(b);
    send_held(b);
    bench_run(b);
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
    stamp = kit_send_quietly(&b->kit, EXEC);
    assert_false(kit_done(&b->kit, EXEC, stamp));
    bench_release(b, 0);
    assert_true(done(b, EXEC, stamp));
    assert_int_equal(bench_stat(b, "channels.found-by-tick"), 0);
}

static void a_packet_that_nobody_rang_for_is_found_by_the_tick(void **state)
{
    struct bench *b = *state;
    uint32_t stamp;

    bench_bring_up(b);
    bench_pass(b, 1);
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
    stamp = kit_send_quietly(&b->kit, EXEC);
    bench_pass(b, 16000);
    assert_true(kit_done(&b->kit, EXEC, stamp));
    assert_int_equal(bench_stat(b, "channels.found-by-tick"), 1);
}

static void doorbells_of_channels_that_do_not_exist_are_counted(void **state)
{
    static const uint32_t ids[] = {0, 32, 33, 0xffffffff};
    struct bench *b = *state;

    bench_bring_up(b);
    for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++) {
        bench_write(b, PVG_WIRE_GFX_CHILD_DOORBELL, ids[i]);
    }
    bench_write(b, PVG_WIRE_GFX_CHILD_DOORBELL, 31); /* may be defined later */
    bench_run(b);
    assert_int_equal(bench_stat(b, "bad-doorbells"), 4);
}

/* ---- Waits ---- */

static void a_wait_holds_until_another_channel_arrives_in_either_order(void **state)
{
    struct bench *b = *state;
    uint32_t next = b->kit.machine == KIT_X86 ? 1 : 0x101, waiting, last;

    bench_bring_up(b);
    waiting = send_nop_after(b, MEMORY, EXEC, next);
    assert_false(done(b, MEMORY, waiting));
    assert_true(done(b, EXEC, send_nop(b, EXEC)));
    assert_true(done(b, MEMORY, waiting));
    last = send_nop(b, EXEC);
    bench_run(b);
    assert_true(done(b, MEMORY, send_nop_after(b, MEMORY, EXEC, last)));
}

static void a_held_packet_holds_back_its_own_channel_only(void **state)
{
    struct bench *b = *state;
    uint32_t held, behind;

    bench_bring_up(b);
    held = send_nop_after(b, MEMORY, 20, 1);
    behind = send_nop(b, MEMORY);
    assert_false(done(b, MEMORY, held));
    assert_true(done(b, EXEC, send_nop(b, EXEC)));
    assert_false(done(b, MEMORY, behind));
    assert_int_equal(bench_stat(b, "waits.long"), 0);
    bench_pass(b, 6000000);
    kit_ring(&b->kit, MEMORY);
    bench_run(b);
    assert_int_equal(bench_stat(b, "waits.long"), 1);
}

static void comparison_of_stamps_wraps(void **state)
{
    static const struct {
        uint32_t slot, wanted;
        bool reached;
    } cases[] = {
        {6, 7, false}, {7, 7, true}, {8, 7, true}, {0x80000006, 7, true}, {0x80000007, 7, false},
        {0xffffffff, 0, false}, {0, 0xffffffff, true},
    };
    struct pvg_stamps *stamps = g_new0(struct pvg_stamps, 1);

    stamps->bound = true;
    stamps->count = 4;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        atomic_store(&stamps->values[1], cases[i].slot);
        assert_int_equal(pvg_stamps_reached(stamps, 1, cases[i].wanted), cases[i].reached);
    }
    g_free(stamps);
}

static void stamps_go_on_past_the_end_of_32_bits(void **state)
{
    struct bench *b = *state;
    uint32_t stamp = 0;

    bench_bring_up(b);
    b->kit.channels[EXEC].stamp = 0xfffffd00;
    for (unsigned i = 0; i < 1000; i++) {
        stamp = send_nop(b, EXEC);
    }
    assert_true(stamp < 0x80000000);
    assert_true(done(b, EXEC, stamp));
    assert_true(done(b, MEMORY, send_nop_after(b, MEMORY, EXEC, 0xfffffe00)));
}

static void waits_that_can_never_be_satisfied_are_not_waited_for(void **state)
{
    struct bench *b = *state;
    uint32_t slots = kit_page_size(&b->kit) / 4, own;

    bench_bring_up(b);
    assert_true(done(b, EXEC, send_nop_after(b, EXEC, slots, 1)));
    assert_true(done(b, EXEC, send_nop_after(b, EXEC, 0xffffffff, 1)));
    own = b->kit.channels[EXEC].stamp + 0x1000;
    assert_true(done(b, EXEC, send_nop_after(b, EXEC, EXEC, own))); /* its own future */
    assert_int_equal(bench_stat(b, "waits.impossible"), 3);
}

static void channels_that_wait_for_each_other_do_not_stop_the_others(void **state)
{
    struct bench *b = *state;
    uint32_t one, two;

    bench_bring_up(b);
    one = send_nop_after(b, EXEC, MEMORY, b->kit.channels[MEMORY].stamp + 0x101);
    two = send_nop_after(b, MEMORY, EXEC, one);
    assert_false(done(b, EXEC, one));
    assert_false(done(b, MEMORY, two));
    assert_true(done(b, 0, send_nop(b, 0)));
    pvg_device_reset(b->device); /* clears it */
    bench_bring_up(b);
    assert_true(done(b, EXEC, send_nop(b, EXEC)));
}

/* ---- Completion ---- */

static void work_that_ends_out_of_order_is_published_in_order(void **state)
{
    struct bench *b = *state;
    uint32_t first, second, third;

    bench_bring_up(b);
    first = send_held(b);
    second = send_held(b);
    bench_run(b);
    third = send_nop(b, EXEC);
    bench_run(b);
    assert_int_equal(b->held->len, 2);
    bench_release(b, 1);
    assert_false(done(b, EXEC, first));
    bench_release(b, 0);
    assert_true(kit_done(&b->kit, EXEC, second));
    assert_true(done(b, EXEC, third));
}

static void *release_first(void *data)
{
    bench_release(data, 0);
    return NULL;
}

static void work_may_be_completed_by_any_thread(void **state)
{
    struct bench *b = *state;
    uint32_t stamp, waiting;
    pthread_t thread;

    bench_bring_up(b);
    stamp = send_held(b);
    waiting = send_nop_after(b, MEMORY, EXEC, stamp);
    bench_run(b);
    bench_read(b, PVG_WIRE_GFX_STATUS_GPU);
    b->edges[PVG_INTERRUPT_GFX] = 0;
    assert_int_equal(pthread_create(&thread, NULL, release_first, b), 0);
    pthread_join(thread, NULL);
    /* Stamp, status and interrupt have come without the engine. */
    assert_true(kit_done(&b->kit, EXEC, stamp));
    assert_int_equal(b->edges[PVG_INTERRUPT_GFX], 1);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_STATUS_GPU), 1 << EXEC);
    assert_true(done(b, MEMORY, waiting));
}

static void a_packet_that_takes_memory_away_waits_for_its_channel_s_work(void **state)
{
    struct bench *b = *state;
    struct pvg_writer *w;
    uint32_t stamp;

    bench_bring_up(b);
    send_held(b);
    bench_run(b);
    w = kit_packet(&b->kit, PVG_WIRE_PACKET_UNMAP_MEMORY);
    pvg_put_u32(w, 0);
    pvg_put_u64(w, 0x1000);
    pvg_put_u64(w, 0x1000);
    stamp = kit_send(&b->kit, EXEC);
    bench_run(b);
    assert_int_equal(b->forgets, 0);
    bench_release(b, 0);
    bench_run(b);
    assert_int_equal(b->forgets, 1);
    assert_false(kit_done(&b->kit, EXEC, stamp)); /* the executor has not let go */
    bench_release(b, 0);
    assert_true(done(b, EXEC, stamp));
}

static void many_stamps_make_one_interrupt(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    bench_run(b);
    kit_interrupt(&b->kit);
    b->edges[PVG_INTERRUPT_GFX] = 0;
    for (unsigned i = 0; i < 10; i++) {
        kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
        kit_send_quietly(&b->kit, EXEC);
    }
    kit_ring(&b->kit, EXEC);
    bench_run(b);
    assert_int_equal(b->edges[PVG_INTERRUPT_GFX], 1);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_STATUS_GPU), 1 << EXEC);
}

/* ---- The end of a session ---- */

static void nothing_is_written_after_the_driver_stopped(void **state)
{
    struct bench *b = *state;
    g_autofree uint8_t *before = NULL;
    uint64_t used;

    bench_bring_up(b);
    kit_display_enable(&b->kit, 0, 0xf);
    send_held(b);
    send_nop_after(b, MEMORY, 20, 1);
    bench_run(b);
    kit_stop(&b->kit);
    used = BENCH_RAM_SIZE / 2;
    before = g_memdup2(b->ram + 0x4000000, used - 0x4000000);
    bench_release(b, 0);
    bench_pass(b, 1000000);
    assert_memory_equal(b->ram + 0x4000000, before, used - 0x4000000);
}

static void nothing_is_written_after_a_reset_in_mid_flight(void **state)
{
    struct bench *b = *state;
    g_autofree uint8_t *before = NULL;

    bench_bring_up(b);
    send_held(b);
    send_nop_after(b, MEMORY, 20, 1);
    bench_run(b);
    before = g_memdup2(b->ram + 0x4000000, 0xc000000);
    pvg_device_reset(b->device);
    bench_pass(b, 1000000);
    assert_memory_equal(b->ram + 0x4000000, before, 0xc000000);
    assert_int_equal(b->held->len, 0); /* the executor was made quiet */
    bench_bring_up(b);
}

static void rings_outside_their_limits_are_not_opened(void **state)
{
    static const struct {
        uint32_t base, start, length;
    } bad[] = {
        {0, 0x4000, 0x10000},          {0x7000000, 0, 0x10000},
        {0x7000000, 0x10000, 0x10000}, {0x7000000, 0x4000, 0x20001},
        {0x7000000, 0x4000, 0x4008},   {0x7000000, 0xfff, 0x10000},
    };
    struct bench *b = *state;

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        bench_write(b, PVG_WIRE_GFX_FIFO_BASE_PAGE, bad[i].base >> b->page_shift);
        bench_write(b, PVG_WIRE_GFX_FIFO_START, bad[i].start);
        bench_write(b, PVG_WIRE_GFX_FIFO_LENGTH, bad[i].length);
        bench_write(b, PVG_WIRE_GFX_CONTROL_FIFO, 1);
        bench_write(b, PVG_WIRE_GFX_FIFO_WRITTEN, 0x1000);
        bench_run(b);
        assert_int_equal(bench_read(b, PVG_WIRE_GFX_FIFO_READ), 0);
        bench_write(b, PVG_WIRE_GFX_CONTROL_FIFO, 0);
    }
    assert_int_equal(bench_stat(b, "refused.LIMIT"), G_N_ELEMENTS(bad));
    bench_bring_up(b);
}

#define PCI(test)  {#test " (x86-64)", test, bench_setup_pci, bench_teardown, NULL}
#define MMIO(test) {#test " (arm64)", test, bench_setup_mmio, bench_teardown, NULL}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(the_root_ring_wraps_inside_packets_and_headers),
        MMIO(the_root_ring_wraps_inside_packets_and_headers),
        PCI(a_child_ring_wraps_over_scattered_pages),
        MMIO(a_child_ring_wraps_over_scattered_pages),
        PCI(a_ring_whose_page_list_is_empty_is_not_ready_yet),
        PCI(sizes_that_make_no_sense_stop_the_channel_until_it_is_defined_anew),
        PCI(too_many_waits_are_skipped_and_completed),
        PCI(an_unknown_command_is_completed_and_counted),
        PCI(a_tail_that_jumps_out_of_the_ring_stops_the_channel),
        PCI(the_guest_cannot_move_the_host_s_counter),
        PCI(a_stamp_slot_past_the_table_is_refused_and_consumption_goes_on),
        PCI(a_packet_published_while_work_runs_needs_no_doorbell),
        MMIO(a_packet_published_while_work_runs_needs_no_doorbell),
        PCI(a_packet_that_nobody_rang_for_is_found_by_the_tick),
        PCI(doorbells_of_channels_that_do_not_exist_are_counted),
        PCI(a_wait_holds_until_another_channel_arrives_in_either_order),
        MMIO(a_wait_holds_until_another_channel_arrives_in_either_order),
        PCI(a_held_packet_holds_back_its_own_channel_only),
        cmocka_unit_test(comparison_of_stamps_wraps),
        PCI(stamps_go_on_past_the_end_of_32_bits),
        MMIO(stamps_go_on_past_the_end_of_32_bits),
        PCI(waits_that_can_never_be_satisfied_are_not_waited_for),
        PCI(channels_that_wait_for_each_other_do_not_stop_the_others),
        PCI(work_that_ends_out_of_order_is_published_in_order),
        PCI(work_may_be_completed_by_any_thread),
        PCI(a_packet_that_takes_memory_away_waits_for_its_channel_s_work),
        PCI(many_stamps_make_one_interrupt),
        PCI(nothing_is_written_after_the_driver_stopped),
        MMIO(nothing_is_written_after_the_driver_stopped),
        PCI(nothing_is_written_after_a_reset_in_mid_flight),
        PCI(rings_outside_their_limits_are_not_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
