/* SPDX-License-Identifier: MIT */
#include <pvg/error.h>

#include <errno.h>
#include <string.h>

#include "base/refusal.h"
#include "test.h"

static void a_long_sentence_is_cut_not_overrun(void **state)
{
    struct pvg_error error = {0};

    pvg_error_set(&error, "%*s", 4000, "end");
    assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
}

static void errno_is_put_into_words(void **state)
{
    struct pvg_error error = {0};

    errno = ENOENT;
    pvg_error_set_errno(&error, "cannot open %s", "disk.img");
    assert_string_equal(error.message, "cannot open disk.img: No such file or directory");
}

static void nobody_has_to_ask_for_the_words(void **state)
{
    pvg_error_set(NULL, "unheard");
    pvg_error_set_errno(NULL, "unheard");
}

static void every_refusal_has_a_name_and_words(void **state)
{
    for (int refusal = 0; refusal < PVG_REFUSAL_COUNT; refusal++) {
        assert_non_null(pvg_refusal_name(refusal));
        assert_non_null(pvg_refusal_words(refusal));
    }
    assert_string_equal(pvg_refusal_name(PVG_REFUSED_RANGE), "RANGE");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_sentence_is_cut_not_overrun),
        cmocka_unit_test(errno_is_put_into_words),
        cmocka_unit_test(nobody_has_to_ask_for_the_words),
        cmocka_unit_test(every_refusal_has_a_name_and_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
