/* SPDX-License-Identifier: MIT */
/* Where a display's pictures and its cursor change hands: the engine (or the GPU's completion
 * thread) puts them in, the VMM fetches them.
 *
 * Three pictures go round: one is drawn, one is ready, one is shown. So neither side waits for the
 * other, and a picture is copied at most once on its way. */
#ifndef PVG_DEVICE_OUTPUT_H
#define PVG_DEVICE_OUTPUT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <pvg/pvg.h>

#include "device/picture.h"
#include "base/attributes.h"
#include "base/section.h"

#define PVG_MAX_CURSOR_SIDE 512 /* told to the guest */

/* A cursor image; pixels are 0xAARRGGBB, premultiplied. */
struct pvg_glyph {
    uint32_t *pixels; /* owned; width * height */
    uint32_t width, height, hot_x, hot_y;
    uint64_t serial; /* 0: no image yet */
};

struct pvg_output {
    pthread_mutex_t lock;
    struct pvg_picture pictures[3];
    unsigned drawing; /* index; engine */
    unsigned ready;   /* index; lock */
    unsigned shown;   /* index; control thread, and under lock */
    bool fresh;       /* `ready` has not been fetched; lock */
    uint64_t serial;  /* of the newest picture; lock */

    struct pvg_glyph glyph; /* newest; lock */
    bool cursor_visible;    /* lock */
    int32_t cursor_x, cursor_y; /* lock */
    struct pvg_glyph shown_glyph; /* control thread */

    atomic_bool changed;        /* told to the VMM, not fetched yet */
    atomic_bool watched;        /* control thread writes */
    _Atomic int64_t fetched_at; /* engine clock; control thread writes */
};

void pvg_output_init(struct pvg_output *output);
void pvg_output_finish(struct pvg_output *output);

/* No picture, no cursor. Control thread, engine parked. */
void pvg_output_reset(struct pvg_output *output);

/* The picture to draw into: nobody else looks at it. */
static inline struct pvg_picture *pvg_output_drawing(struct pvg_output *output)
{
    return &output->pictures[output->drawing];
}

/* What was drawn becomes the newest picture. Engine thread. */
void pvg_output_publish(struct pvg_output *output);

/* The picture that the VMM holds becomes the newest again, after it was changed in place. Control
 * thread. */
void pvg_output_touch_shown(struct pvg_output *output);

/* Takes @glyph's pixels. Engine thread. */
void pvg_output_set_glyph(struct pvg_output *output, struct pvg_glyph glyph);
/* Returns whether anything changed. Engine thread. */
bool pvg_output_show_cursor(struct pvg_output *output, bool visible);
bool pvg_output_move_cursor(struct pvg_output *output, int32_t x, int32_t y);

/* Whether a picture waits for a VMM that fetched within the last 100 ms. Any thread. */
bool pvg_output_behind(struct pvg_output *output, int64_t now);

/* Control thread. */
void pvg_output_fetch(struct pvg_output *output, int64_t now, struct pvg_frame *frame,
                      struct pvg_cursor_state *cursor);

/* The newest picture and the cursor. Control thread, engine parked. */
void pvg_output_save(struct pvg_output *output, struct pvg_saver *saver);
PVG_NODISCARD enum pvg_refusal pvg_output_restore(struct pvg_output *output,
                                                  struct pvg_cursor *from);

#endif
