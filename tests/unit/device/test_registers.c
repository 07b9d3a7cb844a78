/* SPDX-License-Identifier: MIT */
#include "bench.h"
#include "wire/registers.h"

#include "test.h"

static void versions_are_granted_up_to_62_and_never_raised(void **state)
{
    static const uint32_t asked[] = {4, 6, 62, 63, 0x80000006};
    static const uint32_t granted[] = {4, 6, 62, 62, 0x80000006};

    for (size_t i = 0; i < 5; i++) {
        bench_write(*state, PVG_WIRE_GFX_VERSION, asked[i]);
        assert_int_equal(bench_read(*state, PVG_WIRE_GFX_VERSION), granted[i]);
    }
}

static void geometry_registers_read_back_what_was_written(void **state)
{
    static const uint32_t registers[] = {
        PVG_WIRE_GFX_ROOT_PAGE,     PVG_WIRE_GFX_FIFO_BASE_PAGE, PVG_WIRE_GFX_FIFO_LENGTH,
        PVG_WIRE_GFX_FIFO_START,    PVG_WIRE_GFX_EFI_DISPLAY,    PVG_WIRE_GFX_EFI_FB_LENGTH,
        PVG_WIRE_GFX_EFI_FB_DEPTH,  PVG_WIRE_GFX_EFI_FB_MODE,    PVG_WIRE_GFX_EFI_FB_STRIDE,
    };

    for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
        assert_int_equal(bench_read(*state, registers[i]), 0);
        bench_write(*state, registers[i], 0x12340000 + i);
        assert_int_equal(bench_read(*state, registers[i]), 0x12340000 + i);
    }
}

static void a_producer_written_while_switched_off_is_lost(void **state)
{
    bench_write(*state, PVG_WIRE_GFX_FIFO_WRITTEN, 0x1c);
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_FIFO_WRITTEN), 0);
    bench_write(*state, PVG_WIRE_GFX_CONTROL_FIFO, 1);
    bench_write(*state, PVG_WIRE_GFX_FIFO_WRITTEN, 0x1c);
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_FIFO_WRITTEN), 0x1c);
    bench_write(*state, PVG_WIRE_GFX_CONTROL_FIFO, 1); /* a kick, no edge */
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_FIFO_WRITTEN), 0x1c);
    bench_write(*state, PVG_WIRE_GFX_CONTROL_FIFO, 0);
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_FIFO_WRITTEN), 0);
}

static void small_misaligned_and_unnamed_accesses_do_nothing(void **state)
{
    struct bench *b = *state;

    bench_write(b, PVG_WIRE_GFX_ROOT_PAGE, 0x55667788);
    assert_int_equal(pvg_mmio_read(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_ROOT_PAGE, 1), 0);
    assert_int_equal(pvg_mmio_read(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_ROOT_PAGE, 2), 0);
    assert_int_equal(pvg_mmio_read(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_ROOT_PAGE + 2, 4), 0);
    pvg_mmio_write(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_ROOT_PAGE, 1, 2);
    pvg_mmio_write(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_ROOT_PAGE + 1, 1, 4);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_ROOT_PAGE), 0x55667788);
    bench_write(b, 0x10, 1);
    bench_write(b, 0x2000, 1);
    assert_int_equal(bench_read(b, 0x10), 0);
    assert_int_equal(bench_read(b, 0x2000), 0);
    assert_int_equal(pvg_mmio_read(b->device, PVG_WINDOW_GFX, PVG_GFX_WINDOW_SIZE, 4), 0);
}

static void eight_byte_accesses_are_two_words_low_first(void **state)
{
    struct bench *b = *state;

    atomic_store(&b->device->registers.status_display, 0x2);
    atomic_store(&b->device->registers.status_gpu, 0x21);
    assert_true(pvg_mmio_read(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_STATUS_DISPLAY, 8) ==
                0x2100000002);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_STATUS_GPU), 0);
}

static void the_framebuffer_address_is_64_bits_wide(void **state)
{
    struct bench *b = *state;

    bench_write(b, PVG_WIRE_GFX_EFI_FB_LENGTH, 0x7e9000);
    pvg_mmio_write(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_EFI_FB_START, 0x8f1000000, 8);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_EFI_FB_LENGTH), 0x7e9000);
    assert_true(pvg_mmio_read(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_EFI_FB_START, 8) ==
                0x8f1000000);
    bench_write(b, PVG_WIRE_GFX_EFI_FB_START, 0x1000);
    assert_true(pvg_mmio_read(b->device, PVG_WINDOW_GFX, PVG_WIRE_GFX_EFI_FB_START, 8) ==
                0x800001000);
}

static void the_line_is_held_until_the_last_cause_is_read(void **state)
{
    struct bench *b = *state;

    pvg_registers_event_gpu(b->device, 1);
    pvg_registers_event_display(b->device, 1);
    assert_int_equal(b->edges[PVG_INTERRUPT_GFX], 2);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_STATUS_GPU), 1);
    assert_true(b->level[PVG_INTERRUPT_GFX]);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_STATUS_DISPLAY), 1);
    assert_false(b->level[PVG_INTERRUPT_GFX]);
}

static void an_event_between_the_two_clearing_reads_makes_a_new_edge(void **state)
{
    struct bench *b = *state;

    pvg_registers_event_gpu(b->device, 1);
    bench_read(b, PVG_WIRE_GFX_STATUS_GPU);
    pvg_registers_event_gpu(b->device, 2);
    assert_int_equal(b->edges[PVG_INTERRUPT_GFX], 2);
    bench_read(b, PVG_WIRE_GFX_STATUS_DISPLAY);
    assert_true(b->level[PVG_INTERRUPT_GFX]);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_STATUS_GPU), 2);
    assert_false(b->level[PVG_INTERRUPT_GFX]);
}

static void a_written_status_bit_is_cleared(void **state)
{
    struct bench *b = *state;

    pvg_registers_event_gpu(b->device, 5);
    bench_write(b, PVG_WIRE_GFX_STATUS_GPU, 4);
    assert_true(b->level[PVG_INTERRUPT_GFX]);
    bench_write(b, PVG_WIRE_GFX_STATUS_GPU, 1);
    assert_false(b->level[PVG_INTERRUPT_GFX]);
}

static void ports_and_firmware_modes_are_advertised(void **state)
{
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_DISPLAY_PORTS), 2);
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_BUILTIN_CONNECTED), 1);
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_EFI_STRIDE_ALIGN), 64);
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_EFI_MODE_COUNT), 2);
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_EFI_MODE_SIZE), 0x07800438);
    bench_write(*state, PVG_WIRE_GFX_EFI_MODE_SELECT, 1);
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_EFI_MODE_SIZE), 0x05000400);
    bench_write(*state, PVG_WIRE_GFX_EFI_MODE_SELECT, 2);
    assert_int_equal(bench_read(*state, PVG_WIRE_GFX_EFI_MODE_SIZE), 0);
}

static void reset_gives_every_register_its_reset_value(void **state)
{
    struct bench *b = *state;

    for (uint32_t offset = 0x1000; offset < 0x1240; offset += 4) {
        bench_write(b, offset, 0xffffffff);
    }
    pvg_registers_event_gpu(b->device, 1);
    pvg_device_reset(b->device);
    assert_false(b->level[PVG_INTERRUPT_GFX]);
    for (uint32_t offset = 0x1000; offset < 0x1204; offset += 4) {
        assert_int_equal(bench_read(b, offset), 0);
    }
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_EFI_FB_START), 0);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_EFI_MODE_SIZE), 0x07800438);
}

#define PCI(test) cmocka_unit_test_setup_teardown(test, bench_setup_pci, bench_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(versions_are_granted_up_to_62_and_never_raised),
        PCI(geometry_registers_read_back_what_was_written),
        PCI(a_producer_written_while_switched_off_is_lost),
        PCI(small_misaligned_and_unnamed_accesses_do_nothing),
        PCI(eight_byte_accesses_are_two_words_low_first),
        PCI(the_framebuffer_address_is_64_bits_wide),
        PCI(the_line_is_held_until_the_last_cause_is_read),
        PCI(an_event_between_the_two_clearing_reads_makes_a_new_edge),
        PCI(a_written_status_bit_is_cleared),
        PCI(ports_and_firmware_modes_are_advertised),
        PCI(reset_gives_every_register_its_reset_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
