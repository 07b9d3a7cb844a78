/* SPDX-License-Identifier: MIT */
/* Hands pictures and cursors from the engine to the VMM. */
#include "device/output.h"

#include <glib.h>
#include <string.h>

#include "device/modes.h"

/* A VMM that has not fetched for longer does not hold the guest back. Errata row "10 13.6". */
#define KEEPING_UP_US 100000

void pvg_output_init(struct pvg_output *output)
{
    pthread_mutex_init(&output->lock, NULL);
    output->drawing = 0;
    output->ready = 1;
    output->shown = 2;
    atomic_init(&output->watched, true);
    atomic_init(&output->fetched_at, INT64_MIN / 2);
}

void pvg_output_finish(struct pvg_output *output)
{
    for (size_t i = 0; i < G_N_ELEMENTS(output->pictures); i++) {
        pvg_picture_finish(&output->pictures[i]);
    }
    g_free(output->glyph.pixels);
    g_free(output->shown_glyph.pixels);
    pthread_mutex_destroy(&output->lock);
}

void pvg_output_reset(struct pvg_output *output)
{
    pthread_mutex_lock(&output->lock);
    output->fresh = false;
    output->cursor_visible = false;
    output->cursor_x = output->cursor_y = 0;
    pthread_mutex_unlock(&output->lock);
}

void pvg_output_publish(struct pvg_output *output)
{
    unsigned drawn = output->drawing;

    pthread_mutex_lock(&output->lock);
    output->pictures[drawn].serial = ++output->serial;
    output->drawing = output->ready;
    output->ready = drawn;
    output->fresh = true;
    pthread_mutex_unlock(&output->lock);
}

void pvg_output_touch_shown(struct pvg_output *output)
{
    pthread_mutex_lock(&output->lock);
    output->pictures[output->shown].serial = ++output->serial;
    pthread_mutex_unlock(&output->lock);
}

void pvg_output_set_glyph(struct pvg_output *output, struct pvg_glyph glyph)
{
    uint32_t *old;

    pthread_mutex_lock(&output->lock);
    old = output->glyph.pixels;
    glyph.serial = output->glyph.serial + 1;
    output->glyph = glyph;
    pthread_mutex_unlock(&output->lock);
    g_free(old);
}

bool pvg_output_show_cursor(struct pvg_output *output, bool visible)
{
    bool changed;

    pthread_mutex_lock(&output->lock);
    changed = output->cursor_visible != visible;
    output->cursor_visible = visible;
    pthread_mutex_unlock(&output->lock);
    return changed;
}

bool pvg_output_move_cursor(struct pvg_output *output, int32_t x, int32_t y)
{
    bool changed;

    pthread_mutex_lock(&output->lock);
    changed = output->cursor_x != x || output->cursor_y != y;
    output->cursor_x = x;
    output->cursor_y = y;
    pthread_mutex_unlock(&output->lock);
    return changed;
}

bool pvg_output_behind(struct pvg_output *output, int64_t now)
{
    bool fresh;

    if (!atomic_load(&output->watched) ||
        now - atomic_load(&output->fetched_at) > KEEPING_UP_US) {
        return false;
    }
    pthread_mutex_lock(&output->lock);
    fresh = output->fresh;
    pthread_mutex_unlock(&output->lock);
    return fresh;
}

static void fetch_glyph(struct pvg_output *output)
{
    const struct pvg_glyph *newest = &output->glyph;

    if (output->shown_glyph.serial == newest->serial) {
        return;
    }
    g_free(output->shown_glyph.pixels);
    output->shown_glyph = *newest;
    output->shown_glyph.pixels =
        g_memdup2(newest->pixels, (size_t)newest->width * newest->height * sizeof(uint32_t));
}

void pvg_output_fetch(struct pvg_output *output, int64_t now, struct pvg_frame *frame,
                      struct pvg_cursor_state *cursor)
{
    const struct pvg_picture *picture;

    atomic_store(&output->fetched_at, now);
    pthread_mutex_lock(&output->lock);
    if (output->fresh) {
        unsigned newest = output->ready;

        output->ready = output->shown;
        output->shown = newest;
        output->fresh = false;
    }
    fetch_glyph(output);
    *cursor = (struct pvg_cursor_state){
        .glyph_serial = output->shown_glyph.serial,
        .visible = output->cursor_visible,
        .x = output->cursor_x,
        .y = output->cursor_y,
        .width = output->shown_glyph.width,
        .height = output->shown_glyph.height,
        .hot_x = output->shown_glyph.hot_x,
        .hot_y = output->shown_glyph.hot_y,
        .pixels = output->shown_glyph.pixels,
    };
    pthread_mutex_unlock(&output->lock);
    picture = &output->pictures[output->shown];
    *frame = (struct pvg_frame){
        .serial = picture->serial,
        .width = picture->width,
        .height = picture->height,
        .stride = picture->stride,
        .format = picture->format,
        .pixels = picture->pixels,
        .dmabuf_fd = -1,
    };
}

void pvg_output_save(struct pvg_output *output, struct pvg_saver *saver)
{
    const struct pvg_picture *newest =
        &output->pictures[output->fresh ? output->ready : output->shown];
    const struct pvg_glyph *glyph = &output->glyph;
    bool there = newest->serial != 0;

    pvg_save_u32(saver, there ? newest->width : 0);
    pvg_save_u32(saver, there ? newest->height : 0);
    pvg_save_u8(saver, newest->format == PVG_PIXELS_BGR10X2);
    if (there) {
        pvg_save_bytes(saver, newest->pixels, (size_t)newest->stride * newest->height);
    }
    pvg_save_u8(saver, output->cursor_visible);
    pvg_save_u32(saver, (uint32_t)output->cursor_x);
    pvg_save_u32(saver, (uint32_t)output->cursor_y);
    pvg_save_u32(saver, glyph->width);
    pvg_save_u32(saver, glyph->height);
    pvg_save_u32(saver, glyph->hot_x);
    pvg_save_u32(saver, glyph->hot_y);
    for (size_t i = 0; i < (size_t)glyph->width * glyph->height; i++) {
        pvg_save_u32(saver, glyph->pixels[i]);
    }
}

static enum pvg_refusal restore_picture(struct pvg_output *output, struct pvg_cursor *from)
{
    uint32_t width = pvg_take_u32(from), height = pvg_take_u32(from);
    enum pvg_pixels format = pvg_take_u8(from) ? PVG_PIXELS_BGR10X2 : PVG_PIXELS_BGRX8888;
    struct pvg_picture *picture = pvg_output_drawing(output);
    const uint8_t *pixels;

    if (!width && !height) {
        return from->refusal;
    }
    if (!width || !height || width > PVG_MAX_SIDE || height > PVG_MAX_SIDE) {
        return PVG_REFUSED_LIMIT;
    }
    pixels = pvg_take_bytes(from, (size_t)width * height * 4);
    if (!pixels) {
        return from->refusal;
    }
    if (!pvg_picture_resize(picture, width, height, format, NULL)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    memcpy(picture->pixels, pixels, (size_t)width * height * 4);
    pvg_output_publish(output);
    return PVG_ACCEPTED;
}

static enum pvg_refusal restore_cursor(struct pvg_output *output, struct pvg_cursor *from)
{
    bool visible = pvg_take_u8(from);
    uint32_t x = pvg_take_u32(from), y = pvg_take_u32(from);
    struct pvg_glyph glyph = {.width = pvg_take_u32(from), .height = pvg_take_u32(from)};

    glyph.hot_x = pvg_take_u32(from);
    glyph.hot_y = pvg_take_u32(from);
    pvg_output_show_cursor(output, visible);
    pvg_output_move_cursor(output, (int32_t)x, (int32_t)y);
    if (from->refusal != PVG_ACCEPTED || !glyph.width) {
        return from->refusal;
    }
    if (glyph.width > PVG_MAX_CURSOR_SIDE || glyph.height > PVG_MAX_CURSOR_SIDE ||
        glyph.hot_x >= glyph.width || glyph.hot_y >= glyph.height) {
        return PVG_REFUSED_LIMIT;
    }
    glyph.pixels = g_new(uint32_t, (size_t)glyph.width * glyph.height);
    for (size_t i = 0; i < (size_t)glyph.width * glyph.height; i++) {
        glyph.pixels[i] = pvg_take_u32(from);
    }
    pvg_output_set_glyph(output, glyph);
    return from->refusal;
}

enum pvg_refusal pvg_output_restore(struct pvg_output *output, struct pvg_cursor *from)
{
    enum pvg_refusal why = restore_picture(output, from);

    return why == PVG_ACCEPTED ? restore_cursor(output, from) : why;
}
