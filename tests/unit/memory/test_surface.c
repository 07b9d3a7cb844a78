/* SPDX-License-Identifier: MIT */
/* IOSurfaces on both variants, against the spec's vectors. Spec: 20-memory 8, 20.3; 21-surfaces-arm64
 * 18, 19. */
#include "memory/surface.h"

#include <string.h>

#include "memory/object.h"
#include "world.h"

#include "test.h"

/* ---- arm64. The directory of S1; descriptor page 0x79e9c000; RAM is 0x70000000 to 0x8fffffff. ---- */

#define DIRECTORY 0x79e94000
#define SLOT_1    0x79e9c200

static const uint8_t s3[0x30] = {
    0x11, 0xa0, 0x07, 0x00, 0x41, 0x52, 0x47, 0x42, 0, 0, 0, 0, 0, 0, 0, 0,
    0x00, 0xc0, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x01, 0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
    0x04,
};

static int setup_directory(void **state)
{
    struct world *w;

    world_setup_mmio(state);
    w = *state;
    atomic_store(&w->memory.surfaces.directory, DIRECTORY);
    world_store(w, DIRECTORY, 0x00079e9d);
    world_copy(w, SLOT_1, s3, sizeof(s3));
    world_store(w, 0x7a010000, 0x0007a303); /* the page list has PFN 0x1e804 */
    world_store(w, 0x7a010004, 0x0007a317);
    world_store(w, 0x7a010008, 0x0007a307);
    return 0;
}

static enum pvg_refusal find(struct world *w, uint32_t id, struct pvg_surface *surface)
{
    return pvg_surface_find(&w->memory, id, 0, surface);
}

/* The page list that word 0 names; GPAs above 4 GiB are what the vector has, RAM here ends below. */
static void vector_s3_is_scattered_over_three_pages(void **state)
{
    struct world *w = *state;
    struct pvg_surface surface;
    struct pvg_view view;
    uint8_t byte;

    assert_int_equal(find(w, 1, &surface), PVG_ACCEPTED);
    assert_int_equal(surface.format, 0x42475241);
    assert_int_equal(surface.plane_count, 1);
    assert_int_equal(surface.planes[0].width, 128);
    assert_int_equal(surface.planes[0].height, 96);
    assert_int_equal(surface.planes[0].bytes_per_row, 0x200);
    assert_int_equal(surface.size, 0xc000);
    assert_true(surface.page_list.value == 0x7a010000);
    assert_int_equal(pvg_surface_view(&w->memory, &surface, PVG_RAM_READ, &view), PVG_ACCEPTED);
    assert_int_equal(view.count, 3);
    *world_at(w, 0x7a304010) = 0x11; /* pixel (4, 64) */
    *world_at(w, 0x7a314000) = 0x22; /* pixel (0, 32) */
    assert_int_equal(pvg_view_read(&view, &w->memory.ram, 64 * 0x200 + 16, &byte, 1), PVG_ACCEPTED);
    assert_int_equal(byte, 0x11);
    assert_int_equal(pvg_view_read(&view, &w->memory.ram, 32 * 0x200, &byte, 1), PVG_ACCEPTED);
    assert_int_equal(byte, 0x22);
    pvg_view_finish(&view);
}

static void vector_s4_begins_before_a_page_ends(void **state)
{
    static const uint8_t s4[0x24] = {
        0x19, 0xa0, 0x07, 0x00, 0x41, 0x52, 0x47, 0x42, 0x00, 0x3f, 0, 0, 0, 0, 0, 0,
        0x00, 0x80, 0x00, 0x00, 0x01, 0x40, 0x00, 0x00, 0x01, 0x03, 0x00, 0x00, 0x00, 0x01, 0, 0,
        0x04,
    };
    struct world *w = *state;
    struct pvg_surface surface;

    world_copy(w, SLOT_1, s4, sizeof(s4));
    assert_int_equal(find(w, 1, &surface), PVG_ACCEPTED);
    assert_int_equal(surface.planes[0].start, 0x3f00);
    assert_int_equal(surface.planes[0].height, 3);
}

static void vector_s5_has_two_planes(void **state)
{
    static const uint8_t head[0x28] = {
        0x1d, 0xa0, 0x07, 0x00, 0x66, 0x30, 0x32, 0x34, 0, 0, 0, 0, 0, 0, 0, 0,
        0x00, 0x80, 0x02, 0x00, 0x01, 0x40, 0x01, 0x00, 0x01, 0x40, 0x01, 0x00, 0x40, 0x01, 0, 0,
        0x01, 0, 0, 0, 0x02,
    };
    static const uint8_t plane1[0x24] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x90, 0x01, 0x00, 0, 0, 0, 0,
        0x00, 0xc8, 0, 0, 0x01, 0xa0, 0, 0, 0x01, 0xa0, 0, 0, 0x40, 0x01, 0, 0, 0x02,
    };
    static const uint8_t plane0[0x24] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x00, 0x90, 0x01, 0, 0x01, 0x40, 0x01, 0, 0x01, 0x40, 0x01, 0, 0x40, 0x01, 0, 0, 0x01,
    };
    struct world *w = *state;
    struct pvg_surface surface;

    world_copy(w, SLOT_1, head, sizeof(head));
    world_copy(w, SLOT_1 + 0x40, plane0, sizeof(plane0));
    world_copy(w, SLOT_1 + 0x80, plane1, sizeof(plane1));
    assert_int_equal(find(w, 1, &surface), PVG_ACCEPTED);
    assert_int_equal(surface.plane_count, 2);
    assert_int_equal(surface.planes[1].start, 102400);
    assert_int_equal(surface.planes[1].width, 160);
    assert_int_equal(surface.planes[1].bytes_per_element, 2);
    *world_at(w, SLOT_1 + 0x24) = 8; /* more planes than the slot holds */
    assert_int_equal(find(w, 1, &surface), PVG_REFUSED_LIMIT);
}

static void ids_without_a_descriptor_are_not_found(void **state)
{
    static const uint32_t ids[] = {0, 32, 0x1ffff, 0x20000, 0xffffffff};
    struct world *w = *state;
    struct pvg_surface surface;

    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        assert_int_equal(find(w, ids[i], &surface), PVG_REFUSED_NO_OBJECT);
    }
    world_store(w, DIRECTORY, 0x00079e9f); /* exactly 01 is wanted */
    assert_int_equal(find(w, 1, &surface), PVG_REFUSED_NO_OBJECT);
    world_store(w, DIRECTORY, 0xfffffffd);
    assert_int_equal(find(w, 1, &surface), PVG_REFUSED_NOT_RAM);
    atomic_store(&w->memory.surfaces.directory, UINT64_MAX - 3);
    assert_int_not_equal(find(w, 1, &surface), PVG_ACCEPTED);
}

static void geometry_that_leaves_the_allocation_is_refused(void **state)
{
    static const struct {
        unsigned at;
        uint32_t value;
    } bad[] = {
        {0x18, 0x00100001}, /* S12 c: 0x1000 rows */
        {0x08, 0x00000201}, /* the last row ends one byte too late */
        {0x1c, 0x1ff},      /* rows overlap */
        {0x1c, 0},          {0x14, 1}, {0x18, 1}, {0x14, 0xffffff01}, {0x1c, 0xffffffff},
    };
    struct world *w = *state;
    struct pvg_surface surface;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        world_copy(w, SLOT_1, s3, sizeof(s3));
        world_store(w, SLOT_1 + bad[i].at, bad[i].value);
        assert_int_equal(find(w, 1, &surface), PVG_REFUSED_RANGE);
    }
    world_copy(w, SLOT_1, s3, sizeof(s3));
    world_store(w, SLOT_1 + 0x08, 0x0); /* 96 rows fill exactly 0xc000 bytes */
    assert_int_equal(find(w, 1, &surface), PVG_ACCEPTED);
}

static void a_page_list_that_is_not_complete_is_mapped_and_not_shown(void **state)
{
    struct world *w = *state;
    struct pvg_surface surface;
    struct pvg_view view;

    world_store(w, 0x7a010008, 0); /* S12 b */
    assert_int_equal(pvg_surface_map(&w->memory, 1), PVG_ACCEPTED);
    assert_int_equal(find(w, 1, &surface), PVG_ACCEPTED);
    assert_int_equal(pvg_surface_view(&w->memory, &surface, PVG_RAM_READ, &view),
                     PVG_REFUSED_UNMAPPED);
    world_store(w, 0x7a010008, 0x00280809); /* S12 e: outside RAM */
    assert_int_equal(pvg_surface_view(&w->memory, &surface, PVG_RAM_READ, &view),
                     PVG_REFUSED_NOT_RAM);
    world_store(w, SLOT_1, 0x0007a010); /* S12 a: word 0 not present */
    assert_int_equal(find(w, 1, &surface), PVG_ACCEPTED);
    assert_int_equal(pvg_surface_view(&w->memory, &surface, PVG_RAM_READ, &view),
                     PVG_REFUSED_UNMAPPED);
}

static void only_writable_pages_of_the_same_generation_are_written(void **state)
{
    struct world *w = *state;
    uint64_t session = pvg_ram_session(&w->memory.ram);
    struct pvg_surface surface;

    assert_int_equal(pvg_surface_map(&w->memory, 1), PVG_ACCEPTED);
    assert_int_equal(find(w, 1, &surface), PVG_ACCEPTED);
    assert_int_equal(pvg_surface_write(&w->memory, session, &surface, 0x3ffe, "abcd", 4),
                     PVG_ACCEPTED);
    assert_memory_equal(world_at(w, 0x7a303ffe), "ab", 2);
    assert_memory_equal(world_at(w, 0x7a314000), "cd", 2);
    assert_int_equal(pvg_surface_write(&w->memory, session, &surface, 0xbffe, "abcd", 4),
                     PVG_REFUSED_RANGE);
    world_store(w, 0x7a010004, 0x0007a315); /* present, not writable */
    assert_int_equal(pvg_surface_write(&w->memory, session, &surface, 0x4000, "x", 1),
                     PVG_REFUSED_NOT_WRITABLE);
    pvg_surface_unmap(&w->memory, 1);
    assert_int_equal(pvg_surface_write(&w->memory, session, &surface, 0, "x", 1),
                     PVG_REFUSED_STALE);
    assert_int_equal(find(w, 1, &surface), PVG_ACCEPTED);
    pvg_ram_end_session(&w->memory.ram);
    assert_int_equal(pvg_surface_write(&w->memory, session, &surface, 0, "x", 1),
                     PVG_REFUSED_STALE);
}

static void tens_of_thousands_are_mapped_and_unmapped(void **state)
{
    struct world *w = *state;

    for (uint32_t page = 0; page < 1024; page++) { /* one descriptor page for all */
        world_store(w, DIRECTORY + 4 * page, 0x00079e9d);
    }
    for (uint32_t slot = 0; slot < 32; slot++) {
        world_copy(w, SLOT_1 - 0x200 + 0x200 * slot, s3, sizeof(s3));
    }
    for (uint32_t id = 1; id < 32768; id++) {
        assert_int_equal(pvg_surface_map(&w->memory, id), PVG_ACCEPTED);
    }
    assert_true(pvg_surface_is_mapped(&w->memory, 32767));
    for (uint32_t id = 1; id < 32768; id++) {
        pvg_surface_unmap(&w->memory, id);
    }
    assert_false(pvg_surface_is_mapped(&w->memory, 1));
}

/* ---- x86-64 ---- */

static struct pvg_space kernel_task(struct world *w)
{
    struct pvg_space space;

    world_map(w, 1, 0x500);  /* the list */
    world_map(w, 0x10, 0x600); /* descriptors */
    for (uint32_t i = 0; i < 64; i++) {
        world_map(w, 0x42aa0 + i, 0x800 + 2 * i);
    }
    assert_int_equal(pvg_task_define(&w->memory, 0, (struct pvg_pfn){w->directory}, 0),
                     PVG_ACCEPTED);
    assert_int_equal(pvg_objects_bind(&w->memory, 0, 1, 0x100000), PVG_ACCEPTED);
    assert_int_equal(pvg_task_space(&w->memory, 0, &space), PVG_ACCEPTED);
    return space;
}

static void publish(struct world *w, uint32_t id, uint8_t type, const uint8_t *bytes, uint32_t size)
{
    world_copy(w, 0x600000, bytes, size);
    world_store(w, 0x500000 + 12 * id, type | size << 8);
    world_store(w, 0x500000 + 12 * id + 4, 0x10000);
    world_store(w, 0x500000 + 12 * id + 8, 0);
}

static const uint8_t small[36] = { /* shaped as D7: 64 x 16, pitch 256 */
    0, 0x10, 0, 0, 0, 0, 0, 0, 0xa0, 0x2a, 0x04, 0, 0x41, 0x52, 0x47, 0x42, 1, 0, 0, 0,
    0, 0, 0, 0, 0x40, 0, 0, 0, 0x10, 0, 0, 0, 0, 1, 0, 4,
};

static void vector_d8_is_an_object_of_two_planes(void **state)
{
    static const uint8_t d8[52] = {
        0x00, 0x60, 0x02, 0, 0, 0, 0, 0, 0x00, 0x30, 0x04, 0, 0x66, 0x30, 0x32, 0x34, 2, 0, 0, 0,
        0, 0, 0, 0, 0x40, 1, 0, 0, 0x40, 1, 0, 0, 0x40, 1, 0, 1,
        0, 0x90, 1, 0, 0xa0, 0, 0, 0, 0xa0, 0, 0, 0, 0x40, 1, 0, 2,
    };
    struct world *w = *state;
    struct pvg_surface surface;

    kernel_task(w);
    publish(w, 5, 4, d8, sizeof(d8));
    assert_int_equal(find(w, 5, &surface), PVG_ACCEPTED);
    assert_int_equal(surface.plane_count, 2);
    assert_int_equal(surface.planes[1].start, 0x19000);
    assert_int_equal(surface.planes[1].bytes_per_row, 320);
    assert_int_equal(surface.planes[1].bytes_per_element, 2);
    assert_true(surface.base.value == 0x43000000);
}

static void a_surface_s_pages_are_the_kernel_task_s(void **state)
{
    struct world *w = *state;
    struct pvg_surface surface;
    struct pvg_view view;

    kernel_task(w);
    publish(w, 5, 4, small, sizeof(small));
    assert_int_equal(find(w, 5, &surface), PVG_ACCEPTED);
    assert_int_equal(pvg_surface_view(&w->memory, &surface, PVG_RAM_READ, &view), PVG_ACCEPTED);
    assert_true(view.runs[0].at.value == 0x800000 && view.size == 0x1000);
    pvg_view_finish(&view);
    assert_int_equal(pvg_surface_write(&w->memory, pvg_ram_session(&w->memory.ram), &surface, 16,
                                       "here", 4),
                     PVG_ACCEPTED);
    assert_memory_equal(world_at(w, 0x800010), "here", 4);
}

static void objects_that_are_no_surfaces_are_told_apart(void **state)
{
    struct world *w = *state;
    struct pvg_surface surface;

    kernel_task(w);
    publish(w, 5, 2, small, sizeof(small));
    assert_int_equal(find(w, 5, &surface), PVG_REFUSED_KIND);
    assert_int_equal(find(w, 6, &surface), PVG_REFUSED_NO_OBJECT);
}

static void hostile_surface_objects_are_refused(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
        enum pvg_refusal why;
    } bad[] = {
        {1, 0x00, PVG_REFUSED_RANGE},                    /* length 0 */
        {16, 0, PVG_REFUSED_LIMIT},                      /* no plane */
        {16, 9, PVG_REFUSED_LIMIT},                      /* nine planes, all there */
        {16, 2, PVG_REFUSED_COUNT},                      /* a plane that is not there */
        {20, 1, PVG_REFUSED_RANGE},                      /* the last row ends outside */
        {33, 0, PVG_REFUSED_RANGE},                      /* pitch 0 */
        {7, 0x80, PVG_REFUSED_LIMIT},                    /* 2^63 bytes */
        {27, 0x80, PVG_REFUSED_RANGE},                   /* 2^31 wide */
    };
    struct world *w = *state;
    struct pvg_surface surface;
    uint8_t bytes[20 + 9 * 16] = {0};

    kernel_task(w);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        memcpy(bytes, small, sizeof(small));
        bytes[bad[i].at] = bad[i].value;
        publish(w, 5, 4, bytes, bad[i].value == 9 ? sizeof(bytes) : sizeof(small));
        assert_int_equal(find(w, 5, &surface), bad[i].why);
    }
    memcpy(bytes, small, sizeof(small));
    memset(bytes + 8, 0, 4); /* page 0 */
    publish(w, 5, 4, bytes, sizeof(small));
    assert_int_equal(find(w, 5, &surface), PVG_REFUSED_LIMIT);
}

#define MMIO(test) cmocka_unit_test_setup_teardown(test, setup_directory, world_teardown)
#define PCI(test)  cmocka_unit_test_setup_teardown(test, world_setup_pci, world_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MMIO(vector_s3_is_scattered_over_three_pages),
        MMIO(vector_s4_begins_before_a_page_ends),
        MMIO(vector_s5_has_two_planes),
        MMIO(ids_without_a_descriptor_are_not_found),
        MMIO(geometry_that_leaves_the_allocation_is_refused),
        MMIO(a_page_list_that_is_not_complete_is_mapped_and_not_shown),
        MMIO(only_writable_pages_of_the_same_generation_are_written),
        MMIO(tens_of_thousands_are_mapped_and_unmapped),
        PCI(vector_d8_is_an_object_of_two_planes),
        PCI(a_surface_s_pages_are_the_kernel_task_s),
        PCI(objects_that_are_no_surfaces_are_told_apart),
        PCI(hostile_surface_objects_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
