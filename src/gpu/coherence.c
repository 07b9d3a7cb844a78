/* SPDX-License-Identifier: MIT */
/* Brings to the host what the guest wrote, where the GPU is about to look.
 *
 * Before a run's first use of a buffer its bytes are uploaded; an image's are when the guest said
 * that it changed them (validity quads), or when it is new. Spec: 20-memory 11; 01-errata-device
 * E1. */
#include <stdatomic.h>
#include <string.h>

#include "gpu/overlay.h"
#include "gpu/saved_textures.h"
#include "gpu/write_back.h"
#include "memory/memory.h"

static void upload_started(struct pvg_gpu_run *run)
{
    if (!run->uploads) {
        run->uploads = true;
        pvg_gpu_full_barrier(run->gpu, run->batch->before); /* earlier batches may still read */
    }
}

static void buffer_upload(struct pvg_gpu_run *run, struct pvg_buffer *buffer)
{
    struct pvg_gpu *gpu = run->gpu;
    struct pvg_write_back pair = {.buffer = buffer, .size = buffer->size};
    enum pvg_refusal why;

    if (!pvg_vk_batch_stage(run->batch, buffer->size, 16, &pair.before)) {
        pvg_gpu_run_refuse(run, PVG_REFUSED_HOST_MEMORY, 0);
        return;
    }
    upload_started(run);
    g_array_append_val(run->write_backs, pair); /* gathered only if the run writes it */
    if (buffer->written_in > atomic_load_explicit(&gpu->landed, memory_order_acquire)) {
        /* What an earlier run wrote is not in guest memory yet: the host's bytes are the newest. */
        gpu->vk->fn.vkCmdCopyBuffer(run->batch->before, buffer->host.handle, pair.before.buffer, 1,
                                    &(VkBufferCopy){0, pair.before.offset, buffer->size});
        return;
    }
    why = pvg_space_read(gpu->memory, buffer->space, buffer->at, pair.before.mapped, buffer->size);
    if (why != PVG_ACCEPTED) {
        pvg_gpu_run_refuse(run, why, 0);
        memset(pair.before.mapped, 0, buffer->size); /* staging memory is used again and again */
    }
    gpu->vk->fn.vkCmdCopyBuffer(run->batch->before, pair.before.buffer, buffer->host.handle, 1,
                                &(VkBufferCopy){pair.before.offset, 0, buffer->size});
    pvg_count(gpu->counts.uploaded, buffer->size);
}

static void buffer_make_current(struct pvg_gpu_run *run, struct pvg_buffer *buffer)
{
    pvg_gpu_object_hold(&buffer->base, run->batch);
    if (buffer->uploaded_in != run->batch->serial) {
        buffer->uploaded_in = run->batch->serial;
        buffer->version++; /* the guest may have written it since the last run */
        if (!buffer->in_place) {
            buffer_upload(run, buffer);
        }
    }
}

void pvg_gpu_run_use_buffer(struct pvg_gpu_run *run, struct pvg_buffer *buffer)
{
    buffer_make_current(run, buffer);
    pvg_overlays_settle(run, buffer, NULL);
}

void pvg_gpu_run_write_buffer(struct pvg_gpu_run *run, struct pvg_buffer *buffer)
{
    pvg_gpu_run_use_buffer(run, buffer);
    buffer->version++;
    if (buffer->written_in != run->batch->serial) {
        buffer->written_in = run->batch->serial;
        g_ptr_array_add(run->written, &buffer->base);
    }
}

/* From the guest's pages by way of staging memory; zeroes where they are not there. */
static bool image_upload(struct pvg_gpu_run *run, struct pvg_image *image)
{
    struct pvg_gpu *gpu = run->gpu;
    struct pvg_vk *vk = gpu->vk;

    for (uint32_t level = 0; level < image->shape.levels; level++) {
        const VkExtent3D extent = {pvg_level_extent(image->shape.width, level),
                                   pvg_level_extent(image->shape.height, level),
                                   pvg_level_extent(image->shape.depth, level)};
        const uint32_t pieces = image->layers * extent.depth; /* one of the two is 1 */
        const uint64_t size = pvg_image_host_size(image, level);
        struct pvg_vk_slice slice;

        if (!pvg_vk_batch_stage(run->batch, size * pieces, 16, &slice)) {
            pvg_gpu_run_refuse(run, PVG_REFUSED_HOST_MEMORY, 0);
            return false;
        }
        for (uint32_t piece = 0; piece < pieces; piece++) {
            uint8_t *to = (uint8_t *)slice.mapped + piece * size;
            enum pvg_refusal why =
                pvg_backing_read(image->backing, gpu->memory, image, level, piece, to);

            if (why != PVG_ACCEPTED) {
                pvg_gpu_run_refuse(run, why, 0);
                memset(to, 0, size);
            }
        }
        vk->fn.vkCmdCopyBufferToImage(
            run->batch->before, slice.buffer, image->host.handle, VK_IMAGE_LAYOUT_GENERAL, 1,
            &(VkBufferImageCopy){
                .bufferOffset = slice.offset,
                .imageSubresource = {image->format->aspects, level, 0, image->layers},
                .imageExtent = extent,
            });
        pvg_count(gpu->counts.uploaded, size * pieces);
    }
    return true;
}

/* Before the first command of the run that touches it. */
static void image_make_current(struct pvg_gpu_run *run, struct pvg_image *image)
{
    const bool fresh = !image->begun;

    upload_started(run);
    pvg_image_begin(image, run->batch, image->backing || image->saved);
    image->stale = false;
    if (!image->backing) {
        if (image->saved && !pvg_saved_texels_upload(image->saved, image, run->batch)) {
            pvg_gpu_run_refuse(run, PVG_REFUSED_VALUE, 0);
            pvg_image_clear(image, run->batch);
        }
        g_clear_pointer(&image->saved, g_free);
        return;
    }
    if (pvg_overlay_place(run, image)) {
        pvg_overlay_upload(run, image);
    } else if (!image_upload(run, image) && fresh) {
        pvg_image_clear(image, run->batch); /* never what the host's memory held before */
    }
}

void pvg_gpu_run_use_image(struct pvg_gpu_run *run, struct pvg_image *image)
{
    const bool first = image->checked_in != run->batch->serial;

    pvg_gpu_object_hold(&image->base, run->batch);
    image->checked_in = run->batch->serial;
    if (image->shared) {
        const bool written = image->over->written_in == run->batch->serial;

        buffer_make_current(run, image->over);
        pvg_overlays_settle(run, image->over, image);
        if (first) {
            g_ptr_array_add(run->overlays, image);
            image_make_current(run, image);
            image->shows = written ? 0 : image->over->version;
        }
        pvg_overlay_refresh(run, image);
    } else if (first && (!image->begun || image->stale)) {
        image_make_current(run, image);
    }
}

void pvg_gpu_run_use_texture(struct pvg_gpu_run *run, struct pvg_texture *texture)
{
    pvg_gpu_object_hold(&texture->base, run->batch);
    if (texture->image) {
        pvg_gpu_run_use_image(run, texture->image);
    } else {
        pvg_gpu_run_use_buffer(run, texture->texels);
    }
}

static void note_image(struct pvg_gpu_run *run, struct pvg_image *image)
{
    if (image->written_in != run->batch->serial) {
        image->written_in = run->batch->serial;
        image->written_levels = 0;
        g_ptr_array_add(run->written, &image->base);
    }
}

void pvg_gpu_run_ask_image(struct pvg_gpu_run *run, struct pvg_image *image)
{
    if (image->owed || image->written_in == run->batch->serial) {
        pvg_gpu_object_hold(&image->base, run->batch);
        note_image(run, image);
        image->asked_in = run->batch->serial;
    }
}

void pvg_gpu_run_write_texture(struct pvg_gpu_run *run, struct pvg_texture *texture, uint32_t level,
                               uint32_t levels)
{
    struct pvg_image *image = texture->image;

    pvg_gpu_run_use_texture(run, texture);
    if (!image) {
        pvg_gpu_run_write_buffer(run, texture->texels);
        return;
    }
    if (image->shared) {
        image->drawn = true;
        return;
    }
    note_image(run, image);
    for (uint32_t i = 0; i < levels; i++) {
        image->written_levels |= 1u << (texture->first_level + level + i);
    }
}
