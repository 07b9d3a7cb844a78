/* SPDX-License-Identifier: MIT */
#include <pvg/pvg.h>

#include "test.h"

static void a_list_of_modes_is_parsed(void **state)
{
    struct pvg_mode modes[4];
    struct pvg_error error = {0};

    assert_int_equal(
        pvg_modes_parse("1920x1080@60, 1280x800,3840x2160@59.94", modes, 4, &error), 3);
    assert_int_equal(modes[0].width, 1920);
    assert_int_equal(modes[0].height, 1080);
    assert_int_equal(modes[0].refresh_mhz, 60000);
    assert_int_equal(modes[1].refresh_mhz, 60000);
    assert_int_equal(modes[2].width, 3840);
    assert_int_equal(modes[2].refresh_mhz, 59940);
}

static void the_edges_of_what_is_possible_are_exact(void **state)
{
    struct pvg_mode mode;
    static const char *const good[] = {"1x1", "16384x16384", "1x1@1", "1x1@1000", "1x1@59.940"};
    static const char *const bad[] = {
        "",        "0x1",     "16385x1",    "1x16385",  "1x1@0",     "1x1@1000.001", "1x1@60.0001",
        "1920",    "1920x",   "x1080",      "1X1",      "1x1@",      "1x1@60Hz",     "1x1,",
        "-1x1",    "1x 1",    "9999999x1",  "1x1@60.x", "1x1@0.999",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_int_equal(pvg_modes_parse(good[i], &mode, 1, NULL), 1);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct pvg_error error = {0};
        struct pvg_mode two[2];

        assert_int_equal(pvg_modes_parse(bad[i], two, 2, &error), 0);
        assert_string_not_equal(error.message, "");
    }
}

static void more_modes_than_fit_are_refused(void **state)
{
    struct pvg_mode modes[2];
    struct pvg_error error = {0};

    assert_int_equal(pvg_modes_parse("1x1,2x2", modes, 2, &error), 2);
    assert_int_equal(pvg_modes_parse("1x1,2x2,3x3", modes, 2, &error), 0);
    assert_string_not_equal(error.message, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_modes_is_parsed),
        cmocka_unit_test(the_edges_of_what_is_possible_are_exact),
        cmocka_unit_test(more_modes_than_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
