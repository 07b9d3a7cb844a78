/* SPDX-License-Identifier: MIT */
/* Dispatches: grids in threads or groups, from the record or from memory. Spec: 50-compute-blit 4;
 * 02-errata rows 7, 16, 28. */
#include <string.h>

#include "base/range.h"
#include "gpu/compute.h"
#include "gpu/heaps.h"
#include "gpu/kernels.h"

/* On a device without a watchdog. Errata row 7. */
#define MOST_CPU_THREADS (UINT64_C(1) << 32)

/* Of Vulkan's dispatches that one of the guest's may take: grids reach further than devices do. */
#define MOST_PIECES 4096

struct grid {
    uint32_t groups[3], first[3], local[3]; /* local: the size of these groups */
};

/* What all of a dispatch's boxes share. */
struct dispatch {
    uint8_t push[PVG_PUSH_SIZE];
    uint32_t nominal[3];
};

/* Checks what is set, and the size of a group. */
static enum pvg_refusal check_group(struct pvg_compute *compute,
                                    const struct pvg_wire_extent *group, struct dispatch *out)
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
static enum pvg_refusal bind(struct pvg_compute *compute, struct dispatch *out)
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
    if (pipeline->layout.heaps) {
        why = pvg_heaps_describe(compute->run,
                                 (const struct pvg_stage_program *[]){&pipeline->kernel}, 1,
                                 pipeline->layout.sets[PVG_SET_HEAPS], &set);
        if (why != PVG_ACCEPTED) {
            return why;
        }
        vk->fn.vkCmdBindDescriptorSets(compute->run->commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                       pipeline->layout.handle, PVG_SET_HEAPS, 1, &set, 0, NULL);
    }
    compute->binds.changed = false;
    compute->told.described = pipeline;
    memcpy(compute->told.push_of_binds, out->push, sizeof(out->push));
    return PVG_ACCEPTED;
}

static enum pvg_refusal bind_variant(struct pvg_compute *compute, const uint32_t local[3])
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

static void push_first(struct pvg_compute *compute, struct dispatch *d, const uint32_t first[3])
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
static void run_box(struct pvg_compute *compute, struct dispatch *d, const struct grid *box)
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

static bool is_in_reach(const struct pvg_compute *compute, const uint64_t groups[3])
{
    const uint32_t *most =
        compute->run->gpu->vk->properties.properties.limits.maxComputeWorkGroupCount;
    uint64_t pieces = 1;

    for (unsigned i = 0; i < 3; i++) {
        pieces *= MIN((groups[i] + most[i] - 1) / most[i], MOST_PIECES + 1);
    }
    return pieces <= MOST_PIECES;
}

static void dispatched(struct pvg_compute *compute)
{
    compute->run->tail_open = true;
    compute->unordered = true;
    pvg_count(compute->run->gpu->counts.dispatches, 1);
    if (!compute->concurrent) {
        pvg_compute_barrier(
            compute); /* a serial pass: the next dispatch sees what this one wrote */
    }
}

/* Metal runs exactly the threads that were asked for: along each axis whole groups, then one that
 * is smaller. Up to eight boxes, without barriers between them: they are one dispatch. */
static enum pvg_refusal run_grid(struct pvg_compute *compute, struct dispatch *d,
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

static enum pvg_refusal skip(struct pvg_compute *compute, enum pvg_refusal why)
{
    pvg_count(compute->run->gpu->counts.skipped, why != PVG_ACCEPTED);
    return why;
}

enum pvg_refusal pvg_compute_dispatch(void *ctx, const struct pvg_wire_dispatch *rec)
{
    struct pvg_compute *compute = ctx;
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
static enum pvg_refusal take_groups(struct pvg_compute *compute, struct pvg_buffer *buffer,
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
        pvg_compute_barrier(compute);
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
enum pvg_refusal pvg_compute_dispatch_indirect(void *ctx,
                                               const struct pvg_wire_dispatch_indirect *rec)
{
    struct pvg_compute *compute = ctx;
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

/* The size of the group is in memory too, and a Vulkan pipeline has one: the host reads it. */
enum pvg_refusal
pvg_compute_dispatch_threads_indirect(void *ctx, const struct pvg_wire_dispatch_threads_indirect *r)
{
    struct pvg_compute *compute = ctx;
    uint32_t sizes[6];
    enum pvg_refusal why = pvg_gpu_run_read(compute->run, r->buffer, r->offset, sizes, 24);

    pvg_compute_renew(compute);
    if (why != PVG_ACCEPTED) {
        return skip(compute, why);
    }
    return pvg_compute_dispatch(compute, &(struct pvg_wire_dispatch){
                                             .in_threads = true,
                                             .grid = {sizes[0], sizes[1], sizes[2]},
                                             .group = {sizes[3], sizes[4], sizes[5]},
                                         });
}
