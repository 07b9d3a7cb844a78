/* SPDX-License-Identifier: MIT */
/* Reads textures back for a save, and finds them again after a restore. */
#include "gpu/saved_textures.h"

#include <string.h>

#include "gpu/pixel_format.h"
#include "gpu/run.h"
#include "gpu/table.h"

#define TAG     PVG_SECTION_TAG("GPUT")
#define VERSION 1

struct saved {
    uint8_t type;
    uint32_t length;
    struct pvg_gva address;
    uint8_t *descriptor;
    struct pvg_saved_texels *texels;
};

static void saved_free(gpointer data)
{
    struct saved *saved = data;

    g_free(saved->descriptor);
    g_free(saved->texels);
    g_free(saved);
}

void pvg_saved_textures_finish(struct pvg_gpu *gpu)
{
    g_clear_pointer(&gpu->saved, g_hash_table_unref);
}

void pvg_saved_textures_init(struct pvg_gpu *gpu)
{
    gpu->saved = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, saved_free);
}

static guint64 key_of(uint32_t task, uint32_t ref)
{
    return (guint64)task << 32 | ref;
}

/* ---- Texels ---- */

/* Bytes of a texel's, or block's, @aspect in a buffer. */
static uint64_t block_bytes(const struct pvg_image *image, VkImageAspectFlags aspect)
{
    switch (aspect) {
    case VK_IMAGE_ASPECT_STENCIL_BIT:
        return 1;
    case VK_IMAGE_ASPECT_DEPTH_BIT:
        return image->format->vk == VK_FORMAT_D16_UNORM ? 2 : 4;
    default: /* colour */
        return image->format->codec ? image->format->codec->host_bytes
                                    : image->shape.format->bytes;
    }
}

struct piece {
    VkBufferImageCopy copy;
    uint64_t size;
};

/* How all of @image lies in a buffer, one piece a level and aspect; returns the bytes of all. */
static uint64_t lay_out(const struct pvg_image *image, GArray *pieces)
{
    static const VkImageAspectFlags aspects[] = {
        VK_IMAGE_ASPECT_COLOR_BIT, VK_IMAGE_ASPECT_DEPTH_BIT, VK_IMAGE_ASPECT_STENCIL_BIT};
    const bool blocks = !image->format->codec;
    uint64_t at = 0;

    for (uint32_t level = 0; level < image->shape.levels; level++) {
        const VkExtent3D extent = {pvg_level_extent(image->shape.width, level),
                                   pvg_level_extent(image->shape.height, level),
                                   pvg_level_extent(image->shape.depth, level)};
        const uint64_t wide =
            blocks ? (extent.width + image->shape.format->block_width - 1) /
                         image->shape.format->block_width
                   : extent.width;
        const uint64_t high =
            blocks ? (extent.height + image->shape.format->block_height - 1) /
                         image->shape.format->block_height
                   : extent.height;

        for (unsigned i = 0; i < G_N_ELEMENTS(aspects); i++) {
            struct piece piece = {
                .copy = {.bufferOffset = at,
                         .imageSubresource = {aspects[i], level, 0, image->layers},
                         .imageExtent = extent},
            };

            if (!(image->format->aspects & aspects[i])) {
                continue;
            }
            piece.size = wide * high * extent.depth * image->layers *
                         block_bytes(image, aspects[i]);
            g_array_append_val(pieces, piece);
            at += (piece.size + 15) & ~UINT64_C(15);
        }
    }
    return at;
}

/* Waits for it: the machine stands still. */
static struct pvg_saved_texels *read_back(struct pvg_gpu *gpu, struct pvg_image *image)
{
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
    const uint64_t size = lay_out(image, pieces);
    struct pvg_vk_batch *batch = pvg_vk_batch_begin(gpu->queue);
    struct pvg_saved_texels *texels = NULL;
    struct pvg_vk_slice slice;

    if (!batch) {
        return NULL;
    }
    if (pvg_vk_batch_stage(batch, size, 16, &slice)) {
        pvg_gpu_full_barrier(gpu, batch->commands);
        for (guint i = 0; i < pieces->len; i++) {
            VkBufferImageCopy copy = g_array_index(pieces, struct piece, i).copy;

            copy.bufferOffset += slice.offset;
            gpu->vk->fn.vkCmdCopyImageToBuffer(batch->commands, image->host.handle,
                                               VK_IMAGE_LAYOUT_GENERAL, slice.buffer, 1, &copy);
        }
        pvg_gpu_host_barrier(gpu, batch->commands);
        texels = g_try_malloc(sizeof(*texels) + size);
    }
    pvg_vk_batch_submit(batch, NULL, NULL);
    pvg_vk_queue_drain(gpu->queue);
    if (texels && pvg_vk_lost(gpu->vk)) {
        g_clear_pointer(&texels, g_free);
    }
    if (texels) { /* the batch's staging memory is nobody else's before the next batch */
        texels->size = size;
        memcpy(texels->bytes, slice.mapped, size);
    }
    return texels;
}

bool pvg_saved_texels_upload(const struct pvg_saved_texels *texels, struct pvg_image *image,
                             struct pvg_vk_batch *batch)
{
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
    const uint64_t size = lay_out(image, pieces);
    struct pvg_vk_slice slice;

    if (size != texels->size || !pvg_vk_batch_stage(batch, size, 16, &slice)) {
        return false;
    }
    memcpy(slice.mapped, texels->bytes, size);
    for (guint i = 0; i < pieces->len; i++) {
        VkBufferImageCopy copy = g_array_index(pieces, struct piece, i).copy;

        copy.bufferOffset += slice.offset;
        image->vk->fn.vkCmdCopyBufferToImage(batch->before, slice.buffer, image->host.handle,
                                             VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
    }
    return true;
}

/* ---- Saving ---- */

static void save_one(struct pvg_saver *saver, guint64 key, const struct saved *saved)
{
    pvg_save_u8(saver, 1);
    pvg_save_u64(saver, key);
    pvg_save_u8(saver, saved->type);
    pvg_save_u64(saver, saved->address.value);
    pvg_save_u32(saver, saved->length);
    pvg_save_bytes(saver, saved->descriptor, saved->length);
    pvg_save_u64(saver, saved->texels->size);
    pvg_save_bytes(saver, saved->texels->bytes, saved->texels->size);
}

struct saving {
    struct pvg_gpu *gpu;
    struct pvg_saver *saver;
};

static void save_texture(void *ctx, const struct pvg_table_texture *texture)
{
    struct saving *saving = ctx;
    struct pvg_image *image = texture->image;
    struct saved saved = {.type = texture->type,
                          .length = texture->length,
                          .address = texture->address,
                          .descriptor = (uint8_t *)texture->descriptor};

    if (image->backing || !image->begun) {
        return;
    }
    saved.texels = image->shape.samples == 1 ? read_back(saving->gpu, image) : NULL;
    if (saved.texels) {
        save_one(saving->saver, key_of(texture->task, texture->ref), &saved);
    } else {
        pvg_count(saving->gpu->counts.not_saved, 1);
    }
    g_free(saved.texels);
}

void pvg_saved_textures_save(struct pvg_gpu *gpu, struct pvg_saver *saver)
{
    struct saving saving = {gpu, saver};
    GHashTableIter iter;
    gpointer key, saved;

    pvg_save_begin(saver, TAG, VERSION);
    if (gpu->vk) {
        pvg_table_visit_textures(gpu, save_texture, &saving);
    }
    g_hash_table_iter_init(&iter, gpu->saved); /* restored, and not used since */
    while (g_hash_table_iter_next(&iter, &key, &saved)) {
        save_one(saver, *(guint64 *)key, saved);
    }
    pvg_save_u8(saver, 0);
    pvg_save_end(saver);
}

enum pvg_refusal pvg_saved_textures_restore(struct pvg_gpu *gpu, struct pvg_cursor *from)
{
    struct pvg_cursor c;

    g_hash_table_remove_all(gpu->saved);
    if (!from->left) {
        return PVG_ACCEPTED; /* saved with an executor that keeps nothing */
    }
    pvg_restore_section(from, TAG, VERSION, &c);
    while (pvg_take_u8(&c)) {
        struct saved *saved = g_new0(struct saved, 1);
        guint64 key = pvg_take_u64(&c);
        const uint8_t *descriptor, *bytes;
        uint64_t size;

        saved->type = pvg_take_u8(&c);
        saved->address.value = pvg_take_u64(&c);
        saved->length = pvg_take_u32(&c);
        descriptor = pvg_take_bytes(&c, saved->length);
        size = pvg_take_u64(&c);
        bytes = pvg_take_bytes(&c, size);
        saved->texels = bytes ? g_try_malloc(sizeof(*saved->texels) + size) : NULL;
        if (c.refusal != PVG_ACCEPTED || !descriptor || !saved->texels) {
            saved_free(saved);
            return c.refusal != PVG_ACCEPTED ? c.refusal : PVG_REFUSED_HOST_MEMORY;
        }
        saved->descriptor = g_memdup2(descriptor, saved->length);
        saved->texels->size = size;
        memcpy(saved->texels->bytes, bytes, size);
        g_hash_table_replace(gpu->saved, g_memdup2(&key, sizeof(key)), saved);
    }
    return c.refusal;
}

struct pvg_saved_texels *pvg_saved_textures_take(struct pvg_gpu *gpu, uint32_t task,
                                                 const struct pvg_object *object)
{
    const guint64 key = key_of(task, object->ref);
    struct saved *saved = g_hash_table_lookup(gpu->saved, &key);
    struct pvg_saved_texels *texels = NULL;

    if (saved && saved->type == object->type && saved->length == object->length &&
        saved->address.value == object->address.value &&
        memcmp(saved->descriptor, object->descriptor, object->length) == 0) {
        texels = g_steal_pointer(&saved->texels);
    }
    g_hash_table_remove(gpu->saved, &key); /* of another texture: it is gone */
    return texels;
}
