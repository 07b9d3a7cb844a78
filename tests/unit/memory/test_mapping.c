/* SPDX-License-Identifier: MIT */
#include "memory/mapping.h"

#include <string.h>
#include <sys/mman.h>

#include "world.h"

#include "test.h"

#define FIRST 0x10 /* virtual page of what is mapped */

static struct pvg_space scattered(struct world *w)
{
    struct pvg_space space;

    world_map(w, FIRST, 0x900);
    world_map(w, FIRST + 1, 0x300);
    world_map(w, FIRST + 2, 0x301);
    assert_int_equal(
        pvg_task_define(&w->memory, 1, (struct pvg_pfn){w->directory}, 0x400000000), PVG_ACCEPTED);
    assert_int_equal(pvg_task_space(&w->memory, 1, &space), PVG_ACCEPTED);
    return space;
}

static enum pvg_refusal open_pages(struct world *w, struct pvg_space space, uint64_t first,
                                   uint64_t pages, struct pvg_mapping *mapping)
{
    return pvg_mapping_open(&w->memory, space, (struct pvg_gva){first << 12}, pages << 12, 0x1000,
                            mapping);
}

static void scattered_pages_appear_in_the_order_of_the_guest(void **state)
{
    struct world *w = *state;
    struct pvg_space space = scattered(w);
    struct pvg_mapping mapping;

    assert_int_equal(open_pages(w, space, FIRST, 3, &mapping), PVG_ACCEPTED);
    assert_true(mapping.alias);
    mapping.host[0xfff] = 'a';
    mapping.host[0x1000] = 'b';
    memcpy(mapping.host + 0x2ffe, "yz", 2);
    assert_int_equal(*world_at(w, 0x900fff), 'a');
    assert_int_equal(*world_at(w, 0x300000), 'b');
    assert_memory_equal(world_at(w, 0x301ffe), "yz", 2);
    *world_at(w, 0x301000) = 'c';
    assert_int_equal(mapping.host[0x2000], 'c');
    assert_int_equal(w->memory.mapped_runs, 2);
    pvg_mapping_close(&mapping, &w->memory);
    assert_int_equal(w->memory.mapped_runs, 0);
}

static void pages_in_a_row_are_guest_ram_itself(void **state)
{
    struct world *w = *state;
    struct pvg_space space = scattered(w);
    struct pvg_mapping mapping;

    assert_int_equal(open_pages(w, space, FIRST + 1, 2, &mapping), PVG_ACCEPTED);
    assert_false(mapping.alias);
    assert_ptr_equal(mapping.host, world_at(w, 0x300000));
    pvg_mapping_close(&mapping, &w->memory);
    *world_at(w, 0x300000) = 1; /* still there */
}

static void a_mapping_no_longer_holds_when_a_page_was_exchanged(void **state)
{
    struct world *w = *state;
    struct pvg_space space = scattered(w);
    const struct pvg_gva at = {FIRST << 12};
    struct pvg_mapping mapping;

    assert_int_equal(open_pages(w, space, FIRST, 3, &mapping), PVG_ACCEPTED);
    assert_true(pvg_mapping_holds(&mapping, &w->memory, space, at));
    world_map(w, FIRST + 2, 0x302);
    assert_false(pvg_mapping_holds(&mapping, &w->memory, space, at));
    world_map(w, FIRST + 2, 0);
    assert_false(pvg_mapping_holds(&mapping, &w->memory, space, at));
    world_map(w, FIRST + 2, 0x301);
    assert_true(pvg_mapping_holds(&mapping, &w->memory, space, at));
    assert_int_equal(pvg_task_delete(&w->memory, 1), PVG_ACCEPTED);
    assert_false(pvg_mapping_holds(&mapping, &w->memory, space, at));
    pvg_mapping_close(&mapping, &w->memory);
}

static void pages_that_are_not_there_cannot_be_mapped(void **state)
{
    struct world *w = *state;
    struct pvg_space space = scattered(w);
    struct pvg_mapping mapping;

    assert_int_equal(open_pages(w, space, FIRST, 4, &mapping), PVG_REFUSED_UNMAPPED);
    assert_null(mapping.host);
    world_map(w, FIRST + 3, 0x7fffff);
    assert_int_equal(open_pages(w, space, FIRST, 4, &mapping), PVG_REFUSED_NOT_RAM);
    assert_int_equal(w->memory.mapped_runs, 0);
}

static void private_memory_has_no_second_mapping(void **state)
{
    struct world *w = *state;
    struct pvg_space space = scattered(w);
    struct pvg_ram_span span = {.gpa = 0x80000000, .size = 0x4000, .fd = -1};
    struct pvg_mapping mapping;

    span.host = mmap(NULL, span.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pvg_ram_insert(&w->memory.ram, &span, NULL));
    world_map(w, FIRST, 0x80001);
    world_map(w, FIRST + 1, 0x80000);
    assert_int_equal(open_pages(w, space, FIRST, 2, &mapping), PVG_REFUSED_HOST_MEMORY);
    assert_int_equal(open_pages(w, space, FIRST, 1, &mapping), PVG_ACCEPTED); /* itself */
    pvg_mapping_close(&mapping, &w->memory);
    assert_int_equal(w->memory.mapped_runs, 0);
    munmap(span.host, span.size);
}

static void read_only_memory_is_not_mapped(void **state)
{
    struct world *w = *state;
    struct pvg_space space = scattered(w);
    struct pvg_ram_span span = {.gpa = 0x80000000, .size = 0x1000, .fd = -1, .read_only = true};
    struct pvg_mapping mapping;

    span.host = mmap(NULL, span.size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pvg_ram_insert(&w->memory.ram, &span, NULL));
    world_map(w, FIRST, 0x80000);
    assert_int_equal(open_pages(w, space, FIRST, 1, &mapping), PVG_REFUSED_HOST_MEMORY);
    munmap(span.host, span.size);
}

static void an_alias_has_a_limited_number_of_runs(void **state)
{
    struct world *w = *state;
    struct pvg_space space = scattered(w);
    struct pvg_mapping mapping;

    for (uint64_t i = 0; i <= PVG_MAPPING_RUNS_MAX; i++) { /* backwards: no two follow each other */
        world_map(w, FIRST + i, (uint32_t)(0x8000 - i));
    }
    assert_int_equal(open_pages(w, space, FIRST, PVG_MAPPING_RUNS_MAX + 1, &mapping),
                     PVG_REFUSED_LIMIT);
    assert_int_equal(open_pages(w, space, FIRST, PVG_MAPPING_RUNS_MAX, &mapping), PVG_ACCEPTED);
    pvg_mapping_close(&mapping, &w->memory);
    w->memory.mapped_runs = PVG_MAPPINGS_RUNS_MAX - 1;
    assert_int_equal(open_pages(w, space, FIRST, 2, &mapping), PVG_REFUSED_LIMIT);
    assert_int_equal(w->memory.mapped_runs, PVG_MAPPINGS_RUNS_MAX - 1);
}

static void what_was_written_in_place_is_in_the_log_of_writes(void **state)
{
    struct world *w = *state;
    struct pvg_space space = scattered(w);
    struct pvg_mapping mapping;
    uint8_t bitmap[0x1000 / 8] = {0};

    assert_int_equal(open_pages(w, space, FIRST, 3, &mapping), PVG_ACCEPTED);
    pvg_ram_log_writes(&w->memory.ram, true);
    pvg_mapping_note_written(&mapping, &w->memory);
    pvg_ram_take_written(&w->memory.ram, 0, 0x1000000, 12, bitmap);
    for (unsigned page = 0; page < 0x1000; page++) {
        assert_int_equal(bitmap[page / 8] >> page % 8 & 1,
                         page == 0x900 || page == 0x300 || page == 0x301);
    }
    pvg_mapping_close(&mapping, &w->memory);
}

static void a_mapping_knows_which_ram_it_touches(void **state)
{
    struct world *w = *state;
    struct pvg_space space = scattered(w);
    struct pvg_mapping mapping;

    assert_int_equal(open_pages(w, space, FIRST, 3, &mapping), PVG_ACCEPTED);
    assert_true(pvg_mapping_touches(&mapping, 0, UINT64_MAX));
    assert_true(pvg_mapping_touches(&mapping, 0x301fff, 1));
    assert_true(pvg_mapping_touches(&mapping, 0, 0x300001));
    assert_false(pvg_mapping_touches(&mapping, 0, 0x300000));
    assert_false(pvg_mapping_touches(&mapping, 0x302000, 0x900000 - 0x302000));
    pvg_mapping_close(&mapping, &w->memory);
}

#define PCI(test) cmocka_unit_test_setup_teardown(test, world_setup_pci, world_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(scattered_pages_appear_in_the_order_of_the_guest),
        PCI(pages_in_a_row_are_guest_ram_itself),
        PCI(a_mapping_no_longer_holds_when_a_page_was_exchanged),
        PCI(pages_that_are_not_there_cannot_be_mapped),
        PCI(private_memory_has_no_second_mapping),
        PCI(read_only_memory_is_not_mapped),
        PCI(an_alias_has_a_limited_number_of_runs),
        PCI(what_was_written_in_place_is_in_the_log_of_writes),
        PCI(a_mapping_knows_which_ram_it_touches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
