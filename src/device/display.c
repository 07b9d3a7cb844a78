/* SPDX-License-Identifier: MIT */
/* A display port. */
#include "device/display.h"

#include <glib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "device/device.h"

#define DEFAULT_NAME "vmapple display"
#define DEFAULT_DPI  110.0

/* Unique within the process and never 0: macOS ignores a display whose serial repeats another's.
 * Spec: 10-device 2.1. */
static uint32_t next_serial(void)
{
    static _Atomic uint32_t last;

    return atomic_fetch_add(&last, 1) + 1;
}

/* Whole centimetres: the guest's EDID has no finer unit. Spec: 10-device 13.3. */
static uint32_t millimetres(uint32_t pixels)
{
    return MAX(10, (uint32_t)lround(pixels / DEFAULT_DPI * 2.54) * 10);
}

void pvg_display_init(struct pvg_display *display, struct pvg_device *device, unsigned port,
                      const struct pvg_display_options *options)
{
    display->device = device;
    display->port = port;
    display->name = g_strdup(options->name ? options->name : DEFAULT_NAME);
    display->serial = options->serial ? options->serial : next_serial();
    display->width_mm =
        options->width_mm ? options->width_mm : millimetres(options->modes[0].width);
    display->height_mm =
        options->height_mm ? options->height_mm : millimetres(options->modes[0].height);
    atomic_init(&display->connected, !options->disconnected);
    pvg_output_init(&display->output);
    display->counts.presents =
        pvg_counters_add(&device->counters, "displays.%u.presents", port);
    display->counts.dropped = pvg_counters_add(&device->counters, "displays.%u.dropped", port);
    display->counts.vertical_blanks =
        pvg_counters_add(&device->counters, "displays.%u.vertical-blanks", port);
    pvg_display_use_modes(display, options->modes, options->mode_count);
}

void pvg_display_finish(struct pvg_display *display)
{
    if (!display->device) {
        return;
    }
    pvg_output_finish(&display->output);
    g_free(display->name);
}

void pvg_display_reset(struct pvg_display *display)
{
    display->presented = false;
    pvg_output_reset(&display->output);
}

void pvg_display_use_modes(struct pvg_display *display, const struct pvg_mode *modes, size_t count)
{
    memcpy(display->modes, modes, count * sizeof(*modes));
    display->mode_count = count;
    if (display->port == 0) {
        pvg_firmware_set_modes(&display->device->firmware, modes, count);
    }
}

void pvg_display_plug(struct pvg_display *display, bool connected)
{
    atomic_store(&display->connected, connected);
}

void pvg_display_notify(struct pvg_display *display)
{
    struct pvg_device *device = display->device;

    if (atomic_exchange(&display->output.changed, true)) {
        return;
    }
    (void)!write(device->display_eventfd, &(uint64_t){1}, sizeof(uint64_t));
    if (device->ops->display_changed) {
        device->ops->display_changed(device->host, display->port);
    }
}
