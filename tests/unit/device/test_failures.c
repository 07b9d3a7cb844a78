/* SPDX-License-Identifier: MIT */
/* The host fails: each call of it in turn, as SQLite does with allocations. The linker brings the
 * calls here (--wrap). Nothing may leak, and who asked gets a sentence, or the guest its stamp. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "bench.h"

#include "test.h"

static unsigned calls_left; /* until one fails; 0: none does */
static unsigned failed;

static bool fails(void)
{
    if (calls_left && --calls_left == 0) {
        failed++;
        return true;
    }
    return false;
}

int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags)
{
    errno = EMFILE;
    return fails() ? -1 : __real_eventfd(count, flags);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *data);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *data);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *data)
{
    return fails() ? EAGAIN : __real_pthread_create(thread, attributes, start, data);
}

gpointer __real_g_try_malloc(gsize size);
gpointer __wrap_g_try_malloc(gsize size);
gpointer __wrap_g_try_malloc(gsize size)
{
    return fails() ? NULL : __real_g_try_malloc(size);
}

gpointer __real_g_try_realloc(gpointer memory, gsize size);
gpointer __wrap_g_try_realloc(gpointer memory, gsize size);
gpointer __wrap_g_try_realloc(gpointer memory, gsize size)
{
    return fails() ? NULL : __real_g_try_realloc(memory, size);
}

static void no_irq(void *host, enum pvg_interrupt line, bool level)
{
}

/* A device with all that it can have. */
static struct pvg_device *create(const char *trace, struct pvg_error *error)
{
    static const struct pvg_host_ops ops = {.size = sizeof(ops), .set_interrupt = no_irq};
    static const struct pvg_mode mode = {1280, 800, 60000};
    static const struct pvg_display_options displays[2] = {
        {.modes = &mode, .mode_count = 1}, {.modes = &mode, .mode_count = 1}};
    const struct pvg_device_options options = {
        .size = sizeof(options),
        .ops = &ops,
        .displays = displays,
        .display_count = 2,
        .gpu = "none",
        .trace_file = trace,
    };

    return pvg_device_create(&options, error);
}

static void a_device_is_made_whole_or_not_at_all(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("pvg-failures-XXXXXX", NULL);
    g_autofree char *trace = g_build_filename(folder, "session", NULL);
    struct pvg_device *device = NULL;
    unsigned n;

    for (n = 1; !device; n++) {
        struct pvg_error error = {0};

        assert_true(n < 50);
        calls_left = n;
        device = create(trace, &error);
        assert_int_equal(device == NULL, error.message[0] != '\0');
    }
    assert_true(n - 2 >= 4); /* two eventfds, two threads */
    calls_left = 0;
    pvg_device_destroy(device);
    g_unlink(trace);
    g_rmdir(folder);
}

/* What a driver does in a second: packets, a submission, a present. */
static bool work(struct bench *b)
{
    static struct kit_stream stream;
    struct kit_surface surface;
    struct kit_task task;

    b->patience = 400;
    if (!kit_start(&b->kit) || !kit_display_start(&b->kit, 0) ||
        !kit_display_wait_online(&b->kit, 0)) {
        return false;
    }
    kit_task_create(&b->kit, &task, 3);
    kit_task_bind_objects(&b->kit, &task);
    kit_stream_init(&b->kit, &stream, &task);
    kit_segment_begin(&stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    kit_segment_end(&stream);
    kit_wait(&b->kit, kit_exec_channel(&b->kit), kit_submit(&b->kit, &stream, NULL, 0, NULL));
    kit_surface_create(&b->kit, &surface, 64, 48);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), kit_present(&b->kit, 0, surface.id, NULL));
    return !b->kit.failure;
}

/* Where one allocation failed, the guest waits for nothing: a packet that could not be taken is
 * taken later, others are completed and counted. */
static void the_guest_goes_on_without_memory(enum pvg_variant variant)
{
    unsigned n = 0, before;

    do {
        struct bench *b = bench_create(variant, 1);

        before = failed;
        calls_left = ++n;
        if (!work(b)) {
            fail_msg("with allocation %u failed: %s", n, b->kit.failure);
        }
        calls_left = 0;
        bench_destroy(b);
        assert_true(n < 500);
    } while (failed != before);
    assert_true(n > 10);
}

static void an_x86_64_guest_goes_on_without_memory(void **state)
{
    the_guest_goes_on_without_memory(PVG_VARIANT_PCI);
}

static void an_arm64_guest_goes_on_without_memory(void **state)
{
    the_guest_goes_on_without_memory(PVG_VARIANT_MMIO);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_made_whole_or_not_at_all),
        cmocka_unit_test(an_x86_64_guest_goes_on_without_memory),
        cmocka_unit_test(an_arm64_guest_goes_on_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
