/* SPDX-License-Identifier: MIT */
/* What a hostile guest may put where a number is expected, as far as no other test is about it.
 * docs/hostile-guests.md names the test for each line of the specification's lists. */
#include <string.h>

#include "bench.h"
#include "wire/packets_encode.h"
#include "wire/registers.h"

#include "test.h"

/* After whatever it was: the driver starts over and is served. */
static void expect_service(struct bench *b)
{
    pvg_device_reset(b->device);
    kit_init(&b->kit, b->kit.machine, b->kit.platform, &b->plain);
    b->patience = 2000;
    bench_bring_up(b);
    bench_expect_no_failure(b);
}

static void page_numbers_that_are_not_ram_are_never_ready(void **state)
{
    static const uint32_t pages[] = {0x100, 0x7fffffff, 0xfffff, UINT32_MAX};
    struct bench *b = *state;

    for (unsigned i = 0; i < G_N_ELEMENTS(pages); i++) {
        bench_write(b, PVG_WIRE_GFX_ROOT_PAGE, pages[i]);
        bench_write(b, PVG_WIRE_GFX_FIFO_BASE_PAGE, pages[i] == 0x100 ? UINT32_MAX : pages[i]);
        bench_write(b, PVG_WIRE_GFX_FIFO_START, 1u << b->page_shift);
        bench_write(b, PVG_WIRE_GFX_FIFO_LENGTH, 0x10000);
        bench_write(b, PVG_WIRE_GFX_CONTROL_FIFO, 1);
        bench_write(b, PVG_WIRE_GFX_FIFO_WRITTEN, 48);
        bench_pass(b, 100000);
        assert_int_equal(bench_read(b, PVG_WIRE_GFX_FIFO_READ), 0);
        bench_write(b, PVG_WIRE_GFX_CONTROL_FIFO, 0);
    }
    assert_int_equal(bench_stat(b, "packets"), 0);
    expect_service(b);
}

/* The list is followed as it says, inside RAM: a page twice shows its packets twice, a page that is
 * no RAM is a ring that is never ready there. */
static void a_page_list_of_duplicates_and_holes_stays_inside_ram(void **state)
{
    struct bench *b = *state;
    uint32_t first, stamp;

    bench_bring_up(b);
    kit_channel_define(&b->kit, 9, 2);
    first = bench_load(b, b->kit.channels[9].list);
    bench_store(b, b->kit.channels[9].list + 4, first);
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
    stamp = kit_send(&b->kit, 9);
    kit_wait(&b->kit, 9, stamp);
    bench_expect_no_failure(b);

    kit_channel_define(&b->kit, 10, 2);
    bench_store(b, b->kit.channels[10].list, 0x7fffffff);
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
    stamp = kit_send(&b->kit, 10);
    bench_pass(b, 100000);
    assert_false(kit_done(&b->kit, 10, stamp));
    expect_service(b);
}

static void a_flood_of_doorbells_is_one_piece_of_work(void **state)
{
    struct bench *b = *state;
    unsigned edges;

    bench_bring_up(b);
    kit_interrupt(&b->kit);
    edges = b->edges[PVG_INTERRUPT_GFX];
    for (unsigned i = 0; i < 100000; i++) {
        bench_write(b, PVG_WIRE_GFX_CHILD_DOORBELL, 1 + i % 31);
        bench_write(b, PVG_WIRE_GFX_DISPLAY_DOORBELL, i % 3);
    }
    pvg_engine_step(&b->device->engine);
    assert_int_equal(atomic_load(&b->device->engine.work), 0);
    assert_in_range(b->edges[PVG_INTERRUPT_GFX], edges, edges + 1); /* a blank may be due */
}

/* The display's page may lie on the ring: the guest harms its own packets and nothing else. */
static void a_display_page_on_other_structures_harms_the_guest_only(void **state)
{
    struct bench *b = *state;

    bench_bring_up(b);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t at = i == 0 ? b->kit.fifo : i == 1 ? b->kit.root_page : b->kit.channels[1].list;

        pvg_wire_display_set_page_encode(
            kit_packet(&b->kit, PVG_WIRE_PACKET_DISPLAY_SET_PAGE),
            &(struct pvg_wire_display_set_page){.port = 1,
                                                .page = {(uint32_t)(at >> b->page_shift)}});
        kit_send(&b->kit, kit_display_channel(&b->kit, 0));
        bench_pass(b, 500000);
    }
    expect_service(b);
}

static void a_task_of_any_length_costs_nothing(void **state)
{
    static const uint64_t lengths[] = {0, 1, UINT64_MAX};
    struct bench *b = *state;
    struct kit_task task;

    bench_bring_up(b);
    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        kit_task_create(&b->kit, &task, 5 + i);
        pvg_wire_define_task_encode(
            kit_packet(&b->kit, PVG_WIRE_PACKET_DEFINE_TASK),
            &(struct pvg_wire_define_task){
                .task = 5 + i,
                .length = lengths[i],
                .directory = {(uint32_t)(task.directory >> b->page_shift)}});
        kit_wait(&b->kit, 0, kit_send(&b->kit, 0));
    }
    bench_expect_no_failure(b);
    expect_service(b);
}

/* As many entries as the ring has, however far the index jumps. */
static void a_producer_far_ahead_serves_one_ring_at_most(void **state)
{
    static const uint32_t jumps[] = {0x10001, 0x80000000, UINT32_MAX};
    struct bench *b = *state;

    bench_bring_up(b);
    for (unsigned i = 0; i < G_N_ELEMENTS(jumps); i++) {
        uint64_t before = bench_stat(b, "iosfc.requests");
        uint64_t size = pvg_mmio_read(b->device, PVG_WINDOW_IOSFC, PVG_WIRE_IOSFC_RING_SIZE, 8);

        pvg_mmio_write(b->device, PVG_WINDOW_IOSFC, PVG_WIRE_IOSFC_PRODUCER, jumps[i], 8);
        bench_run(b);
        assert_true(bench_stat(b, "iosfc.requests") - before <= size);
    }
    expect_service(b);
}

/* Nothing of a list is remembered: what is there at the present is shown. */
static void a_list_changed_after_the_map_is_shown_as_it_is_now(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface, other;
    struct pvg_frame frame;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 64, 48);
    kit_surface_create(&b->kit, &other, 64, 48);
    kit_surface_fill(&b->kit, &surface, 0xff111111);
    kit_surface_fill(&b->kit, &other, 0xff222222);
    memcpy(bench_at(b, surface.list), bench_at(b, other.list),
           4 * (surface.size >> b->page_shift)); /* two surfaces on one set of pages */
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), kit_present(&b->kit, 0, surface.id, NULL));
    frame = bench_fetch(b, 0);
    assert_int_equal(bench_pixel(&frame, 10, 10), 0x222222);
    bench_store(b, surface.list, 0); /* and a list that is not whole keeps the last picture */
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), kit_present(&b->kit, 0, surface.id, NULL));
    bench_expect_no_failure(b);
    assert_int_equal(bench_stat(b, "displays.0.dropped"), 1);
}

static void gamma_tables_of_absurd_size_are_refused(void **state)
{
    static const struct {
        uint32_t entries, length;
    } absurd[] = {{UINT32_MAX, UINT32_MAX}, {1, UINT32_MAX}, {0x10000, 12}, {2, 0}};
    struct bench *b = *state;
    struct kit_surface surface;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 64, 48);
    for (unsigned i = 0; i < G_N_ELEMENTS(absurd); i++) {
        const struct pvg_wire_present rec = {
            .surface = surface.id,
            .gamma = {0x4000},
            .gamma_entries = absurd[i].entries,
            .gamma_length = absurd[i].length,
            .gamma_checksum = i + 1,
        };

        pvg_wire_display_transaction_3_encode(
            kit_packet(&b->kit, PVG_WIRE_PACKET_DISPLAY_TRANSACTION_3), &rec);
        kit_wait(&b->kit, kit_display_channel(&b->kit, 0),
                 kit_send(&b->kit, kit_display_channel(&b->kit, 0)));
        bench_fetch(b, 0);
    }
    bench_expect_no_failure(b);
    assert_int_equal(bench_stat(b, "displays.0.presents"), G_N_ELEMENTS(absurd));
    assert_false(b->device->displays[0].gamma.active);
}

#define PCI(test)  {#test " (x86-64)", test, bench_setup_pci, bench_teardown, NULL}
#define MMIO(test) {#test " (arm64)", test, bench_setup_mmio, bench_teardown, NULL}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(page_numbers_that_are_not_ram_are_never_ready),
        MMIO(page_numbers_that_are_not_ram_are_never_ready),
        PCI(a_page_list_of_duplicates_and_holes_stays_inside_ram),
        MMIO(a_page_list_of_duplicates_and_holes_stays_inside_ram),
        PCI(a_flood_of_doorbells_is_one_piece_of_work),
        MMIO(a_flood_of_doorbells_is_one_piece_of_work),
        PCI(a_display_page_on_other_structures_harms_the_guest_only),
        MMIO(a_display_page_on_other_structures_harms_the_guest_only),
        PCI(a_task_of_any_length_costs_nothing),
        MMIO(a_task_of_any_length_costs_nothing),
        MMIO(a_producer_far_ahead_serves_one_ring_at_most),
        MMIO(a_list_changed_after_the_map_is_shown_as_it_is_now),
        PCI(gamma_tables_of_absurd_size_are_refused),
        MMIO(gamma_tables_of_absurd_size_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
