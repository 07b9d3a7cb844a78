/* SPDX-License-Identifier: MIT */
/* Packets of the display channels. Spec: 10-device 10.6, 13. */
#include <glib.h>
#include <string.h>

#include "base/range.h"
#include "device/device.h"
#include "device/handlers.h"
#include "device/scanout.h"

/* Errata rows "20 8.3, 10 13.6" and "13.6 (hold while two frames are unshown)". */
#define HOLD_UNRESOLVED_US 50000
#define HOLD_UNSHOWN_US    100000
#define HOLD_STEP_US       2000

/* Key table length of macOS 12 on arm64, which wants online again after it wakes a display. */
#define KEYS_OF_MACOS_12 0x0e

static struct pvg_display *find_display(struct pvg_device *device, uint32_t port)
{
    return port < device->display_count ? &device->displays[port] : NULL;
}

enum pvg_refusal pvg_display_set_page(void *ctx, const struct pvg_wire_display_set_page *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_device *device = execution->device;
    struct pvg_display *display = find_display(device, rec->port);

    if (!display) {
        return PVG_REFUSED_RANGE;
    }
    if (!rec->page.value) {
        return PVG_REFUSED_VALUE;
    }
    return pvg_display_open(display, execution->packet->channel_id,
                            pvg_pfn_to_gpa(rec->page, device->memory.page_shift), execution->now);
}

enum pvg_refusal pvg_display_ack(void *ctx, const struct pvg_wire_display_ack *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_display *display = find_display(execution->device, rec->port);

    if (!display) {
        return PVG_REFUSED_RANGE;
    }
    /* An acknowledgement of something older than what was published last is awaited again. */
    if (rec->generation == display->generation) {
        pvg_display_acknowledge(display, execution->now);
    }
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_display_sleep(void *ctx, const struct pvg_wire_display_sleep *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_device *device = execution->device;
    bool repeat = device->variant == PVG_VARIANT_MMIO && device->last_key_table == KEYS_OF_MACOS_12;

    if (!rec->state && !rec->on) {
        return PVG_ACCEPTED;
    }
    for (unsigned i = 0; i < device->display_count; i++) {
        struct pvg_display *display = &device->displays[i];

        if (display->page_known && display->channel == execution->packet->channel_id &&
            (repeat || !display->acked)) {
            pvg_display_repeat_online(display, execution->now);
        }
    }
    return PVG_ACCEPTED;
}

/* ---- Cursor ---- */

static bool glyph_possible(const struct pvg_wire_cursor_glyph *rec)
{
    uint64_t row = 4 * (uint64_t)rec->width;

    return rec->width >= 1 && rec->width <= PVG_MAX_CURSOR_SIDE && rec->height >= 1 &&
           rec->height <= PVG_MAX_CURSOR_SIDE && rec->stride >= row && rec->hot_x < rec->width &&
           rec->hot_y < rec->height &&
           rec->length >= (rec->height - 1) * (uint64_t)rec->stride + row;
}

static uint32_t premultiply(uint32_t pixel)
{
    uint32_t alpha = pixel >> 24, out = alpha << 24;

    for (unsigned shift = 0; shift < 24; shift += 8) {
        out |= (((pixel >> shift & 0xff) * alpha + 127) / 255) << shift;
    }
    return out;
}

/* Premultiplied unless some pixel has a colour above its alpha. Errata row "10 13.8". */
static void make_premultiplied(uint32_t *pixels, size_t count)
{
    bool straight = false;

    for (size_t i = 0; i < count; i++) {
        uint32_t alpha = pixels[i] >> 24;

        straight = straight || (pixels[i] & 0xff) > alpha || (pixels[i] >> 8 & 0xff) > alpha ||
                   (pixels[i] >> 16 & 0xff) > alpha;
    }
    for (size_t i = 0; straight && i < count; i++) {
        pixels[i] = premultiply(pixels[i]);
    }
}

enum pvg_refusal pvg_cursor_glyph(void *ctx, const struct pvg_wire_cursor_glyph *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_memory *memory = &execution->device->memory;
    struct pvg_display *display = find_display(execution->device, rec->port);
    const size_t count = (size_t)rec->width * rec->height;
    g_autofree uint32_t *pixels = NULL;
    struct pvg_space space;
    enum pvg_refusal why;

    if (!display || !glyph_possible(rec)) {
        return PVG_REFUSED_RANGE;
    }
    why = pvg_task_space(memory, rec->task, &space);
    pixels = g_new(uint32_t, count);
    for (uint32_t y = 0; why == PVG_ACCEPTED && y < rec->height; y++) {
        struct pvg_gva at;

        why = pvg_add(rec->address.value, (uint64_t)rec->stride * y, &at.value)
                  ? pvg_space_read(memory, space, at, pixels + (size_t)y * rec->width,
                                   4 * (size_t)rec->width)
                  : PVG_REFUSED_RANGE;
    }
    if (why != PVG_ACCEPTED) {
        return why; /* the last cursor stays */
    }
    for (size_t i = 0; i < count; i++) {
        pixels[i] = GUINT32_FROM_LE(pixels[i]);
    }
    make_premultiplied(pixels, count);
    pvg_output_set_glyph(&display->output, (struct pvg_glyph){
                                               .pixels = g_steal_pointer(&pixels),
                                               .width = rec->width,
                                               .height = rec->height,
                                               .hot_x = rec->hot_x,
                                               .hot_y = rec->hot_y,
                                           });
    pvg_display_notify(display);
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_cursor_show(void *ctx, const struct pvg_wire_cursor_show *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_display *display = find_display(execution->device, rec->port);

    if (!display) {
        return PVG_REFUSED_RANGE;
    }
    if (pvg_output_show_cursor(&display->output, rec->visible)) {
        pvg_display_notify(display);
    }
    return PVG_ACCEPTED;
}

/* ---- Presents ---- */

/* The stamp is written, and after it the guest is told. Any thread. */
static void complete_present(struct pvg_packet *packet, struct pvg_display *display,
                             enum pvg_refusal why)
{
    struct pvg_device *device = packet->device;

    pvg_work_complete(&packet->work, why);
    atomic_store(&display->transaction_done, true);
    pvg_engine_mark(&device->engine, PVG_WORK_AGAIN);
}

/* What was drawn is shown from now on. Any thread. */
static void show(struct pvg_display *display)
{
    pvg_gamma_apply(&display->gamma, pvg_output_drawing(&display->output));
    pvg_display_note_picture(display, pvg_output_drawing(&display->output));
    pvg_output_publish(&display->output);
    atomic_store(&display->presented, true);
    pvg_count(display->counts.presents, 1);
    pvg_display_notify(display);
}

/* The executor has drawn the picture. */
static void present_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct pvg_packet *packet =
        (struct pvg_packet *)((uint8_t *)work - offsetof(struct pvg_packet, request.present.work));
    struct pvg_display *display = &packet->device->displays[packet->port];

    if (why == PVG_ACCEPTED) {
        pvg_output_drawing(&display->output)->format = packet->request.present.format;
        show(display);
    } else {
        pvg_count(display->counts.dropped, 1);
    }
    complete_present(packet, display, why);
}

static void load_gamma(struct pvg_execution *execution, struct pvg_display *display,
                       const struct pvg_wire_present *rec)
{
    struct pvg_memory *memory = &execution->device->memory;
    struct pvg_space space;
    enum pvg_refusal why;

    if (!rec->gamma_entries || rec->gamma_checksum == display->gamma_checksum) {
        return;
    }
    why = pvg_task_space(memory, rec->task, &space);
    if (why == PVG_ACCEPTED) {
        why = pvg_gamma_load(&display->gamma, memory, space, rec->gamma, rec->gamma_length,
                             rec->gamma_entries);
    }
    display->gamma_checksum = why == PVG_ACCEPTED ? rec->gamma_checksum : display->gamma_checksum;
    pvg_refusals_note(&execution->device->refusals, why,
                      &(struct pvg_refusal_site){.what = "a gamma table",
                                                 .channel = execution->packet->channel_id,
                                                 .stamp = execution->packet->stamp,
                                                 .detail = rec->gamma.value});
}

/* Draws the surface, or has it drawn. UNMAPPED and the like may pass: the guest publishes surfaces
 * and their pages a little late. */
static enum pvg_refusal draw(struct pvg_execution *execution, struct pvg_display *display,
                             const struct pvg_surface *surface)
{
    struct pvg_device *device = execution->device;
    struct pvg_picture *picture = pvg_output_drawing(&display->output);
    struct pvg_present *present = &execution->packet->request.present;
    const struct pvg_scanout_format *format = pvg_scanout_format_find(surface);
    struct pvg_view view;
    enum pvg_refusal why;

    if (!pvg_picture_resize(picture, surface->planes[0].width, surface->planes[0].height,
                            PVG_PIXELS_BGRX8888, NULL)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    *present = (struct pvg_present){
        .work = {present_completed},
        .surface = *surface,
        .pixels = picture->pixels,
        .width = picture->width,
        .height = picture->height,
        .stride = picture->stride,
        .format = PVG_PIXELS_BGRX8888,
    };
    execution->packet->port = display->port;
    execution->handed_over = true;
    if (pvg_executor_present(device->executor, present)) {
        return PVG_ACCEPTED;
    }
    execution->handed_over = false;
    if (!format) {
        return PVG_REFUSED_FORMAT;
    }
    why = pvg_surface_view(&device->memory, surface, PVG_RAM_READ, &view);
    if (why == PVG_ACCEPTED) {
        why = pvg_scanout_read(format, surface, &view, &device->memory.ram, picture);
    }
    pvg_view_finish(&view);
    return why;
}

/* Whether it is worth while to try again. */
static bool passing(enum pvg_refusal why)
{
    return why == PVG_REFUSED_NO_OBJECT || why == PVG_REFUSED_UNMAPPED ||
           why == PVG_REFUSED_KIND || why == PVG_REFUSED_NO_TASK || why == PVG_REFUSED_NOT_RAM;
}

enum pvg_refusal pvg_present(void *ctx, const struct pvg_wire_present *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_device *device = execution->device;
    struct pvg_display *display = find_display(device, rec->port);
    int64_t held = execution->now - execution->packet->held_since;
    struct pvg_surface surface;
    enum pvg_refusal why;

    if (!display) {
        return PVG_REFUSED_RANGE;
    }
    if (rec->surface && held < HOLD_UNSHOWN_US &&
        pvg_tape_value(device->memory.ram.tape, PVG_TAPE_BEHIND,
                       pvg_output_behind(&display->output, execution->now))) {
        execution->hold = MIN(execution->now + HOLD_STEP_US,
                              execution->packet->held_since + HOLD_UNSHOWN_US);
        return PVG_ACCEPTED;
    }
    why = PVG_ACCEPTED;
    if (rec->surface) {
        load_gamma(execution, display, rec);
        why = pvg_surface_find(&device->memory, rec->surface, rec->task, &surface);
        if (why == PVG_ACCEPTED) {
            why = draw(execution, display, &surface);
        }
        if (execution->handed_over) {
            return PVG_ACCEPTED;
        }
        if (passing(why) && held < HOLD_UNRESOLVED_US) {
            execution->hold = execution->now + HOLD_STEP_US;
            return PVG_ACCEPTED;
        }
        if (why == PVG_ACCEPTED) {
            show(display);
        } else {
            pvg_count(display->counts.dropped, 1);
        }
    }
    execution->handed_over = true;
    complete_present(execution->packet, display, why);
    return PVG_ACCEPTED;
}
