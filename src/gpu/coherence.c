/* SPDX-License-Identifier: MIT */
/* Keeps host copies and guest memory the same where somebody can tell the difference.
 *
 * Before a run's first use of a buffer its bytes are uploaded; an image's are when the guest said
 * that it changed them (validity quads), when it is new, or when its storage is shared, which the
 * guest may write without a word. After the run, what it wrote goes back to guest memory before the
 * stamp. A buffer is compared with what was uploaded, so that bytes which the GPU did not change
 * are not written: the guest may be changing those itself. Spec: 20-memory 11; 01-errata-device E1.
 */
#include <stdatomic.h>
#include <string.h>

#include "gpu/overlay.h"
#include "gpu/present.h"
#include "gpu/saved_textures.h"
#include "memory/memory.h"

struct write_back {
    struct pvg_buffer *buffer; /* one of the two */
    struct pvg_image *image;
    uint32_t level;
    struct pvg_vk_slice now;    /* what the GPU left */
    struct pvg_vk_slice before; /* buffer: what was uploaded */
    uint64_t size;
};

GArray *pvg_gpu_run_write_backs_new(void)
{
    return g_array_new(FALSE, TRUE, sizeof(struct write_back));
}

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
    struct write_back pair = {.buffer = buffer, .size = buffer->size};
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

static void gather_buffer(struct pvg_gpu_run *run, struct pvg_buffer *buffer)
{
    for (guint i = 0; i < run->write_backs->len; i++) {
        struct write_back *pair = &g_array_index(run->write_backs, struct write_back, i);

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
        struct write_back back = {
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
static enum pvg_refusal scatter_buffer(struct pvg_gpu_run *run, const struct write_back *pair)
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

static enum pvg_refusal scatter_image(struct pvg_gpu_run *run, const struct write_back *back)
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
        const struct write_back *back = &g_array_index(run->write_backs, struct write_back, i);
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
