/* SPDX-License-Identifier: MIT */
/* Surfaces that the GPU draws: how they come to the display, and when to guest memory. */
#include "stage.h"

#include "kit/surface.h"
#include "wire/packets_encode.h"

#define WIDTH  320
#define HEIGHT 200

static void draw(struct stage *stage, uint32_t texture, float red, float green, float blue,
                 bool synchronize)
{
    struct pvg_wire_exec_resource resource = {.object = texture, .validity.set_host = 1};

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_fill_texture_color_encode(&stage->stream.w, &(struct pvg_wire_fill_texture_color){
                                                             .texture = texture,
                                                             .size = {WIDTH, HEIGHT, 1},
                                                             .rgba = {red, green, blue, 1},
                                                             .format = 80,
                                                         });
    if (synchronize) {
        pvg_wire_synchronize_resource_encode(&stage->stream.w,
                                    &(struct pvg_wire_synchronize){.resource = texture});
    }
    kit_segment_end(&stage->stream);
    kit_wait(&stage->kit, kit_exec_channel(&stage->kit),
             kit_submit(&stage->kit, &stage->stream, &resource, 1, NULL));
}

static void expect_display(struct stage *stage, const struct kit_surface *surface, uint32_t pixel)
{
    struct pvg_frame frame;
    struct pvg_cursor_state cursor;

    kit_wait(&stage->kit, kit_display_channel(&stage->kit, 0),
             kit_present(&stage->kit, 0, surface->id, NULL));
    pvg_display_fetch(stage->device, 0, &frame, &cursor);
    assert_int_equal(frame.width, WIDTH);
    assert_int_equal(frame.height, HEIGHT);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        const uint32_t *row = (const uint32_t *)((const uint8_t *)frame.pixels + y * frame.stride);

        for (uint32_t x = 0; x < WIDTH; x++) {
            assert_int_equal(row[x] & 0xffffff, pixel & 0xffffff);
        }
    }
}

static void expect_guest_bytes(struct stage *stage, const struct kit_surface *surface, uint32_t pixel)
{
    uint32_t row[WIDTH];

    for (uint32_t y = 0; y < HEIGHT; y++) {
        kit_surface_read(&stage->kit, surface, y * surface->stride, row, sizeof(row));
        for (uint32_t x = 0; x < WIDTH; x++) {
            assert_int_equal(row[x], pixel);
        }
    }
}

static uint32_t make_surface(struct stage *stage, struct kit_surface *surface)
{
    kit_display_start(&stage->kit, 0);
    kit_surface_create(&stage->kit, surface, WIDTH, HEIGHT);
    kit_surface_fill(&stage->kit, surface, 0xff112233);
    return kit_surface_texture(&stage->kit, &stage->task, surface);
}

static void a_drawn_surface_is_shown_from_the_gpu_without_touching_guest_memory(void **state)
{
    struct stage *stage = *state;
    struct kit_surface surface;
    uint32_t texture = make_surface(stage, &surface);

    expect_display(stage, &surface, 0x112233); /* nobody drew it: its pages are shown */
    assert_int_equal(stage_stat(stage, "gpu.presents"), 0);
    draw(stage, texture, 1, 0, 0.2, false);
    expect_display(stage, &surface, 0xff0033);
    assert_int_equal(stage_stat(stage, "gpu.presents"), 1);
    assert_int_equal(stage_stat(stage, "gpu.shown-bytes"), WIDTH * HEIGHT * 4);
    assert_int_equal(stage_stat(stage, "gpu.written-back-bytes"), 0);
    expect_guest_bytes(stage, &surface, 0xff112233);
}

static void a_drawn_surface_is_in_guest_memory_when_the_guest_asks_for_it(void **state)
{
    struct stage *stage = *state;
    struct kit_surface surface;
    uint32_t texture = make_surface(stage, &surface);

    draw(stage, texture, 1, 0, 0.2, false);
    kit_resource_synchronize(&stage->kit, &stage->task, texture);
    expect_guest_bytes(stage, &surface, 0xffff0033);
    draw(stage, texture, 0, 1, 0, false);
    kit_resource_synchronize(&stage->kit, &stage->task, surface.id); /* by the surface's number */
    expect_guest_bytes(stage, &surface, 0xff00ff00);
    draw(stage, texture, 0, 0, 1, true); /* a record of the same encoder asks */
    expect_guest_bytes(stage, &surface, 0xff0000ff);
    assert_int_equal(stage_stat(stage, "gpu.written-back-bytes"), 3 * WIDTH * HEIGHT * 4);
    kit_resource_synchronize(&stage->kit, &stage->task, texture); /* nothing is owed any more */
    assert_int_equal(stage_stat(stage, "gpu.written-back-bytes"), 3 * WIDTH * HEIGHT * 4);
}

static void what_the_guest_wrote_last_is_shown_and_is_not_written_over(void **state)
{
    struct stage *stage = *state;
    struct kit_surface surface;
    uint32_t texture = make_surface(stage, &surface);

    draw(stage, texture, 1, 0, 0.2, false);
    kit_surface_fill(&stage->kit, &surface, 0xff445566);
    kit_packet(&stage->kit, PVG_WIRE_PACKET_INVALIDATE_RESOURCES);
    pvg_wire_invalidate_resources_encode(
        &stage->kit.packet,
        &(struct pvg_wire_invalidate_resources){.task = stage->task.id, .count = 1});
    pvg_put_u32(&stage->kit.packet, texture);
    pvg_put_u32(&stage->kit.packet, 0x01000001); /* clear_host, set_guest */
    kit_wait(&stage->kit, kit_exec_channel(&stage->kit),
             kit_send(&stage->kit, kit_exec_channel(&stage->kit)));
    expect_display(stage, &surface, 0x445566);
    kit_resource_synchronize(&stage->kit, &stage->task, texture);
    expect_guest_bytes(stage, &surface, 0xff445566);
}

static void a_saved_machine_has_what_was_drawn_in_its_memory(void **state)
{
    struct stage *stage = *state;
    struct kit_surface surface;
    uint32_t texture = make_surface(stage, &surface);
    struct pvg_error error = {0};
    void *bytes = NULL;
    size_t size = 0;

    draw(stage, texture, 1, 0, 0.2, false);
    pvg_device_stop(stage->device);
    assert_true(pvg_device_save(stage->device, &bytes, &size, &error));
    expect_guest_bytes(stage, &surface, 0xffff0033);
    pvg_free(bytes);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        scene(a_drawn_surface_is_shown_from_the_gpu_without_touching_guest_memory),
        scene(a_drawn_surface_is_in_guest_memory_when_the_guest_asks_for_it),
        scene(what_the_guest_wrote_last_is_shown_and_is_not_written_over),
        scene(a_saved_machine_has_what_was_drawn_in_its_memory),
    };
    return run_scenes(tests);
}
