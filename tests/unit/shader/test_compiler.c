/* SPDX-License-Identifier: MIT */
#include "shader/compiler.h"

#include <glib.h>
#include <glib/gstdio.h>

#include "fake_translator.h"
#include "shader/cache.h"
#include "test.h"

static struct pvg_compiler *compiler_of(const char *folder, uint64_t memory)
{
    struct pvg_compiler_settings settings = {
        .translator = &fake_translator,
        .cache_folder = folder,
        .memory_cache = memory,
    };
    struct pvg_error error = {0};
    struct pvg_compiler *compiler = pvg_compiler_create(&settings, &error);

    if (!compiler) {
        fail_msg("%s", error.message);
    }
    fake_take_count();
    return compiler;
}

static enum pvg_translate_status status_of(struct pvg_compiler *compiler,
                                           struct pvg_shader_source *source)
{
    static const struct pvg_shader_options options;
    struct pvg_shader *shader = pvg_compiler_compile(compiler, source, &options);
    enum pvg_translate_status status = shader->translation.status;

    assert_true((status == PVG_TRANSLATE_DONE) == (shader->translation.words != NULL));
    pvg_shader_unref(shader);
    return status;
}

static void a_function_is_translated_once_and_then_found_in_memory(void **state)
{
    struct pvg_compiler *compiler = compiler_of("", 0);
    struct pvg_shader_source *source = fake_source(FAKE_SOUND, 1),
                             *twin = fake_source(FAKE_SOUND, 1);
    static const struct pvg_shader_options options, others = {.budget = 7};
    struct pvg_shader *shader;

    assert_null(pvg_compiler_find(compiler, source, &options));
    assert_int_equal(status_of(compiler, source), PVG_TRANSLATE_DONE);
    assert_int_equal(status_of(compiler, twin), PVG_TRANSLATE_DONE);
    assert_int_equal(fake_take_count(), 1);
    shader = pvg_compiler_find(compiler, twin, &options);
    assert_non_null(shader);
    pvg_shader_unref(shader);
    assert_null(pvg_compiler_find(compiler, source, &others));
    assert_int_equal(pvg_compiler_statistics(compiler).memory_hits, 2);
    pvg_shader_source_unref(source);
    pvg_shader_source_unref(twin);
    pvg_compiler_destroy(compiler);
}

static void a_refusal_is_told_and_remembered(void **state)
{
    struct pvg_compiler *compiler = compiler_of("", 0);
    struct pvg_shader_source *source = fake_source(FAKE_REFUSED, 0);

    assert_int_equal(status_of(compiler, source), PVG_TRANSLATE_UNSUPPORTED);
    assert_int_equal(status_of(compiler, source), PVG_TRANSLATE_UNSUPPORTED);
    assert_int_equal(fake_take_count(), 1);
    assert_int_equal(pvg_compiler_statistics(compiler).refusals, 1);
    pvg_shader_source_unref(source);
    pvg_compiler_destroy(compiler);
}

static void a_module_that_fails_the_audit_is_refused_and_counted(void **state)
{
    struct pvg_compiler *compiler = compiler_of("", 0);
    struct pvg_shader_source *source = fake_source(FAKE_UNSOUND, 0);

    assert_int_equal(status_of(compiler, source), PVG_TRANSLATE_INVALID);
    assert_int_equal(pvg_compiler_statistics(compiler).rejected, 1);
    pvg_shader_source_unref(source);
    pvg_compiler_destroy(compiler);
}

struct count {
    int calls;
};

static void count_call(struct pvg_shader *shader, void *user)
{
    g_atomic_int_inc(&((struct count *)user)->calls);
}

static void requests_for_the_same_thing_share_one_translation(void **state)
{
    struct pvg_compiler *compiler = compiler_of("", 0);
    struct pvg_shader_source *source = fake_source(FAKE_SOUND, 2);
    static const struct pvg_shader_options options;
    struct count count = {0};

    fake_hold();
    for (unsigned i = 0; i < 5; i++) {
        pvg_compiler_submit(compiler, source, &options, count_call, &count);
    }
    assert_int_equal(g_atomic_int_get(&count.calls), 0);
    fake_release();
    assert_int_equal(status_of(compiler, source), PVG_TRANSLATE_DONE);
    pvg_compiler_destroy(compiler);
    assert_int_equal(count.calls, 5);
    assert_int_equal(fake_take_count(), 1);
    pvg_shader_source_unref(source);
}

static void every_callback_is_called_before_destroy_returns(void **state)
{
    struct pvg_compiler *compiler = compiler_of("", 0);
    static const struct pvg_shader_options options;
    struct count count = {0};

    for (unsigned i = 0; i < 50; i++) {
        struct pvg_shader_source *source = fake_source(FAKE_SOUND, 100 + i);

        pvg_compiler_submit(compiler, source, &options, count_call, &count);
        pvg_shader_source_unref(source);
    }
    pvg_compiler_destroy(compiler);
    assert_int_equal(count.calls, 50);
}

static void memory_is_bounded_by_what_was_used_last(void **state)
{
    struct pvg_compiler *compiler = compiler_of("", 3 * sizeof(struct pvg_shader) + 1024);
    struct pvg_shader_source *first = fake_source(FAKE_SOUND, 1000);

    status_of(compiler, first);
    for (unsigned i = 1; i < 6; i++) {
        struct pvg_shader_source *source = fake_source(FAKE_SOUND, 1000 + i);

        status_of(compiler, source);
        status_of(compiler, first); /* used again and again: it stays */
        pvg_shader_source_unref(source);
    }
    assert_int_equal(fake_take_count(), 6);
    pvg_shader_source_unref(first);
    first = fake_source(FAKE_SOUND, 1001);
    status_of(compiler, first); /* long gone */
    assert_int_equal(fake_take_count(), 1);
    pvg_shader_source_unref(first);
    pvg_compiler_destroy(compiler);
}

static void remove_folder(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        g_unlink(path);
    }
    g_rmdir(folder);
}

static void a_second_compiler_finds_it_on_disk(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("pvg-test-XXXXXX", NULL);
    struct pvg_shader_source *source = fake_source(FAKE_SOUND, 3);

    for (unsigned i = 0; i < 2; i++) {
        struct pvg_compiler *compiler = compiler_of(folder, 0);

        assert_int_equal(status_of(compiler, source), PVG_TRANSLATE_DONE);
        assert_int_equal(fake_take_count(), i == 0);
        assert_int_equal(pvg_compiler_statistics(compiler).disk_hits, i);
        pvg_compiler_destroy(compiler);
    }
    pvg_shader_source_unref(source);
    remove_folder(folder);
}

/* The module on disk is whole by its checksum, and yet not to be run: written by somebody else. */
static void a_module_on_disk_that_fails_the_audit_is_translated_anew(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("pvg-test-XXXXXX", NULL);
    struct pvg_shader_source *source = fake_source(FAKE_SOUND, 4);
    static const struct pvg_shader_options options;
    struct pvg_shader_key key = pvg_shader_key(source, &options);
    struct pvg_shader_cache *cache = pvg_shader_cache_create(folder, 1 << 20, NULL);
    struct pvg_compiler *compiler;
    struct pvg_translation bad;

    fake_translation(&bad);
    bad.words[6] = 11; /* the capability: Int64 */
    pvg_shader_cache_write(cache, &key, &bad);
    pvg_translation_finish(&bad);
    pvg_shader_cache_destroy(cache);
    compiler = compiler_of(folder, 0);
    assert_int_equal(status_of(compiler, source), PVG_TRANSLATE_DONE);
    assert_int_equal(fake_take_count(), 1);
    pvg_compiler_destroy(compiler);
    pvg_shader_source_unref(source);
    remove_folder(folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_is_translated_once_and_then_found_in_memory),
        cmocka_unit_test(a_refusal_is_told_and_remembered),
        cmocka_unit_test(a_module_that_fails_the_audit_is_refused_and_counted),
        cmocka_unit_test(requests_for_the_same_thing_share_one_translation),
        cmocka_unit_test(every_callback_is_called_before_destroy_returns),
        cmocka_unit_test(memory_is_bounded_by_what_was_used_last),
        cmocka_unit_test(a_second_compiler_finds_it_on_disk),
        cmocka_unit_test(a_module_on_disk_that_fails_the_audit_is_translated_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
