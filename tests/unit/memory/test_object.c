/* SPDX-License-Identifier: MIT */
/* Object lists. Spec: 20-memory 5, 19, 20.3. */
#include "memory/object.h"

#include <string.h>

#include "world.h"

#include "test.h"

/* Task 1 with its list at virtual page 1, whose pages are two frames that do not follow each other,
 * and a descriptor page. */
static struct pvg_space task_with_list(struct world *w, uint32_t count)
{
    uint32_t first = (uint32_t)(w->ram_gpa >> w->memory.page_shift);
    struct pvg_space space;

    world_map(w, 1, first + 0x500);
    world_map(w, 2, first + 0x300);
    world_map(w, 0x7f0, first + 0x700);
    world_map(w, 0x7f1, first + 0x702);
    assert_int_equal(pvg_task_define(&w->memory, 1, (struct pvg_pfn){w->directory}, 0),
                     PVG_ACCEPTED);
    assert_int_equal(pvg_objects_bind(&w->memory, 1, 1, count), PVG_ACCEPTED);
    assert_int_equal(pvg_task_space(&w->memory, 1, &space), PVG_ACCEPTED);
    return space;
}

static void write_slot(struct world *w, struct pvg_space space, uint32_t ref, uint8_t type,
                       uint32_t length, uint64_t address)
{
    uint8_t bytes[12];
    uint32_t head = type | length << 8;

    memcpy(bytes, &head, 4);
    memcpy(bytes + 4, &address, 8);
    assert_int_equal(pvg_space_write(&w->memory, space,
                                     (struct pvg_gva){(1ull << w->memory.page_shift) + 12ull * ref},
                                     bytes, 12),
                     PVG_ACCEPTED);
}

static enum pvg_refusal read_object(struct world *w, struct pvg_space space, uint32_t ref)
{
    struct pvg_object object;
    enum pvg_refusal why = pvg_object_read(&w->memory, space, ref, &object);

    pvg_object_finish(&object);
    return why;
}

static void an_object_is_read_with_its_descriptor(void **state)
{
    struct world *w = *state;
    struct pvg_space space = task_with_list(w, 0x100000);
    uint64_t at = 0x7f0ull << w->memory.page_shift;
    struct pvg_object object;

    assert_int_equal(pvg_space_write(&w->memory, space, (struct pvg_gva){at}, "sixteen bytes...", 16),
                     PVG_ACCEPTED);
    write_slot(w, space, 7, 1, 16, at);
    assert_int_equal(pvg_object_read(&w->memory, space, 7, &object), PVG_ACCEPTED);
    assert_int_equal(object.ref, 7);
    assert_int_equal(object.type, 1);
    assert_int_equal(object.length, 16);
    assert_memory_equal(object.descriptor, "sixteen bytes...", 16);
    pvg_object_finish(&object);
}

/* 20-memory D5: a slot, and then a descriptor, on two pages that lie apart. */
static void slots_and_descriptors_straddle_pages(void **state)
{
    struct world *w = *state;
    uint32_t ref = w->memory.page_shift == 12 ? 341 : 1365;
    struct pvg_space space = task_with_list(w, 0x100000);
    uint64_t at = (0x7f1ull << w->memory.page_shift) - 3;
    struct pvg_object object;

    assert_int_equal(pvg_space_write(&w->memory, space, (struct pvg_gva){at}, "abcdef", 6),
                     PVG_ACCEPTED);
    write_slot(w, space, ref, 6, 6, at);
    assert_int_equal(pvg_object_read(&w->memory, space, ref, &object), PVG_ACCEPTED);
    assert_memory_equal(object.descriptor, "abcdef", 6);
    pvg_object_finish(&object);
}

static void refs_up_to_the_count_are_looked_up(void **state)
{
    struct world *w = *state;
    struct pvg_space space = task_with_list(w, 8);
    uint64_t at = 0x7f0ull << w->memory.page_shift;

    write_slot(w, space, 7, 1, 16, at);
    write_slot(w, space, 8, 1, 16, at);
    assert_int_equal(read_object(w, space, 7), PVG_ACCEPTED);
    assert_int_equal(read_object(w, space, 8), PVG_REFUSED_NO_OBJECT);
    assert_int_equal(read_object(w, space, 0xffffffff), PVG_REFUSED_NO_OBJECT);
}

static void unpublished_slots_are_no_objects_and_may_come_later(void **state)
{
    struct world *w = *state;
    struct pvg_space space = task_with_list(w, 8);
    uint64_t at = 0x7f0ull << w->memory.page_shift;

    write_slot(w, space, 1, 1, 0, at);
    assert_int_equal(read_object(w, space, 1), PVG_REFUSED_NO_OBJECT);
    write_slot(w, space, 1, 1, 16, 0);
    assert_int_equal(read_object(w, space, 1), PVG_REFUSED_NO_OBJECT);
    write_slot(w, space, 1, 1, 16, at);
    assert_int_equal(read_object(w, space, 1), PVG_ACCEPTED);
    write_slot(w, space, 1, 1, 16, 0x123456789000);
    assert_int_equal(read_object(w, space, 1), PVG_REFUSED_UNMAPPED);
    write_slot(w, space, 1, 1, 16, UINT64_MAX - 4);
    assert_int_equal(read_object(w, space, 1), PVG_REFUSED_RANGE);
}

static void descriptors_longer_than_their_kind_needs_are_refused(void **state)
{
    struct world *w = *state;
    struct pvg_space space = task_with_list(w, 8);
    uint64_t at = 0x7f0ull << w->memory.page_shift;

    write_slot(w, space, 1, 2, 0x10000, at);
    assert_int_not_equal(read_object(w, space, 1), PVG_REFUSED_LIMIT);
    write_slot(w, space, 1, 2, 0x10001, at);
    assert_int_equal(read_object(w, space, 1), PVG_REFUSED_LIMIT);
    write_slot(w, space, 1, 7, 0x100000, at);
    assert_int_not_equal(read_object(w, space, 1), PVG_REFUSED_LIMIT);
    write_slot(w, space, 1, 7, 0x100001, at);
    assert_int_equal(read_object(w, space, 1), PVG_REFUSED_LIMIT);
}

static void a_list_may_come_before_its_task_and_outlives_its_redefinition(void **state)
{
    struct world *w = *state;
    struct pvg_space space;
    uint32_t first = (uint32_t)(w->ram_gpa >> w->memory.page_shift);

    assert_int_equal(pvg_objects_bind(&w->memory, 2, 1, 8), PVG_ACCEPTED);
    assert_int_equal(pvg_objects_bind(&w->memory, 256, 1, 8), PVG_REFUSED_LIMIT);
    world_map(w, 1, first + 0x500);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pvg_task_define(&w->memory, 2, (struct pvg_pfn){w->directory}, 0),
                         PVG_ACCEPTED);
        assert_int_equal(pvg_task_space(&w->memory, 2, &space), PVG_ACCEPTED);
        write_slot(w, space, 3, 1, 4, 1ull << w->memory.page_shift);
        assert_int_equal(read_object(w, space, 3), PVG_ACCEPTED);
    }
    assert_int_equal(pvg_task_delete(&w->memory, 2), PVG_ACCEPTED);
    assert_int_equal(pvg_task_define(&w->memory, 2, (struct pvg_pfn){w->directory}, 0),
                     PVG_ACCEPTED);
    assert_int_equal(pvg_task_space(&w->memory, 2, &space), PVG_ACCEPTED);
    assert_int_equal(read_object(w, space, 3), PVG_REFUSED_NO_OBJECT);
}

#define PCI(test)  {#test " (4 KiB)", test, world_setup_pci, world_teardown, NULL}
#define MMIO(test) {#test " (16 KiB)", test, world_setup_mmio, world_teardown, NULL}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(an_object_is_read_with_its_descriptor),
        MMIO(an_object_is_read_with_its_descriptor),
        PCI(slots_and_descriptors_straddle_pages),
        MMIO(slots_and_descriptors_straddle_pages),
        PCI(refs_up_to_the_count_are_looked_up),
        PCI(unpublished_slots_are_no_objects_and_may_come_later),
        PCI(descriptors_longer_than_their_kind_needs_are_refused),
        PCI(a_list_may_come_before_its_task_and_outlives_its_redefinition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
