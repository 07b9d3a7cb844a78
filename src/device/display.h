/* SPDX-License-Identifier: MIT */
/* One display port: what the VMM plugged into it, and what the guest made of it.
 *
 * Spec: 10-device 13. */
#ifndef PVG_DEVICE_DISPLAY_H
#define PVG_DEVICE_DISPLAY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <pvg/pvg.h>

#include "base/counters.h"
#include "device/output.h"

struct pvg_device;

struct pvg_display {
    /* Constant. */
    struct pvg_device *device;
    unsigned port;
    char *name;
    uint32_t serial, width_mm, height_mm;
    struct pvg_output output;
    struct {
        struct pvg_counter *presents, *dropped, *vertical_blanks;
    } counts;

    atomic_bool connected; /* control thread writes with the engine parked */

    /* Engine, or the control thread while it is parked. */
    struct pvg_mode modes[PVG_MAX_MODES];
    size_t mode_count;
    atomic_bool presented; /* since reset: the firmware framebuffer is not shown any more */
};

/* Takes what @options says. Control thread. */
void pvg_display_init(struct pvg_display *display, struct pvg_device *device, unsigned port,
                      const struct pvg_display_options *options);
/* Accepts a display whose init never ran. */
void pvg_display_finish(struct pvg_display *display);

/* As after pvg_display_init, but for what the VMM set since. Control thread, engine parked. */
void pvg_display_reset(struct pvg_display *display);

static inline bool pvg_display_is_connected(const struct pvg_display *display)
{
    return atomic_load(&((struct pvg_display *)display)->connected);
}

/* Control thread, engine parked. */
void pvg_display_plug(struct pvg_display *display, bool connected);
void pvg_display_use_modes(struct pvg_display *display, const struct pvg_mode *modes, size_t count);

/* Tells the VMM that there is something to fetch. Engine thread, no lock held. */
void pvg_display_notify(struct pvg_display *display);

#endif
