/* SPDX-License-Identifier: MIT */
/* The compute encoder. Spec: 50-compute-blit 3, 4; 02-errata rows 7, 16, 26, 28. */
#include <string.h>

#include "base/range.h"
#include "gpu/binds.h"
#include "gpu/control_flow.h"
#include "gpu/encoders.h"
#include "gpu/table.h"
#include "wire/compute.h"

/* On a device without a watchdog. Errata row 7. */
#define MOST_CPU_THREADS (UINT64_C(1) << 32)

/* Of Vulkan's dispatches that one of the guest's may take: grids reach further than devices do. */
#define MOST_PIECES 4096

struct compute {
    struct pvg_gpu_run *run;
    struct pvg_binds binds;
    struct pvg_compute_pipeline *pipeline; /* held by the batch; NULL: none, or a bad one */
    uint32_t words[PVG_SHADER_BUFFERS];    /* of threadgroup memory, by index */
    bool poisoned;   /* a state record was refused: dispatches wait until it is set again */
    bool concurrent; /* the guest says where barriers are */
    bool unordered;  /* a dispatch ran since the last barrier */
    struct pvg_control_flow flow;
    bool stage_in; /* a stage-in region or image block is set, which the host has not */

    /* What Vulkan has been told; forgotten when anybody else binds something. */
    struct {
        struct pvg_compute_pipeline *described; /* whose descriptor set is bound; NULL: nobody's */
        uint8_t push_of_binds[PVG_PUSH_SIZE];   /* what that set left in the push constants */
        VkPipeline pipeline;
        struct pvg_compute_key key; /* of it, in @described */
        bool pushed;
        uint8_t push[PVG_PUSH_SIZE];
    } told;
};

static void *compute_begin(struct pvg_gpu_run *run)
{
    struct compute *compute = g_new0(struct compute, 1);

    compute->run = run;
    compute->binds.changed = true;
    return compute;
}

static void compute_end(void *encoder)
{
    struct compute *compute = encoder;

    if (compute->flow.depth) { /* what was open ends here */
        pvg_gpu_run_refuse(compute->run, PVG_REFUSED_STATE, PVG_WIRE_COMPUTE_START_DO);
    }
    g_free(encoder);
}

/* ---- State ---- */

static enum pvg_refusal set_buffers(void *ctx, const struct pvg_wire_set_buffers *rec)
{
    struct compute *compute = ctx;

    return pvg_binds_set_buffers(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_buffers_strided(void *ctx,
                                            const struct pvg_wire_set_buffers_strided *rec)
{
    struct compute *compute = ctx;

    return pvg_binds_set_buffers_strided(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_buffer_offset(void *ctx, const struct pvg_wire_set_buffer_offset *rec)
{
    struct compute *compute = ctx;

    return pvg_binds_set_buffer_offset(&compute->binds, rec);
}

static enum pvg_refusal
set_buffer_offset_strided(void *ctx, const struct pvg_wire_set_buffer_offset_strided *rec)
{
    struct compute *compute = ctx;

    return pvg_binds_set_buffer_offset_strided(&compute->binds, rec);
}

static enum pvg_refusal set_textures(void *ctx, const struct pvg_wire_set_textures *rec)
{
    struct compute *compute = ctx;

    return pvg_binds_set_textures(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_samplers(void *ctx, const struct pvg_wire_set_samplers *rec)
{
    struct compute *compute = ctx;

    return pvg_binds_set_samplers(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_samplers_clamped(void *ctx,
                                             const struct pvg_wire_set_samplers_clamped *rec)
{
    struct compute *compute = ctx;

    return pvg_binds_set_samplers_clamped(&compute->binds, compute->run, rec);
}

static enum pvg_refusal set_pipeline(void *ctx, const struct pvg_wire_set_pipeline *rec)
{
    struct compute *compute = ctx;
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
    struct compute *compute = ctx;
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
    struct compute *compute = ctx;

    compute->concurrent = rec->type == PVG_WIRE_DISPATCH_TYPE_CONCURRENT;
    return rec->type <= PVG_WIRE_DISPATCH_TYPE_CONCURRENT ? PVG_ACCEPTED : PVG_REFUSED_VALUE;
}

static enum pvg_refusal set_stage_in_region(void *ctx,
                                            const struct pvg_wire_set_stage_in_region *rec)
{
    ((struct compute *)ctx)->stage_in = true;
    return PVG_ACCEPTED;
}

static enum pvg_refusal
set_stage_in_region_indirect(void *ctx, const struct pvg_wire_set_stage_in_region_indirect *rec)
{
    ((struct compute *)ctx)->stage_in |= rec->buffer != 0;
    return PVG_ACCEPTED;
}

/* ---- Order ---- */

static void barrier(struct compute *compute)
{
    if (compute->unordered) {
        compute->unordered = false;
        pvg_gpu_full_barrier(compute->run->gpu, compute->run->commands);
    }
}

static enum pvg_refusal memory_barrier(void *ctx, const struct pvg_wire_memory_barrier *rec)
{
    barrier(ctx);
    return PVG_ACCEPTED;
}

static enum pvg_refusal memory_barrier_resources(void *ctx,
                                                 const struct pvg_wire_memory_barrier_resources *r)
{
    barrier(ctx);
    return PVG_ACCEPTED;
}

static enum pvg_refusal compressed_texture_flush(void *ctx,
                                                 const struct pvg_wire_compressed_texture_flush *r)
{
    barrier(ctx);
    return PVG_ACCEPTED;
}

static enum pvg_refusal update_fence(void *ctx, const struct pvg_wire_update_fence *rec)
{
    return PVG_ACCEPTED; /* one in-order queue and barriers between encoders */
}

static enum pvg_refusal wait_fence(void *ctx, const struct pvg_wire_wait_fence *rec)
{
    barrier(ctx);
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

/* ---- Dispatches ---- */

struct grid {
    uint32_t groups[3], first[3], local[3]; /* local: the size of these groups */
};

/* What all of a dispatch's boxes share. */
struct dispatch {
    uint8_t push[PVG_PUSH_SIZE];
    uint32_t nominal[3];
};

/* Checks what is set, and the size of a group. */
static enum pvg_refusal check_group(struct compute *compute, const struct pvg_wire_extent *group,
                                    struct dispatch *out)
{
    const VkPhysicalDeviceLimits *limits = &compute->run->gpu->vk->properties.properties.limits;
    struct pvg_compute_pipeline *pipeline = compute->pipeline;
    uint64_t threads, sizes[3] = {group->width, group->height, group->depth};

    if (!pipeline || compute->poisoned || compute->stage_in || pipeline->description.stage_input) {
        return PVG_REFUSED_STATE;
    }
    if (pvg_pipeline_state(&pipeline->base) != PVG_PIPELINE_READY) {
        return PVG_REFUSED_SHADER;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (!sizes[i]) {
            return PVG_REFUSED_VALUE;
        }
        if (sizes[i] > limits->maxComputeWorkGroupSize[i]) {
            return PVG_REFUSED_LIMIT;
        }
        out->nominal[i] = (uint32_t)sizes[i];
    }
    threads = sizes[0] * sizes[1] * sizes[2];
    if (threads > limits->maxComputeWorkGroupInvocations) {
        return PVG_REFUSED_LIMIT;
    }
    return PVG_ACCEPTED;
}

/* Makes the descriptor set. */
static enum pvg_refusal bind(struct compute *compute, struct dispatch *out)
{
    struct pvg_vk *vk = compute->run->gpu->vk;
    struct pvg_compute_pipeline *pipeline = compute->pipeline;
    VkDescriptorSet set;
    enum pvg_refusal why;

    /* With textures over buffers about, each dispatch says anew what it reads and writes. */
    if (!compute->binds.changed && compute->told.described == pipeline &&
        !compute->run->overlays->len) {
        memcpy(out->push, compute->told.push_of_binds, sizeof(out->push));
        return PVG_ACCEPTED;
    }
    memset(&compute->told, 0, sizeof(compute->told));
    memset(out->push, 0, sizeof(out->push));
    why = pvg_binds_describe(&compute->binds, compute->run, &pipeline->kernel,
                             pipeline->layout.sets[0], out->push, &set);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    vk->fn.vkCmdBindDescriptorSets(compute->run->commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                   pipeline->layout.handle, 0, 1, &set, 0, NULL);
    compute->binds.changed = false;
    compute->told.described = pipeline;
    memcpy(compute->told.push_of_binds, out->push, sizeof(out->push));
    return PVG_ACCEPTED;
}

static enum pvg_refusal bind_variant(struct compute *compute, const uint32_t local[3])
{
    const struct pvg_shader_reflection *r =
        &compute->pipeline->kernel.shader->translation.reflection;
    const struct pvg_vk *vk = compute->run->gpu->vk;
    uint64_t bytes = r->threadgroup_bytes;
    struct pvg_compute_key key;
    VkPipeline handle;

    memset(&key, 0, sizeof(key));
    memcpy(key.group, local, sizeof(key.group));
    for (uint32_t i = 0; i < r->threadgroup_count; i++) {
        const uint8_t index = r->threadgroups[i].index;

        key.words[index] = MAX(compute->words[index], 1u);
        bytes += 4 * (uint64_t)key.words[index];
    }
    if (bytes > vk->properties.properties.limits.maxComputeSharedMemorySize) {
        return PVG_REFUSED_LIMIT; /* each was small enough, all of them are not */
    }
    if (compute->told.pipeline && memcmp(&key, &compute->told.key, sizeof(key)) == 0) {
        return PVG_ACCEPTED;
    }
    handle = pvg_compute_pipeline_get(compute->pipeline, &key, compute->run->batch);
    if (!handle) {
        return PVG_REFUSED_SHADER;
    }
    compute->told.pipeline = handle;
    memcpy(&compute->told.key, &key, sizeof(key));
    compute->run->gpu->vk->fn.vkCmdBindPipeline(compute->run->commands,
                                                VK_PIPELINE_BIND_POINT_COMPUTE, handle);
    return PVG_ACCEPTED;
}

static void push_first(struct compute *compute, struct dispatch *d, const uint32_t first[3])
{
    memcpy(d->push + PVG_PUSH_FIRST_GROUP, first, 12);
    if (compute->told.pushed && memcmp(d->push, compute->told.push, sizeof(d->push)) == 0) {
        return;
    }
    compute->told.pushed = true;
    memcpy(compute->told.push, d->push, sizeof(d->push));
    compute->run->gpu->vk->fn.vkCmdPushConstants(
        compute->run->commands, compute->pipeline->layout.handle, VK_SHADER_STAGE_COMPUTE_BIT, 0,
        PVG_PUSH_SIZE, d->push);
}

/* One box of groups of one size, in pieces that the device takes at once. The shader adds the first
 * group to the built-in. */
static void run_box(struct compute *compute, struct dispatch *d, const struct grid *box)
{
    struct pvg_vk *vk = compute->run->gpu->vk;
    const uint32_t *most = vk->properties.properties.limits.maxComputeWorkGroupCount;
    uint32_t at[3];

    for (at[2] = 0; at[2] < box->groups[2]; at[2] += MIN(most[2], box->groups[2] - at[2])) {
        for (at[1] = 0; at[1] < box->groups[1]; at[1] += MIN(most[1], box->groups[1] - at[1])) {
            for (at[0] = 0; at[0] < box->groups[0]; at[0] += MIN(most[0], box->groups[0] - at[0])) {
                const uint32_t first[3] = {box->first[0] + at[0], box->first[1] + at[1],
                                           box->first[2] + at[2]};

                push_first(compute, d, first);
                vk->fn.vkCmdDispatch(compute->run->commands, MIN(most[0], box->groups[0] - at[0]),
                                     MIN(most[1], box->groups[1] - at[1]),
                                     MIN(most[2], box->groups[2] - at[2]));
            }
        }
    }
}

static bool is_in_reach(const struct compute *compute, const uint64_t groups[3])
{
    const uint32_t *most =
        compute->run->gpu->vk->properties.properties.limits.maxComputeWorkGroupCount;
    uint64_t pieces = 1;

    for (unsigned i = 0; i < 3; i++) {
        pieces *= MIN((groups[i] + most[i] - 1) / most[i], MOST_PIECES + 1);
    }
    return pieces <= MOST_PIECES;
}

static void dispatched(struct compute *compute)
{
    compute->run->tail_open = true;
    compute->unordered = true;
    pvg_count(compute->run->gpu->counts.dispatches, 1);
    if (!compute->concurrent) {
        barrier(compute); /* a serial pass: the next dispatch sees what this one wrote */
    }
}

/* Metal runs exactly the threads that were asked for: along each axis whole groups, then one that
 * is smaller. Up to eight boxes, without barriers between them: they are one dispatch. */
static enum pvg_refusal run_grid(struct compute *compute, struct dispatch *d,
                                 const uint64_t threads[3], const uint64_t groups[3])
{
    const bool cpu = pvg_vk_is_cpu(compute->run->gpu->vk);
    uint64_t all;

    for (unsigned i = 0; i < 3; i++) {
        const uint32_t grid = (uint32_t)threads[i], count = (uint32_t)groups[i];

        if (threads[i] > UINT32_MAX || groups[i] > UINT32_MAX) {
            return PVG_REFUSED_LIMIT;
        }
        memcpy(d->push + PVG_PUSH_GRID_THREADS + 4 * i, &grid, 4);
        memcpy(d->push + PVG_PUSH_GRID_GROUPS + 4 * i, &count, 4);
        memcpy(d->push + PVG_PUSH_NOMINAL_GROUP + 4 * i, &d->nominal[i], 4);
    }
    if (!pvg_mul(threads[0], threads[1], &all) || !pvg_mul(all, threads[2], &all) ||
        (cpu && all > MOST_CPU_THREADS) || !is_in_reach(compute, groups)) {
        return PVG_REFUSED_LIMIT;
    }
    for (unsigned corner = 0; corner < 8; corner++) {
        struct grid box;
        bool empty = false;
        enum pvg_refusal why;

        for (unsigned i = 0; i < 3; i++) {
            const uint32_t whole = (uint32_t)(threads[i] / d->nominal[i]);
            const uint32_t rest = (uint32_t)(threads[i] % d->nominal[i]);
            const bool edge = corner >> i & 1;

            box.local[i] = edge ? rest : d->nominal[i];
            box.groups[i] = edge ? 1 : whole;
            box.first[i] = edge ? whole : 0;
            empty |= edge ? !rest : !whole;
        }
        if (empty) {
            continue;
        }
        why = bind_variant(compute, box.local);
        if (why != PVG_ACCEPTED) {
            return why;
        }
        run_box(compute, d, &box);
    }
    dispatched(compute);
    return PVG_ACCEPTED;
}

static enum pvg_refusal skip(struct compute *compute, enum pvg_refusal why)
{
    pvg_count(compute->run->gpu->counts.skipped, why != PVG_ACCEPTED);
    return why;
}

static enum pvg_refusal dispatch(void *ctx, const struct pvg_wire_dispatch *rec)
{
    struct compute *compute = ctx;
    const uint64_t grid[3] = {rec->grid.width, rec->grid.height, rec->grid.depth};
    struct dispatch d;
    uint64_t threads[3], groups[3];
    enum pvg_refusal why;

    if (!grid[0] || !grid[1] || !grid[2]) {
        return PVG_ACCEPTED; /* nothing runs, and that is no error */
    }
    why = check_group(compute, &rec->group, &d);
    if (why == PVG_ACCEPTED) {
        why = bind(compute, &d);
    }
    for (unsigned i = 0; i < 3 && why == PVG_ACCEPTED; i++) {
        if (grid[i] > UINT32_MAX) {
            why = PVG_REFUSED_LIMIT;
        }
        threads[i] = rec->in_threads ? grid[i] : grid[i] * d.nominal[i];
        groups[i] = rec->in_threads ? (grid[i] + d.nominal[i] - 1) / d.nominal[i] : grid[i];
    }
    if (why == PVG_ACCEPTED) {
        why = run_grid(compute, &d, threads, groups);
    }
    return skip(compute, why);
}

/* Copies the twelve bytes on the GPU's own time, from memory that the guest may still change, to
 * memory that it cannot reach, and lets only through what the device can run. */
static enum pvg_refusal take_groups(struct compute *compute, struct pvg_buffer *buffer,
                                    uint64_t offset, uint64_t group, struct pvg_vk_slice *allowed)
{
    struct pvg_gpu_run *run = compute->run;
    struct pvg_vk *vk = run->gpu->vk;
    const uint32_t *most = vk->properties.properties.limits.maxComputeWorkGroupCount;
    const uint64_t threads = pvg_vk_is_cpu(vk) ? MOST_CPU_THREADS : 0;
    struct pvg_kernel_job job = {
        .kernel = PVG_KERNEL_LIMIT_DISPATCH,
        .push = {most[0], most[1], most[2], (uint32_t)group, (uint32_t)threads,
                 (uint32_t)(threads >> 32)},
        .groups = {1, 1, 1},
    };
    struct pvg_vk_slice wanted;

    if (!pvg_vk_batch_stage(run->batch, 12, PVG_KERNEL_ALIGNMENT, &wanted) ||
        !pvg_vk_batch_stage(run->batch, 12, PVG_KERNEL_ALIGNMENT, allowed)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    pvg_gpu_run_use_buffer(run, buffer);
    if (compute->concurrent) {
        barrier(compute);
    }
    vk->fn.vkCmdCopyBuffer(run->commands, buffer->host.handle, wanted.buffer, 1,
                           &(VkBufferCopy){offset, wanted.offset, 12});
    pvg_gpu_full_barrier(run->gpu, run->commands);
    job.buffers[0] = pvg_kernel_slice(&wanted, 12);
    job.buffers[1] = pvg_kernel_slice(allowed, 12);
    memset(&compute->told, 0, sizeof(compute->told));
    if (!pvg_kernels_run(&run->gpu->kernels, run->batch, &job)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    pvg_gpu_full_barrier(run->gpu, run->commands);
    return PVG_ACCEPTED;
}

/* A grid of no size in the push constants: the kernel asks the device. */
static enum pvg_refusal dispatch_indirect(void *ctx, const struct pvg_wire_dispatch_indirect *rec)
{
    struct compute *compute = ctx;
    struct pvg_gpu_run *run = compute->run;
    struct pvg_vk_slice groups;
    struct dispatch d;
    enum pvg_refusal why;
    struct pvg_buffer *buffer = pvg_gpu_run_find_words(run, rec->buffer, rec->offset, 12, &why);

    if (buffer) {
        why = check_group(compute, &rec->group, &d);
    }
    if (why == PVG_ACCEPTED) {
        why = take_groups(compute, buffer, rec->offset,
                          (uint64_t)d.nominal[0] * d.nominal[1] * d.nominal[2], &groups);
    }
    if (why == PVG_ACCEPTED) {
        why = bind(compute, &d);
    }
    if (why == PVG_ACCEPTED) {
        why = bind_variant(compute, d.nominal);
    }
    if (why != PVG_ACCEPTED) {
        return skip(compute, why);
    }
    memcpy(d.push + PVG_PUSH_NOMINAL_GROUP, d.nominal, 12);
    push_first(compute, &d, (const uint32_t[]){0, 0, 0});
    run->gpu->vk->fn.vkCmdDispatchIndirect(run->commands, groups.buffer, groups.offset);
    dispatched(compute);
    return PVG_ACCEPTED;
}

/* ---- What needs to know what the GPU wrote ---- */

static void renew(struct compute *compute)
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

/* The size of the group is in memory too, and a Vulkan pipeline has one: the host reads it. */
static enum pvg_refusal
dispatch_threads_indirect(void *ctx, const struct pvg_wire_dispatch_threads_indirect *r)
{
    struct compute *compute = ctx;
    uint32_t sizes[6];
    enum pvg_refusal why = pvg_gpu_run_read(compute->run, r->buffer, r->offset, sizes, 24);

    renew(compute);
    if (why != PVG_ACCEPTED) {
        return skip(compute, why);
    }
    return dispatch(compute, &(struct pvg_wire_dispatch){
                                 .in_threads = true,
                                 .grid = {sizes[0], sizes[1], sizes[2]},
                                 .group = {sizes[3], sizes[4], sizes[5]},
                             });
}

static enum pvg_refusal control_flow(void *ctx, const struct pvg_wire_control_flow_record *rec)
{
    struct compute *compute = ctx;
    enum pvg_refusal why;

    compute->flow.renewed = false;
    why = pvg_control_flow_record(&compute->flow, compute->run, rec);
    if (compute->flow.renewed) {
        renew(compute);
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
    .dispatch = dispatch,
    .dispatch_indirect = dispatch_indirect,
    .dispatch_threads_indirect = dispatch_threads_indirect,
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
    const struct compute *compute = encoder;

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
