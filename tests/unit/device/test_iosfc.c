/* SPDX-License-Identifier: MIT */
/* The iosfc window and its ring. Spec: 21-surfaces-arm64 3, 4, 18, 19 (S6, S7). */
#include <glib.h>

#include "bench.h"
#include "wire/registers.h"

#include "test.h"

#define RING 0x76000000

static uint64_t read_register(struct bench *b, uint64_t offset, unsigned size)
{
    return pvg_mmio_read(b->device, PVG_WINDOW_IOSFC, offset, size);
}

static void write_register(struct bench *b, uint64_t offset, uint64_t value, unsigned size)
{
    pvg_mmio_write(b->device, PVG_WINDOW_IOSFC, offset, value, size);
}

static void set_entry(struct bench *b, uint32_t index, uint32_t operation, uint32_t id)
{
    bench_store(b, RING + 16 * index, operation);
    bench_store(b, RING + 16 * index + 4, id);
    bench_store(b, RING + 16 * index + 8, 0xffffffff);
}

static void set_ring(struct bench *b, uint64_t size)
{
    write_register(b, PVG_WIRE_IOSFC_RING_BASE, RING, 8);
    write_register(b, PVG_WIRE_IOSFC_RING_SIZE, size, 4);
    bench_run(b);
}

static void ring(struct bench *b, uint32_t producer)
{
    write_register(b, PVG_WIRE_IOSFC_PRODUCER, producer, 4);
    bench_run(b);
}

/* S7 */
static void registers_are_64_bits_wide_and_take_halves(void **state)
{
    struct bench *b = *state;

    write_register(b, PVG_WIRE_IOSFC_RING_BASE, 0x0000000821b10000, 8);
    assert_true(read_register(b, PVG_WIRE_IOSFC_RING_BASE, 8) == 0x0000000821b10000);
    assert_int_equal(read_register(b, PVG_WIRE_IOSFC_RING_BASE, 4), 0x21b10000);
    assert_int_equal(read_register(b, PVG_WIRE_IOSFC_RING_BASE + 4, 4), 8);
    write_register(b, PVG_WIRE_IOSFC_RING_BASE + 4, 9, 4);
    assert_true(read_register(b, PVG_WIRE_IOSFC_RING_BASE, 8) == 0x0000000921b10000);
    assert_int_equal(read_register(b, PVG_WIRE_IOSFC_STATUS, 8), 0);
    write_register(b, PVG_WIRE_IOSFC_CONSUMER, 1, 4); /* enables, and moves nothing */
    assert_int_equal(read_register(b, PVG_WIRE_IOSFC_CONSUMER, 4), 0);
    assert_int_equal(read_register(b, 0x800, 4), 0);
    assert_int_equal(read_register(b, PVG_WIRE_IOSFC_RING_BASE + 2, 4), 0);
}

/* S6 */
static void the_ring_wraps_and_tells_once(void **state)
{
    struct bench *b = *state;

    set_ring(b, 4);
    ring(b, 3); /* three entries of nothing */
    b->edges[PVG_INTERRUPT_IOSFC] = 0;
    read_register(b, PVG_WIRE_IOSFC_CONSUMER, 4);
    set_entry(b, 3, 3, 1);
    set_entry(b, 0, 2, 1);
    ring(b, 1);
    assert_int_equal(read_register(b, PVG_WIRE_IOSFC_CONSUMER, 4), 1);
    assert_int_equal(b->edges[PVG_INTERRUPT_IOSFC], 1);
    assert_int_equal(bench_load(b, RING + 3 * 16 + 8), 1); /* not mapped */
    assert_int_equal(bench_load(b, RING + 8), 0);
    ring(b, 1);
    assert_int_equal(b->edges[PVG_INTERRUPT_IOSFC], 1);
}

static void indices_that_never_wrap_are_followed_too(void **state)
{
    struct bench *b = *state;
    uint32_t producer = 0;

    set_ring(b, 1000);
    for (unsigned i = 0; i < 30; i++) {
        producer += 999;
        ring(b, producer);
        assert_int_equal(read_register(b, PVG_WIRE_IOSFC_CONSUMER, 4), producer);
    }
    assert_int_equal(bench_stat(b, "iosfc.requests"), 30 * 999);
}

static void the_line_is_held_until_the_window_is_read_or_200_ms(void **state)
{
    struct bench *b = *state;

    set_ring(b, 4);
    ring(b, 1);
    assert_true(b->level[PVG_INTERRUPT_IOSFC]);
    read_register(b, PVG_WIRE_IOSFC_CONSUMER, 4);
    assert_false(b->level[PVG_INTERRUPT_IOSFC]);
    ring(b, 2);
    bench_pass(b, 199000);
    assert_true(b->level[PVG_INTERRUPT_IOSFC]);
    bench_pass(b, 2000);
    assert_false(b->level[PVG_INTERRUPT_IOSFC]);
    assert_int_equal(bench_stat(b, "iosfc.unanswered-interrupts"), 1);
}

static void rings_that_make_no_sense_are_skipped(void **state)
{
    static const struct {
        uint64_t base, size;
    } bad[] = {{0, 4}, {RING + 8, 4}, {RING, 0}, {RING, 0x10001}};
    struct bench *b = *state;

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        write_register(b, PVG_WIRE_IOSFC_RING_BASE, bad[i].base, 8);
        write_register(b, PVG_WIRE_IOSFC_RING_SIZE, bad[i].size, 8);
        ring(b, 0x7fffffff);
        assert_int_equal(read_register(b, PVG_WIRE_IOSFC_CONSUMER, 4), 0x7fffffff);
    }
    assert_int_equal(bench_stat(b, "iosfc.requests"), 0);
}

static void an_entry_that_is_not_ram_stops_the_ring_there(void **state)
{
    struct bench *b = *state;

    write_register(b, PVG_WIRE_IOSFC_RING_BASE, b->ram_gpa + BENCH_RAM_SIZE - 32, 8);
    write_register(b, PVG_WIRE_IOSFC_RING_SIZE, 8, 4);
    ring(b, 4);
    assert_int_equal(read_register(b, PVG_WIRE_IOSFC_CONSUMER, 4), 2);
    assert_int_equal(bench_stat(b, "refused.NOT_RAM"), 1);
}

static void unknown_requests_fail_and_are_counted(void **state)
{
    struct bench *b = *state;

    set_ring(b, 4);
    set_entry(b, 0, 9, 1);
    set_entry(b, 1, 1, 0xffffffff);
    ring(b, 2);
    assert_int_equal(bench_load(b, RING + 8), 1);
    assert_int_equal(bench_load(b, RING + 16 + 8), 1);
    assert_int_equal(bench_stat(b, "iosfc.unknown-operations"), 1);
}

static void surfaces_come_and_go_through_the_kit(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 32, 32);
    assert_int_equal(kit_iosfc_request(&b->kit, PVG_WIRE_IOSFC_OPERATION_TEST, surface.id), 0);
    kit_surface_destroy(&b->kit, &surface);
    assert_int_equal(kit_iosfc_request(&b->kit, PVG_WIRE_IOSFC_OPERATION_TEST, surface.id), 1);
    bench_expect_no_failure(b);
}

static void the_pci_variant_has_no_such_window(void **state)
{
    struct bench *b = *state;

    write_register(b, PVG_WIRE_IOSFC_RING_BASE, RING, 8);
    assert_int_equal(read_register(b, PVG_WIRE_IOSFC_RING_BASE, 8), 0);
}

#define MMIO(test) cmocka_unit_test_setup_teardown(test, bench_setup_mmio, bench_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MMIO(registers_are_64_bits_wide_and_take_halves),
        MMIO(the_ring_wraps_and_tells_once),
        MMIO(indices_that_never_wrap_are_followed_too),
        MMIO(the_line_is_held_until_the_window_is_read_or_200_ms),
        MMIO(rings_that_make_no_sense_are_skipped),
        MMIO(an_entry_that_is_not_ram_stops_the_ring_there),
        MMIO(unknown_requests_fail_and_are_counted),
        MMIO(surfaces_come_and_go_through_the_kit),
        cmocka_unit_test_setup_teardown(the_pci_variant_has_no_such_window, bench_setup_pci,
                                        bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
