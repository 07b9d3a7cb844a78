/* SPDX-License-Identifier: MIT */
/* The container reader over the shader files of other projects, where they are there. */
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "shader/metallib.h"
#include "test.h"

/* Calls @visit for each .metallib, .mtlb and .air under @folder; returns how many. */
static unsigned each_fixture(const char *folder,
                             void (*visit)(const char *, const uint8_t *, gsize))
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    unsigned count = 0;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *bytes = NULL;
        gsize size;

        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            count += each_fixture(path, visit);
        } else if ((g_str_has_suffix(name, ".metallib") || g_str_has_suffix(name, ".mtlb") ||
                    g_str_has_suffix(name, ".air")) &&
                   g_file_get_contents(path, &bytes, &size, NULL)) {
            visit(path, (uint8_t *)bytes, size);
            count++;
        }
    }
    return count;
}

static void expect_functions(const char *path, const uint8_t *bytes, gsize size)
{
    struct pvg_metallib library;
    enum pvg_refusal refusal = pvg_metallib_init(&library, bytes, size);

    if (refusal) {
        fail_msg("%s: %s", path, pvg_refusal_words(refusal));
    }
    assert_true(library.count >= 1);
    pvg_metallib_finish(&library);
}

static void every_fixture_of_any_version_is_read(void **state)
{
    assert_true(each_fixture(g_getenv("PVG_FIXTURES"), expect_functions) > 0);
}

/* One flip in every 7th byte of the part that the reader looks at: headers, lists, wrappers. */
static void flip_bytes(const char *path, const uint8_t *bytes, gsize size)
{
    g_autofree uint8_t *copy = g_memdup2(bytes, size);

    for (gsize at = 0; at < MIN(size, 4096); at += 7) {
        struct pvg_metallib library;
        uint8_t was = copy[at];

        copy[at] ^= 1u << at % 8;
        (void)!pvg_metallib_init(&library, copy, size);
        pvg_metallib_finish(&library);
        copy[at] = 0xff;
        (void)!pvg_metallib_init(&library, copy, size);
        pvg_metallib_finish(&library);
        copy[at] = was;
    }
}

static void byte_flips_of_every_fixture_are_survived(void **state)
{
    assert_true(each_fixture(g_getenv("PVG_FIXTURES"), flip_bytes) > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fixture_of_any_version_is_read),
        cmocka_unit_test(byte_flips_of_every_fixture_are_survived),
    };

    if (!g_file_test(g_getenv("PVG_FIXTURES") ?: "", G_FILE_TEST_IS_DIR)) {
        puts("1..0 # SKIP no shader files beside the checkout; see -Dspec_fixtures");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
