/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <glib.h>
#include <string.h>

#include "gpu/pipeline_description.h"

/* Writes property lists as a guest does: a list, then its sections, 4-byte aligned. */
struct writer {
    uint8_t bytes[4096];
    size_t size;
};

static void put8(struct writer *w, unsigned value)
{
    w->bytes[w->size++] = (uint8_t)value;
}

static void put32(struct writer *w, uint32_t value)
{
    memcpy(w->bytes + w->size, &value, 4);
    w->size += 4;
}

static void field(struct writer *w, unsigned tag, uint32_t value)
{
    put8(w, tag);
    put8(w, 4);
    put32(w, value);
}

static size_t align4(struct writer *w)
{
    while (w->size % 4) {
        put8(w, 0xa5);
    }
    return w->size;
}

static void patch(struct writer *w, size_t at, size_t value)
{
    uint32_t v = (uint32_t)value;

    memcpy(w->bytes + at, &v, 4);
}

/* vertex 5, fragment 6, one colour slot of format 80, blended, with the write mask @mask. */
static void simple_pipeline(struct writer *w, uint32_t mask)
{
    size_t section;

    put8(w, 3);
    put8(w, 8), put8(w, 4), put32(w, 0);
    field(w, 1, 5);
    field(w, 2, 6);
    section = align4(w);
    patch(w, 3, section);
    put32(w, 1);
    put32(w, 8);
    put8(w, 4);
    field(w, 1, 80);
    field(w, 2, 1);
    field(w, 3, 4);
    field(w, 9, mask);
    align4(w);
}

static void a_simple_render_pipeline_is_understood(void **state)
{
    struct writer w = {0};
    struct pvg_render_description d;

    simple_pipeline(&w, 0x7);
    assert_int_equal(pvg_render_description_parse(w.bytes, w.size, &d), PVG_ACCEPTED);
    assert_int_equal(d.vertex_function, 5);
    assert_int_equal(d.fragment_function, 6);
    assert_int_equal(d.samples, 1);
    assert_true(d.rasterization);
    assert_int_equal(d.colours[0].format, 80);
    assert_true(d.colours[0].blending);
    assert_int_equal(d.colours[0].source_rgb, 4);
    assert_int_equal(d.colours[0].source_alpha, 1); /* defaults where nothing was said */
    assert_int_equal(d.colours[0].destination_rgb, 0);
    assert_int_equal(d.colours[0].write_mask, 7);
    assert_int_equal(d.colours[1].format, 0);
}

static void a_write_mask_of_five_bits_is_refused(void **state)
{
    struct writer good = {0}, bad = {0};
    struct pvg_render_description d;

    simple_pipeline(&good, 0xf);
    simple_pipeline(&bad, 0x10);
    assert_int_equal(pvg_render_description_parse(good.bytes, good.size, &d), PVG_ACCEPTED);
    assert_int_equal(pvg_render_description_parse(bad.bytes, bad.size, &d), PVG_REFUSED_VALUE);
}

static void no_truncated_pipeline_is_read_past_its_end(void **state)
{
    struct writer w = {0};
    struct pvg_render_description d;

    simple_pipeline(&w, 0xf);
    for (size_t size = 0; size + 3 < w.size; size++) { /* the last three bytes may be padding */
        g_autofree uint8_t *exact = g_memdup2(w.bytes, size); /* the sanitizer sees the end */

        assert_int_not_equal(pvg_render_description_parse(exact, size, &d), PVG_ACCEPTED);
    }
}

static void vertex_pipeline(struct writer *w, const uint32_t attributes[][2], unsigned count,
                            const uint32_t layout[4])
{
    size_t top, offsets;

    put8(w, 2);
    put8(w, 3), put8(w, 4), put32(w, 0);
    field(w, 1, 5);
    top = align4(w);
    patch(w, 3, top);
    put8(w, 2);
    field(w, 0, 0);
    field(w, 1, 0);
    offsets = align4(w);
    patch(w, top + 3, offsets - top);
    put32(w, count);
    for (unsigned i = 0; i < count; i++) {
        put32(w, 0);
    }
    for (unsigned i = 0; i < count; i++) {
        bool placed = attributes[i][0] != UINT32_MAX;

        align4(w);
        patch(w, offsets + 4 + 4 * i, w->size - offsets);
        put8(w, placed ? 2 : 1);
        if (placed) {
            field(w, 0, attributes[i][0]);
        }
        field(w, 1, attributes[i][1]);
    }
    offsets = align4(w);
    patch(w, top + 9, offsets - top);
    put32(w, 1);
    put32(w, 8);
    put8(w, 4);
    for (unsigned i = 0; i < 4; i++) {
        field(w, i, layout[i]);
    }
    align4(w);
}

static void vertex_attributes_and_layouts_are_understood(void **state)
{
    static const uint32_t attributes[][2] = {{2, 31}, {0, 29}};
    static const uint32_t layout[] = {0, PVG_STEP_INSTANCE, 3, 48};
    struct writer w = {0};
    struct pvg_render_description d;

    vertex_pipeline(&w, attributes, 2, layout);
    assert_int_equal(pvg_render_description_parse(w.bytes, w.size, &d), PVG_ACCEPTED);
    assert_int_equal(d.vertex.attributes[2].format, 31);
    assert_int_equal(d.vertex.attributes[0].format, 29);
    assert_int_equal(d.vertex.attributes[1].format, 0);
    assert_int_equal(d.vertex.used_layouts, 1);
    assert_int_equal(d.vertex.layouts[0].step, PVG_STEP_INSTANCE);
    assert_int_equal(d.vertex.layouts[0].rate, 3);
    assert_int_equal(d.vertex.layouts[0].stride, 48);
    assert_int_equal(d.vertex.layouts[7].step, PVG_STEP_VERTEX);
}

/* Errata row 22. */
static void one_attribute_without_a_location_takes_location_zero(void **state)
{
    static const uint32_t free_zero[][2] = {{3, 31}, {UINT32_MAX, 29}};
    static const uint32_t taken[][2] = {{0, 31}, {UINT32_MAX, 29}};
    static const uint32_t twice[][2] = {{1, 31}, {1, 29}};
    static const uint32_t layout[] = {0, PVG_STEP_VERTEX, 1, 48};
    struct pvg_render_description d;
    struct writer w = {0};

    vertex_pipeline(&w, free_zero, 2, layout);
    assert_int_equal(pvg_render_description_parse(w.bytes, w.size, &d), PVG_ACCEPTED);
    assert_int_equal(d.vertex.attributes[0].format, 29);
    w.size = 0;
    vertex_pipeline(&w, taken, 2, layout);
    assert_int_equal(pvg_render_description_parse(w.bytes, w.size, &d), PVG_ACCEPTED);
    assert_int_equal(d.vertex.attributes[1].format, 29);
    w.size = 0;
    vertex_pipeline(&w, twice, 2, layout);
    assert_int_equal(pvg_render_description_parse(w.bytes, w.size, &d), PVG_REFUSED_VALUE);
}

static void step_functions_and_vertex_formats_are_checked(void **state)
{
    static const uint32_t good[][2] = {{0, 55}};
    static const uint32_t hole[][2] = {{0, 43}};
    static const uint32_t far_away[][2] = {{31, 30}};
    static const uint32_t per_vertex[] = {30, 1, 1, 48}, unknown[] = {0, 5, 1, 48};
    static const uint32_t never[] = {0, PVG_STEP_INSTANCE, 0, 48}, beyond[] = {31, 1, 1, 48};
    const struct {
        const uint32_t (*attributes)[2];
        const uint32_t *layout;
        enum pvg_refusal want;
    } cases[] = {
        {good, per_vertex, PVG_ACCEPTED},       {good, unknown, PVG_REFUSED_VALUE},
        {good, never, PVG_REFUSED_VALUE},       {good, beyond, PVG_REFUSED_LIMIT},
        {hole, per_vertex, PVG_REFUSED_FORMAT}, {far_away, per_vertex, PVG_REFUSED_LIMIT},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pvg_render_description d;
        struct writer w = {0};

        vertex_pipeline(&w, cases[i].attributes, 1, cases[i].layout);
        assert_int_equal(pvg_render_description_parse(w.bytes, w.size, &d), cases[i].want);
    }
}

/* The live record of 30-resources 8.12: an empty stage-input descriptor. */
static void an_empty_stage_input_section_asks_for_nothing(void **state)
{
    static const uint8_t list[] = {
        2, 0, 4,  9,  0, 0, 0,                /* function 9 */
        3, 4, 16, 0,  0, 0, 0xa5, 0xa5, 0xa5, /* stage input at 16 */
        2, 0, 4,  16, 0, 0, 0,                /* attributes at 16 of the section */
        1, 4, 20, 0,  0, 0, 0xa5, 0xa5, 0xa5, /* layouts at 20 */
        0, 0, 0,  0,  0, 0, 0,    0,
    };
    struct pvg_compute_description d;

    assert_int_equal(pvg_compute_description_parse(list, sizeof(list), &d), PVG_ACCEPTED);
    assert_int_equal(d.function, 9);
    assert_false(d.stage_input);
}

static void a_tag_that_comes_twice_is_refused(void **state)
{
    static const uint8_t twice[] = {2, 0, 1, 9, 0, 1, 9}, once[] = {2, 0, 1, 9, 1, 1, 9};
    struct pvg_compute_description d;

    assert_int_equal(pvg_compute_description_parse(once, sizeof(once), &d), PVG_ACCEPTED);
    assert_int_equal(pvg_compute_description_parse(twice, sizeof(twice), &d), PVG_REFUSED_VALUE);
}

/* Errata row 21. */
static void only_a_dynamic_value_may_be_eight_bytes_of_ones(void **state)
{
    uint8_t list[] = {1, 3, 8, 255, 255, 255, 255, 255, 255, 255, 255};
    struct pvg_property_list p;

    assert_int_equal(pvg_property_list_parse(list, sizeof(list), &p), PVG_ACCEPTED);
    assert_int_equal(p.values[3], PVG_STRIDE_DYNAMIC);
    list[10] = 254;
    assert_int_equal(pvg_property_list_parse(list, sizeof(list), &p), PVG_REFUSED_VALUE);
    memset(list + 7, 0, 4);
    assert_int_equal(pvg_property_list_parse(list, sizeof(list), &p), PVG_ACCEPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simple_render_pipeline_is_understood),
        cmocka_unit_test(a_write_mask_of_five_bits_is_refused),
        cmocka_unit_test(no_truncated_pipeline_is_read_past_its_end),
        cmocka_unit_test(vertex_attributes_and_layouts_are_understood),
        cmocka_unit_test(one_attribute_without_a_location_takes_location_zero),
        cmocka_unit_test(step_functions_and_vertex_formats_are_checked),
        cmocka_unit_test(an_empty_stage_input_section_asks_for_nothing),
        cmocka_unit_test(a_tag_that_comes_twice_is_refused),
        cmocka_unit_test(only_a_dynamic_value_may_be_eight_bytes_of_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
