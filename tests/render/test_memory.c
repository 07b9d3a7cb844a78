/* SPDX-License-Identifier: MIT */
/* Guest memory under the GPU's hands: what is used in place, what moves, what is taken away. */
#include <stdlib.h>

#include "stage.h"

#include "wire/packets_encode.h"

static bool copying(void)
{
    return getenv("PVG_VULKAN_NO_IMPORT") != NULL;
}

static struct kit_buffer make_buffer(struct stage *stage, uint64_t size, uint8_t value)
{
    struct kit_buffer buffer;

    kit_buffer_create(&stage->kit, &stage->task, &buffer, size);
    stage_fill(stage, &buffer, value);
    return buffer;
}

static void put_fill(struct stage *stage, const struct kit_buffer *buffer, uint8_t value)
{
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_fill_buffer_encode(&stage->stream.w, &(struct pvg_wire_fill_buffer){
                                                      .buffer = buffer->object,
                                                      .size = buffer->size,
                                                      .value = value,
                                                  });
    kit_segment_end(&stage->stream);
}

static void fill(struct stage *stage, const struct kit_buffer *buffer, uint8_t value)
{
    put_fill(stage, buffer, value);
    stage_run_with(stage, buffer->object);
}

static void buffers_are_used_in_place_where_they_can_be(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = make_buffer(stage, 10 * kit_page_size(&stage->kit), 1);

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
    struct kit_buffer buffer = make_buffer(stage, 3 * page, 1);
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
    struct kit_buffer buffer = make_buffer(stage, 64 * page, 1);
    uint64_t first = kit_task_find(&stage->kit, &stage->task, buffer.gva);
    uint32_t exec, unmap;
    uint8_t *bytes;

    stage->may_refuse = true;
    fill(stage, &buffer, 2);
    for (unsigned i = 0; i < 1000; i++) {
        put_fill(stage, &buffer, (uint8_t)i);
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
    struct kit_buffer buffer = make_buffer(stage, 4 * kit_page_size(&stage->kit), 1);
    uint64_t gpa = kit_task_find(&stage->kit, &stage->task, buffer.gva + kit_page_size(&stage->kit));
    struct pvg_ram_span span = {.gpa = gpa, .size = kit_page_size(&stage->kit), .fd = -1};
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        scene(buffers_are_used_in_place_where_they_can_be),
        scene(a_page_that_the_guest_exchanged_is_written_where_it_is_now),
        scene(nothing_lands_in_a_page_after_the_stamp_of_its_unmap),
        scene(memory_that_the_vmm_removes_is_not_touched_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
