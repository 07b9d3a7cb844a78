/* SPDX-License-Identifier: MIT */
#include "base/cursor.h"

#include "test.h"

static void fields_are_little_endian_and_in_order(void **state)
{
    static const uint8_t bytes[] = {
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0x80, 0x3f,
    };
    struct pvg_cursor cursor = pvg_cursor_over(bytes, sizeof(bytes));

    assert_int_equal(pvg_take_u8(&cursor), 1);
    assert_int_equal(pvg_take_u16(&cursor), 0x0302);
    assert_int_equal(pvg_take_u32(&cursor), 0x07060504);
    assert_true(pvg_take_u64(&cursor) == UINT64_C(0x0f0e0d0c0b0a0908));
    assert_true(pvg_take_f32(&cursor) == 1.0f);
    assert_int_equal(cursor.refusal, PVG_ACCEPTED);
    assert_int_equal(cursor.left, 0);
}

static void a_failed_read_sticks_and_yields_zero(void **state)
{
    static const uint8_t bytes[] = {0xff, 0xff, 0xff};
    struct pvg_cursor cursor = pvg_cursor_over(bytes, sizeof(bytes));

    assert_int_equal(pvg_take_u32(&cursor), 0);
    assert_int_equal(cursor.refusal, PVG_REFUSED_SHORT);
    assert_int_equal(pvg_take_u8(&cursor), 0);
    assert_null(pvg_take_bytes(&cursor, 0));
}

static void a_count_whose_elements_are_there_is_taken(void **state)
{
    static const uint8_t bytes[] = {2, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
    struct pvg_cursor cursor = pvg_cursor_over(bytes, sizeof(bytes));

    assert_int_equal(pvg_take_count(&cursor, 4), 2);
    assert_int_equal(cursor.refusal, PVG_ACCEPTED);
}

static void a_count_of_more_than_is_there_is_refused(void **state)
{
    static const uint8_t bytes[] = {3, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff};
    struct pvg_cursor cursor = pvg_cursor_over(bytes, sizeof(bytes));

    assert_int_equal(pvg_take_count(&cursor, 4), 0);
    assert_int_equal(cursor.refusal, PVG_REFUSED_COUNT);

    cursor = pvg_cursor_over(huge, sizeof(huge));
    assert_int_equal(pvg_take_count(&cursor, SIZE_MAX / 2), 0);
    assert_int_equal(cursor.refusal, PVG_REFUSED_COUNT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_little_endian_and_in_order),
        cmocka_unit_test(a_failed_read_sticks_and_yields_zero),
        cmocka_unit_test(a_count_whose_elements_are_there_is_taken),
        cmocka_unit_test(a_count_of_more_than_is_there_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
