/* SPDX-License-Identifier: MIT */
/* Hands pictures and cursors from the engine to the VMM. */
#include "device/output.h"

#include <glib.h>
#include <string.h>

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
