/* SPDX-License-Identifier: MIT */
#include "shader/cache.h"

#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "fake_translator.h"
#include "test.h"

struct fixture {
    char *folder;
    struct pvg_shader_cache *cache;
    struct pvg_translation translation;
};

static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);

    f->folder = g_dir_make_tmp("pvg-test-XXXXXX", NULL);
    f->cache = pvg_shader_cache_create(f->folder, 100000, NULL);
    fake_translation(&f->translation);
    *state = f;
    return f->cache ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    g_autoptr(GDir) dir = g_dir_open(f->folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(f->folder, name, NULL);

        g_unlink(path);
    }
    g_rmdir(f->folder);
    pvg_shader_cache_destroy(f->cache);
    pvg_translation_finish(&f->translation);
    g_free(f->folder);
    g_free(f);
    return 0;
}

static struct pvg_shader_key key_of(uint8_t number)
{
    return (struct pvg_shader_key){{number}};
}

static char *path_of(struct fixture *f, uint8_t number)
{
    char name[2 * PVG_SHA256_SIZE + 1];

    memset(name, '0', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    g_snprintf(name, 3, "%02x", number);
    name[2] = '0';
    return g_build_filename(f->folder, name, NULL);
}

static bool has(struct fixture *f, uint8_t number)
{
    struct pvg_shader_key key = key_of(number);
    struct pvg_translation out;
    bool found = pvg_shader_cache_read(f->cache, &key, &out);

    if (found) {
        assert_int_equal(out.word_count, f->translation.word_count);
        assert_memory_equal(out.words, f->translation.words, 4 * out.word_count);
        assert_memory_equal(&out.reflection, &f->translation.reflection, sizeof(out.reflection));
    }
    pvg_translation_finish(&out);
    return found;
}

static void put(struct fixture *f, uint8_t number)
{
    struct pvg_shader_key key = key_of(number);

    pvg_shader_cache_write(f->cache, &key, &f->translation);
}

static void what_was_written_is_read_and_nothing_else(void **state)
{
    put(*state, 1);
    assert_true(has(*state, 1));
    assert_false(has(*state, 2));
}

static void an_entry_damaged_anywhere_is_absent_and_removed(void **state)
{
    g_autofree char *path = path_of(*state, 1), *bytes = NULL;
    gsize size;

    put(*state, 1);
    assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    for (gsize at = 0; at < size; at += 61) {
        bytes[at] ^= 4;
        assert_true(g_file_set_contents(path, bytes, size, NULL));
        assert_false(has(*state, 1));
        assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        bytes[at] ^= 4;
    }
    for (gsize cut = 0; cut < size; cut += 509) {
        assert_true(g_file_set_contents(path, bytes, cut, NULL));
        assert_false(has(*state, 1));
    }
}

static void an_entry_under_another_name_is_absent(void **state)
{
    g_autofree char *one = path_of(*state, 1), *two = path_of(*state, 2);

    put(*state, 1);
    assert_int_equal(g_rename(one, two), 0);
    assert_false(has(*state, 2));
}

static void a_link_in_the_place_of_an_entry_is_not_followed(void **state)
{
    g_autofree char *one = path_of(*state, 1), *two = path_of(*state, 2);

    put(*state, 1);
    assert_int_equal(g_rename(one, two), 0);
    assert_int_equal(symlink(two, one), 0);
    assert_false(has(*state, 1));
}

static void the_folder_is_bounded_and_the_last_used_survive(void **state)
{
    struct fixture *f = *state;
    g_autoptr(GDir) dir = NULL;
    const char *name;
    uint64_t total = 0;

    for (unsigned i = 0; i < 40; i++) {
        put(f, i);
        g_usleep(2000); /* times of files have a grain */
        assert_true(has(f, 0));
    }
    dir = g_dir_open(f->folder, 0, NULL);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(f->folder, name, NULL);
        GStatBuf status;

        assert_int_equal(g_stat(path, &status), 0);
        total += status.st_size;
    }
    assert_true(total <= 100000);
    assert_true(total > 25000);
    assert_true(has(f, 0));
    assert_true(has(f, 39));
    assert_false(has(f, 1));
}

static void two_caches_may_share_a_folder(void **state)
{
    struct fixture *f = *state, other = *f;

    other.cache = pvg_shader_cache_create(f->folder, 100000, NULL);
    put(f, 1);
    assert_true(has(&other, 1));
    put(&other, 1);
    put(&other, 2);
    assert_true(has(f, 1));
    assert_true(has(f, 2));
    pvg_shader_cache_destroy(other.cache);
}

static void the_key_depends_on_source_entry_and_options(void **state)
{
    struct pvg_shader_source *a = fake_source(FAKE_SOUND, 1), *b = fake_source(FAKE_SOUND, 2);
    struct pvg_shader_options options = {0}, others = {.features = 1};
    struct pvg_shader_key key = pvg_shader_key(a, &options), other;

    other = pvg_shader_key(b, &options);
    assert_memory_not_equal(&key, &other, sizeof(key));
    other = pvg_shader_key(a, &others);
    assert_memory_not_equal(&key, &other, sizeof(key));
    a->entry[0] = 'g';
    other = pvg_shader_key(a, &options);
    assert_memory_not_equal(&key, &other, sizeof(key));
    a->entry[0] = 'f';
    other = pvg_shader_key(a, &options);
    assert_memory_equal(&key, &other, sizeof(key));
    pvg_shader_source_unref(a);
    pvg_shader_source_unref(b);
}

int main(void)
{
#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        CACHE_TEST(what_was_written_is_read_and_nothing_else),
        CACHE_TEST(an_entry_damaged_anywhere_is_absent_and_removed),
        CACHE_TEST(an_entry_under_another_name_is_absent),
        CACHE_TEST(a_link_in_the_place_of_an_entry_is_not_followed),
        CACHE_TEST(the_folder_is_bounded_and_the_last_used_survive),
        CACHE_TEST(two_caches_may_share_a_folder),
        cmocka_unit_test(the_key_depends_on_source_entry_and_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
