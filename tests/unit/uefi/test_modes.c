/* SPDX-License-Identifier: MIT */
#include "modes.h"

#include "test.h"

static void a_mode_is_what_the_register_says(void **state)
{
    struct display_mode mode = modes_decode(0x07800438, 64);

    assert_int_equal(mode.width, 1920);
    assert_int_equal(mode.height, 1080);
    assert_int_equal(mode.stride, 7680);
    assert_int_equal(modes_decode(0x05560300, 64).stride, 5504); /* 1366 pixels, rounded up */
    assert_int_equal(modes_decode(0x05560300, 1).stride, 5464);
    assert_int_equal(modes_decode(0x20002000, 4096).width, 8192);
}

static void what_cannot_be_a_mode_becomes_one(void **state)
{
    static const uint32_t wrong[] = {0, 0x00000438, 0x07800000, 0x20010438, 0x07802001, 0xffffffff};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct display_mode mode = modes_decode(wrong[i], 64);

        assert_int_equal(mode.width, 1024);
        assert_int_equal(mode.height, 768);
        assert_int_equal(mode.stride, 4096);
    }
    assert_int_equal(modes_decode(0x05560300, 0).stride, 5504);
    assert_int_equal(modes_decode(0x05560300, 48).stride, 5504);
    assert_int_equal(modes_decode(0x05560300, 8192).stride, 5504);
}

static void there_is_always_one_mode_and_never_too_many(void **state)
{
    assert_int_equal(modes_count(0), 1);
    assert_int_equal(modes_count(3), 3);
    assert_int_equal(modes_count(MODES_MAX), MODES_MAX);
    assert_int_equal(modes_count(MODES_MAX + 1), MODES_MAX);
    assert_int_equal(modes_count(UINT32_MAX), MODES_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mode_is_what_the_register_says),
        cmocka_unit_test(what_cannot_be_a_mode_becomes_one),
        cmocka_unit_test(there_is_always_one_mode_and_never_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
