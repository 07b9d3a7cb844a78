/* SPDX-License-Identifier: MIT */
/* Counts samples with occlusion queries. */
#include "gpu/visibility.h"

#include <stdlib.h>

#include "base/range.h"
#include "wire/render.h"

struct span {
    uint64_t offset; /* in the guest's buffer */
    VkQueryPool pool;
    uint32_t query;
    bool counted; /* the query was begun; an offset that was only armed gets a zero */
};

enum pvg_refusal pvg_visibility_set(struct pvg_visibility *visibility, struct pvg_gpu_run *run,
                                    uint64_t offset, uint64_t mode)
{
    const struct pvg_vk *vk = run->gpu->vk;

    pvg_visibility_pause(visibility, run);
    visibility->mode = PVG_WIRE_VISIBILITY_MODE_DISABLED;
    if (mode > PVG_WIRE_VISIBILITY_MODE_COUNTING) {
        return PVG_REFUSED_VALUE;
    }
    if (mode == PVG_WIRE_VISIBILITY_MODE_DISABLED) {
        return PVG_ACCEPTED;
    }
    if (!visibility->buffer) {
        return PVG_REFUSED_STATE;
    }
    if (offset % 8) {
        return PVG_REFUSED_VALUE;
    }
    if (!pvg_range_fits((struct pvg_range){offset, 8}, visibility->buffer->size)) {
        return PVG_REFUSED_RANGE;
    }
    if (mode == PVG_WIRE_VISIBILITY_MODE_COUNTING &&
        !vk->features.core.features.occlusionQueryPrecise) {
        return PVG_REFUSED_HOST_DEVICE;
    }
    if (!visibility->spans) {
        visibility->spans = g_array_new(FALSE, TRUE, sizeof(struct span));
    }
    visibility->mode = mode;
    visibility->offset = offset;
    g_array_append_val(visibility->spans, ((struct span){.offset = offset}));
    return PVG_ACCEPTED;
}

void pvg_visibility_count(struct pvg_visibility *visibility, struct pvg_gpu_run *run)
{
    struct span *span;

    if (visibility->mode == PVG_WIRE_VISIBILITY_MODE_DISABLED || visibility->open) {
        return;
    }
    span = &g_array_index(visibility->spans, struct span, visibility->spans->len - 1);
    if (span->counted) { /* the rendering was interrupted: the rest is another query */
        g_array_append_val(visibility->spans, ((struct span){.offset = visibility->offset}));
        span = &g_array_index(visibility->spans, struct span, visibility->spans->len - 1);
    }
    if (!pvg_vk_batch_query(run->batch, &span->pool, &span->query)) {
        pvg_gpu_run_refuse(run, PVG_REFUSED_HOST_MEMORY, PVG_WIRE_RENDER_SET_VISIBILITY);
        visibility->mode = PVG_WIRE_VISIBILITY_MODE_DISABLED;
        return;
    }
    span->counted = visibility->open = true;
    run->gpu->vk->fn.vkCmdBeginQuery(
        run->commands, span->pool, span->query,
        visibility->mode == PVG_WIRE_VISIBILITY_MODE_COUNTING ? VK_QUERY_CONTROL_PRECISE_BIT : 0);
}

void pvg_visibility_pause(struct pvg_visibility *visibility, struct pvg_gpu_run *run)
{
    const struct span *span;

    if (visibility->open) {
        span = &g_array_index(visibility->spans, struct span, visibility->spans->len - 1);
        run->gpu->vk->fn.vkCmdEndQuery(run->commands, span->pool, span->query);
        visibility->open = false;
    }
}

/* ---- Results ---- */

/* What the kernel works with: slices of the batch's own memory. */
struct sums {
    struct pvg_vk_slice spans, order, ranges, sums;
    VkBufferCopy *copies; /* from sums to the guest's buffer */
    uint32_t count;       /* of offsets */
};

struct place {
    uint64_t offset;
    uint32_t span;
};

static int by_offset(const void *a, const void *b)
{
    const struct place *left = a, *right = b;

    return left->offset != right->offset ? (left->offset > right->offset) * 2 - 1
                                         : (left->span > right->span) - (left->span < right->span);
}

/* Sorts the spans by offset: each offset's are a range of the order. Spans that counted nothing
 * give their offset a place and no span. */
static void arrange(const GArray *spans, struct sums *out)
{
    g_autofree struct place *places = g_new(struct place, spans->len);
    uint32_t *order = out->order.mapped, *ranges = out->ranges.mapped, used = 0;

    for (uint32_t i = 0; i < spans->len; i++) {
        places[i] = (struct place){g_array_index(spans, struct span, i).offset, i};
    }
    qsort(places, spans->len, sizeof(*places), by_offset);
    for (uint32_t i = 0; i < spans->len; i++) {
        if (!out->count || out->copies[out->count - 1].dstOffset != places[i].offset) {
            out->copies[out->count] =
                (VkBufferCopy){out->sums.offset + 8 * (uint64_t)out->count, places[i].offset, 8};
            ranges[2 * out->count] = used;
            ranges[2 * out->count + 1] = 0;
            out->count++;
        }
        if (g_array_index(spans, struct span, places[i].span).counted) {
            order[used++] = places[i].span;
            ranges[2 * out->count - 1]++;
        }
    }
}

static bool stage_all(struct pvg_gpu_run *run, uint32_t spans, struct sums *out)
{
    return pvg_vk_batch_stage(run->batch, 8 * (uint64_t)spans, PVG_KERNEL_ALIGNMENT, &out->spans) &&
           pvg_vk_batch_stage(run->batch, 4 * (uint64_t)spans, PVG_KERNEL_ALIGNMENT, &out->order) &&
           pvg_vk_batch_stage(run->batch, 8 * (uint64_t)spans, PVG_KERNEL_ALIGNMENT,
                              &out->ranges) &&
           pvg_vk_batch_stage(run->batch, 8 * (uint64_t)spans, PVG_KERNEL_ALIGNMENT, &out->sums);
}

static bool write_sums(struct pvg_visibility *visibility, struct pvg_gpu_run *run)
{
    const GArray *spans = visibility->spans;
    struct pvg_vk *vk = run->gpu->vk;
    const VkDeviceSize size = 8 * (VkDeviceSize)spans->len;
    g_autofree VkBufferCopy *copies = g_new(VkBufferCopy, spans->len);
    struct sums s = {.copies = copies};
    struct pvg_kernel_job job = {.kernel = PVG_KERNEL_ADD_RESULTS, .groups = {0, 1, 1}};

    if (!stage_all(run, spans->len, &s)) {
        return false;
    }
    arrange(spans, &s);
    for (uint32_t i = 0, n; i < spans->len; i += n) {
        const struct span *first = &g_array_index(spans, struct span, i);

        for (n = 1; i + n < spans->len; n++) { /* queries that stand side by side: one command */
            const struct span *next = &g_array_index(spans, struct span, i + n);

            if (!first->counted || !next->counted || next->pool != first->pool ||
                next->query != first->query + n) {
                break;
            }
        }
        if (first->counted) {
            vk->fn.vkCmdCopyQueryPoolResults(run->commands, first->pool, first->query, n,
                                             s.spans.buffer, s.spans.offset + 8 * (uint64_t)i, 8,
                                             VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
        }
    }
    pvg_gpu_full_barrier(run->gpu, run->commands);
    job.buffers[0] = pvg_kernel_slice(&s.spans, size);
    job.buffers[1] = pvg_kernel_slice(&s.order, size / 2);
    job.buffers[2] = pvg_kernel_slice(&s.ranges, size);
    job.buffers[3] = pvg_kernel_slice(&s.sums, size);
    job.push[0] = s.count;
    job.groups[0] = (s.count + 63) / 64;
    if (!pvg_kernels_run(&run->gpu->kernels, run->batch, &job)) {
        return false;
    }
    pvg_gpu_full_barrier(run->gpu, run->commands);
    pvg_gpu_run_write_buffer(run, visibility->buffer);
    vk->fn.vkCmdCopyBuffer(run->commands, s.sums.buffer, visibility->buffer->host.handle, s.count,
                           copies);
    run->tail_open = true;
    return true;
}

void pvg_visibility_finish(struct pvg_visibility *visibility, struct pvg_gpu_run *run)
{
    if (visibility->spans && !write_sums(visibility, run)) {
        pvg_gpu_run_refuse(run, PVG_REFUSED_HOST_MEMORY, PVG_WIRE_RENDER_SET_VISIBILITY);
    }
    g_clear_pointer(&visibility->spans, g_array_unref);
}
