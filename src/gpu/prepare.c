/* SPDX-License-Identifier: MIT */
/* Has pipelines compiled from the moment a submission names them. */
#include "gpu/prepare.h"

#include "gpu/pipelines.h"
#include "gpu/table.h"
#include "wire/compute.h"
#include "wire/packets.h"
#include "wire/render.h"
#include "wire/walk.h"

/* What `prepare` keeps: the pipelines that the streams name. */
struct prepared {
    GPtrArray *pipelines; /* of struct pvg_gpu_object, references; prepared_lock: see recover() */
    uint64_t generation;  /* of the device that they belong to */
};

static void prepare_pipeline(struct pvg_gpu *gpu, struct pvg_submission *submission, uint32_t ref,
                             enum pvg_gpu_object_kind kind, struct prepared *prepared)
{
    enum pvg_refusal why;
    struct pvg_gpu_object *pipeline = pvg_table_find(gpu, submission, ref, kind, &why);

    if (pipeline) {
        g_ptr_array_add(prepared->pipelines, pvg_gpu_object_ref(pipeline));
    }
}

static void prepare_segment(struct pvg_gpu *gpu, struct pvg_submission *submission,
                            struct pvg_wire_segment *segment, struct prepared *prepared)
{
    struct pvg_wire_record record;

    while (pvg_wire_take_record(&segment->records, &record)) {
        struct pvg_wire_set_pipeline rec;

        if (segment->type == PVG_WIRE_SEGMENT_TYPE_COMPUTE &&
            record.opcode == PVG_WIRE_COMPUTE_SET_COMPUTE_PIPELINE &&
            pvg_wire_set_compute_pipeline_decode(&record.payload, &rec) == PVG_ACCEPTED) {
            prepare_pipeline(gpu, submission, rec.pipeline, PVG_GPU_COMPUTE_PIPELINE, prepared);
        }
        if (segment->type == PVG_WIRE_SEGMENT_TYPE_RENDER &&
            record.opcode == PVG_WIRE_RENDER_SET_RENDER_PIPELINE &&
            pvg_wire_set_render_pipeline_decode(&record.payload, &rec) == PVG_ACCEPTED) {
            prepare_pipeline(gpu, submission, rec.pipeline, PVG_GPU_RENDER_PIPELINE, prepared);
        }
    }
}

void pvg_gpu_prepare(struct pvg_gpu *gpu, struct pvg_submission *submission)
{
    struct prepared *prepared;
    enum pvg_refusal why;

    if (!gpu->vk) {
        return;
    }
    prepared = g_new0(struct prepared, 1);
    prepared->pipelines = g_ptr_array_new_with_free_func(pvg_gpu_object_release);
    prepared->generation = gpu->generation;
    submission->prepared = prepared;
    g_mutex_lock(&gpu->prepared_lock);
    g_hash_table_add(gpu->prepared, prepared);
    g_mutex_unlock(&gpu->prepared_lock);
    gpu->submission_number++;
    for (uint32_t i = 0; i < submission->resources.count; i++) {
        uint32_t ref = pvg_wire_exec_resource_at(submission->resources, i).object;

        if (ref) {
            (void)pvg_submission_resolve(submission, gpu->memory, ref, &why);
        }
    }
    for (uint32_t i = 0; i < submission->buffer_count; i++) {
        struct pvg_cursor stream =
            pvg_cursor_over(submission->buffers[i].data, submission->buffers[i].size);
        struct pvg_wire_segment segment;

        while (pvg_wire_take_segment(&stream, &segment)) {
            prepare_segment(gpu, submission, &segment, prepared);
        }
    }
}

void pvg_gpu_unprepare(struct pvg_gpu *gpu, struct pvg_submission *submission)
{
    struct prepared *prepared = submission->prepared;

    if (prepared) {
        g_mutex_lock(&gpu->prepared_lock);
        g_hash_table_remove(gpu->prepared, prepared);
        g_ptr_array_unref(prepared->pipelines); /* within: recover() may be ending their device */
        g_mutex_unlock(&gpu->prepared_lock);
        g_free(prepared);
    }
    submission->prepared = NULL;
}

bool pvg_gpu_is_prepared(const struct pvg_submission *submission)
{
    const struct prepared *prepared = submission->prepared;

    for (guint i = 0; prepared && i < prepared->pipelines->len; i++) {
        if (pvg_pipeline_state(g_ptr_array_index(prepared->pipelines, i)) == PVG_PIPELINE_PENDING) {
            return false;
        }
    }
    return true;
}

void pvg_gpu_drop_prepared(struct pvg_gpu *gpu)
{
    GHashTableIter iter;
    gpointer prepared;

    g_mutex_lock(&gpu->prepared_lock);
    g_hash_table_iter_init(&iter, gpu->prepared);
    while (g_hash_table_iter_next(&iter, &prepared, NULL)) {
        g_ptr_array_set_size(((struct prepared *)prepared)->pipelines, 0);
    }
    g_mutex_unlock(&gpu->prepared_lock);
}

void pvg_gpu_prepare_again(struct pvg_gpu *gpu, struct pvg_submission *submission)
{
    const struct prepared *prepared = submission->prepared;

    if (!prepared || prepared->generation != gpu->generation) {
        pvg_gpu_unprepare(gpu, submission);
        pvg_gpu_prepare(gpu, submission);
    }
}
