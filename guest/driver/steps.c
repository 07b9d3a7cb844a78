/* SPDX-License-Identifier: MIT */
/* What a GPU driver does, step by step, wherever the guest kit runs. The tests of whole machines
 * look at what is left on the displays at the end. */
#include "driver/steps.h"

#include "kit/object.h"
#include "kit/stream.h"

#include "wire/blit_encode.h"
#include "wire/registers.h"

#define WIDTH  1024
#define HEIGHT 768

static void start(struct kit *kit)
{
    kit_start(kit);
}

/* As many as the device has, up to what we draw on. */
static unsigned port_count(struct kit *kit)
{
    uint32_t ports = kit->platform->read32(kit->at, KIT_GFX, PVG_WIRE_GFX_DISPLAY_PORTS);

    return ports < DRIVER_PORTS ? ports : DRIVER_PORTS;
}

static void bring_displays_online(struct kit *kit)
{
    for (unsigned port = 0; port < port_count(kit); port++) {
        kit_display_start(kit, port);
        kit_display_wait_online(kit, port);
    }
}

/* A task's submission fills a part of a buffer, and leaves the rest alone. */
static void submit(struct kit *kit)
{
    static struct kit_stream stream;
    static uint8_t bytes[0x1000];
    struct pvg_wire_exec_resource resource = {
        .validity = {.clear_host = true, .set_host = true}};
    struct kit_task task;
    struct kit_buffer buffer;

    kit_task_create(kit, &task, 1);
    kit_task_bind_objects(kit, &task);
    kit_buffer_create(kit, &task, &buffer, sizeof(bytes));
    kit_stream_init(kit, &stream, &task);
    resource.object = buffer.object;
    kit_segment_begin(&stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_fill_buffer_encode(
        &stream.w, &(struct pvg_wire_fill_buffer){
                       .buffer = buffer.object, .start = 0x100, .size = 0x40, .value = 0x5a});
    kit_segment_end(&stream);
    kit_wait(kit, kit_exec_channel(kit), kit_submit(kit, &stream, &resource, 1, NULL));
    kit_task_read(kit, &task, buffer.gva, bytes, sizeof(bytes));
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bool inside = i >= 0x100 && i < 0x140;

        if (bytes[i] != (inside ? 0x5a : 0)) {
            kit_fail(kit, inside ? "a submission did not fill its range"
                                 : "a submission wrote outside its range");
        }
    }
}

/* A driver that stops and starts again is served again. */
static void start_again(struct kit *kit)
{
    kit_stop(kit);
    kit_start(kit);
    bring_displays_online(kit);
}

/* Bands that tell rows, columns and displays apart. */
static uint32_t pixel_at(unsigned port, uint32_t x, uint32_t y)
{
    return 0xff000000 | (x & 0xff) << 16 | (y & 0xff) << 8 | (x / 64 + y / 64 + port) % 2 * 0xff;
}

static void present(struct kit *kit, unsigned port, const struct kit_surface *surface)
{
    kit_wait(kit, kit_display_channel(kit, port), kit_present(kit, port, surface->id, NULL));
    kit_interrupt(kit);
}

void driver_show_picture(struct kit *kit, unsigned port, const struct kit_surface *surface)
{
    static uint32_t row[4096];
    uint32_t width = surface->width < 4096 ? surface->width : 4096;

    for (uint32_t y = 0; y < surface->height && !kit->failure; y++) {
        for (uint32_t x = 0; x < width; x++) {
            row[x] = pixel_at(port, x, y);
        }
        kit_surface_write(kit, surface, surface->stride * y, row, width * 4);
    }
    present(kit, port, surface);
}

/* A second of plain frames on two surfaces in turn, then a picture on each display. */
static void show(struct kit *kit)
{
    static struct kit_surface surfaces[DRIVER_PORTS];

    for (unsigned i = 0; i < DRIVER_PORTS; i++) {
        kit_surface_create(kit, &surfaces[i], WIDTH, HEIGHT);
    }
    for (unsigned frame = 0; frame < 60 && !kit->failure; frame++) {
        kit_surface_fill(kit, &surfaces[frame % 2], 0xff000000 | frame * 4);
        present(kit, 0, &surfaces[frame % 2]);
    }
    for (unsigned port = 0; port < port_count(kit) && !kit->failure; port++) {
        driver_show_picture(kit, port, &surfaces[port]);
    }
}

static void show_cursor(struct kit *kit)
{
    static uint32_t pixels[32 * 32];

    for (unsigned i = 0; i < 32 * 32; i++) {
        pixels[i] = 0xffff8000;
    }
    kit_cursor_image(kit, 0, pixels, 32, 32, 4, 5);
    kit_cursor_move(kit, 0, WIDTH / 2, HEIGHT / 2, true);
}

const struct driver_step driver_steps[] = {
    {"gpu-start", start},   {"gpu-displays", bring_displays_online},
    {"gpu-submit", submit}, {"gpu-start-again", start_again},
    {"gpu-show", show},     {"gpu-cursor", show_cursor},
};
const unsigned driver_step_count = sizeof(driver_steps) / sizeof(driver_steps[0]);
