/* SPDX-License-Identifier: MIT */
/* Brings to guest memory what a run wrote, before its stamp.
 *
 * A buffer is compared with what was uploaded, so that bytes which the GPU did not change are not
 * written: the guest may be changing those itself. Spec: 20-memory 11; 01-errata-device E1. */
#include "gpu/write_back.h"

#include <string.h>

#include "gpu/overlay.h"
#include "gpu/present.h"
#include "memory/memory.h"

GArray *pvg_gpu_run_write_backs_new(void)
{
    return g_array_new(FALSE, TRUE, sizeof(struct pvg_write_back));
}

static void gather_buffer(struct pvg_gpu_run *run, struct pvg_buffer *buffer)
{
    for (guint i = 0; i < run->write_backs->len; i++) {
        struct pvg_write_back *pair = &g_array_index(run->write_backs, struct pvg_write_back, i);

        if (pair->buffer == buffer &&
            pvg_vk_batch_stage(run->batch, buffer->size, 16, &pair->now)) {
            run->gpu->vk->fn.vkCmdCopyBuffer(run->commands, buffer->host.handle, pair->now.buffer,
                                             1, &(VkBufferCopy){0, pair->now.offset, buffer->size});
        }
    }
}

/* Guest memory gets what was drawn when the guest asks for it: private textures, which the guest's
 * CPU does not read, and surfaces, which are drawn for each frame and shown from the image.
 * Spec: 20-memory 11.1, 11.5. */
static bool is_lazy(const struct pvg_image *image)
{
    return image->shape.storage == PVG_WIRE_STORAGE_MODE_PRIVATE ||
           (image->backing->kind == PVG_BACKING_SURFACE && pvg_image_can_be_shown(image));
}

static void gather_image(struct pvg_gpu_run *run, struct pvg_image *image)
{
    struct pvg_vk *vk = run->gpu->vk;

    if (!image->backing) {
        return;
    }
    image->owed |= image->written_levels;
    if (is_lazy(image) && image->asked_in != run->batch->serial) {
        return;
    }
    image->written_levels = image->owed;
    image->owed = 0;
    if (pvg_overlay_place(run, image)) {
        pvg_overlay_write_back(run, image);
        return;
    }
    for (uint32_t level = 0; level < image->shape.levels; level++) {
        const VkExtent3D extent = {pvg_level_extent(image->shape.width, level),
                                   pvg_level_extent(image->shape.height, level),
                                   pvg_level_extent(image->shape.depth, level)};
        struct pvg_write_back back = {
            .image = image,
            .level = level,
            .size = pvg_image_host_size(image, level) * image->layers * extent.depth,
        };

        if (!(image->written_levels >> level & 1) ||
            !pvg_vk_batch_stage(run->batch, back.size, 16, &back.now)) {
            continue;
        }
        vk->fn.vkCmdCopyImageToBuffer(
            run->commands, image->host.handle, VK_IMAGE_LAYOUT_GENERAL, back.now.buffer, 1,
            &(VkBufferImageCopy){
                .bufferOffset = back.now.offset,
                .imageSubresource = {image->format->aspects, level, 0, image->layers},
                .imageExtent = extent,
            });
        g_array_append_val(run->write_backs, back);
    }
}

void pvg_gpu_run_gather(struct pvg_gpu_run *run)
{
    pvg_gpu_run_barrier(run);
    pvg_overlays_settle(run, NULL, NULL);
    pvg_gpu_run_barrier(run);
    for (guint i = 0; i < run->written->len; i++) {
        struct pvg_gpu_object *object = g_ptr_array_index(run->written, i);

        if (object->kind == PVG_GPU_BUFFER) {
            gather_buffer(run, (struct pvg_buffer *)object);
        } else {
            gather_image(run, (struct pvg_image *)object);
        }
    }
    if (run->uploads) { /* what follows in `commands` sees the uploads */
        pvg_gpu_full_barrier(run->gpu, run->batch->before);
    }
    pvg_gpu_host_barrier(run->gpu, run->commands);
}

/* Writes the runs of bytes that differ. Runs closer than a cache line are joined. */
static enum pvg_refusal scatter_buffer(struct pvg_gpu_run *run, const struct pvg_write_back *pair)
{
    const uint8_t *now = pair->now.mapped, *before = pair->before.mapped;
    enum pvg_refusal first = PVG_ACCEPTED;
    uint64_t at = 0;

    while (at < pair->size) {
        uint64_t end, same;
        enum pvg_refusal why;

        while (at + 64 <= pair->size && memcmp(now + at, before + at, 64) == 0) {
            at += 64;
        }
        while (at < pair->size && now[at] == before[at]) {
            at++;
        }
        if (at == pair->size) {
            break;
        }
        for (end = at + 1, same = 0; end < pair->size && same < 8; end++) {
            same = now[end] == before[end] ? same + 1 : 0;
        }
        end -= same;
        why = pvg_space_write(run->gpu->memory, pair->buffer->space,
                              (struct pvg_gva){pair->buffer->at.value + at}, now + at, end - at);
        if (first == PVG_ACCEPTED) {
            first = why;
        }
        pvg_count(run->gpu->counts.written_back, end - at);
        at = end;
    }
    return first;
}

static enum pvg_refusal scatter_image(struct pvg_gpu_run *run, const struct pvg_write_back *back)
{
    const struct pvg_image *image = back->image;
    const uint64_t size = pvg_image_host_size(image, back->level);
    enum pvg_refusal first = PVG_ACCEPTED;

    for (uint64_t piece = 0; piece < back->size / size; piece++) {
        enum pvg_refusal why =
            pvg_backing_write(image->backing, run->gpu->memory, run->session, image, back->level,
                              (uint32_t)piece, (const uint8_t *)back->now.mapped + piece * size);

        if (first == PVG_ACCEPTED) {
            first = why;
        }
    }
    pvg_count(run->gpu->counts.written_back, back->size);
    return first;
}

enum pvg_refusal pvg_gpu_run_scatter(struct pvg_gpu_run *run)
{
    enum pvg_refusal first = PVG_ACCEPTED;

    for (guint i = 0; i < run->replies->len; i++) {
        const struct pvg_reply *reply = &g_array_index(run->replies, struct pvg_reply, i);
        enum pvg_refusal why =
            pvg_space_write(run->gpu->memory, reply->space, reply->at, reply->bytes, reply->size);

        first = first == PVG_ACCEPTED ? why : first;
    }
    for (guint i = 0; i < run->written->len; i++) {
        const struct pvg_gpu_object *object = g_ptr_array_index(run->written, i);

        if (object->kind == PVG_GPU_BUFFER && ((const struct pvg_buffer *)object)->in_place) {
            pvg_mapping_note_written(&((const struct pvg_buffer *)object)->mapping,
                                     run->gpu->memory);
        }
    }
    for (guint i = 0; i < run->write_backs->len; i++) {
        const struct pvg_write_back *back =
            &g_array_index(run->write_backs, struct pvg_write_back, i);
        enum pvg_refusal why = PVG_ACCEPTED;

        if (back->now.mapped) {
            why = back->buffer ? scatter_buffer(run, back) : scatter_image(run, back);
        }
        if (first == PVG_ACCEPTED) {
            first = why;
        }
    }
    return first;
}
