/* SPDX-License-Identifier: MIT */
/* Life of a device, and the round that its engine makes. */
#include "device/device.h"

#include <glib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/attributes.h"
#include "device/modes.h"

/* While firmware draws, nobody says when: its picture is looked at this often. */
#define FIRMWARE_PERIOD_US 33333

static int64_t tick_firmware(struct pvg_device *device, int64_t now)
{
    struct pvg_display *display = &device->displays[0];

    if (display->presented || !pvg_firmware_announced(device)) {
        return PVG_ENGINE_NEVER;
    }
    if (now >= device->firmware_due) {
        device->firmware_due = now + FIRMWARE_PERIOD_US;
        pvg_display_notify(display);
    }
    return device->firmware_due;
}

static int64_t device_step(void *owner, uint64_t work, int64_t now)
{
    struct pvg_device *device = owner;

    return tick_firmware(device, now);
}

void pvg_device_destroy(struct pvg_device *device)
{
    if (!device) {
        return;
    }
    pvg_engine_finish(&device->engine);
    for (unsigned i = 0; i < PVG_MAX_DISPLAYS; i++) {
        pvg_display_finish(&device->displays[i]);
    }
    pvg_interrupt_finish(&device->iosfc_line);
    pvg_interrupt_finish(&device->gfx_line);
    pvg_registers_finish(&device->registers);
    pvg_memory_finish(&device->memory);
    if (device->display_eventfd >= 0) {
        close(device->display_eventfd);
    }
    pvg_counters_finish(&device->counters);
    g_free(device);
}
PVG_DEFINE_AUTO(pvg_device)

static bool check_options(const struct pvg_device_options *options, struct pvg_error *error)
{
    if (options->size < sizeof(*options) || !options->ops ||
        options->ops->size < sizeof(*options->ops) || !options->ops->set_interrupt) {
        pvg_error_set(error, "cannot create the device: options or host operations are incomplete "
                             "(their size members must be set, set_interrupt is mandatory)");
        return false;
    }
    if (options->display_count < 1 || options->display_count > PVG_MAX_DISPLAYS) {
        pvg_error_set(error, "a device has 1 to %d displays, not %zu", PVG_MAX_DISPLAYS,
                      options->display_count);
        return false;
    }
    for (size_t i = 0; i < options->display_count; i++) {
        if (!pvg_modes_check(options->displays[i].modes, options->displays[i].mode_count, error)) {
            return false;
        }
    }
    return true;
}

/* The parts whose finish cannot be called before their init. */
static void init_parts(struct pvg_device *device, const struct pvg_device_options *options)
{
    device->variant = options->variant;
    device->ops = options->ops;
    device->host = options->host;
    device->log = (struct pvg_log){.line = options->ops->log, .host = options->host};
    pvg_counters_init(&device->counters);
    pvg_refusals_init(&device->refusals, &device->log, &device->counters);
    device->counts.bad_doorbells = pvg_counters_add(&device->counters, "bad-doorbells");
    device->counts.bad_accesses = pvg_counters_add(&device->counters, "bad-accesses");
    pvg_memory_init(&device->memory, options->variant, &device->counters);
    pvg_registers_init(&device->registers);
    pvg_interrupt_init(&device->gfx_line, device->ops, device->host, PVG_INTERRUPT_GFX,
                       &device->counters);
    pvg_interrupt_init(&device->iosfc_line, device->ops, device->host, PVG_INTERRUPT_IOSFC,
                       &device->counters);
    for (size_t i = 0; i < options->display_count; i++) {
        pvg_display_init(&device->displays[i], device, (unsigned)i, &options->displays[i]);
    }
    device->display_count = (unsigned)options->display_count;
    device->display_eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

struct pvg_device *pvg_device_create_for_bench(const struct pvg_device_options *options,
                                               const struct pvg_device_bench *bench,
                                               struct pvg_error *error)
{
    PVG_AUTO(pvg_device) device = NULL;

    if (!check_options(options, error)) {
        return NULL;
    }
    device = g_new0(struct pvg_device, 1);
    init_parts(device, options);
    if (device->display_eventfd < 0) {
        pvg_error_set_errno(error, "cannot create the displays' eventfd");
        return NULL;
    }
    if (!pvg_engine_init(&device->engine, bench->stepped, device_step, device, bench->clock,
                         bench->owner, error)) {
        return NULL;
    }
    return g_steal_pointer(&device);
}
