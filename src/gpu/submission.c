/* SPDX-License-Identifier: MIT */
/* Copies what a submission names out of guest memory. */
#include "gpu/submission.h"

#include <string.h>

#include "memory/memory.h"

static void object_free(gpointer data)
{
    pvg_object_finish(data);
    g_free(data);
}

void pvg_submission_destroy(struct pvg_submission *submission)
{
    if (!submission) {
        return;
    }
    for (uint32_t i = 0; submission->buffers && i < submission->buffer_count; i++) {
        g_free((void *)submission->buffers[i].data);
    }
    g_free(submission->buffers);
    g_free(submission->payload);
    g_clear_pointer(&submission->objects, g_hash_table_unref);
    g_free(submission);
}

/* The sum of the lengths is checked before the first byte is allocated. */
static bool total_fits(const struct pvg_wire_exec_indirect *rec)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < rec->buffers.count; i++) {
        total += pvg_wire_exec_buffer_at(rec->buffers, i).length; /* 2^32 times 2^32 fits */
        if (total > PVG_SUBMISSION_BYTES_MAX) {
            return false;
        }
    }
    return true;
}

static enum pvg_refusal copy_buffer(struct pvg_memory *memory, struct pvg_space space,
                                    struct pvg_wire_exec_buffer from, struct pvg_wire_bytes *out)
{
    uint8_t *bytes;
    enum pvg_refusal why;

    if (!from.length) {
        return PVG_ACCEPTED;
    }
    bytes = g_try_malloc(from.length);
    if (!bytes) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    why = pvg_space_read(memory, space, from.address, bytes, from.length);
    if (why != PVG_ACCEPTED) {
        g_free(bytes);
        return why;
    }
    *out = (struct pvg_wire_bytes){bytes, from.length};
    return PVG_ACCEPTED;
}

struct pvg_submission *pvg_submission_create(struct pvg_memory *memory, struct pvg_space space,
                                             const struct pvg_wire_exec_indirect *rec,
                                             enum pvg_refusal *why)
{
    const size_t table = (size_t)rec->resources.count * PVG_WIRE_EXEC_RESOURCE_SIZE;
    struct pvg_submission *submission = g_new0(struct pvg_submission, 1);

    *why = PVG_ACCEPTED;
    submission->session = pvg_ram_session(&memory->ram);
    submission->space = space;
    submission->payload = g_memdup2(rec->resources.bytes, table);
    submission->resources =
        (struct pvg_wire_exec_resource_array){submission->payload, rec->resources.count};
    submission->objects = g_hash_table_new_full(NULL, NULL, NULL, object_free);
    submission->buffer_count = rec->buffers.count;
    submission->buffers = g_new0(struct pvg_wire_bytes, rec->buffers.count);
    if (!total_fits(rec)) {
        *why = PVG_REFUSED_LIMIT;
        return submission;
    }
    for (uint32_t i = 0; i < rec->buffers.count; i++) {
        enum pvg_refusal bad = copy_buffer(memory, space, pvg_wire_exec_buffer_at(rec->buffers, i),
                                           &submission->buffers[i]);

        submission->bytes += submission->buffers[i].size;
        if (*why == PVG_ACCEPTED) {
            *why = bad;
        }
    }
    return submission;
}

const struct pvg_object *pvg_submission_resolve(struct pvg_submission *submission,
                                                struct pvg_memory *memory, uint32_t ref,
                                                enum pvg_refusal *why)
{
    struct pvg_object *object = g_hash_table_lookup(submission->objects, GUINT_TO_POINTER(ref));
    struct pvg_object found;

    *why = PVG_ACCEPTED;
    if (object) {
        return object;
    }
    *why = pvg_object_read(memory, submission->space, ref, &found);
    if (*why != PVG_ACCEPTED) {
        return NULL;
    }
    object = g_memdup2(&found, sizeof(found));
    g_hash_table_insert(submission->objects, GUINT_TO_POINTER(ref), object);
    return object;
}
