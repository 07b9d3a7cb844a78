/* SPDX-License-Identifier: MIT */
/* Tasks that one process tells another about, and the session that it follows. */
#include "memory/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

struct pair {
    struct pvg_counters counters[2];
    struct pvg_memory keeper, worker;
    struct pvg_ram_gate gate;
    uint8_t ram[8192] __attribute__((aligned(4096)));
};

static int set_up(void **state)
{
    struct pair *pair = aligned_alloc(4096, (sizeof(*pair) + 4095) & ~4095ul);

    memset(pair, 0, sizeof(*pair));
    pvg_counters_init(&pair->counters[0]);
    pvg_counters_init(&pair->counters[1]);
    pvg_memory_init(&pair->keeper, PVG_VARIANT_PCI, &pair->counters[0]);
    pvg_memory_init(&pair->worker, PVG_VARIANT_PCI, &pair->counters[1]);
    atomic_store(&pair->gate.session, pvg_ram_session(&pair->keeper.ram));
    pair->worker.ram.gate = &pair->gate;
    assert_true(pvg_ram_insert(&pair->worker.ram,
                               &(struct pvg_ram_span){.gpa = 0x1000, .size = sizeof(pair->ram),
                                                      .host = pair->ram, .fd = -1},
                               NULL));
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;

    pvg_memory_finish(&pair->worker);
    pvg_memory_finish(&pair->keeper);
    pvg_counters_finish(&pair->counters[0]);
    pvg_counters_finish(&pair->counters[1]);
    free(pair);
    return 0;
}

static enum pvg_refusal tell_task(struct pair *pair, uint32_t id)
{
    struct pvg_saver saver;
    struct pvg_cursor from;
    enum pvg_refusal why;

    pvg_saver_init(&saver);
    pvg_mirror_put_task(&pair->keeper, id, &saver);
    from = pvg_cursor_over(saver.bytes->data, saver.bytes->len);
    why = pvg_mirror_take_task(&pair->worker, &from);
    g_byte_array_unref(saver.bytes);
    return why;
}

static enum pvg_refusal tell_pages(struct pair *pair, uint32_t id, uint64_t at, uint64_t size)
{
    struct pvg_saver saver;
    struct pvg_cursor from;
    enum pvg_refusal why;

    pvg_saver_init(&saver);
    pvg_mirror_put_pages(&pair->keeper, id, (struct pvg_gva){at}, size, &saver);
    from = pvg_cursor_over(saver.bytes->data, saver.bytes->len);
    why = pvg_mirror_take_pages(&pair->worker, &from);
    g_byte_array_unref(saver.bytes);
    return why;
}

static uint32_t kept(const struct pvg_memory *memory, uint32_t id, uint64_t page)
{
    return pvg_kept_find(&memory->tasks.all[id].kept, page);
}

static void a_task_is_the_same_space_on_both_sides_until_it_is_redefined(void **state)
{
    struct pair *pair = *state;
    struct pvg_space ours, theirs;

    assert_int_equal(pvg_task_define(&pair->keeper, 3, (struct pvg_pfn){5}, 0x10000), PVG_ACCEPTED);
    assert_int_equal(tell_task(pair, 3), PVG_ACCEPTED);
    assert_int_equal(pvg_task_space(&pair->keeper, 3, &ours), PVG_ACCEPTED);
    assert_int_equal(pvg_task_space(&pair->worker, 3, &theirs), PVG_ACCEPTED);
    assert_int_equal(ours.serial, theirs.serial);
    assert_int_equal(pvg_task_define(&pair->keeper, 3, (struct pvg_pfn){6}, 0x10000), PVG_ACCEPTED);
    assert_int_equal(tell_task(pair, 3), PVG_ACCEPTED);
    assert_int_equal(pvg_task_space(&pair->worker, 3, &theirs), PVG_ACCEPTED);
    assert_int_not_equal(ours.serial, theirs.serial);
}

static void kept_pages_are_told_as_they_were_found_and_forgotten_in_step(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(pvg_task_define(&pair->keeper, 1, (struct pvg_pfn){5}, 0), PVG_ACCEPTED);
    assert_int_equal(tell_task(pair, 1), PVG_ACCEPTED);
    for (uint64_t page = 100; page < 300; page++) {
        assert_true(pvg_kept_put(&pair->keeper.tasks.all[1].kept, page, (uint32_t)page + 7));
    }
    assert_int_equal(tell_pages(pair, 1, 150 << 12, 50 << 12), PVG_ACCEPTED);
    assert_int_equal(kept(&pair->worker, 1, 149), 0);
    assert_int_equal(kept(&pair->worker, 1, 150), 157);
    assert_int_equal(kept(&pair->worker, 1, 199), 206);
    assert_int_equal(kept(&pair->worker, 1, 200), 0);
    assert_int_equal(tell_pages(pair, 1, 0, UINT64_MAX), PVG_ACCEPTED);
    assert_int_equal(kept(&pair->worker, 1, 100), 107);
    assert_int_equal(kept(&pair->worker, 1, 299), 306);
    pvg_kept_drop(&pair->keeper.tasks.all[1].kept, 110, 10);
    assert_int_equal(tell_pages(pair, 1, 110 << 12, 10 << 12), PVG_ACCEPTED);
    assert_int_equal(kept(&pair->worker, 1, 109), 116);
    assert_int_equal(kept(&pair->worker, 1, 110), 0);
    assert_int_equal(kept(&pair->worker, 1, 120), 127);
}

static void what_makes_no_task_or_page_is_refused(void **state)
{
    struct pair *pair = *state;
    uint8_t bytes[64] = {0};
    struct pvg_cursor from = pvg_cursor_over(bytes, 10);

    assert_int_equal(pvg_mirror_take_task(&pair->worker, &from), PVG_REFUSED_SHORT);
    bytes[1] = 1; /* task 256 */
    from = pvg_cursor_over(bytes, sizeof(bytes));
    assert_int_equal(pvg_mirror_take_task(&pair->worker, &from), PVG_REFUSED_LIMIT);
    from = pvg_cursor_over(bytes, sizeof(bytes));
    assert_int_equal(pvg_mirror_take_pages(&pair->worker, &from), PVG_REFUSED_LIMIT);
    bytes[1] = 0;
    from = pvg_cursor_over(bytes, 32); /* a page without a frame */
    assert_int_equal(pvg_mirror_take_pages(&pair->worker, &from), PVG_REFUSED_VALUE);
}

static void note_session(void *owner, uint64_t session)
{
    struct pair *pair = owner;

    assert_int_equal(atomic_load(&pair->gate.holders), 0);
    atomic_store(&pair->gate.session, session);
}

/* The keeper's end of a session is the worker's. */
static void a_write_of_an_ended_session_is_refused_in_the_worker_too(void **state)
{
    struct pair *pair = *state;
    uint64_t session = pvg_ram_session(&pair->worker.ram);
    uint32_t value = 0x12345678;

    pair->keeper.ram.session_owner = pair;
    pair->keeper.ram.session_ended = note_session;
    assert_int_equal(pvg_ram_write(&pair->worker.ram, session, (struct pvg_gpa){0x1000}, &value, 4),
                     PVG_ACCEPTED);
    assert_memory_equal(pair->ram, &value, 4);
    pvg_ram_end_session(&pair->keeper.ram);
    value = 0;
    assert_int_equal(pvg_ram_write(&pair->worker.ram, session, (struct pvg_gpa){0x1000}, &value, 4),
                     PVG_REFUSED_STALE);
    assert_int_equal(pair->ram[0], 0x78);
}

static void whoever_is_inside_guest_memory_is_counted(void **state)
{
    struct pair *pair = *state;

    pvg_ram_lock(&pair->worker.ram);
    assert_int_equal(atomic_load(&pair->gate.holders), 1);
    pvg_ram_unlock(&pair->worker.ram);
    assert_int_equal(atomic_load(&pair->gate.holders), 0);
}

#define with_pair(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_pair(a_task_is_the_same_space_on_both_sides_until_it_is_redefined),
        with_pair(kept_pages_are_told_as_they_were_found_and_forgotten_in_step),
        with_pair(what_makes_no_task_or_page_is_refused),
        with_pair(a_write_of_an_ended_session_is_refused_in_the_worker_too),
        with_pair(whoever_is_inside_guest_memory_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
