/* SPDX-License-Identifier: MIT */
/* Info segments: questions whose answers are in a guest buffer before the stamp. An answer that is
 * not given leaves stale bytes which the guest takes for one, so everything gets one. Host
 * addresses and handles are never told. Spec: 30-resources 12; 02-errata row 5. */
#include <string.h>

#include "base/range.h"
#include "gpu/encoders.h"
#include "gpu/handles.h"
#include "gpu/heap_size.h"
#include "gpu/pipelines.h"
#include "gpu/table.h"
#include "wire/info.h"
#include "wire/textures_encode.h"

static void *info_begin(struct pvg_gpu_run *run)
{
    return run;
}

static void info_end(void *encoder)
{
}

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

/* What the guest stores for shaders to find the object by. 0: it is none, or has no number. */
static uint64_t give(struct pvg_gpu_run *run, uint32_t ref, enum pvg_gpu_object_kind kind,
                     enum pvg_handle_row row)
{
    enum pvg_refusal why;
    const struct pvg_gpu_object *object =
        pvg_table_find(run->gpu, run->submission, ref, kind, &why);
    uint32_t slot;

    if (!object) {
        return 0;
    }
    slot = pvg_handles_give(run->gpu, run->submission->space.task, row, ref);
    if (slot && kind == PVG_GPU_SAMPLER &&
        ((const struct pvg_sampler *)object)->description.pixel_coordinates) {
        slot |= PVG_HANDLE_PIXELS;
    }
    return slot;
}

static enum pvg_refusal query_object(void *ctx, const struct pvg_wire_query_object *rec)
{
    struct pvg_gpu_run *run = ctx;
    const struct pvg_vk *vk = run->gpu->vk;
    uint8_t bytes[PVG_WIRE_COMPUTE_LIMITS_SIZE] = {0};
    struct pvg_gpu_object *pipeline;
    uint64_t handle;
    enum pvg_refusal why;

    switch (rec->query) {
    case PVG_WIRE_OBJECT_QUERY_COMPUTE_LIMITS:
        put32(bytes, vk->properties.properties.limits.maxComputeWorkGroupInvocations);
        put32(bytes + 8, vk->properties11.subgroupSize);
        pipeline =
            pvg_table_find(run->gpu, run->submission, rec->object, PVG_GPU_COMPUTE_PIPELINE, &why);
        if (pipeline && pvg_pipeline_state(pipeline) == PVG_PIPELINE_READY) {
            put32(bytes + 16, ((struct pvg_compute_pipeline *)pipeline)
                                  ->kernel.shader->translation.reflection.threadgroup_bytes);
        }
        return pvg_gpu_run_reply(run, rec->buffer, rec->offset, bytes,
                                 PVG_WIRE_COMPUTE_LIMITS_SIZE);
    case PVG_WIRE_OBJECT_QUERY_RENDER_LIMITS:
        return pvg_gpu_run_reply(run, rec->buffer, rec->offset, bytes, PVG_WIRE_RENDER_LIMITS_SIZE);
    case PVG_WIRE_OBJECT_QUERY_BUFFER:
        handle = give(run, rec->object, PVG_GPU_BUFFER, PVG_HANDLE_BUFFERS) << 40;
        memcpy(bytes, &handle, sizeof(handle));
        return pvg_gpu_run_reply(run, rec->buffer, rec->offset, bytes, 8);
    case PVG_WIRE_OBJECT_QUERY_TEXTURE:
        handle = give(run, rec->object, PVG_GPU_TEXTURE, PVG_HANDLE_TEXTURES);
        memcpy(bytes, &handle, sizeof(handle));
        return pvg_gpu_run_reply(run, rec->buffer, rec->offset, bytes, 16);
    case PVG_WIRE_OBJECT_QUERY_SAMPLER:
        handle = give(run, rec->object, PVG_GPU_SAMPLER, PVG_HANDLE_SAMPLERS);
        memcpy(bytes, &handle, sizeof(handle));
        return pvg_gpu_run_reply(run, rec->buffer, rec->offset, bytes, 16);
    case PVG_WIRE_OBJECT_QUERY_HEAP:
        return pvg_gpu_run_reply(run, rec->buffer, rec->offset, bytes, 8);
    default: /* the other kinds of placement, 16 bytes each */
        return pvg_gpu_run_reply(run, rec->buffer, rec->offset, bytes, 16);
    }
}

static enum pvg_refusal query_image_block(void *ctx, const struct pvg_wire_query_image_block *rec)
{
    return pvg_gpu_run_reply(ctx, rec->buffer, rec->offset, &(uint32_t){0}, 4);
}

static enum pvg_refusal query_texture_size(void *ctx, const struct pvg_wire_query_texture_size *rec)
{
    uint8_t descriptor[PVG_WIRE_TEXTURE_BODY_SIZE] = {0};
    struct pvg_writer w = pvg_writer_over(descriptor, sizeof(descriptor));
    uint64_t answer[2];
    enum pvg_refusal why;

    pvg_wire_texture_body_encode(&w, &rec->texture);
    why = pvg_heap_texture_size(pvg_cursor_over(descriptor, sizeof(descriptor)), &answer[0],
                                &answer[1]);
    return why == PVG_ACCEPTED
               ? pvg_gpu_run_reply(ctx, rec->buffer, rec->offset, answer, sizeof(answer))
               : why;
}

/* Rate maps are not offered to guests. */
static const struct pvg_wire_info_handlers handlers = {
    .query_object = query_object,
    .query_texture_size = query_texture_size,
    .query_image_block = query_image_block,
};

static enum pvg_refusal info_record(void *encoder, uint32_t opcode, struct pvg_cursor *payload)
{
    return pvg_wire_info_dispatch(&handlers, encoder, opcode, payload);
}

const struct pvg_encoder_impl pvg_info_encoder = {
    .begin = info_begin,
    .record = info_record,
    .end = info_end,
};
