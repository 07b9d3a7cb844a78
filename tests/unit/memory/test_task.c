/* SPDX-License-Identifier: MIT */
#include "memory/task.h"

#include <string.h>

#include "world.h"

#include "test.h"

static struct pvg_space define(struct world *w, uint32_t id, uint32_t directory)
{
    struct pvg_space space;

    assert_int_equal(pvg_task_define(&w->memory, id, (struct pvg_pfn){directory}, 0x400000000),
                     PVG_ACCEPTED);
    assert_int_equal(pvg_task_space(&w->memory, id, &space), PVG_ACCEPTED);
    return space;
}

static enum pvg_refusal translate(struct world *w, struct pvg_space space, uint64_t gva,
                                  enum pvg_ram_access access, uint64_t *gpa)
{
    struct pvg_gpa out = {0};
    enum pvg_refusal why =
        pvg_space_translate(&w->memory, space, (struct pvg_gva){gva}, access, &out);

    *gpa = out.value;
    return why;
}

/* 20-memory 20.2 */
static struct pvg_space vector_w1(struct world *w)
{
    world_store(w, 0x1234000, 0x200);
    world_store(w, 0x1234004, 3);
    world_store(w, 0x200000, 0x201);
    world_store(w, 0x201428, 0x80000202);
    world_store(w, 0x202af0, 0x8001f3c5);
    return define(w, 3, 0x1234);
}

static void vector_w1_walks_three_levels_and_ignores_bit_31(void **state)
{
    struct world *w = *state;
    struct pvg_space space = vector_w1(w);
    uint64_t gpa;

    assert_int_equal(translate(w, space, 0x42abc678, PVG_RAM_READ, &gpa), PVG_ACCEPTED);
    assert_true(gpa == 0x1f3c5678);
    assert_int_equal(translate(w, space, 0x40042abc678, PVG_RAM_READ, &gpa), PVG_ACCEPTED);
    assert_true(gpa == 0x1f3c5678); /* bits above the covered ones take no part */
}

static void vector_w2_walks_16_kib_pages(void **state)
{
    struct world *w = *state;
    struct pvg_space space;
    uint64_t gpa;

    world_store(w, 0x70000000, 0x1c010); /* directory, page number 0x1c000 */
    world_store(w, 0x70000004, 3);
    world_store(w, 0x70040000, 0x1c011);
    world_store(w, 0x70044000 + 0x120, 0x1c012);
    world_store(w, 0x70048000 + 0x3454, 0x1c020);
    space = define(w, 3, 0x1c000);
    assert_int_equal(translate(w, space, 0x123456789, PVG_RAM_READ, &gpa), PVG_ACCEPTED);
    assert_true(gpa == 0x70082789);
}

static void vectors_w3_to_w5_tell_unmapped_corrupt_and_absurd_apart(void **state)
{
    static const uint32_t depths[] = {0, 5};
    struct world *w = *state;
    struct pvg_space space = vector_w1(w);
    uint64_t gpa;

    world_store(w, 0x202af0, 0);
    assert_int_equal(translate(w, space, 0x42abc678, PVG_RAM_READ, &gpa), PVG_REFUSED_UNMAPPED);
    world_store(w, 0x202af0, 0x80000000);
    assert_int_equal(translate(w, space, 0x42abc678, PVG_RAM_READ, &gpa), PVG_REFUSED_CORRUPT);
    for (size_t i = 0; i < 2; i++) {
        world_store(w, 0x1234004, depths[i]);
        assert_int_equal(translate(w, space, 0x42abc678, PVG_RAM_READ, &gpa), PVG_REFUSED_VALUE);
    }
    world_store(w, 0x1234004, 4); /* the deepest that is possible */
    assert_int_equal(translate(w, space, 0x42abc678, PVG_RAM_READ, &gpa), PVG_REFUSED_UNMAPPED);
}

static void a_table_that_points_at_itself_ends_after_its_depth(void **state)
{
    struct world *w = *state;
    struct pvg_space space;
    uint64_t gpa;

    world_store(w, 0x1234000, 0x1234);
    world_store(w, 0x1234004, 4); /* entry 1: page 4 */
    space = define(w, 3, 0x1234);
    assert_int_equal(translate(w, space, 0, PVG_RAM_READ, &gpa), PVG_ACCEPTED);
    assert_true(gpa == 0x1234000);
}

static void nodes_outside_ram_are_refused(void **state)
{
    struct world *w = *state;
    uint64_t gpa;

    assert_int_equal(translate(w, define(w, 3, 0x7fffffff), 0x1000, PVG_RAM_READ, &gpa),
                     PVG_REFUSED_NOT_RAM);
    world_store(w, 0x1234000, 0x7fffffff);
    world_store(w, 0x1234004, 3);
    assert_int_equal(translate(w, define(w, 3, 0x1234), 0x1000, PVG_RAM_READ, &gpa),
                     PVG_REFUSED_NOT_RAM);
    assert_int_equal(translate(w, define(w, 3, 0), 0x1000, PVG_RAM_READ, &gpa),
                     PVG_REFUSED_UNMAPPED);
}

static void accesses_split_at_pages_that_lie_anywhere(void **state)
{
    struct world *w = *state;
    struct pvg_space space = define(w, 1, w->directory);
    uint8_t out[8];

    world_map(w, 0x10, 0x900);
    world_map(w, 0x11, 0x300);
    assert_int_equal(pvg_space_write(&w->memory, space, (struct pvg_gva){0x10ffc}, "abcdefgh", 8),
                     PVG_ACCEPTED);
    assert_memory_equal(world_at(w, 0x900ffc), "abcd", 4);
    assert_memory_equal(world_at(w, 0x300000), "efgh", 4);
    assert_int_equal(pvg_space_read(&w->memory, space, (struct pvg_gva){0x10ffc}, out, 8),
                     PVG_ACCEPTED);
    assert_memory_equal(out, "abcdefgh", 8);
}

static void a_write_that_does_not_fit_writes_nothing(void **state)
{
    struct world *w = *state;
    struct pvg_space space = define(w, 1, w->directory);

    world_map(w, 0x10, 0x900);
    assert_int_equal(pvg_space_write(&w->memory, space, (struct pvg_gva){0x10ffc}, "abcdefgh", 8),
                     PVG_REFUSED_UNMAPPED);
    assert_int_equal(world_load(w, 0x900ffc), 0);
    assert_int_equal(pvg_space_write(&w->memory, space, (struct pvg_gva){UINT64_MAX - 3}, "abcdefgh", 8),
                     PVG_REFUSED_RANGE);
}

static void a_read_uses_what_was_mapped_after_the_guest_cleared_its_table(void **state)
{
    struct world *w = *state;
    struct pvg_space space = define(w, 1, w->directory);
    uint8_t out[4];

    world_map(w, 0x10, 0x900);
    world_copy(w, 0x900000, "kept", 4);
    assert_int_equal(pvg_task_map(&w->memory, 1, (struct pvg_gva){0x10000}, 0x1000), PVG_ACCEPTED);
    world_map(w, 0x10, 0);
    assert_int_equal(pvg_space_read(&w->memory, space, (struct pvg_gva){0x10000}, out, 4),
                     PVG_ACCEPTED);
    assert_memory_equal(out, "kept", 4);
    assert_int_equal(pvg_space_write(&w->memory, space, (struct pvg_gva){0x10000}, out, 4),
                     PVG_REFUSED_UNMAPPED);
    assert_int_equal(pvg_task_unmap(&w->memory, 1, (struct pvg_gva){0x10000}, 0x1000), PVG_ACCEPTED);
    assert_int_equal(pvg_space_read(&w->memory, space, (struct pvg_gva){0x10000}, out, 4),
                     PVG_REFUSED_UNMAPPED);
}

static void a_write_to_a_page_that_moved_without_notice_is_dropped(void **state)
{
    struct world *w = *state;
    struct pvg_space space = define(w, 1, w->directory);

    world_map(w, 0x10, 0x900);
    assert_int_equal(pvg_task_map(&w->memory, 1, (struct pvg_gva){0x10000}, 0x1000), PVG_ACCEPTED);
    world_map(w, 0x10, 0x901);
    assert_int_equal(pvg_space_write(&w->memory, space, (struct pvg_gva){0x10000}, "x", 1),
                     PVG_REFUSED_MOVED);
    assert_int_equal(pvg_task_remap(&w->memory, 1, (struct pvg_gva){0x10000}, 0x1000), PVG_ACCEPTED);
    assert_int_equal(pvg_space_write(&w->memory, space, (struct pvg_gva){0x10000}, "x", 1),
                     PVG_ACCEPTED);
    assert_int_equal(world_load(w, 0x901000), 'x');
}

static void a_space_ends_with_its_task_its_definition_and_its_session(void **state)
{
    struct world *w = *state;
    struct pvg_space space = define(w, 1, w->directory);
    uint64_t gpa;

    world_map(w, 0x10, 0x900);
    assert_int_equal(translate(w, space, 0x10000, PVG_RAM_READ, &gpa), PVG_ACCEPTED);
    define(w, 1, w->directory);
    assert_int_equal(translate(w, space, 0x10000, PVG_RAM_READ, &gpa), PVG_REFUSED_STALE);
    space = define(w, 1, w->directory);
    assert_int_equal(pvg_task_delete(&w->memory, 1), PVG_ACCEPTED);
    assert_int_equal(translate(w, space, 0x10000, PVG_RAM_READ, &gpa), PVG_REFUSED_STALE);
    assert_int_equal(pvg_task_delete(&w->memory, 1), PVG_REFUSED_NO_TASK);
    space = define(w, 1, w->directory);
    pvg_ram_end_session(&w->memory.ram);
    assert_int_equal(translate(w, space, 0x10000, PVG_RAM_READ, &gpa), PVG_REFUSED_STALE);
    assert_int_equal(pvg_task_space(&w->memory, 1, &space), PVG_REFUSED_NO_TASK);
    assert_int_equal(pvg_task_map(&w->memory, 1, (struct pvg_gva){0x10000}, 0x1000),
                     PVG_REFUSED_NO_TASK);
}

static void task_ids_are_256(void **state)
{
    struct world *w = *state;
    struct pvg_space space;

    define(w, 255, 1);
    assert_int_equal(pvg_task_define(&w->memory, 256, (struct pvg_pfn){1}, 1), PVG_REFUSED_LIMIT);
    assert_int_equal(pvg_task_space(&w->memory, 0xffffffff, &space), PVG_REFUSED_NO_TASK);
}

static void mapping_nothing_or_everything_is_survived(void **state)
{
    struct world *w = *state;
    struct pvg_space space = define(w, 1, w->directory);
    uint8_t byte;

    world_map(w, 0x10, 0x900);
    assert_int_equal(pvg_task_map(&w->memory, 1, (struct pvg_gva){0}, 0x1000), PVG_ACCEPTED);
    assert_int_equal(pvg_task_map(&w->memory, 1, (struct pvg_gva){0x1000}, 0), PVG_ACCEPTED);
    assert_int_equal(pvg_task_map(&w->memory, 1, (struct pvg_gva){0xfffffffffffff000}, 0x3000),
                     PVG_REFUSED_RANGE);
    assert_int_equal(pvg_task_map(&w->memory, 1, (struct pvg_gva){0x1000}, UINT64_MAX - 0x1000),
                     PVG_ACCEPTED);
    world_map(w, 0x10, 0);
    assert_int_equal(pvg_space_read(&w->memory, space, (struct pvg_gva){0x10000}, &byte, 1),
                     PVG_ACCEPTED);
    assert_int_equal(pvg_task_unmap(&w->memory, 1, (struct pvg_gva){0x1000}, UINT64_MAX - 0x1000),
                     PVG_ACCEPTED);
    assert_int_equal(pvg_space_read(&w->memory, space, (struct pvg_gva){0x10000}, &byte, 1),
                     PVG_REFUSED_UNMAPPED);
    assert_int_equal(w->memory.tasks.kept_groups, 0);
}

static void a_view_joins_pages_that_follow_each_other(void **state)
{
    struct world *w = *state;
    struct pvg_space space = define(w, 1, w->directory);
    struct pvg_view view;
    uint8_t out[3];

    world_map(w, 0x10, 0x900);
    world_map(w, 0x11, 0x901);
    world_map(w, 0x12, 0x500);
    world_copy(w, 0x901fff, "a", 1);
    world_copy(w, 0x500000, "bc", 2);
    assert_int_equal(pvg_space_view(&w->memory, space, (struct pvg_gva){0x10800}, 0x2000,
                                    PVG_RAM_READ, &view),
                     PVG_ACCEPTED);
    assert_int_equal(view.count, 2);
    assert_true(view.runs[0].at.value == 0x900800 && view.runs[0].size == 0x1800);
    assert_true(view.runs[1].at.value == 0x500000 && view.runs[1].size == 0x800);
    assert_int_equal(pvg_view_read(&view, &w->memory.ram, 0x17ff, out, 3), PVG_ACCEPTED);
    assert_memory_equal(out, "abc", 3);
    assert_int_equal(pvg_view_read(&view, &w->memory.ram, 0x1ffe, out, 2), PVG_ACCEPTED);
    assert_int_equal(pvg_view_read(&view, &w->memory.ram, 0x1ffe, out, 3), PVG_REFUSED_RANGE);
    pvg_view_finish(&view);
    assert_int_equal(pvg_space_view(&w->memory, space, (struct pvg_gva){0x10000}, 0x3001,
                                    PVG_RAM_READ, &view),
                     PVG_REFUSED_UNMAPPED);
    assert_int_equal(view.count, 0);
}

#define PCI(test)  cmocka_unit_test_setup_teardown(test, world_setup_pci, world_teardown)
#define MMIO(test) cmocka_unit_test_setup_teardown(test, world_setup_mmio, world_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(vector_w1_walks_three_levels_and_ignores_bit_31),
        MMIO(vector_w2_walks_16_kib_pages),
        PCI(vectors_w3_to_w5_tell_unmapped_corrupt_and_absurd_apart),
        PCI(a_table_that_points_at_itself_ends_after_its_depth),
        PCI(nodes_outside_ram_are_refused),
        PCI(accesses_split_at_pages_that_lie_anywhere),
        PCI(a_write_that_does_not_fit_writes_nothing),
        PCI(a_read_uses_what_was_mapped_after_the_guest_cleared_its_table),
        PCI(a_write_to_a_page_that_moved_without_notice_is_dropped),
        PCI(a_space_ends_with_its_task_its_definition_and_its_session),
        PCI(task_ids_are_256),
        PCI(mapping_nothing_or_everything_is_survived),
        PCI(a_view_joins_pages_that_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
