/* SPDX-License-Identifier: MIT */
/* Copies and fills of buffers. Spec: 50-compute-blit 5.2, 5.3. */
#include "gpu/blit.h"

#include <string.h>

#include "base/range.h"

enum pvg_refusal pvg_blit_copy_buffer(void *ctx, const struct pvg_wire_copy_buffer *rec)
{
    struct pvg_blit *blit = ctx;
    struct pvg_vk *vk = blit->run->gpu->vk;
    const struct pvg_range from = {rec->source_offset, rec->size};
    const struct pvg_range to = {rec->destination_offset, rec->size};
    enum pvg_refusal why;
    struct pvg_buffer *source = pvg_blit_find_buffer(blit, rec->source, &why), *destination;

    if (!source) {
        return why;
    }
    destination = pvg_blit_find_buffer(blit, rec->destination, &why);
    if (!destination) {
        return why;
    }
    if (!pvg_range_fits(from, source->size) || !pvg_range_fits(to, destination->size)) {
        return PVG_REFUSED_RANGE;
    }
    if (!rec->size) {
        return PVG_ACCEPTED;
    }
    pvg_blit_reads_buffer(blit, source);
    pvg_blit_writes_buffer(blit, destination);
    pvg_order_settle(&blit->order);
    if (source == destination && from.start < to.start + to.size &&
        to.start < from.start + from.size) { /* overlapping: by way of staging memory */
        struct pvg_vk_slice slice;

        if (!pvg_vk_batch_stage(blit->run->batch, rec->size, 4, &slice)) {
            return PVG_REFUSED_HOST_MEMORY;
        }
        vk->fn.vkCmdCopyBuffer(blit->run->commands, source->host.handle, slice.buffer, 1,
                               &(VkBufferCopy){from.start, slice.offset, rec->size});
        pvg_gpu_full_barrier(blit->run->gpu, blit->run->commands);
        vk->fn.vkCmdCopyBuffer(blit->run->commands, slice.buffer, destination->host.handle, 1,
                               &(VkBufferCopy){slice.offset, to.start, rec->size});
    } else {
        vk->fn.vkCmdCopyBuffer(blit->run->commands, source->host.handle, destination->host.handle,
                               1, &(VkBufferCopy){from.start, to.start, rec->size});
    }
    pvg_blit_recorded(blit);
    return PVG_ACCEPTED;
}

/* @pattern repeats from @range's first byte on. Vulkan fills whole words: what sticks out at either
 * end is copied from staging memory. */
static enum pvg_refusal fill(struct pvg_blit *blit, uint32_t ref, struct pvg_range range,
                             const uint8_t pattern[4])
{
    struct pvg_vk *vk = blit->run->gpu->vk;
    enum pvg_refusal why;
    struct pvg_buffer *buffer = pvg_blit_find_buffer(blit, ref, &why);
    uint64_t head, tail, middle;
    uint8_t word[4];
    uint32_t value;

    if (!buffer) {
        return why;
    }
    if (!pvg_range_fits(range, buffer->size)) {
        return PVG_REFUSED_RANGE;
    }
    if (!range.size) {
        return PVG_ACCEPTED;
    }
    pvg_blit_writes_buffer(blit, buffer);
    pvg_order_settle(&blit->order);
    head = MIN(-range.start & 3, range.size);
    tail = (range.size - head) & 3;
    middle = range.size - head - tail;
    if (head || tail) {
        struct pvg_vk_slice slice;
        VkBufferCopy copies[2];
        uint32_t count = 0;
        uint8_t *ends;

        if (!pvg_vk_batch_stage(blit->run->batch, 8, 4, &slice)) {
            return PVG_REFUSED_HOST_MEMORY;
        }
        ends = slice.mapped;
        for (unsigned i = 0; i < 4; i++) {
            ends[i] = pattern[i];
            ends[4 + i] = pattern[(head + middle + i) % 4];
        }
        if (head) {
            copies[count++] = (VkBufferCopy){slice.offset, range.start, head};
        }
        if (tail) {
            copies[count++] = (VkBufferCopy){slice.offset + 4, range.start + head + middle, tail};
        }
        vk->fn.vkCmdCopyBuffer(blit->run->commands, slice.buffer, buffer->host.handle, count,
                               copies);
    }
    if (middle) {
        for (unsigned i = 0; i < 4; i++) {
            word[i] = pattern[(head + i) % 4];
        }
        memcpy(&value, word, sizeof(value));
        vk->fn.vkCmdFillBuffer(blit->run->commands, buffer->host.handle, range.start + head, middle,
                               value);
    }
    pvg_blit_recorded(blit);
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_blit_fill_buffer(void *ctx, const struct pvg_wire_fill_buffer *rec)
{
    const uint8_t pattern[4] = {rec->value, rec->value, rec->value, rec->value};

    return fill(ctx, rec->buffer, (struct pvg_range){rec->start, rec->size}, pattern);
}

enum pvg_refusal pvg_blit_fill_buffer_pattern(void *ctx,
                                              const struct pvg_wire_fill_buffer_pattern *rec)
{
    const uint8_t pattern[4] = {(uint8_t)rec->pattern, (uint8_t)(rec->pattern >> 8),
                                (uint8_t)(rec->pattern >> 16), (uint8_t)(rec->pattern >> 24)};

    return fill(ctx, rec->buffer, (struct pvg_range){rec->start, rec->size}, pattern);
}
