/* SPDX-License-Identifier: MIT */
/* Event segments: values that order command buffers of different queues. All work of this executor
 * runs in one order, that of its submission, so a signal has happened when a later wait is looked
 * at; a wait for a value that nobody has signalled yet goes on, as if it had timed out, and is
 * counted. Spec: 50-compute-blit 8. */
#include "gpu/encoders.h"
#include "wire/blit.h"

static void *event_begin(struct pvg_gpu_run *run)
{
    return run;
}

static void event_end(void *encoder)
{
}

/* Events are known by (task, number). */
static uint64_t *event_value(struct pvg_gpu_run *run, uint32_t event)
{
    const guint64 key = run->submission->space.serial << 32 | event;
    uint64_t *value = g_hash_table_lookup(run->gpu->events, &key);

    if (!value) {
        value = g_new0(uint64_t, 1);
        g_hash_table_insert(run->gpu->events, g_memdup2(&key, sizeof(key)), value);
    }
    return value;
}

static enum pvg_refusal wait_event(void *ctx, const struct pvg_wire_wait_event *rec)
{
    struct pvg_gpu_run *run = ctx;

    if (*event_value(run, rec->event) < rec->value) {
        pvg_count(run->gpu->counts.event_waits_passed, 1);
    }
    return PVG_ACCEPTED;
}

static enum pvg_refusal signal_event(void *ctx, const struct pvg_wire_signal_event *rec)
{
    uint64_t *value = event_value(ctx, rec->event);

    *value = MAX(*value, rec->value);
    return PVG_ACCEPTED;
}

static const struct pvg_wire_event_handlers handlers = {
    .wait_event = wait_event,
    .signal_event = signal_event,
};

static enum pvg_refusal event_record(void *encoder, uint32_t opcode, struct pvg_cursor *payload)
{
    return pvg_wire_event_dispatch(&handlers, encoder, opcode, payload);
}

const struct pvg_encoder_impl pvg_event_encoder = {
    .begin = event_begin,
    .record = event_record,
    .end = event_end,
};
