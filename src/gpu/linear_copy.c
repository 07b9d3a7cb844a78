/* SPDX-License-Identifier: MIT */
/* Copies directly where Vulkan can address the rows, by way of tight staging memory elsewhere. */
#include "gpu/linear_copy.h"

#include "base/range.h"
#include "memory/memory.h"

enum pvg_refusal pvg_linear_describe(const struct pvg_pixel_format *format,
                                     const struct pvg_texture_region *region, uint64_t offset,
                                     uint64_t bytes_per_row, uint64_t bytes_per_image,
                                     uint64_t size, struct pvg_linear *out)
{
    uint64_t span;

    out->layout =
        pvg_linear_layout(format, region->bytes, region->extent.width, region->extent.height);
    out->offset = offset;
    out->row_stride = bytes_per_row ? bytes_per_row : out->layout.tight_row;
    if (out->layout.blocks_high > 1 && out->row_stride < out->layout.tight_row) {
        return PVG_REFUSED_VALUE;
    }
    if (out->row_stride > INT32_MAX) {
        return PVG_REFUSED_LIMIT;
    }
    out->image_stride =
        bytes_per_image ? bytes_per_image : out->row_stride * out->layout.blocks_high;
    if (!pvg_linear_span(&out->layout, out->row_stride, out->image_stride, region->extent.depth,
                         &span) ||
        !pvg_range_fits((struct pvg_range){offset, span}, size)) {
        return PVG_REFUSED_RANGE;
    }
    return PVG_ACCEPTED;
}

/* Whether one VkBufferImageCopy can say it. */
static bool is_direct(const struct pvg_linear *l, const struct pvg_image *image,
                      const struct pvg_texture_region *region)
{
    const uint64_t b = region->bytes;
    const uint64_t alignment = image->shape.format->aspect == PVG_ASPECT_COLOR ? b : 4;

    return l->row_stride && l->row_stride >= l->layout.tight_row && l->row_stride % b == 0 &&
           l->offset % alignment == 0 && l->offset % b == 0 &&
           (region->extent.depth == 1 ||
            (l->image_stride % l->row_stride == 0 &&
             l->image_stride >= l->row_stride * l->layout.blocks_high));
}

static VkBufferImageCopy copy_of(const struct pvg_linear *l, const struct pvg_image *image,
                                 const struct pvg_texture_region *region)
{
    const struct pvg_pixel_format *format = image->shape.format;
    /* A converted texel has other bytes than the guest's; its rows are always tight. */
    const bool tight = image->format->codec != NULL;

    return (VkBufferImageCopy){
        .bufferOffset = l->offset,
        .bufferRowLength =
            tight ? 0 : (uint32_t)(l->row_stride / region->bytes * format->block_width),
        .bufferImageHeight =
            tight || region->extent.depth == 1
                ? 0
                : (uint32_t)(l->image_stride / l->row_stride * format->block_height),
        .imageSubresource = {region->aspect, region->level, region->slice, 1},
        .imageOffset = region->offset,
        .imageExtent = region->extent,
    };
}

/* The same rows, tight, in staging memory; @rows lists where each comes from or goes to. */
static bool stage_rows(struct pvg_gpu_run *run, const struct pvg_linear *l,
                       const struct pvg_texture_region *region, struct pvg_vk_slice *slice,
                       struct pvg_linear *tight, GArray **rows)
{
    const uint64_t image = l->layout.tight_row * l->layout.blocks_high;

    if (!pvg_vk_batch_stage(run->batch, image * region->extent.depth, 16, slice)) {
        return false;
    }
    *tight = (struct pvg_linear){slice->offset, l->layout.tight_row, image, l->layout};
    *rows = g_array_new(FALSE, FALSE, sizeof(VkBufferCopy));
    for (uint32_t z = 0; z < region->extent.depth; z++) {
        for (uint32_t y = 0; y < l->layout.blocks_high; y++) {
            VkBufferCopy row = {l->offset + z * l->image_stride + y * l->row_stride,
                                slice->offset + z * image + y * l->layout.tight_row,
                                l->layout.tight_row};

            g_array_append_val(*rows, row);
        }
    }
    return true;
}

enum pvg_refusal pvg_linear_to_image(struct pvg_gpu_run *run, VkBuffer buffer,
                                     const struct pvg_linear *linear, const struct pvg_image *image,
                                     const struct pvg_texture_region *region)
{
    struct pvg_vk *vk = run->gpu->vk;
    struct pvg_linear tight = *linear;
    struct pvg_vk_slice slice = {.buffer = buffer};
    g_autoptr(GArray) rows = NULL;
    VkBufferImageCopy copy;

    if (!image->format->codec && !is_direct(linear, image, region)) {
        if (!stage_rows(run, linear, region, &slice, &tight, &rows)) {
            return PVG_REFUSED_HOST_MEMORY;
        }
        vk->fn.vkCmdCopyBuffer(run->commands, buffer, slice.buffer, rows->len,
                               (const VkBufferCopy *)rows->data);
        pvg_gpu_full_barrier(run->gpu, run->commands);
    }
    copy = copy_of(&tight, image, region);
    vk->fn.vkCmdCopyBufferToImage(run->commands, slice.buffer, image->host.handle,
                                  VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
    return PVG_ACCEPTED;
}

/* One image of the region's depth: rows of guest blocks at @at to host texels at @to. */
static enum pvg_refusal convert_image(struct pvg_gpu_run *run, const struct pvg_buffer *buffer,
                                      const struct pvg_linear *linear,
                                      const struct pvg_image *image,
                                      const struct pvg_texture_region *region, uint64_t at,
                                      uint8_t *to)
{
    const struct pvg_texel_codec *codec = image->format->codec;
    const uint64_t row = linear->layout.tight_row;
    const uint64_t host_row = (uint64_t)region->extent.width * codec->host_bytes;
    g_autofree uint8_t *guest = g_try_malloc(row * linear->layout.blocks_high);
    enum pvg_refusal why = guest ? PVG_ACCEPTED : PVG_REFUSED_HOST_MEMORY;

    for (uint32_t y = 0; y < linear->layout.blocks_high && why == PVG_ACCEPTED; y++) {
        why = pvg_space_read(run->gpu->memory, buffer->space,
                             (struct pvg_gva){buffer->at.value + at + y * linear->row_stride},
                             guest + y * row, row);
        if (why == PVG_ACCEPTED && !codec->decode_blocks) {
            codec->decode(guest + y * row, to + y * host_row, region->extent.width);
        }
    }
    if (why == PVG_ACCEPTED && codec->decode_blocks) {
        codec->decode_blocks(image->shape.format, guest, region->extent.width,
                             region->extent.height, to);
    }
    return why;
}

enum pvg_refusal pvg_linear_convert(struct pvg_gpu_run *run, const struct pvg_buffer *buffer,
                                    const struct pvg_linear *linear, const struct pvg_image *image,
                                    const struct pvg_texture_region *region)
{
    struct pvg_vk *vk = run->gpu->vk;
    const uint64_t size =
        (uint64_t)region->extent.width * image->format->codec->host_bytes * region->extent.height;
    struct pvg_vk_slice slice;
    VkBufferImageCopy copy;
    enum pvg_refusal why = PVG_ACCEPTED;

    if (buffer->written_in > atomic_load_explicit(&run->gpu->landed, memory_order_acquire)) {
        return PVG_REFUSED_FORMAT;
    }
    if (!pvg_vk_batch_stage(run->batch, size * region->extent.depth, 16, &slice)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    for (uint32_t z = 0; z < region->extent.depth && why == PVG_ACCEPTED; z++) {
        why = convert_image(run, buffer, linear, image, region,
                            linear->offset + z * linear->image_stride,
                            (uint8_t *)slice.mapped + z * size);
    }
    if (why == PVG_ACCEPTED) {
        copy = copy_of(&(struct pvg_linear){.offset = slice.offset}, image, region);
        vk->fn.vkCmdCopyBufferToImage(run->commands, slice.buffer, image->host.handle,
                                      VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
    }
    return why;
}

enum pvg_refusal pvg_image_to_linear(struct pvg_gpu_run *run, const struct pvg_image *image,
                                     const struct pvg_texture_region *region, VkBuffer buffer,
                                     const struct pvg_linear *linear)
{
    struct pvg_vk *vk = run->gpu->vk;
    struct pvg_linear tight = *linear;
    struct pvg_vk_slice slice = {.buffer = buffer};
    g_autoptr(GArray) rows = NULL;
    VkBufferImageCopy copy;

    if (!image->format->codec && !is_direct(linear, image, region) &&
        !stage_rows(run, linear, region, &slice, &tight, &rows)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    copy = copy_of(&tight, image, region);
    vk->fn.vkCmdCopyImageToBuffer(run->commands, image->host.handle, VK_IMAGE_LAYOUT_GENERAL,
                                  slice.buffer, 1, &copy);
    if (rows) {
        pvg_gpu_full_barrier(run->gpu, run->commands);
        for (guint i = 0; i < rows->len; i++) { /* the other way round */
            VkBufferCopy *row = &g_array_index(rows, VkBufferCopy, i);

            *row = (VkBufferCopy){row->dstOffset, row->srcOffset, row->size};
        }
        vk->fn.vkCmdCopyBuffer(run->commands, slice.buffer, buffer, rows->len,
                               (const VkBufferCopy *)rows->data);
    }
    return PVG_ACCEPTED;
}
