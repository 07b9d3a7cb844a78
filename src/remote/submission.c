/* SPDX-License-Identifier: MIT */
/* Submissions from one process to another. */
#include "remote/submission.h"

#include <string.h>

static void put_object(const struct pvg_object *object, struct pvg_saver *out)
{
    pvg_save_u32(out, object->ref);
    pvg_save_u8(out, object->type);
    pvg_save_u64(out, object->address.value);
    pvg_save_u32(out, object->length);
    pvg_save_bytes(out, object->descriptor, object->length);
}

void pvg_submission_put(const struct pvg_submission *submission, struct pvg_saver *out)
{
    GHashTableIter iter;
    gpointer object;

    pvg_save_u64(out, submission->session);
    pvg_save_u32(out, submission->space.task);
    pvg_save_u64(out, submission->space.serial);
    pvg_save_u32(out, submission->resources.count);
    pvg_save_bytes(out, submission->resources.bytes,
                   (size_t)submission->resources.count * PVG_WIRE_EXEC_RESOURCE_SIZE);
    pvg_save_u32(out, submission->buffer_count);
    for (uint32_t i = 0; i < submission->buffer_count; i++) {
        pvg_save_u32(out, (uint32_t)submission->buffers[i].size);
        pvg_save_bytes(out, submission->buffers[i].data, submission->buffers[i].size);
    }
    pvg_save_u32(out, g_hash_table_size(submission->objects));
    g_hash_table_iter_init(&iter, submission->objects);
    while (g_hash_table_iter_next(&iter, NULL, &object)) {
        put_object(object, out);
    }
}

static void object_free(gpointer data)
{
    pvg_object_finish(data);
    g_free(data);
}

static void take_object(struct pvg_submission *submission, struct pvg_cursor *from)
{
    struct pvg_object object = {.ref = pvg_take_u32(from)};
    const uint8_t *descriptor;

    object.type = pvg_take_u8(from);
    object.address.value = pvg_take_u64(from);
    object.length = pvg_take_u32(from);
    descriptor = pvg_take_bytes(from, object.length);
    if (from->refusal == PVG_ACCEPTED) {
        object.descriptor = g_memdup2(descriptor, object.length);
        g_hash_table_insert(submission->objects, GUINT_TO_POINTER(object.ref),
                            g_memdup2(&object, sizeof(object)));
    }
}

struct pvg_submission *pvg_submission_take(struct pvg_cursor *from)
{
    struct pvg_submission *submission = g_new0(struct pvg_submission, 1);
    const uint8_t *bytes;

    submission->objects = g_hash_table_new_full(NULL, NULL, NULL, object_free);
    submission->session = pvg_take_u64(from);
    submission->space.task = pvg_take_u32(from);
    submission->space.serial = pvg_take_u64(from);
    submission->resources.count = pvg_take_count(from, PVG_WIRE_EXEC_RESOURCE_SIZE);
    bytes = pvg_take_bytes(from,
                           (size_t)submission->resources.count * PVG_WIRE_EXEC_RESOURCE_SIZE);
    if (bytes) {
        submission->payload =
            g_memdup2(bytes, (size_t)submission->resources.count * PVG_WIRE_EXEC_RESOURCE_SIZE);
        submission->resources.bytes = submission->payload;
    }
    submission->buffer_count = pvg_take_count(from, sizeof(uint32_t));
    submission->buffers = g_new0(struct pvg_wire_bytes, submission->buffer_count);
    for (uint32_t i = 0; from->refusal == PVG_ACCEPTED && i < submission->buffer_count; i++) {
        uint32_t size = pvg_take_u32(from);

        bytes = pvg_take_bytes(from, size);
        if (bytes && size) {
            submission->buffers[i] = (struct pvg_wire_bytes){g_memdup2(bytes, size), size};
            submission->bytes += size;
        }
    }
    for (uint32_t i = pvg_take_u32(from); from->refusal == PVG_ACCEPTED && i > 0; i--) {
        take_object(submission, from);
    }
    if (from->refusal != PVG_ACCEPTED) {
        pvg_submission_destroy(submission);
        return NULL;
    }
    return submission;
}
