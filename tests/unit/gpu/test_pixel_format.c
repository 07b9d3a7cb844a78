/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <glib.h>

#include "gpu/pixel_format.h"
#include "gpu/surface_format.h"
#include "gpu/vertex_format.h"
#include "wire/formats.h"

static const struct pvg_pixel_format *format(uint32_t ordinal)
{
    const struct pvg_pixel_format *found = pvg_pixel_format_find(ordinal);

    assert_non_null(found);
    return found;
}

static void every_format_is_found_by_its_number(void **state)
{
    assert_int_equal(pvg_pixel_format_count, 138);
    for (size_t i = 0; i < pvg_pixel_format_count; i++) {
        assert_ptr_equal(pvg_pixel_format_find(pvg_pixel_formats[i].ordinal),
                         &pvg_pixel_formats[i]);
    }
}

/* The protocol lists numbers and names, the table all that the host must know. */
static void the_table_has_the_formats_of_the_protocol(void **state)
{
    for (uint32_t i = 1; i < 0x10000; i++) {
        const struct pvg_pixel_format *pixel = pvg_pixel_format_find(i);
        const struct pvg_vertex_format *vertex = pvg_vertex_format_find(i);
        const char *name = pvg_wire_pixel_format_name(i);

        assert_int_equal(pixel != NULL, name != NULL && i != PVG_WIRE_PIXEL_FORMAT_UNSPECIALIZED);
        if (pixel) {
            assert_string_equal(pixel->name, name);
        }
        name = pvg_wire_vertex_format_name(i);
        assert_int_equal(vertex != NULL, name != NULL);
        if (vertex) {
            assert_string_equal(vertex->name, name);
        }
    }
}

static void numbers_that_are_no_format_are_not_found(void **state)
{
    static const uint32_t none[] = {0,   2,   15,  82,  191, 209, 227,          237,
                                    254, 263, 500, 551, 556, 600, 0x10000 + 80, UINT32_MAX};

    for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
        assert_null(pvg_pixel_format_find(none[i]));
    }
}

static void twins_name_each_other_and_differ_in_srgb_alone(void **state)
{
    for (size_t i = 0; i < pvg_pixel_format_count; i++) {
        const struct pvg_pixel_format *one = &pvg_pixel_formats[i];
        const struct pvg_pixel_format *other;

        if (!one->twin) {
            continue;
        }
        other = format(one->twin);
        assert_int_equal(other->twin, one->ordinal);
        assert_int_equal(other->bytes, one->bytes);
        assert_int_equal(other->block_width, one->block_width);
        assert_int_equal(other->block_height, one->block_height);
        assert_true(other->srgb != one->srgb);
        assert_true(pvg_pixel_format_views(one, other));
    }
}

static void a_class_has_one_texel_size(void **state)
{
    for (size_t i = 0; i < pvg_pixel_format_count; i++) {
        const struct pvg_pixel_format *one = &pvg_pixel_formats[i];

        switch ((enum pvg_view_class)one->view_class) {
        case PVG_VIEW_BITS_8:
        case PVG_VIEW_BITS_16:
        case PVG_VIEW_BITS_32:
        case PVG_VIEW_BITS_64:
        case PVG_VIEW_BITS_128:
            assert_int_equal(one->bytes, 1 << (one->view_class - PVG_VIEW_BITS_8));
            break;
        case PVG_VIEW_NONE:
        case PVG_VIEW_DS24:
        case PVG_VIEW_DS32:
        case PVG_VIEW_BGR10_XR:
        case PVG_VIEW_BGRA10_XR:
        case PVG_VIEW_TWINS:
            break;
        }
    }
}

static void views_stay_in_their_class(void **state)
{
    static const struct {
        uint16_t base, view;
        bool allowed;
    } cases[] = {
        {80, 70, true},    {80, 55, true},   {80, 80, true},    {80, 554, false},  {80, 130, false},
        {252, 55, false},  {252, 252, true}, {260, 261, true},  {261, 260, true},  {255, 262, true},
        {260, 262, false}, {130, 131, true}, {130, 132, false}, {240, 241, false}, {204, 186, true},
        {204, 222, false}, {554, 555, true}, {10, 13, true},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_int_equal(pvg_pixel_format_views(format(cases[i].base), format(cases[i].view)),
                         cases[i].allowed);
    }
}

/* Spec: 60-formats 10.2. */
static void linear_sizes_are_those_of_the_specification(void **state)
{
    static const struct {
        uint16_t ordinal;
        uint32_t width, height;
        uint64_t stride, tight, span;
    } cases[] = {
        {30, 27, 27, 384, 54, 26 * 384 + 54}, {130, 10, 6, 24, 24, 48}, {152, 2, 1, 16, 16, 16},
        {210, 100, 100, 208, 208, 4160},      {160, 8, 8, 16, 16, 32},  {240, 6, 2, 12, 12, 24},
        {115, 100, 1, 1024, 800, 800},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct pvg_pixel_format *f = format(cases[i].ordinal);
        struct pvg_linear_layout layout =
            pvg_linear_layout(f, f->bytes, cases[i].width, cases[i].height);
        uint64_t span;

        assert_int_equal(layout.tight_row, cases[i].tight);
        assert_true(pvg_linear_span(&layout, cases[i].stride, 0, 1, &span));
        assert_int_equal(span, cases[i].span);
    }
}

static void a_span_that_overflows_is_refused(void **state)
{
    const struct pvg_pixel_format *f = format(80);
    struct pvg_linear_layout layout = pvg_linear_layout(f, f->bytes, 1, 3);
    uint64_t span;

    assert_true(pvg_linear_span(&layout, (UINT64_MAX - 4) / 2, 0, 1, &span));
    assert_false(pvg_linear_span(&layout, UINT64_MAX / 2 + 1, 0, 1, &span));
    assert_false(pvg_linear_span(&layout, 4, UINT64_MAX, 2, &span));
    assert_true(pvg_linear_span(&layout, UINT64_MAX, UINT64_MAX, 0, &span));
    assert_int_equal(span, 0);
}

static void vertex_formats_have_the_sizes_of_their_components(void **state)
{
    unsigned found = 0;

    for (uint32_t i = 0; i < 100; i++) {
        const struct pvg_vertex_format *f = pvg_vertex_format_find(i);

        if (f) {
            found++;
            assert_in_range(f->components, 1, 4);
            assert_true(f->bytes % f->components == 0 || f->bytes == 4);
        }
    }
    assert_int_equal(found, 53);
    assert_null(pvg_vertex_format_find(0));
    assert_null(pvg_vertex_format_find(43));
    assert_null(pvg_vertex_format_find(44));
    assert_null(pvg_vertex_format_find(56));
    assert_null(pvg_vertex_format_find(UINT32_MAX));
}

static void surface_planes_name_formats_that_may_lie_over_a_surface(void **state)
{
    static const uint32_t codes[] = {0x42475241, 0x34323066, 0x77333072, 0x78343230, 0x76306138};

    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        const struct pvg_surface_format *surface = pvg_surface_format_find(codes[i]);

        assert_non_null(surface);
        for (unsigned plane = 0; plane < surface->planes; plane++) {
            assert_true(format(surface->plane_formats[plane])->linear);
        }
    }
    assert_null(pvg_surface_format_find(0x26424741)); /* '&BGA' */
    assert_null(pvg_surface_format_find(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_found_by_its_number),
        cmocka_unit_test(the_table_has_the_formats_of_the_protocol),
        cmocka_unit_test(numbers_that_are_no_format_are_not_found),
        cmocka_unit_test(twins_name_each_other_and_differ_in_srgb_alone),
        cmocka_unit_test(a_class_has_one_texel_size),
        cmocka_unit_test(views_stay_in_their_class),
        cmocka_unit_test(linear_sizes_are_those_of_the_specification),
        cmocka_unit_test(a_span_that_overflows_is_refused),
        cmocka_unit_test(vertex_formats_have_the_sizes_of_their_components),
        cmocka_unit_test(surface_planes_name_formats_that_may_lie_over_a_surface),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
