/* SPDX-License-Identifier: MIT */
#include "memory/kept.h"

#include "test.h"

struct fixture {
    struct pvg_kept kept;
    size_t groups;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.kept = {.group_count = &f.groups}};
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    pvg_kept_drop_all(&f->kept);
    assert_int_equal(f->groups, 0);
    return 0;
}

static void dropping_a_range_drops_its_pages_and_no_others(void **state)
{
    struct fixture *f = *state;

    for (uint64_t page = 100; page < 400; page++) {
        assert_true(pvg_kept_put(&f->kept, page, (uint32_t)page + 1));
    }
    pvg_kept_drop(&f->kept, 150, 100);
    assert_int_equal(pvg_kept_find(&f->kept, 149), 150);
    assert_int_equal(pvg_kept_find(&f->kept, 150), 0);
    assert_int_equal(pvg_kept_find(&f->kept, 249), 0);
    assert_int_equal(pvg_kept_find(&f->kept, 250), 251);
    pvg_kept_drop(&f->kept, 0, UINT64_MAX);
    assert_int_equal(f->groups, 0);
}

static void a_page_may_be_put_again(void **state)
{
    struct fixture *f = *state;

    assert_true(pvg_kept_put(&f->kept, UINT64_MAX >> 12, 1));
    assert_true(pvg_kept_put(&f->kept, UINT64_MAX >> 12, 2));
    assert_int_equal(pvg_kept_find(&f->kept, UINT64_MAX >> 12), 2);
    pvg_kept_drop(&f->kept, UINT64_MAX >> 12, 1);
    assert_int_equal(f->groups, 0);
}

static void what_a_guest_can_make_us_keep_is_bounded(void **state)
{
    struct fixture *f = *state;
    uint64_t page = 0;

    while (pvg_kept_put(&f->kept, page, 1)) {
        page += 64; /* a group each */
    }
    assert_int_equal(f->groups, 262144);
    assert_true(pvg_kept_put(&f->kept, 1, 1)); /* one that has its group */
    pvg_kept_drop(&f->kept, 0, 64);
    assert_true(pvg_kept_put(&f->kept, page, 1));
}

static uint32_t even_pages_only(void *ctx, uint64_t page, uint32_t frame)
{
    ++*(unsigned *)ctx;
    return page & 1 ? 0 : frame + 1;
}

static void visiting_replaces_and_forgets(void **state)
{
    struct fixture *f = *state;
    unsigned visited = 0;

    for (uint64_t page = 0; page < 200; page++) {
        assert_true(pvg_kept_put(&f->kept, page, 7));
    }
    pvg_kept_visit(&f->kept, 10, 100, even_pages_only, &visited);
    assert_int_equal(visited, 100);
    assert_int_equal(pvg_kept_find(&f->kept, 10), 8);
    assert_int_equal(pvg_kept_find(&f->kept, 11), 0);
    assert_int_equal(pvg_kept_find(&f->kept, 9), 7);
    assert_int_equal(pvg_kept_find(&f->kept, 110), 7);
}

#define KEPT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        KEPT(dropping_a_range_drops_its_pages_and_no_others),
        KEPT(a_page_may_be_put_again),
        KEPT(what_a_guest_can_make_us_keep_is_bounded),
        KEPT(visiting_replaces_and_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
