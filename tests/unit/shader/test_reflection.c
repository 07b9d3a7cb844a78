/* SPDX-License-Identifier: MIT */
#include "shader/translate.h"

#include <glib.h>
#include <string.h>

#include "test.h"

static struct pvg_translation small_translation(void)
{
    struct pvg_translation t = {.status = PVG_TRANSLATE_DONE, .word_count = 5};

    t.words = g_new0(uint32_t, 5);
    t.words[0] = 0x07230203;
    t.reflection.stage = PVG_STAGE_KERNEL;
    t.reflection.buffer_count = 1;
    t.reflection.buffers[0] =
        (struct pvg_shader_buffer){.index = 30, .access = PVG_ACCESS_READ, .alignment = 4};
    strcpy(t.reflection.entry, "saxpy");
    return t;
}

static void a_translation_survives_its_encoding(void **state)
{
    struct pvg_translation t = small_translation(), back;
    size_t size = pvg_translation_encoded_size(&t);
    g_autofree uint8_t *bytes = g_malloc(size);

    pvg_translation_encode(&t, bytes);
    assert_true(pvg_translation_decode(bytes, size, &back));
    assert_int_equal(back.word_count, 5);
    assert_memory_equal(back.words, t.words, 20);
    assert_memory_equal(&back.reflection, &t.reflection, sizeof(t.reflection));
    pvg_translation_finish(&t);
    pvg_translation_finish(&back);
}

static void a_refusal_survives_its_encoding(void **state)
{
    struct pvg_translation t = {.status = PVG_TRANSLATE_FEATURE,
                                .missing = PVG_SHADER_FEATURE(INT64),
                                .reason = "needs shaderInt64"};
    struct pvg_translation back;
    uint8_t bytes[1024];
    size_t size = pvg_translation_encoded_size(&t);

    assert_true(size <= sizeof(bytes));
    pvg_translation_encode(&t, bytes);
    assert_true(pvg_translation_decode(bytes, size, &back));
    assert_int_equal(back.status, PVG_TRANSLATE_FEATURE);
    assert_int_equal(back.missing, PVG_SHADER_FEATURE(INT64));
    assert_string_equal(back.reason, "needs shaderInt64");
    assert_null(back.words);
    pvg_translation_finish(&back);
}

static void every_truncation_of_an_encoding_is_refused(void **state)
{
    struct pvg_translation t = small_translation(), back;
    size_t size = pvg_translation_encoded_size(&t);
    g_autofree uint8_t *bytes = g_malloc(size);

    pvg_translation_encode(&t, bytes);
    for (size_t shorter = 0; shorter < size; shorter++) {
        assert_false(pvg_translation_decode(bytes, shorter, &back));
        assert_null(back.words);
    }
    pvg_translation_finish(&t);
}

static void a_record_with_an_index_out_of_range_is_refused(void **state)
{
    struct pvg_translation t = small_translation();

    assert_true(pvg_reflection_is_sound(&t.reflection));
    t.reflection.buffers[0].index = PVG_SHADER_BUFFERS;
    assert_false(pvg_reflection_is_sound(&t.reflection));
    t.reflection.buffers[0].index = 0;
    t.reflection.buffer_count = PVG_SHADER_BUFFERS + 1;
    assert_false(pvg_reflection_is_sound(&t.reflection));
    t.reflection.buffer_count = 1;
    t.reflection.varyings.count = 1;
    t.reflection.varyings.at[0] = (struct pvg_varying){
        .name = 4090, .name_length = 6, .component_class = PVG_CLASS_FLOAT, .components = 4};
    assert_true(pvg_reflection_is_sound(&t.reflection));
    t.reflection.varyings.at[0].name_length = 7;
    assert_false(pvg_reflection_is_sound(&t.reflection));
    pvg_translation_finish(&t);
}

/* Whoever fills descriptors has room for Metal's 128 textures, each once. */
static void texture_arrays_have_no_more_elements_than_there_are_slots(void **state)
{
    struct pvg_shader_reflection r = {.stage = PVG_STAGE_KERNEL, .texture_count = 2};

    for (unsigned i = 0; i < 2; i++) {
        r.textures[i] = (struct pvg_shader_texture){.count = PVG_SHADER_TEXTURES / 2,
                                                    .component_class = PVG_CLASS_FLOAT};
    }
    assert_true(pvg_reflection_is_sound(&r));
    r.textures[1].count++;
    assert_false(pvg_reflection_is_sound(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_translation_survives_its_encoding),
        cmocka_unit_test(a_refusal_survives_its_encoding),
        cmocka_unit_test(every_truncation_of_an_encoding_is_refused),
        cmocka_unit_test(a_record_with_an_index_out_of_range_is_refused),
        cmocka_unit_test(texture_arrays_have_no_more_elements_than_there_are_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
