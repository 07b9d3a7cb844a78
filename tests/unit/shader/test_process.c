/* SPDX-License-Identifier: MIT */
/* Whatever the worker does, the caller gets an answer in time, and the next request works. */
#include <signal.h>
#include <string.h>

#include <glib.h>

#include "fake_translator.h"
#include "fake_worker.h"
#include "test.h"

static struct pvg_compiler *compiler;

static int set_up(void **state)
{
    struct pvg_compiler_settings settings = {
        .worker = FAKE_WORKER,
        .cache_folder = "",
        .threads = 1,
        .time_limit = 500,
    };
    struct pvg_error error = {0};

    compiler = pvg_compiler_create(&settings, &error);
    return compiler ? 0 : -1;
}

static int tear_down(void **state)
{
    pvg_compiler_destroy(compiler);
    return 0;
}

/* Every order is a function of its own, so that none is answered from memory. */
static struct pvg_shader *ask(enum worker_order order)
{
    static const struct pvg_shader_options options;
    static uint32_t salt;
    struct pvg_shader_source *source = fake_source((enum fake_order)order, ++salt);
    struct pvg_shader *shader = pvg_compiler_compile(compiler, source, &options);

    pvg_shader_source_unref(source);
    return shader;
}

static void expect(enum worker_order order, enum pvg_translate_status status, const char *reason)
{
    struct pvg_shader *shader = ask(order);

    if (shader->translation.status != status || !strstr(shader->translation.reason, reason)) {
        fail_msg("order %d: %s, %s", order, pvg_translate_status_name(shader->translation.status),
                 shader->translation.reason);
    }
    pvg_shader_unref(shader);
}

static void a_worker_answers(void **state)
{
    for (unsigned i = 0; i < 20; i++) {
        expect(WORKER_ANSWERS, PVG_TRANSLATE_DONE, "");
    }
}

static void a_worker_that_dies_is_a_refusal_and_the_next_request_works(void **state)
{
    static const enum worker_order orders[] = {WORKER_CRASHES, WORKER_ABORTS, WORKER_EXITS,
                                               WORKER_RECURSES};

    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        expect(orders[i], PVG_TRANSLATE_CRASHED, "the shader compiler");
        expect(WORKER_ANSWERS, PVG_TRANSLATE_DONE, "");
    }
}

static void a_worker_that_hangs_is_a_refusal_within_the_limit(void **state)
{
    gint64 start = g_get_monotonic_time();

    expect(WORKER_HANGS, PVG_TRANSLATE_TIMEOUT, "took longer than 500 ms");
    assert_true(g_get_monotonic_time() - start < 3 * G_USEC_PER_SEC);
    expect(WORKER_ANSWERS, PVG_TRANSLATE_DONE, "");
}

#ifndef __SANITIZE_ADDRESS__ /* whose own memory cannot be limited */
static void memory_is_limited(void **state)
{
    expect(WORKER_EATS_MEMORY, PVG_TRANSLATE_CRASHED, "the shader compiler died");
    expect(WORKER_ANSWERS, PVG_TRANSLATE_DONE, "");
}
#endif

static void files_network_processes_and_code_are_out_of_reach(void **state)
{
    static const enum worker_order orders[] = {
        WORKER_OPENS_A_FILE, WORKER_OPENS_A_SOCKET,     WORKER_FORKS,
        WORKER_MAPS_CODE,    WORKER_SHRINKS_THE_MEMORY,
    };
    g_autofree char *reason = g_strdup_printf("signal %d", SIGSYS);

    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        expect(orders[i], PVG_TRANSLATE_CRASHED, reason);
    }
    expect(WORKER_ANSWERS, PVG_TRANSLATE_DONE, "");
}

static void nonsense_from_a_worker_is_not_believed(void **state)
{
    expect(WORKER_SENDS_NONSENSE, PVG_TRANSLATE_CRASHED, "nonsense");
    expect(WORKER_ANSWERS, PVG_TRANSLATE_DONE, "");
    expect(WORKER_SENDS_A_LARGE_SIZE, PVG_TRANSLATE_CRASHED, "nonsense");
    expect(WORKER_ANSWERS, PVG_TRANSLATE_DONE, "");
}

static void a_worker_that_is_not_there_is_named(void **state)
{
    struct pvg_compiler_settings settings = {.worker = "/nowhere/pvg-airc", .cache_folder = ""};
    static const struct pvg_shader_options options;
    struct pvg_compiler *lost = pvg_compiler_create(&settings, NULL);
    struct pvg_shader_source *source = fake_source(FAKE_SOUND, 0);
    struct pvg_shader *shader = pvg_compiler_compile(lost, source, &options);

    assert_int_equal(shader->translation.status, PVG_TRANSLATE_HOST);
    assert_non_null(strstr(shader->translation.reason, "/nowhere/pvg-airc"));
    pvg_shader_unref(shader);
    pvg_shader_source_unref(source);
    pvg_compiler_destroy(lost);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_answers),
        cmocka_unit_test(a_worker_that_dies_is_a_refusal_and_the_next_request_works),
        cmocka_unit_test(a_worker_that_hangs_is_a_refusal_within_the_limit),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(memory_is_limited),
#endif
        cmocka_unit_test(files_network_processes_and_code_are_out_of_reach),
        cmocka_unit_test(nonsense_from_a_worker_is_not_believed),
        cmocka_unit_test(a_worker_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
