/* SPDX-License-Identifier: MIT */
#include "shader/metallib_writer.h"

#include <string.h>

#include "test.h"

static const uint8_t dummy[] = {0x42, 0x43, 0xc0, 0xde, 0, 0, 0, 0, 0, 0, 0, 0};

static struct pvg_metallib_source source(const char *name, enum pvg_metallib_type type)
{
    return (struct pvg_metallib_source){.function = {.name = name,
                                                     .type = type,
                                                     .air = {2, 6},
                                                     .language = {3, 1},
                                                     .bitcode = dummy,
                                                     .bitcode_size = sizeof(dummy)}};
}

static void what_is_written_is_read_back(void **state)
{
    struct pvg_metallib_source sources[] = {
        source("first", PVG_METALLIB_VERTEX),
        source("second", PVG_METALLIB_FRAGMENT),
    };
    static const struct pvg_metallib_attribute attribute = {"pos", 0, 6};
    struct pvg_metallib library;
    GByteArray *file;

    sources[0].attributes = &attribute;
    sources[0].attribute_count = 1;
    file = pvg_metallib_write(sources, 2);
    assert_int_equal(pvg_metallib_init(&library, file->data, file->len), PVG_ACCEPTED);
    assert_int_equal(library.count, 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct pvg_metallib_function *f = &library.functions[i];

        assert_string_equal(f->name, sources[i].function.name);
        assert_int_equal(f->type, sources[i].function.type);
        assert_int_equal(f->air.minor, 6);
        assert_int_equal(f->bitcode_size, sizeof(dummy));
        assert_memory_equal(f->bitcode, dummy, sizeof(dummy));
    }
    pvg_metallib_finish(&library);
    g_byte_array_unref(file);
}

/* 70-air 18.2, second row: the same attribute, byte for byte. */
static void a_vertex_attribute_is_written_as_the_spec_shows_it(void **state)
{
    static const uint8_t expected[] = {
        0x56, 0x41, 0x54, 0x54, 0x08, 0x00, 0x01, 0x00, 0x70, 0x6f, 0x73, 0x00,
        0x00, 0x80, 0x56, 0x41, 0x54, 0x59, 0x03, 0x00, 0x01, 0x00, 0x06,
    };
    static const struct pvg_metallib_attribute attribute = {"pos", 0, 6};
    struct pvg_metallib_source vertex = source("v", PVG_METALLIB_VERTEX);
    GByteArray *file;

    vertex.attributes = &attribute;
    vertex.attribute_count = 1;
    file = pvg_metallib_write(&vertex, 1);
    assert_non_null(memmem(file->data, file->len, expected, sizeof(expected)));
    g_byte_array_unref(file);
}

/* The SHA-256 of 70-air 18.1, whose 263 bytes these rules produce. */
static void size_and_hash_are_those_of_the_spec_vector(void **state)
{
    static const uint8_t hash[] = {
        0x45, 0x3e, 0x70, 0x69, 0xc1, 0xd7, 0x83, 0x65, 0xa2, 0xb4, 0x5a,
        0x99, 0xc0, 0x7a, 0x0b, 0x60, 0x01, 0x31, 0xc0, 0xba, 0xf9, 0x69,
        0x2d, 0x4a, 0x56, 0x58, 0xf1, 0xb2, 0x17, 0x4b, 0x5e, 0x44,
    };
    struct pvg_metallib_source kernel = source("f", PVG_METALLIB_KERNEL);
    GByteArray *file = pvg_metallib_write(&kernel, 1);

    assert_int_equal(file->len, 263);
    assert_memory_equal(file->data + 0x75, hash, sizeof(hash));
    g_byte_array_unref(file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_vertex_attribute_is_written_as_the_spec_shows_it),
        cmocka_unit_test(size_and_hash_are_those_of_the_spec_vector),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
