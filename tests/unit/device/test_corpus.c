/* SPDX-License-Identifier: MIT */
/* Saved states of earlier versions, kept in tests/corpus: whoever changes the format sees here what
 * he breaks. With PVG_NEW_CORPUS=FOLDER the states of this version are written there. */
#include <glib.h>
#include <string.h>
#include <zstd.h>

#include "bench.h"
#include "wire/registers.h"

#include "test.h"

#define STATE_MAX 0x100000

static const uint32_t glyph[4] = {0xffffffff, 0xff000000, 0xff000000, 0xffffffff};

/* A driver with a task, mapped memory, a display, a picture, a cursor and a second display's modes:
 * the same each time. */
static void make_session(struct bench *b)
{
    static const struct pvg_mode other = {800, 600, 59940};
    struct kit_surface surface;
    struct kit_task task;

    bench_bring_up(b);
    kit_task_create(&b->kit, &task, 3);
    kit_task_bind_objects(&b->kit, &task);
    kit_task_alloc(&b->kit, &task, 0x10000);
    kit_surface_create(&b->kit, &surface, 16, 8);
    kit_surface_fill(&b->kit, &surface, 0xff123456);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), kit_present(&b->kit, 0, surface.id, NULL));
    kit_cursor_image(&b->kit, 0, glyph, 2, 2, 1, 1);
    kit_cursor_move(&b->kit, 0, 30, 20, true);
    assert_true(pvg_display_set_modes(b->device, 1, &other, 1, NULL));
    bench_run(b);
    bench_expect_no_failure(b);
}

static void write_new(const char *name, const char *folder, enum pvg_variant variant)
{
    struct bench *b = bench_create(variant, 2);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *packed = g_malloc(STATE_MAX);
    void *bytes;
    size_t size;

    make_session(b);
    pvg_device_stop(b->device);
    assert_true(pvg_device_save(b->device, &bytes, &size, NULL));
    size = ZSTD_compress(packed, STATE_MAX, bytes, size, 19);
    assert_true(g_file_set_contents(path, packed, (gssize)size, NULL));
    pvg_free(bytes);
    bench_destroy(b);
}

static void state_loads(const char *name, enum pvg_variant variant)
{
    const char *folder = g_getenv("PVG_CORPUS"), *news = g_getenv("PVG_NEW_CORPUS");
    g_autofree char *path = g_build_filename(news ? news : folder, name, NULL);
    g_autofree char *packed = NULL;
    g_autofree uint8_t *bytes = g_malloc(STATE_MAX);
    struct pvg_error error = {0};
    struct bench *b, *reference;
    struct pvg_cursor_state cursor;
    struct pvg_frame frame;
    gsize packed_size;
    size_t size;

    if (news) {
        write_new(name, news, variant);
    }
    assert_true(g_file_get_contents(path, &packed, &packed_size, NULL));
    size = ZSTD_decompress(bytes, STATE_MAX, packed, packed_size);
    assert_false(ZSTD_isError(size));
    b = bench_create(variant, 2);
    reference = bench_create(variant, 2);
    make_session(reference);
    pvg_device_stop(b->device);
    if (!pvg_device_restore(b->device, bytes, size, &error)) {
        fail_msg("%s: %s", name, error.message);
    }
    pvg_device_start(b->device);
    bench_run(b);

    frame = bench_fetch(b, 0);
    assert_int_equal(frame.width, 16);
    assert_int_equal(bench_pixel(&frame, 15, 7), 0x123456);
    cursor = bench_cursor(b, 0);
    assert_int_equal(cursor.hot_x, 1); /* where it is stands in guest memory */
    assert_memory_equal(cursor.pixels, glyph, sizeof(glyph));
    assert_int_equal(b->device->displays[1].modes[0].refresh_mhz, 59940);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_FIFO_READ),
                     bench_read(reference, PVG_WIRE_GFX_FIFO_READ));
    for (unsigned id = 0; id < PVG_MAX_CHANNELS; id++) {
        assert_int_equal(b->device->channels[id].live, reference->device->channels[id].live);
        assert_int_equal(b->device->channels[id].retired, reference->device->channels[id].retired);
    }
    assert_int_equal(b->device->memory.tasks.all[3].directory.value,
                     reference->device->memory.tasks.all[3].directory.value);
    bench_destroy(reference);
    bench_destroy(b);
}

static void the_state_of_version_1_of_an_x86_64_guest_loads(void **state)
{
    state_loads("state-1-x86_64.zst", PVG_VARIANT_PCI);
}

static void the_state_of_version_1_of_an_arm64_guest_loads(void **state)
{
    state_loads("state-1-arm64.zst", PVG_VARIANT_MMIO);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_of_version_1_of_an_x86_64_guest_loads),
        cmocka_unit_test(the_state_of_version_1_of_an_arm64_guest_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
