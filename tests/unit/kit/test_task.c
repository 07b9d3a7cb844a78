/* SPDX-License-Identifier: MIT */
#include "kit/task.h"

#include "kit/object.h"

#include "paper.h"
#include "test.h"

static struct paper *with_task(enum kit_machine machine, struct kit_task *task)
{
    struct paper *paper = paper_create(machine);

    kit_task_create(&paper->kit, task, 3);
    kit_channel_define(&paper->kit, kit_memory_channel(&paper->kit), 4);
    assert_null(paper->kit.failure);
    return paper;
}

/* The entry's index at each level is what the specification's W1 and W2 say. */
static void a_page_is_entered_where_the_walk_looks(enum kit_machine machine, uint64_t gva,
                                                   const uint32_t indices[3])
{
    struct kit_task task;
    struct paper *paper = with_task(machine, &task);
    uint64_t node = task.root;

    kit_task_enter(&paper->kit, &task, gva, 0x8000);
    for (unsigned level = 0; level < 3; level++) {
        uint32_t entry = kit_load(&paper->kit, node + 4 * indices[level]);

        assert_int_not_equal(entry, 0);
        node = (uint64_t)(entry & 0x7fffffff) << paper->page_shift;
    }
    assert_int_equal(node, 0x8000);
    assert_int_equal(kit_task_find(&paper->kit, &task, gva),
                     0x8000 + (gva & (kit_page_size(&paper->kit) - 1)));
    assert_int_equal(kit_task_leave(&paper->kit, &task, gva), 0x8000);
    assert_int_equal(kit_task_find(&paper->kit, &task, gva), 0);
    assert_int_equal(kit_task_leave(&paper->kit, &task, gva), 0);
    paper_destroy(paper);
}

static void w1_is_walked_with_small_pages(void **state)
{
    a_page_is_entered_where_the_walk_looks(KIT_X86, 0x42abc678,
                                           (const uint32_t[]){0, 0x10a, 0x2bc});
}

static void w2_is_walked_with_large_pages(void **state)
{
    a_page_is_entered_where_the_walk_looks(KIT_ARM64, 0x123456789,
                                           (const uint32_t[]){0, 0x48, 0xd15});
}

static void entries_come_with_and_without_the_flag(void **state)
{
    struct kit_task task;
    struct paper *paper = with_task(KIT_X86, &task);
    unsigned with = 0;

    for (unsigned i = 0; i < 8; i++) {
        bool before = task.flag;

        kit_task_enter(&paper->kit, &task, 0x2000000 + i * 0x1000, 0x8000);
        with += before != task.flag && task.flag;
        assert_int_equal(kit_task_find(&paper->kit, &task, 0x2000000 + i * 0x1000), 0x8000);
    }
    assert_in_range(with, 3, 5);
    paper_destroy(paper);
}

static void memory_is_scattered_and_reads_back(void **state)
{
    struct kit_task task;
    struct paper *paper = with_task(KIT_X86, &task);
    uint64_t gva = kit_task_alloc(&paper->kit, &task, 0x2800);
    uint8_t out[0x2000], in[0x2000];

    assert_int_not_equal(kit_task_find(&paper->kit, &task, gva + 0x1000),
                         kit_task_find(&paper->kit, &task, gva) + 0x1000);
    kit_fill_junk(&paper->kit, out, sizeof(out));
    kit_task_write(&paper->kit, &task, gva + 0x7ff, out, sizeof(out));
    kit_task_read(&paper->kit, &task, gva + 0x7ff, in, sizeof(in));
    assert_memory_equal(in, out, sizeof(in));
    assert_int_equal(kit_task_find(&paper->kit, &task, gva + 0x3000), 0); /* the hole behind it */
    assert_null(paper->kit.failure);
    paper_destroy(paper);
}

static void unmapping_clears_the_entries_at_once(void **state)
{
    struct kit_task task;
    struct paper *paper = with_task(KIT_X86, &task);
    uint64_t gva = kit_task_alloc(&paper->kit, &task, 0x2000);

    assert_int_equal(kit_task_unmap(&paper->kit, &task, gva, 0x2000, NULL), 2);
    assert_int_equal(kit_task_find(&paper->kit, &task, gva + 0x1000), 0);
    assert_int_equal(paper->given, 0); /* whose pages they are is for the stamp to say */
    paper_destroy(paper);
}

static void a_slot_that_straddles_pages_is_written_whole(void **state)
{
    struct kit_task task;
    struct paper *paper = with_task(KIT_X86, &task);
    struct kit_buffer buffer;
    uint8_t slot[12];

    task.last_object = 340; /* D5: slot 341 lies at 0x1ffc */
    kit_buffer_create(&paper->kit, &task, &buffer, 0x3000);
    assert_null(paper->kit.failure);
    assert_int_equal(buffer.object, 341);
    kit_task_read(&paper->kit, &task, 0x1ffc, slot, sizeof(slot));
    assert_int_equal(slot[0], 1);  /* type */
    assert_int_equal(slot[1], 16); /* length */
    kit_object_unpublish(&paper->kit, &task, 341);
    kit_task_read(&paper->kit, &task, 0x1ffc, slot, sizeof(slot));
    for (unsigned i = 0; i < sizeof(slot); i++) {
        assert_int_equal(slot[i], 0);
    }
    paper_destroy(paper);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(w1_is_walked_with_small_pages),
        cmocka_unit_test(w2_is_walked_with_large_pages),
        cmocka_unit_test(entries_come_with_and_without_the_flag),
        cmocka_unit_test(memory_is_scattered_and_reads_back),
        cmocka_unit_test(unmapping_clears_the_entries_at_once),
        cmocka_unit_test(a_slot_that_straddles_pages_is_written_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
