/* SPDX-License-Identifier: MIT */
#include "device/held.h"

#include <string.h>

#include "device/device.h"
#include "device/handlers.h"
#include "remote/submission.h"

/* Bytes of a state that they may take. What is above is looked up again after all. */
#define BYTES_MAX 0x4000000u

struct held {
    unsigned channel;
    uint32_t position;
    struct pvg_submission *submission; /* owned */
};

static void held_free(gpointer data)
{
    struct held *held = data;

    pvg_submission_destroy(held->submission);
    g_free(held);
}

void pvg_held_forget(struct pvg_device *device)
{
    g_clear_pointer(&device->held, g_ptr_array_unref);
}

/* ---- Saving ---- */

static bool same_streams(const struct pvg_submission *a, const struct pvg_submission *b)
{
    if (a->buffer_count != b->buffer_count) { /* of a restored one, the state says how many */
        return false;
    }
    for (uint32_t i = 0; i < a->buffer_count; i++) {
        if (a->buffers[i].size != b->buffers[i].size ||
            (a->buffers[i].size &&
             memcmp(a->buffers[i].data, b->buffers[i].data, a->buffers[i].size) != 0)) {
            return false;
        }
    }
    return true;
}

static bool is_published(struct pvg_memory *memory, struct pvg_space space,
                         const struct pvg_object *object)
{
    struct pvg_object now;
    bool same = pvg_object_read(memory, space, object->ref, &now) == PVG_ACCEPTED &&
                now.type == object->type && now.length == object->length &&
                now.address.value == object->address.value &&
                !memcmp(now.descriptor, object->descriptor, now.length);

    pvg_object_finish(&now);
    return same;
}

/* Whether fetching @packet again would find all that it found. */
static bool can_be_had_again(struct pvg_device *device, const struct pvg_packet *packet)
{
    const struct pvg_submission *submission = packet->submission;
    struct pvg_wire_exec_indirect rec;
    struct pvg_submission *again;
    enum pvg_refusal why = pvg_exec_decode(packet, &rec);
    GHashTableIter iter;
    gpointer object;
    bool same;

    if (why != PVG_ACCEPTED) {
        return true;
    }
    again = pvg_submission_create(&device->memory, submission->space, &rec, &why);
    same = same_streams(submission, again);
    pvg_submission_destroy(again);
    g_hash_table_iter_init(&iter, submission->objects);
    while (same && g_hash_table_iter_next(&iter, NULL, &object)) {
        same = is_published(&device->memory, submission->space, object);
    }
    return same;
}

/* All that the guest can make large */
static uint64_t weight(const struct pvg_submission *submission)
{
    uint64_t bytes = submission->bytes;
    GHashTableIter iter;
    gpointer object;

    g_hash_table_iter_init(&iter, submission->objects);
    while (g_hash_table_iter_next(&iter, NULL, &object)) {
        bytes += sizeof(struct pvg_object) + ((const struct pvg_object *)object)->length;
    }
    return bytes;
}

static void save_one(struct pvg_saver *saver, guint begin, unsigned channel, uint32_t position,
                     const struct pvg_submission *submission)
{
    struct pvg_submission bare = *submission;

    if (saver->bytes->len - begin + weight(submission) > BYTES_MAX) {
        return;
    }
    bare.session = 0; /* another machine's mean nothing */
    bare.space.serial = 0;
    pvg_save_u8(saver, true);
    pvg_save_u32(saver, channel);
    pvg_save_u32(saver, position);
    pvg_submission_put(&bare, saver);
}

void pvg_held_save(struct pvg_device *device, struct pvg_saver *saver)
{
    const guint begin = saver->bytes->len;

    for (unsigned id = 0; id < PVG_MAX_CHANNELS; id++) {
        for (struct pvg_packet *packet = device->channels[id].head; packet;
             packet = packet->later) {
            if (packet->submission && !packet->done && !can_be_had_again(device, packet)) {
                save_one(saver, begin, id, packet->position, packet->submission);
            }
        }
    }
    for (guint i = 0; device->held && i < device->held->len; i++) { /* not fetched yet */
        const struct held *held = g_ptr_array_index(device->held, i);

        save_one(saver, begin, held->channel, held->position, held->submission);
    }
    pvg_save_u8(saver, false);
}

/* ---- Restoring ---- */

enum pvg_refusal pvg_held_restore(struct pvg_device *device, struct pvg_cursor *from)
{
    while (pvg_take_u8(from)) {
        struct held *held = g_new0(struct held, 1);

        held->channel = pvg_take_u32(from);
        held->position = pvg_take_u32(from);
        held->submission = pvg_submission_take(from);
        if (!device->held) {
            device->held = g_ptr_array_new_with_free_func(held_free);
        }
        g_ptr_array_add(device->held, held);
    }
    return from->refusal;
}

struct pvg_submission *pvg_held_take(struct pvg_device *device, unsigned channel, uint32_t position)
{
    for (guint i = 0; device->held && i < device->held->len; i++) {
        struct held *held = g_ptr_array_index(device->held, i);

        if (held->channel == channel && held->position == position) {
            struct pvg_submission *submission = g_steal_pointer(&held->submission);

            g_ptr_array_remove_index(device->held, i);
            return submission;
        }
    }
    return NULL;
}
