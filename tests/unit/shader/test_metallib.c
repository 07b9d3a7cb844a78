/* SPDX-License-Identifier: MIT */
#include "shader/metallib.h"

#include <string.h>

#include <glib.h>

#include "test.h"

/* 70-air 18.1: one kernel "f" whose bitcode is a dummy. */
static const uint8_t spec_vector[263] = {
    0x4d, 0x54, 0x4c, 0x42, 0x01, 0x80, 0x02, 0x00, 0x07, 0x00, 0x00, 0x81, 0x0e, 0x00, 0x00, 0x00,
    0x07, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x58, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x77, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xd7, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xdf, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xe7, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x77, 0x00, 0x00, 0x00,
    0x4e, 0x41, 0x4d, 0x45, 0x02, 0x00, 0x66, 0x00, 0x54, 0x59, 0x50, 0x45, 0x01, 0x00, 0x02, 0x48,
    0x41, 0x53, 0x48, 0x20, 0x00, 0x45, 0x3e, 0x70, 0x69, 0xc1, 0xd7, 0x83, 0x65, 0xa2, 0xb4, 0x5a,
    0x99, 0xc0, 0x7a, 0x0b, 0x60, 0x01, 0x31, 0xc0, 0xba, 0xf9, 0x69, 0x2d, 0x4a, 0x56, 0x58, 0xf1,
    0xb2, 0x17, 0x4b, 0x5e, 0x44, 0x4d, 0x44, 0x53, 0x5a, 0x08, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x4f, 0x46, 0x46, 0x54, 0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x56, 0x45, 0x52, 0x53, 0x08, 0x00, 0x02, 0x00, 0x06, 0x00, 0x03, 0x00, 0x01, 0x00, 0x45,
    0x4e, 0x44, 0x54, 0x45, 0x4e, 0x44, 0x54, 0x04, 0x00, 0x00, 0x00, 0x45, 0x4e, 0x44, 0x54, 0x04,
    0x00, 0x00, 0x00, 0x45, 0x4e, 0x44, 0x54, 0xde, 0xc0, 0x17, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x14,
    0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x42, 0x43, 0xc0, 0xde, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

/* A copy in memory of exactly its size, so that the sanitizer sees a read past its end. */
static enum pvg_refusal parse(const uint8_t *bytes, size_t size, struct pvg_metallib *out)
{
    g_autofree uint8_t *copy = g_memdup2(bytes, size);

    return pvg_metallib_init(out, copy, size);
}

/* What becomes of the vector when @size bytes at @at are overwritten with @value. */
static enum pvg_refusal parse_changed(size_t at, size_t size, uint64_t value)
{
    uint8_t copy[sizeof(spec_vector)];
    struct pvg_metallib library;
    enum pvg_refusal refusal;

    memcpy(copy, spec_vector, sizeof(copy));
    for (size_t i = 0; i < size; i++) {
        copy[at + i] = value >> 8 * i;
    }
    refusal = parse(copy, sizeof(copy), &library);
    pvg_metallib_finish(&library);
    return refusal;
}

static void the_spec_vector_has_one_kernel_f(void **state)
{
    struct pvg_metallib library;
    const struct pvg_metallib_function *f;

    assert_int_equal(pvg_metallib_init(&library, spec_vector, sizeof(spec_vector)), PVG_ACCEPTED);
    assert_int_equal(library.count, 1);
    f = pvg_metallib_find(&library, "f");
    assert_non_null(f);
    assert_int_equal(f->type, PVG_METALLIB_KERNEL);
    assert_int_equal(f->air.major, 2);
    assert_int_equal(f->air.minor, 6);
    assert_int_equal(f->language.major, 3);
    assert_int_equal(f->language.minor, 1);
    assert_int_equal(f->bitcode_size, 12);
    assert_memory_equal(f->bitcode, "BC\xc0\xde", 4);
    assert_null(pvg_metallib_find(&library, "g"));
    pvg_metallib_finish(&library);
}

static void each_mutation_of_the_spec_ends_as_the_spec_says(void **state)
{
    struct pvg_metallib library;

    assert_int_equal(parse_changed(0, 1, 0x4e), PVG_REFUSED_VALUE);
    assert_int_equal(parse(spec_vector, 0x106, &library), PVG_REFUSED_SHORT);
    assert_int_not_equal(parse_changed(0x58, 4, 2), PVG_ACCEPTED);
    assert_int_not_equal(parse_changed(0x5c, 4, 0x76), PVG_ACCEPTED);
    assert_int_not_equal(parse_changed(0x5c, 4, 0), PVG_ACCEPTED);
    assert_int_not_equal(parse_changed(0x5c, 4, UINT32_MAX), PVG_ACCEPTED);
    assert_int_equal(parse_changed(0x9b, 8, UINT64_MAX), PVG_REFUSED_RANGE);
    assert_int_equal(parse_changed(0x9b, 8, 0), PVG_ACCEPTED);
    assert_int_not_equal(parse_changed(0xb9, 8, 1), PVG_ACCEPTED);
    assert_int_equal(parse_changed(0xd7, 4, 8), PVG_ACCEPTED);
    assert_int_equal(parse_changed(0xf3, 4, 0x0d), PVG_REFUSED_VALUE);
    assert_int_equal(parse_changed(0x48, 8, UINT64_C(0xfffffffffffffff0)), PVG_REFUSED_RANGE);
}

static void a_major_other_than_one_is_refused(void **state)
{
    assert_int_equal(parse_changed(4, 2, 0x0001), PVG_ACCEPTED); /* not macOS, but the same form */
    assert_int_equal(parse_changed(4, 2, 0x8002), PVG_REFUSED_VALUE);
}

static void a_known_tag_of_another_length_is_refused_and_an_unknown_one_skipped(void **state)
{
    assert_int_equal(parse_changed(0x68, 4, 0x21544d58), PVG_ACCEPTED); /* TYPE becomes unknown */
    assert_int_equal(parse_changed(0xc1, 4, 0x45505954), PVG_REFUSED_VALUE); /* VERS, TYPE: 1 */
    assert_int_equal(parse_changed(0xc1, 4, 0x5446464f), PVG_REFUSED_VALUE); /* ... OFFT: 24 */
}

static void a_name_must_end_where_its_tag_ends(void **state)
{
    assert_int_equal(parse_changed(0x67, 1, 'g'), PVG_REFUSED_VALUE); /* no NUL */
    assert_int_equal(parse_changed(0x66, 1, 0), PVG_REFUSED_VALUE);   /* two */
}

static void bare_and_wrapped_bitcode_are_one_nameless_function(void **state)
{
    static const uint8_t raw[] = {0x42, 0x43, 0xc0, 0xde, 1, 2, 3, 4};
    struct pvg_metallib library;

    assert_int_equal(pvg_metallib_init(&library, raw, sizeof(raw)), PVG_ACCEPTED);
    assert_int_equal(library.count, 1);
    assert_string_equal(library.functions[0].name, "");
    assert_int_equal(library.functions[0].bitcode_size, 8);
    pvg_metallib_finish(&library);

    assert_int_equal(pvg_metallib_init(&library, spec_vector + 0xe7, 32), PVG_ACCEPTED);
    assert_int_equal(library.functions[0].bitcode_size, 12);
    pvg_metallib_finish(&library);

    assert_int_equal(parse(raw, 7, &library), PVG_REFUSED_VALUE);
    assert_int_equal(parse(raw, 3, &library), PVG_REFUSED_SHORT);
}

static void any_byte_flip_of_the_vector_is_survived(void **state)
{
    for (size_t at = 0; at < sizeof(spec_vector); at++) {
        for (unsigned value = 0; value < 256; value++) {
            (void)parse_changed(at, 1, value);
        }
    }
}

static void any_truncation_of_the_vector_is_refused(void **state)
{
    for (size_t size = 0; size < sizeof(spec_vector); size++) {
        struct pvg_metallib library;

        assert_int_not_equal(parse(spec_vector, size, &library), PVG_ACCEPTED);
        assert_int_equal(library.count, 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_spec_vector_has_one_kernel_f),
        cmocka_unit_test(each_mutation_of_the_spec_ends_as_the_spec_says),
        cmocka_unit_test(a_major_other_than_one_is_refused),
        cmocka_unit_test(a_known_tag_of_another_length_is_refused_and_an_unknown_one_skipped),
        cmocka_unit_test(a_name_must_end_where_its_tag_ends),
        cmocka_unit_test(bare_and_wrapped_bitcode_are_one_nameless_function),
        cmocka_unit_test(any_byte_flip_of_the_vector_is_survived),
        cmocka_unit_test(any_truncation_of_the_vector_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
