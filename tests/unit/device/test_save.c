/* SPDX-License-Identifier: MIT */
#include <glib.h>
#include <string.h>

#include "bench.h"
#include "wire/registers.h"

#include "test.h"

struct state {
    void *bytes;
    size_t size;
};

static struct state save(struct bench *b)
{
    struct state state;
    struct pvg_error error = {0};

    pvg_device_stop(b->device);
    assert_true(pvg_device_save(b->device, &state.bytes, &state.size, &error));
    return state;
}

static bool restore(struct bench *b, const void *bytes, size_t size)
{
    struct pvg_error error = {0};
    bool done;

    pvg_device_stop(b->device);
    done = pvg_device_restore(b->device, bytes, size, &error);
    assert_int_equal(done, error.message[0] == '\0');
    pvg_device_start(b->device);
    bench_run(b);
    return done;
}

static void a_device_goes_on_from_where_it_was_saved(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface;
    struct pvg_frame frame;
    struct state saved;
    uint32_t held, pixels[4] = {0xffffffff, 0xff000000, 0xff000000, 0xffffffff};

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 64, 48);
    kit_surface_fill(&b->kit, &surface, 0xff112233);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), kit_present(&b->kit, 0, surface.id, NULL));
    kit_cursor_image(&b->kit, 0, pixels, 2, 2, 1, 1);
    kit_cursor_move(&b->kit, 0, 30, 20, true);
    bench_run(b);
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP); /* waits for a stamp that comes after the restore */
    kit_packet_after(&b->kit, (struct kit_point){2, b->kit.channels[2].stamp + 1});
    held = kit_send(&b->kit, 1);
    bench_run(b);
    saved = save(b);
    pvg_device_start(b->device);
    pvg_device_reset(b->device);
    assert_true(restore(b, saved.bytes, saved.size));

    frame = bench_fetch(b, 0);
    assert_int_equal(frame.width, 64);
    assert_int_equal(bench_pixel(&frame, 63, 47), 0x112233);
    assert_int_equal(bench_cursor(b, 0).x, 30);
    assert_true(bench_cursor(b, 0).visible);
    assert_int_equal(bench_cursor(b, 0).pixels[3], 0xffffffff);
    assert_int_equal(bench_read(b, PVG_WIRE_GFX_FIFO_READ), b->kit.channels[0].tail);
    assert_false(kit_done(&b->kit, 1, held));
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
    kit_wait(&b->kit, 2, kit_send(&b->kit, 2));
    kit_wait(&b->kit, 1, held);
    kit_surface_fill(&b->kit, &surface, 0xff445566);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), kit_present(&b->kit, 0, surface.id, NULL));
    bench_expect_no_failure(b);
    frame = bench_fetch(b, 0);
    assert_int_equal(bench_pixel(&frame, 0, 0), 0x445566);
    assert_int_equal(b->kit.displays[0].onlines, 1);
    pvg_free(saved.bytes);
}

/* The guest sends work that waits for channel 2, and then takes away what the work names: an object,
 * whose number this returns. Leaves the stamp. */
static uint32_t send_work_that_waits(struct bench *b, uint32_t *stamp)
{
    struct pvg_wire_exec_resource resource = {.validity = {.set_host = true}};
    static struct kit_stream stream;
    struct kit_buffer buffer;
    struct kit_task task;

    kit_task_create(&b->kit, &task, 1);
    kit_task_bind_objects(&b->kit, &task);
    kit_buffer_create(&b->kit, &task, &buffer, 0x1000);
    kit_stream_init(&b->kit, &stream, &task);
    kit_segment_begin(&stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    kit_segment_end(&stream);
    resource.object = buffer.object;
    *stamp = kit_submit(&b->kit, &stream, &resource, 1,
                        &(struct kit_point){2, b->kit.channels[2].stamp + 1});
    bench_run(b);
    kit_object_unpublish(&b->kit, &task, buffer.object);
    return buffer.object;
}

static void a_submission_that_waits_keeps_what_it_was_sent_with(void **state)
{
    struct bench *b = *state;
    const struct pvg_object *object;
    uint32_t held, ref;

    bench_bring_up(b);
    ref = send_work_that_waits(b, &held);
    for (unsigned i = 0; i < 2; i++) { /* saved again before it was fetched again */
        struct state saved = save(b);

        pvg_device_start(b->device);
        pvg_device_reset(b->device);
        pvg_device_stop(b->device);
        assert_true(pvg_device_restore(b->device, saved.bytes, saved.size, NULL));
        pvg_free(saved.bytes);
    }
    pvg_device_start(b->device);
    bench_run(b);
    assert_false(kit_done(&b->kit, kit_exec_channel(&b->kit), held));

    b->hold = true;
    kit_packet(&b->kit, PVG_WIRE_PACKET_NOP);
    kit_wait(&b->kit, 2, kit_send(&b->kit, 2));
    bench_run(b);
    assert_int_equal(b->held->len, 1);
    object = g_hash_table_lookup(b->last_submission->objects, GUINT_TO_POINTER(ref));
    assert_non_null(object);
    assert_int_equal(object->type, PVG_WIRE_OBJECT_TYPE_BUFFER);
    assert_int_equal(b->last_submission->buffer_count, 1);
    assert_true(b->last_submission->buffers[0].size > 0);
    bench_release(b, 0);
    kit_wait(&b->kit, kit_exec_channel(&b->kit), held);
    bench_expect_no_failure(b);
}

static void saving_and_restoring_twice_gives_the_same_bytes(void **state)
{
    struct bench *b = *state;
    struct kit_surface surface;
    struct state first, second;

    bench_bring_up(b);
    kit_surface_create(&b->kit, &surface, 8, 8);
    kit_wait(&b->kit, kit_display_channel(&b->kit, 0), kit_present(&b->kit, 0, surface.id, NULL));
    bench_run(b);
    first = save(b);
    assert_true(pvg_device_restore(b->device, first.bytes, first.size, NULL));
    second = save(b);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.bytes, second.bytes, first.size);
    pvg_free(first.bytes);
    pvg_free(second.bytes);
}

static void a_state_that_is_cut_anywhere_is_refused_and_leaves_a_reset_device(void **state)
{
    struct bench *b = *state;
    struct state saved;

    bench_bring_up(b);
    saved = save(b);
    pvg_device_start(b->device);
    for (size_t size = 0; size < saved.size; size += 1 + saved.size / 97) {
        assert_false(restore(b, saved.bytes, size));
        assert_int_equal(bench_read(b, PVG_WIRE_GFX_CONTROL_FIFO), 0);
    }
    pvg_free(saved.bytes);
    bench_bring_up(b);
}

static void flipped_bits_never_do_harm(void **state)
{
    struct bench *b = *state;
    struct state saved, again;
    uint8_t *bytes;
    uint32_t held;

    bench_bring_up(b);
    send_work_that_waits(b, &held);
    saved = save(b);
    bytes = saved.bytes;
    for (size_t i = 0; i < saved.size; i += 1 + saved.size / 3000) {
        bytes[i] ^= 0x81;
        restore(b, saved.bytes, saved.size);
        bench_pass(b, 20000);
        again = save(b);
        pvg_free(again.bytes);
        bytes[i] ^= 0x81;
    }
    assert_true(restore(b, saved.bytes, saved.size));
    pvg_free(saved.bytes);
}

static void a_state_of_another_variant_is_refused(void **state)
{
    struct bench *b = *state;
    struct bench *other = bench_create(PVG_VARIANT_MMIO, 2);
    struct state saved = save(other);

    assert_false(restore(b, saved.bytes, saved.size));
    pvg_free(saved.bytes);
    bench_destroy(other);
    other = bench_create(PVG_VARIANT_PCI, 1);
    saved = save(other);
    assert_false(restore(b, saved.bytes, saved.size));
    pvg_free(saved.bytes);
    bench_destroy(other);
}

static void a_running_device_is_not_saved(void **state)
{
    struct bench *b = *state;
    struct pvg_error error = {0};
    struct state saved = {0};

    assert_false(pvg_device_save(b->device, &saved.bytes, &saved.size, &error));
    assert_string_not_equal(error.message, "");
}

#define PCI(test)  {#test " (x86-64)", test, bench_setup_pci, bench_teardown, NULL}
#define MMIO(test) {#test " (arm64)", test, bench_setup_mmio, bench_teardown, NULL}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PCI(a_device_goes_on_from_where_it_was_saved),
        MMIO(a_device_goes_on_from_where_it_was_saved),
        PCI(a_submission_that_waits_keeps_what_it_was_sent_with),
        PCI(saving_and_restoring_twice_gives_the_same_bytes),
        MMIO(saving_and_restoring_twice_gives_the_same_bytes),
        PCI(a_state_that_is_cut_anywhere_is_refused_and_leaves_a_reset_device),
        PCI(flipped_bits_never_do_harm),
        MMIO(flipped_bits_never_do_harm),
        PCI(a_state_of_another_variant_is_refused),
        PCI(a_running_device_is_not_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
