/* SPDX-License-Identifier: MIT */
/* The public API: each call is given to the part that does it. */
#include <pvg/pvg.h>

#include <glib.h>
#include <unistd.h>

#include "base/probe.h"
#include "device/device.h"
#include "device/modes.h"
#include "device/save.h"
#include "device/session.h"

struct pvg_device *pvg_device_create(const struct pvg_device_options *options,
                                     struct pvg_error *error)
{
    return pvg_device_create_for_bench(options, &(struct pvg_device_bench){0}, error);
}

void pvg_device_start(struct pvg_device *device)
{
    if (!device->started) {
        pvg_recorder_note(device->recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_START});
        device->started = true;
        pvg_engine_unpark(&device->engine);
        pvg_registers_retell(device);
    }
}

void pvg_device_stop(struct pvg_device *device)
{
    if (device->started) {
        device->started = false;
        pvg_engine_park(&device->engine);
        pvg_recorder_note(device->recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_STOP});
        pvg_executor_quiesce(device->executor);
    }
}

void pvg_device_end_recording(struct pvg_device *device)
{
    pvg_recorder_finish(device->recorder);
}

/* The session ends first: whatever still runs cannot write any more. The engine is parked. */
static void reset(struct pvg_device *device)
{
    pvg_registers_reset(device);
    pvg_executor_quiesce(device->executor);
    pvg_device_forget_session(device);
    pvg_executor_reset(device->executor);
    pvg_iosfc_reset(device);
    for (unsigned i = 0; i < device->display_count; i++) {
        pvg_display_reset(&device->displays[i]);
    }
    device->session = pvg_ram_session(&device->memory.ram);
    device->last_key_table = 0;
}

void pvg_device_reset(struct pvg_device *device)
{
    pvg_engine_park(&device->engine);
    pvg_recorder_note(device->recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_RESET});
    reset(device);
    pvg_engine_unpark(&device->engine);
}

bool pvg_device_save(struct pvg_device *device, void **bytes, size_t *size,
                     struct pvg_error *error)
{
    if (device->started) {
        pvg_error_set(error, "cannot save: the device runs; stop it first");
        return false;
    }
    *bytes = pvg_state_save(device, size);
    return true;
}

bool pvg_device_restore(struct pvg_device *device, const void *bytes, size_t size,
                        struct pvg_error *error)
{
    bool done;

    if (device->started) {
        pvg_error_set(error, "cannot restore: the device runs; stop it first");
        return false;
    }
    pvg_recorder_parts(device->recorder, bytes, size);
    pvg_recorder_begin(device->recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_RESTORE});
    reset(device);
    done = pvg_state_restore(device, bytes, size, error);
    if (!done) {
        reset(device);
    }
    pvg_recorder_end(device->recorder);
    pvg_engine_mark(&device->engine, UINT64_MAX); /* whatever was going on goes on */
    return done;
}

void pvg_free(void *bytes)
{
    g_free(bytes);
}

bool pvg_ram_add(struct pvg_device *device, const struct pvg_ram_span *span,
                 struct pvg_error *error)
{
    if (!pvg_ram_insert(&device->memory.ram, span, error)) {
        return false;
    }
    pvg_engine_park(&device->engine);
    pvg_recorder_note(device->recorder,
                      &(struct pvg_trace_event){.kind = PVG_TRACE_RAM_ADD,
                                                .numbers = {span->gpa, span->size,
                                                            span->read_only}});
    pvg_executor_ram_added(device->executor, span);
    pvg_engine_unpark(&device->engine);
    return true;
}

void pvg_ram_remove(struct pvg_device *device, uint64_t gpa, uint64_t size)
{
    pvg_engine_park(&device->engine);
    pvg_recorder_note(device->recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_RAM_CUT,
                                                                  .numbers = {gpa, size}});
    pvg_executor_ram_removed(device->executor, gpa, size);
    pvg_ram_cut(&device->memory.ram, gpa, size);
    pvg_engine_unpark(&device->engine);
}

void pvg_device_log_writes(struct pvg_device *device, bool on)
{
    pvg_ram_log_writes(&device->memory.ram, on);
}

void pvg_device_take_written(struct pvg_device *device, uint64_t gpa, uint64_t size,
                             unsigned page_shift, uint8_t *bitmap)
{
    pvg_ram_take_written(&device->memory.ram, gpa, size, page_shift, bitmap);
}

uint64_t pvg_mmio_read(struct pvg_device *device, enum pvg_window window, uint64_t offset,
                       unsigned size)
{
    uint64_t value = 0;

    if (window == PVG_WINDOW_GFX && offset < PVG_GFX_WINDOW_SIZE) {
        value = pvg_registers_read(device, offset, size);
    } else if (window == PVG_WINDOW_IOSFC && device->variant == PVG_VARIANT_MMIO) {
        value = pvg_iosfc_read(device, offset, size);
    }
    PVG_PROBE4(mmio_read, window, offset, value, size);
    pvg_recorder_access(device->recorder, &(struct pvg_access){.window = (uint8_t)window,
                                                               .offset = offset,
                                                               .value = value,
                                                               .size = (uint8_t)size});
    return value;
}

void pvg_mmio_write(struct pvg_device *device, enum pvg_window window, uint64_t offset,
                    uint64_t value, unsigned size)
{
    PVG_PROBE4(mmio_write, window, offset, value, size);
    pvg_recorder_access(device->recorder, &(struct pvg_access){.window = (uint8_t)window,
                                                               .offset = offset,
                                                               .value = value,
                                                               .size = (uint8_t)size,
                                                               .write = true});
    if (window == PVG_WINDOW_GFX && offset < PVG_GFX_WINDOW_SIZE) {
        pvg_registers_write(device, offset, value, size);
    } else if (window == PVG_WINDOW_IOSFC && device->variant == PVG_VARIANT_MMIO) {
        pvg_iosfc_write(device, offset, value, size);
    }
}

void pvg_interrupt_set_eventfd(struct pvg_device *device, enum pvg_interrupt line, int fd)
{
    pvg_interrupt_take_eventfd(
        line == PVG_INTERRUPT_GFX ? &device->gfx_line : &device->iosfc_line, fd);
}

void pvg_interrupt_repeat(struct pvg_device *device, enum pvg_interrupt line)
{
    if (line == PVG_INTERRUPT_GFX) {
        pvg_registers_retell(device);
    } else if (pvg_interrupt_is_high(&device->iosfc_line)) {
        pvg_interrupt_raise(&device->iosfc_line);
    }
}

int pvg_display_eventfd(struct pvg_device *device)
{
    return device->display_eventfd;
}

/* Keeps the eventfd readable while any display has changed. */
static void settle_display_eventfd(struct pvg_device *device)
{
    uint64_t count;

    (void)!read(device->display_eventfd, &count, sizeof(count));
    for (unsigned i = 0; i < device->display_count; i++) {
        if (atomic_load(&device->displays[i].output.changed)) {
            (void)!write(device->display_eventfd, &(uint64_t){1}, sizeof(uint64_t));
            return;
        }
    }
}

/* What firmware drew is read when somebody looks. A recorded engine stands still meanwhile, so that
 * both see guest memory in one order. */
static bool show_firmware(struct pvg_device *device)
{
    const struct pvg_trace_event fetch = {
        .kind = PVG_TRACE_FETCH,
        .numbers = {0, (uint64_t)pvg_engine_now(&device->engine)},
    };
    bool changed;

    if (!device->recorder) {
        return pvg_firmware_show(device);
    }
    pvg_engine_park(&device->engine);
    pvg_recorder_begin(device->recorder, &fetch);
    changed = pvg_firmware_show(device);
    pvg_recorder_end(device->recorder);
    pvg_engine_unpark(&device->engine);
    return changed;
}

void pvg_display_fetch(struct pvg_device *device, unsigned display, struct pvg_frame *frame,
                       struct pvg_cursor_state *cursor)
{
    struct pvg_display *d = &device->displays[display];

    atomic_store(&d->output.changed, false);
    settle_display_eventfd(device);
    pvg_output_fetch(&d->output, pvg_engine_now(&device->engine), frame, cursor);
    if (display == 0 && device->started && !atomic_load(&d->presented) &&
        pvg_firmware_announced(device) && show_firmware(device)) {
        pvg_output_fetch(&d->output, pvg_engine_now(&device->engine), frame, cursor);
    }
    pvg_engine_mark(&device->engine, PVG_WORK_AGAIN); /* a present may have waited for this */
}

void pvg_display_set_watched(struct pvg_device *device, unsigned display, bool watched)
{
    atomic_store(&device->displays[display].output.watched, watched);
}

void pvg_display_connect(struct pvg_device *device, unsigned display, bool connected)
{
    pvg_engine_park(&device->engine);
    pvg_recorder_note(device->recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_CONNECT,
                                                                  .numbers = {display, connected}});
    pvg_display_plug(&device->displays[display], connected);
    pvg_engine_unpark(&device->engine);
}

bool pvg_display_connected(struct pvg_device *device, unsigned display)
{
    return pvg_display_is_connected(&device->displays[display]);
}

bool pvg_display_set_modes(struct pvg_device *device, unsigned display,
                           const struct pvg_mode *modes, size_t count, struct pvg_error *error)
{
    if (!pvg_modes_check(modes, count, error)) {
        return false;
    }
    pvg_engine_park(&device->engine);
    pvg_session_note_modes(device, display, modes, count);
    pvg_display_use_modes(&device->displays[display], modes, count);
    pvg_engine_unpark(&device->engine);
    return true;
}

size_t pvg_stats(struct pvg_device *device, struct pvg_statistic *out, size_t capacity)
{
    GPtrArray *all = device->counters.all;

    for (guint i = 0; i < MIN(all->len, capacity); i++) {
        const struct pvg_counter *counter = g_ptr_array_index(all, i);

        out[i] = (struct pvg_statistic){counter->name, pvg_counter_value(counter)};
    }
    return all->len;
}
