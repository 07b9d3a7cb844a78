/* SPDX-License-Identifier: MIT */
/* Event segments: values that order command buffers of different queues. All work of this executor
 * runs in one order, that of its submission, so a signal has happened when a later wait is looked
 * at; a wait for a value that nobody has signalled yet goes on, as if it had timed out, and is
 * counted. Spec: 50-compute-blit 8. */
#include "gpu/event.h"

#include "gpu/encoders.h"
#include "wire/blit.h"

/* Nothing creates or deletes events on the wire: a number is one from its first signal to the end
 * of its task. */
#define MOST_EVENTS 65536

struct key {
    uint64_t space; /* serial */
    uint32_t event;
};

static guint key_hash(gconstpointer data)
{
    const struct key *key = data;

    return (guint)key->space * 65521 + key->event;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    const struct key *x = a, *y = b;

    return x->space == y->space && x->event == y->event;
}

GHashTable *pvg_events_new(void)
{
    return g_hash_table_new_full(key_hash, key_equal, g_free, g_free);
}

static gboolean is_of_space(gpointer data, gpointer value, gpointer space)
{
    return ((const struct key *)data)->space == ((const struct pvg_space *)space)->serial;
}

void pvg_events_forget_space(GHashTable *events, struct pvg_space space)
{
    g_hash_table_foreach_remove(events, is_of_space, &space);
}

static void *event_begin(struct pvg_gpu_run *run)
{
    return run;
}

static void event_end(void *encoder)
{
}

static enum pvg_refusal wait_event(void *ctx, const struct pvg_wire_wait_event *rec)
{
    struct pvg_gpu_run *run = ctx;
    const struct key key = {run->submission->space.serial, rec->event};
    const uint64_t *value = g_hash_table_lookup(run->gpu->events, &key);

    if ((value ? *value : 0) < rec->value) {
        pvg_count(run->gpu->counts.event_waits_passed, 1);
    }
    return PVG_ACCEPTED;
}

static enum pvg_refusal signal_event(void *ctx, const struct pvg_wire_signal_event *rec)
{
    struct pvg_gpu_run *run = ctx;
    const struct key key = {run->submission->space.serial, rec->event};
    uint64_t *value = g_hash_table_lookup(run->gpu->events, &key);

    if (!value && g_hash_table_size(run->gpu->events) >= MOST_EVENTS) {
        return PVG_REFUSED_LIMIT;
    }
    if (!value) {
        value = g_new0(uint64_t, 1);
        g_hash_table_insert(run->gpu->events, g_memdup2(&key, sizeof(key)), value);
    }
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
