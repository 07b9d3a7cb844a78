/* SPDX-License-Identifier: MIT */
#include "base/range.h"

#include "test.h"

static void a_range_up_to_the_last_byte_fits(void **state)
{
    assert_true(pvg_range_fits((struct pvg_range){0, 64}, 64));
    assert_true(pvg_range_fits((struct pvg_range){63, 1}, 64));
    assert_true(pvg_range_fits((struct pvg_range){64, 0}, 64));
    assert_true(pvg_range_fits((struct pvg_range){0, UINT64_MAX}, UINT64_MAX));
}

static void a_range_past_the_last_byte_does_not_fit(void **state)
{
    assert_false(pvg_range_fits((struct pvg_range){0, 65}, 64));
    assert_false(pvg_range_fits((struct pvg_range){64, 1}, 64));
    assert_false(pvg_range_fits((struct pvg_range){65, 0}, 64));
    assert_false(pvg_range_fits((struct pvg_range){UINT64_MAX, 1}, 64));
    assert_false(pvg_range_fits((struct pvg_range){1, UINT64_MAX}, UINT64_MAX));
}

static void arithmetic_tells_when_it_wraps(void **state)
{
    uint64_t out;

    assert_true(pvg_add(UINT64_MAX - 1, 1, &out));
    assert_true(out == UINT64_MAX);
    assert_false(pvg_add(UINT64_MAX, 1, &out));
    assert_true(pvg_mul(UINT32_MAX, UINT32_MAX, &out));
    assert_false(pvg_mul(UINT64_MAX, 2, &out));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_up_to_the_last_byte_fits),
        cmocka_unit_test(a_range_past_the_last_byte_does_not_fit),
        cmocka_unit_test(arithmetic_tells_when_it_wraps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
