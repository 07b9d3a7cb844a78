/* SPDX-License-Identifier: MIT */
/* Guest memory under the GPU's hands: what is used in place, what moves, what is taken away. */
#include <stdlib.h>

#include "stage.h"

#include "wire/packets_encode.h"

static bool copying(void)
{
    return getenv("PVG_VULKAN_NO_IMPORT") != NULL;
}

static void fill(struct stage *stage, const struct kit_buffer *buffer, uint8_t value)
{
    stage_put_fill(stage, buffer, value);
    stage_run_with(stage, buffer->object);
}

static void buffers_are_used_in_place_where_they_can_be(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 10 * kit_page_size(&stage->kit), 1);

    fill(stage, &buffer, 7);
    stage_expect(stage, &buffer, 0, buffer.size, 7);
    assert_int_equal(stage_stat(stage, "gpu.buffers-in-place"), !copying());
    assert_int_equal(stage_stat(stage, "gpu.buffers-copied"), copying());
    assert_int_equal(stage_stat(stage, "gpu.uploaded-bytes"), copying() ? buffer.size : 0);
}

static void a_page_that_the_guest_exchanged_is_written_where_it_is_now(void **state)
{
    struct stage *stage = *state;
    const uint32_t page = kit_page_size(&stage->kit);
    struct kit_buffer buffer = stage_buffer(stage, 3 * page, 1);
    uint64_t old, new;

    fill(stage, &buffer, 2);
    old = kit_task_find(&stage->kit, &stage->task, buffer.gva + page);
    new = kit_pages(&stage->kit, 1);
    kit_task_enter(&stage->kit, &stage->task, buffer.gva + page, new);
    /* The guest also announces it: else the write would be dropped. */
    pvg_wire_replace_physical_encode(
        kit_packet(&stage->kit, PVG_WIRE_PACKET_REPLACE_PHYSICAL),
        &(struct pvg_wire_replace_physical){.task = stage->task.id, .object = buffer.object});
    kit_wait(&stage->kit, kit_memory_channel(&stage->kit),
             kit_send(&stage->kit, kit_memory_channel(&stage->kit)));
    fill(stage, &buffer, 3);
    stage_expect(stage, &buffer, 0, buffer.size, 3);
    for (uint32_t i = 0; i < page; i++) {
        assert_int_equal(((uint8_t *)kit_at(&stage->kit, old))[i], 2);
    }
}

/* A guest that takes pages away under running work gets them for itself with the stamp. */
static void nothing_lands_in_a_page_after_the_stamp_of_its_unmap(void **state)
{
    struct stage *stage = *state;
    const uint32_t page = kit_page_size(&stage->kit);
    struct kit_buffer buffer = stage_buffer(stage, 64 * page, 1);
    uint64_t first = kit_task_find(&stage->kit, &stage->task, buffer.gva);
    uint32_t exec, unmap;
    uint8_t *bytes;

    stage->may_refuse = true;
    fill(stage, &buffer, 2);
    for (unsigned i = 0; i < 1000; i++) {
        stage_put_fill(stage, &buffer, (uint8_t)i);
    }
    exec = kit_submit(&stage->kit, &stage->stream,
                      &(struct pvg_wire_exec_resource){.object = buffer.object}, 1, NULL);
    while (stage_stat(stage, "gpu.submissions") < 2) {
        pvg_engine_step(&stage->device->engine);
    }
    unmap = kit_task_unmap(&stage->kit, &stage->task, buffer.gva, buffer.size, NULL);
    kit_wait(&stage->kit, kit_memory_channel(&stage->kit), unmap);
    bytes = kit_at(&stage->kit, first);
    memset(bytes, 0xee, page);
    kit_wait(&stage->kit, kit_exec_channel(&stage->kit), exec);
    g_usleep(20000);
    for (uint32_t i = 0; i < page; i++) {
        assert_int_equal(bytes[i], 0xee);
    }
}

static void memory_that_the_vmm_removes_is_not_touched_any_more(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 4 * kit_page_size(&stage->kit), 1);
    uint64_t gpa =
        kit_task_find(&stage->kit, &stage->task, buffer.gva + kit_page_size(&stage->kit));
    struct pvg_ram_span span = {.gpa = gpa,
                                .size = kit_page_size(&stage->kit),
                                .fd = stage->ram_fd,
                                .fd_offset = gpa - stage->ram_gpa};
    struct pvg_error error = {0};

    fill(stage, &buffer, 2);
    stage->may_refuse = true;
    pvg_ram_remove(stage->device, span.gpa, span.size);
    fill(stage, &buffer, 3);
    stage_expect(stage, &buffer, kit_page_size(&stage->kit), 2 * kit_page_size(&stage->kit), 2);
    span.host = kit_at(&stage->kit, gpa); /* and back again */
    assert_true(pvg_ram_add(stage->device, &span, &error));
    fill(stage, &buffer, 4);
    stage_expect(stage, &buffer, 0, buffer.size, 4);
}

#define SIDE 8 /* texels of the texture over a buffer */
#define ROW  256

static uint32_t texture_over(struct stage *stage, const struct kit_buffer *buffer, uint64_t offset)
{
    const uint32_t texture = kit_object_number(&stage->task);

    pvg_wire_buffer_texture_encode(
        kit_blob(&stage->kit),
        &(struct pvg_wire_buffer_texture){
            .object = texture,
            .buffer = buffer->object,
            .offset = offset,
            .bytes_per_row = ROW,
            .body = stage_texture_2d(PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM, SIDE, SIDE),
        });
    kit_object_publish(&stage->kit, &stage->task, texture, PVG_WIRE_OBJECT_TYPE_DERIVED_TEXTURE);
    return texture;
}

static void put_fill_at(struct stage *stage, const struct kit_buffer *buffer, uint64_t start,
                        uint64_t size, uint8_t value)
{
    pvg_wire_fill_buffer_encode(&stage->stream.w, &(struct pvg_wire_fill_buffer){
                                                      .buffer = buffer->object,
                                                      .start = start,
                                                      .size = size,
                                                      .value = value,
                                                  });
}

static void put_texture_to_buffer(struct stage *stage, uint32_t texture,
                                  const struct kit_buffer *to, uint64_t offset)
{
    pvg_wire_copy_texture_to_buffer_encode(&stage->stream.w,
                                           &(struct pvg_wire_copy_texture_to_buffer){
                                               .source = texture,
                                               .destination = to->object,
                                               .destination_offset = offset,
                                               .size = {SIDE, SIDE, 1},
                                               .bytes_per_row = SIDE * 4,
                                           });
}

static void a_texture_over_a_buffer_shows_what_the_same_work_wrote_there(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer under = stage_buffer(stage, 0x2000, 1);
    struct kit_buffer seen = stage_buffer(stage, 0x1000, 0);
    const uint64_t bytes = SIDE * SIDE * 4;
    uint32_t texture = texture_over(stage, &under, 0x1000);

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    put_texture_to_buffer(stage, texture, &seen, 0);
    put_fill_at(stage, &under, 0x1000, 0x1000, 2);
    put_texture_to_buffer(stage, texture, &seen, bytes); /* in the same encoder */
    put_fill_at(stage, &under, 0x1000, 0x1000, 3);
    kit_segment_end(&stage->stream);
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    put_texture_to_buffer(stage, texture, &seen, 2 * bytes); /* in the next one */
    kit_segment_end(&stage->stream);
    stage_run_with(stage, under.object, texture, seen.object);
    stage_expect(stage, &seen, 0, bytes, 1);
    stage_expect(stage, &seen, bytes, 2 * bytes, 2);
    stage_expect(stage, &seen, 2 * bytes, 3 * bytes, 3);

    stage_fill(stage, &under, 4); /* by the CPU, and nobody is told */
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    put_texture_to_buffer(stage, texture, &seen, 0);
    kit_segment_end(&stage->stream);
    stage_run(stage, NULL, 0);
    stage_expect(stage, &seen, 0, bytes, 4);
}

static void what_is_drawn_over_a_buffer_is_in_the_buffer_at_once(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer under = stage_buffer(stage, 0x2000, 1);
    struct kit_buffer from = stage_buffer(stage, 0x1000, 9);
    struct kit_buffer seen = stage_buffer(stage, 0x2000, 0);
    uint32_t texture = texture_over(stage, &under, 0x1000);
    uint32_t twin = texture_over(stage, &under, 0x1000);

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    put_texture_to_buffer(stage, twin, &seen, 0); /* so that the twin has been seen before */
    pvg_wire_copy_buffer_to_texture_encode(&stage->stream.w,
                                           &(struct pvg_wire_copy_buffer_to_texture){
                                               .source = from.object,
                                               .destination = texture,
                                               .size = {SIDE, SIDE, 1},
                                               .bytes_per_row = SIDE * 4,
                                           });
    pvg_wire_copy_buffer_encode(&stage->stream.w, &(struct pvg_wire_copy_buffer){
                                                      .source = under.object,
                                                      .destination = seen.object,
                                                      .source_offset = 0x1000,
                                                      .size = SIDE * ROW,
                                                  });
    put_texture_to_buffer(stage, twin, &seen, 0x1000);
    kit_segment_end(&stage->stream);
    stage_run_with(stage, under.object, from.object, seen.object, texture, twin);
    stage_expect(stage, &seen, 0x1000, 0x1000 + SIDE * SIDE * 4, 9);
    for (unsigned y = 0; y < SIDE; y++) { /* and what lies between the rows stays */
        stage_expect(stage, &seen, ROW * y, ROW * y + SIDE * 4, 9);
        stage_expect(stage, &seen, ROW * y + SIDE * 4, ROW * (y + 1), 1);
        stage_expect(stage, &under, 0x1000 + ROW * y, 0x1000 + ROW * y + SIDE * 4, 9);
        stage_expect(stage, &under, 0x1000 + ROW * y + SIDE * 4, 0x1000 + ROW * (y + 1), 1);
    }
    stage_expect(stage, &under, 0, 0x1000, 1);
}

/* A texture of a heap has no bytes in guest memory. */
static void what_only_the_gpu_has_is_there_in_a_restored_machine(void **state)
{
    struct stage *stage = *state;
    const uint32_t texture = kit_object_number(&stage->task);
    struct pvg_wire_heap_texture heap = {
        .object = texture, .body = stage_texture_2d(PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM, SIDE, SIDE)};
    struct kit_buffer from = stage_buffer(stage, 0x1000, 9);
    struct kit_buffer seen = stage_buffer(stage, 0x1000, 0);
    struct pvg_error error = {0};
    void *bytes = NULL;
    size_t size = 0;

    heap.body.options.storage = PVG_WIRE_STORAGE_MODE_PRIVATE;
    pvg_wire_heap_texture_encode(kit_blob(&stage->kit), &heap);
    kit_object_publish(&stage->kit, &stage->task, texture, PVG_WIRE_OBJECT_TYPE_DERIVED_TEXTURE);
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_copy_buffer_to_texture_encode(&stage->stream.w,
                                           &(struct pvg_wire_copy_buffer_to_texture){
                                               .source = from.object,
                                               .destination = texture,
                                               .size = {SIDE, SIDE, 1},
                                               .bytes_per_row = SIDE * 4,
                                           });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, from.object, texture);
    for (unsigned round = 0; round < 2; round++) { /* saved again before it was used */
        pvg_device_stop(stage->device);
        assert_true(pvg_device_save(stage->device, &bytes, &size, &error));
        assert_true(pvg_device_restore(stage->device, bytes, size, &error));
        pvg_free(bytes);
        pvg_device_start(stage->device);
    }
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    put_texture_to_buffer(stage, texture, &seen, 0);
    kit_segment_end(&stage->stream);
    stage_run(stage, NULL, 0);
    stage_expect(stage, &seen, 0, SIDE * SIDE * 4, 9);
    assert_int_equal(stage_stat(stage, "gpu.textures-not-saved"), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        scene(buffers_are_used_in_place_where_they_can_be),
        scene(a_page_that_the_guest_exchanged_is_written_where_it_is_now),
        scene(nothing_lands_in_a_page_after_the_stamp_of_its_unmap),
        scene(a_texture_over_a_buffer_shows_what_the_same_work_wrote_there),
        scene(what_is_drawn_over_a_buffer_is_in_the_buffer_at_once),
        scene(what_only_the_gpu_has_is_there_in_a_restored_machine),
        scene(memory_that_the_vmm_removes_is_not_touched_any_more),
    };
    return run_scenes(tests);
}
