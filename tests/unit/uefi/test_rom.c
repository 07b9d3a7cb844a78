/* SPDX-License-Identifier: MIT */
/* The packed option ROM, read as firmware reads it. Its path is the first argument.
 * Spec: 91-uefi-rom 7, and its test vector. */
#include <glib.h>
#include <string.h>

#include "test.h"

static const char *rom_path;
static uint8_t *rom;
static gsize rom_size;

static uint16_t u16(const uint8_t *at)
{
    return at[0] | at[1] << 8;
}

static int read_rom(void **state)
{
    assert_true(g_file_get_contents(rom_path, (char **)&rom, &rom_size, NULL));
    return 0;
}

static int free_rom(void **state)
{
    g_free(rom);
    return 0;
}

/* The header of @image is the specification's vector but for machine, size and the last mark. */
static void check_image(const uint8_t *image, uint16_t machine, uint8_t indicator)
{
    static const uint8_t vector[0x38] = {
        0x55, 0xaa, 0x19, 0x00, 0xf1, 0x0e, 0x00, 0x00, 0x0b, 0x00, 0x64, 0x86, 0, 0, 0, 0, 0, 0, 0,
        0,    0,    0,    0x38, 0x00, 0x1c, 0x00, 0x00, 0x00, 'P',  'C',  'I',  'R', 0x6b, 0x10,
        0xee, 0xee, 0,    0,    0x1c, 0x00, 0x03, 0x00, 0x80, 0x03, 0x19, 0x00, 0x01, 0x00, 0x03,
        0x80, 0,    0,    0,    0,    0,    0};
    uint8_t expected[sizeof(vector)];

    memcpy(expected, vector, sizeof(vector));
    expected[0x0a] = machine & 0xff;
    expected[0x0b] = machine >> 8;
    expected[0x02] = expected[0x2c] = image[0x02];
    expected[0x31] = indicator;
    assert_memory_equal(image, expected, sizeof(expected));
    assert_memory_equal(image + 0x38, "MZ", 2);
}

static void it_holds_a_driver_for_each_processor(void **state)
{
    size_t first = u16(rom + 2) * 512;

    assert_true(first < rom_size);
    check_image(rom, 0x8664, 0);
    check_image(rom + first, 0xaa64, 0x80);
    assert_int_equal(first + u16(rom + first + 2) * 512, rom_size);
}

static void a_vfio_user_client_can_read_it_in_one_message(void **state)
{
    assert_true(rom_size <= 64 * 1024);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_a_driver_for_each_processor),
        cmocka_unit_test(a_vfio_user_client_can_read_it_in_one_message),
    };

    rom_path = argv[1];
    return cmocka_run_group_tests(tests, read_rom, free_rom);
}
