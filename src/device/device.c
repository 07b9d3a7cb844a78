/* SPDX-License-Identifier: MIT */
/* Life of a device, and the round that its engine makes. */
#include "device/device.h"

#include <glib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/attributes.h"
#include "device/held.h"
#include "device/modes.h"
#include "device/session.h"
#include "remote/executor.h"

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

bool pvg_device_on_engine(struct pvg_device *device)
{
    return atomic_load(&device->stepping) == (uintptr_t)pthread_self();
}

/* ---- Sessions ---- */

void pvg_device_forget_session(struct pvg_device *device)
{
    for (unsigned id = 0; id < PVG_MAX_CHANNELS; id++) {
        pvg_channel_close(&device->channels[id]);
    }
    for (unsigned i = 0; i < device->display_count; i++) {
        pvg_display_close(&device->displays[i]);
    }
    pvg_held_forget(device);
    pvg_stamps_unbind(&device->stamps);
    for (uint32_t id = 0; id < PVG_MAX_TASKS; id++) {
        struct pvg_forget task = {
            .kind = PVG_FORGET_TASK,
            .space = {id, device->memory.tasks.all[id].serial},
        };

        if (task.space.serial) {
            pvg_executor_forget(device->executor, &task, NULL);
        }
    }
    pvg_tasks_forget(&device->memory);
    pvg_executor_task_changed(device->executor, PVG_EVERY_TASK);
}

/* Follows the guest's switching of the root FIFO. */
static void heed_fifo(struct pvg_device *device)
{
    struct pvg_fifo_setup setup;

    pvg_tape_turn(device->memory.ram.tape);
    setup = pvg_registers_fifo(&device->registers);
    if (setup.session == device->session) {
        return;
    }
    pvg_tape_catch_up(device->memory.ram.tape);
    pvg_device_forget_session(device);
    device->session = setup.session;
    if (setup.enabled) {
        pvg_count(device->counts.sessions, 1);
        pvg_refusals_note(
            &device->refusals, pvg_channel_open_root(device, &setup),
            &(struct pvg_refusal_site){.what = "(root FIFO)", .detail = setup.base_page});
    }
}

/* ---- Channels ---- */

#define ALL_CHANNELS UINT32_MAX

/* How late the device finds, at worst, a packet that was not rung for. Errata row "lost doorbell".
 */
#define SCAN_PERIOD_US 16000

#define ROUNDS_MAX 16

static void raise_status(struct pvg_device *device)
{
    uint32_t bits = device->status_to_raise;

    device->status_to_raise = 0;
    if (bits) {
        pvg_registers_event_gpu(device, bits);
    }
}

/* Serves the channels in @ready until nothing moves, a few rounds at most. Returns what is left. */
static uint32_t serve_channels(struct pvg_device *device, uint32_t ready, int64_t now)
{
    for (unsigned round = 0; ready && round < ROUNDS_MAX; round++) {
        uint32_t moved = 0;

        for (unsigned id = 0; id < PVG_MAX_CHANNELS; id++) {
            if (ready & 1u << id && pvg_channel_service(&device->channels[id], now)) {
                moved |= 1u << id;
            }
        }
        ready = moved;
        if (device->stamps_moved) {
            device->stamps_moved = false;
            ready = ALL_CHANNELS; /* others may have waited; the root may have defined some */
        }
        raise_status(device);
    }
    return ready;
}

static uint32_t scan_channels(struct pvg_device *device, uint32_t rung, int64_t now)
{
    uint32_t found = 0;

    if (now < device->scan_due) {
        return 0;
    }
    device->scan_due = now + SCAN_PERIOD_US;
    for (unsigned id = 0; id < PVG_MAX_CHANNELS; id++) {
        struct pvg_channel *channel = &device->channels[id];

        if (!(rung & 1u << id) && channel->live && !channel->queued &&
            pvg_channel_has_news(channel)) {
            pvg_count(device->counts.found_by_tick, 1);
            found |= 1u << id;
        }
    }
    return found;
}

static int64_t channels_deadline(const struct pvg_device *device)
{
    int64_t deadline = PVG_ENGINE_NEVER;

    for (unsigned id = 0; id < PVG_MAX_CHANNELS; id++) {
        const struct pvg_channel *channel = &device->channels[id];

        if (channel->live) {
            deadline = MIN(deadline, device->scan_due);
        }
        if (channel->live && channel->next && channel->next->held_until) {
            deadline = MIN(deadline, channel->next->held_until);
        }
    }
    return deadline;
}

/* ---- The round ---- */

static int64_t tick_displays(struct pvg_device *device, int64_t now)
{
    int64_t deadline = tick_firmware(device, now);

    for (unsigned i = 0; i < device->display_count; i++) {
        int64_t next = pvg_display_tick(&device->displays[i], now);

        deadline = MIN(deadline, next);
    }
    return deadline;
}

static int64_t device_step(void *owner, uint64_t work, int64_t now)
{
    struct pvg_device *device = owner;
    uint32_t ready = (uint32_t)work, left;
    int64_t deadline, next;

    pvg_recorder_begin(device->recorder,
                       &(struct pvg_trace_event){.kind = PVG_TRACE_STEP,
                                                 .numbers = {work, (uint64_t)now}});
    atomic_store(&device->stepping, (uintptr_t)pthread_self());
    heed_fifo(device);
    pvg_iosfc_service(device, now); /* before presents: they may name what was just mapped */
    for (unsigned i = 0; i < device->display_count; i++) {
        if (work & PVG_WORK_CURSOR(i)) {
            pvg_display_read_cursor(&device->displays[i]);
        }
    }
    if (work & PVG_WORK_EXECUTOR) {
        pvg_executor_resume(device->executor);
    }
    ready |= scan_channels(device, ready, now);
    device->try_held = work & PVG_WORK_AGAIN;
    if (device->try_held || channels_deadline(device) <= now) {
        ready = ALL_CHANNELS;
    }
    left = serve_channels(device, ready, now);
    deadline = tick_displays(device, now);
    next = pvg_iosfc_tick(device, now);
    deadline = MIN(deadline, next);
    next = channels_deadline(device);
    deadline = MIN(deadline, next);
    atomic_store(&device->stepping, 0);
    pvg_recorder_end(device->recorder);
    if (left) {
        pvg_engine_mark(&device->engine, left);
    }
    return deadline;
}

/* ---- Life ---- */

void pvg_device_destroy(struct pvg_device *device)
{
    if (!device) {
        return;
    }
    pvg_engine_finish(&device->engine);
    if (device->executor) {
        pvg_executor_quiesce(device->executor);
        pvg_device_forget_session(device);
        pvg_executor_destroy(device->executor);
    }
    pvg_recorder_destroy(device->recorder);
    device->memory.ram.tape = NULL;
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
    pthread_mutex_destroy(&device->retire_lock);
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

static void init_counts(struct pvg_device *device)
{
    struct pvg_counters *all = &device->counters;

    device->counts.packets = pvg_counters_add(all, "packets");
    device->counts.ignored = pvg_counters_add(all, "packets.ignored");
    device->counts.ignored_deletes = pvg_counters_add(all, "packets.ignored-deletes");
    device->counts.impossible_waits = pvg_counters_add(all, "waits.impossible");
    device->counts.long_waits = pvg_counters_add(all, "waits.long");
    device->counts.channels_stopped = pvg_counters_add(all, "channels.stopped");
    device->counts.found_by_tick = pvg_counters_add(all, "channels.found-by-tick");
    device->counts.sessions = pvg_counters_add(all, "sessions");
    device->counts.bad_doorbells = pvg_counters_add(all, "bad-doorbells");
    device->counts.bad_accesses = pvg_counters_add(all, "bad-accesses");
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
    init_counts(device);
    pthread_mutex_init(&device->retire_lock, NULL);
    for (unsigned id = 0; id < PVG_MAX_CHANNELS; id++) {
        device->channels[id].device = device;
        device->channels[id].id = id;
    }
    pvg_memory_init(&device->memory, options->variant, &device->counters);
    pvg_registers_init(&device->registers);
    pvg_interrupt_init(&device->gfx_line, device->ops, device->host, PVG_INTERRUPT_GFX,
                       &device->counters);
    pvg_interrupt_init(&device->iosfc_line, device->ops, device->host, PVG_INTERRUPT_IOSFC,
                       &device->counters);
    pvg_iosfc_init(device);
    for (size_t i = 0; i < options->display_count; i++) {
        pvg_display_init(&device->displays[i], device, (unsigned)i, &options->displays[i]);
    }
    device->display_count = (unsigned)options->display_count;
    device->display_eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void wake_executor(void *user)
{
    struct pvg_device *device = user;

    pvg_engine_mark(&device->engine, PVG_WORK_EXECUTOR);
}

/* A host without any Vulkan driver still shows firmware and machine; a GPU that was asked for by
 * name has to be there. */
static struct pvg_executor *create_executor(struct pvg_device *device,
                                            const struct pvg_device_options *options,
                                            const struct pvg_device_bench *bench,
                                            struct pvg_error *error)
{
    struct pvg_executor_setup setup = {
        .memory = &device->memory,
        .counters = &device->counters,
        .refusals = &device->refusals,
        .log = &device->log,
        .gpu = options->gpu,
        .wake = wake_executor,
        .user = device,
    };
    struct pvg_executor *executor;
    struct pvg_error reason = {0};

    if (bench->executor) {
        return bench->executor(&setup);
    }
    if (options->gpu && strcmp(options->gpu, "none") == 0) {
        return pvg_executor_null_create(&setup);
    }
    executor = options->ops->start_gpu_worker
                   ? pvg_executor_remote_create(&setup, options->ops, options->host, &reason)
                   : pvg_executor_vulkan_create(&setup, &reason);
    if (!executor && options->gpu) {
        pvg_error_set(error, "%s", reason.message);
        return NULL;
    }
    if (!executor) {
        pvg_log_line(&device->log, PVG_LOG_WARNING, "the guest gets no GPU: %s", reason.message);
        executor = pvg_executor_null_create(&setup);
    }
    return executor;
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
    if (options->trace_file) {
        device->recorder = pvg_recorder_create(options->trace_file, options->trace_limit,
                                               &device->log, error);
        if (!device->recorder) {
            return NULL;
        }
    }
    device->memory.ram.tape = bench->tape ? bench->tape : pvg_recorder_tape(device->recorder);
    device->executor = create_executor(device, options, bench, error);
    if (!device->executor) {
        return NULL;
    }
    pvg_session_describe(device);
    device->session = pvg_ram_session(&device->memory.ram);
    device->registers.setup.session = device->session;
    if (!pvg_engine_init(&device->engine, bench->stepped, device_step, device, bench->clock,
                         bench->owner, error)) {
        return NULL;
    }
    return g_steal_pointer(&device);
}
