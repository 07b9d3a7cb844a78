/* SPDX-License-Identifier: MIT */
/* The compute encoder's records. Spec: 50-compute-blit 3; 02-errata row 26. */
#include "gpu/compute.h"

#include <string.h>

#include "gpu/encoders.h"
#include "gpu/table.h"

static void *compute_begin(struct pvg_gpu_run *run)
{
    struct pvg_compute *compute = g_new0(struct pvg_compute, 1);

    compute->run = run;
    compute->binds.changed = true;
    return compute;
}

static void compute_end(void *encoder)
{
    struct pvg_compute *compute = encoder;

    if (compute->flow.depth) { /* what was open ends here */
        pvg_gpu_run_refuse(compute->run, PVG_REFUSED_STATE, PVG_WIRE_COMPUTE_START_DO);
    }
    g_free(encoder);
}

/* ---- State ---- */

static enum pvg_refusal set_buffers(void *ctx, const struct pvg_wire_set_buffers *rec)
{
    struct pvg_compute *compute = ctx;

    return pvg_binds_set_buffers(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_buffers_strided(void *ctx,
                                            const struct pvg_wire_set_buffers_strided *rec)
{
    struct pvg_compute *compute = ctx;

    return pvg_binds_set_buffers_strided(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_buffer_offset(void *ctx, const struct pvg_wire_set_buffer_offset *rec)
{
    struct pvg_compute *compute = ctx;

    return pvg_binds_set_buffer_offset(&compute->binds, rec);
}

static enum pvg_refusal
set_buffer_offset_strided(void *ctx, const struct pvg_wire_set_buffer_offset_strided *rec)
{
    struct pvg_compute *compute = ctx;

    return pvg_binds_set_buffer_offset_strided(&compute->binds, rec);
}

static enum pvg_refusal set_textures(void *ctx, const struct pvg_wire_set_textures *rec)
{
    struct pvg_compute *compute = ctx;

    return pvg_binds_set_textures(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_samplers(void *ctx, const struct pvg_wire_set_samplers *rec)
{
    struct pvg_compute *compute = ctx;

    return pvg_binds_set_samplers(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_samplers_clamped(void *ctx,
                                             const struct pvg_wire_set_samplers_clamped *rec)
{
    struct pvg_compute *compute = ctx;

    return pvg_binds_set_samplers_clamped(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_pipeline(void *ctx, const struct pvg_wire_set_pipeline *rec)
{
    struct pvg_compute *compute = ctx;
    enum pvg_refusal why = PVG_ACCEPTED;

    if (!rec->pipeline) {
        return PVG_ACCEPTED;
    }
    compute->pipeline = (struct pvg_compute_pipeline *)pvg_table_find(
        compute->run->gpu, compute->run->submission, rec->pipeline, PVG_GPU_COMPUTE_PIPELINE, &why);
    compute->binds.changed = true;
    if (compute->pipeline) {
        pvg_gpu_object_hold(&compute->pipeline->base, compute->run->batch);
    }
    return why;
}

static enum pvg_refusal set_threadgroup_memory(void *ctx,
                                               const struct pvg_wire_set_threadgroup_memory *rec)
{
    struct pvg_compute *compute = ctx;
    const VkPhysicalDeviceLimits *limits = &compute->run->gpu->vk->properties.properties.limits;

    if (rec->index >= PVG_SHADER_BUFFERS) {
        return PVG_REFUSED_LIMIT;
    }
    compute->poisoned = rec->length > limits->maxComputeSharedMemorySize;
    if (compute->poisoned) {
        return PVG_REFUSED_LIMIT;
    }
    compute->words[rec->index] = ((uint32_t)rec->length + 15) / 16 * 4;
    return PVG_ACCEPTED;
}

static enum pvg_refusal compute_pass(void *ctx, const struct pvg_wire_compute_pass *rec)
{
    struct pvg_compute *compute = ctx;

    compute->concurrent = rec->type == PVG_WIRE_DISPATCH_TYPE_CONCURRENT;
    return rec->type <= PVG_WIRE_DISPATCH_TYPE_CONCURRENT ? PVG_ACCEPTED : PVG_REFUSED_VALUE;
}

static enum pvg_refusal set_stage_in_region(void *ctx,
                                            const struct pvg_wire_set_stage_in_region *rec)
{
    ((struct pvg_compute *)ctx)->stage_in = true;
    return PVG_ACCEPTED;
}

static enum pvg_refusal
set_stage_in_region_indirect(void *ctx, const struct pvg_wire_set_stage_in_region_indirect *rec)
{
    ((struct pvg_compute *)ctx)->stage_in |= rec->buffer != 0;
    return PVG_ACCEPTED;
}

/* ---- Order ---- */

void pvg_compute_barrier(struct pvg_compute *compute)
{
    if (compute->unordered) {
        compute->unordered = false;
        pvg_gpu_full_barrier(compute->run->gpu, compute->run->commands);
    }
}

static enum pvg_refusal memory_barrier(void *ctx, const struct pvg_wire_memory_barrier *rec)
{
    pvg_compute_barrier(ctx);
    return PVG_ACCEPTED;
}

static enum pvg_refusal memory_barrier_resources(void *ctx,
                                                 const struct pvg_wire_memory_barrier_resources *r)
{
    pvg_compute_barrier(ctx);
    return PVG_ACCEPTED;
}

static enum pvg_refusal compressed_texture_flush(void *ctx,
                                                 const struct pvg_wire_compressed_texture_flush *r)
{
    pvg_compute_barrier(ctx);
    return PVG_ACCEPTED;
}

static enum pvg_refusal update_fence(void *ctx, const struct pvg_wire_update_fence *rec)
{
    return PVG_ACCEPTED; /* one in-order queue and barriers between encoders */
}

static enum pvg_refusal wait_fence(void *ctx, const struct pvg_wire_wait_fence *rec)
{
    pvg_compute_barrier(ctx);
    return PVG_ACCEPTED;
}

/* Every bound object is resolved by itself; nothing is reached through pointers. */
static enum pvg_refusal use_resources(void *ctx, const struct pvg_wire_use_resources *rec)
{
    return PVG_ACCEPTED;
}

static enum pvg_refusal use_heaps(void *ctx, const struct pvg_wire_use_heaps *rec)
{
    return PVG_ACCEPTED;
}

/* ---- Control flow ---- */

void pvg_compute_renew(struct pvg_compute *compute)
{
    if (compute->run->lost) {
        return;
    }
    compute->unordered = false;
    memset(&compute->told, 0, sizeof(compute->told)); /* another command buffer */
    pvg_binds_renew(&compute->binds, compute->run);
    if (compute->pipeline) {
        pvg_gpu_object_hold(&compute->pipeline->base, compute->run->batch);
    }
}

static enum pvg_refusal control_flow(void *ctx, const struct pvg_wire_control_flow_record *rec)
{
    struct pvg_compute *compute = ctx;
    enum pvg_refusal why;

    compute->flow.renewed = false;
    why = pvg_control_flow_record(&compute->flow, compute->run, rec);
    if (compute->flow.renewed) {
        pvg_compute_renew(compute);
    }
    return why;
}

/* Not offered to guests, and refused by their empty slots: image blocks, indirect command buffers.
 */
static const struct pvg_wire_compute_handlers handlers = {
    .set_buffers = set_buffers,
    .set_buffers_strided = set_buffers_strided,
    .set_buffer_offset = set_buffer_offset,
    .set_buffer_offset_strided = set_buffer_offset_strided,
    .set_textures = set_textures,
    .set_samplers = set_samplers,
    .set_samplers_clamped = set_samplers_clamped,
    .set_pipeline = set_pipeline,
    .update_fence = update_fence,
    .wait_fence = wait_fence,
    .memory_barrier = memory_barrier,
    .memory_barrier_resources = memory_barrier_resources,
    .use_resources = use_resources,
    .use_heaps = use_heaps,
    .dispatch = pvg_compute_dispatch,
    .dispatch_indirect = pvg_compute_dispatch_indirect,
    .dispatch_threads_indirect = pvg_compute_dispatch_threads_indirect,
    .control_flow_record = control_flow,
    .set_stage_in_region = set_stage_in_region,
    .set_stage_in_region_indirect = set_stage_in_region_indirect,
    .set_threadgroup_memory = set_threadgroup_memory,
    .compute_pass = compute_pass,
    .compressed_texture_flush = compressed_texture_flush,
};

static bool is_control_flow(uint32_t opcode)
{
    return opcode >= PVG_WIRE_COMPUTE_START_DO && opcode <= PVG_WIRE_COMPUTE_END_IF;
}

static enum pvg_refusal compute_record(void *encoder, uint32_t opcode, struct pvg_cursor *payload)
{
    const struct pvg_compute *compute = encoder;

    if (!pvg_control_flow_runs(&compute->flow) && !is_control_flow(opcode)) {
        return PVG_ACCEPTED;
    }
    return pvg_wire_compute_dispatch(&handlers, encoder, opcode, payload);
}

const struct pvg_encoder_impl pvg_compute_encoder = {
    .begin = compute_begin,
    .record = compute_record,
    .end = compute_end,
};
