/* SPDX-License-Identifier: MIT */
/* Textures filled, and their lower levels made of the first. Spec: 50-compute-blit 5.2. */
#include "gpu/blit.h"

#include "base/range.h"
#include "gpu/clear_color.h"
#include "gpu/linear_copy.h"
#include "memory/memory.h"

/* One block of bytes, again and again; the guest put it into a buffer just now. */
enum pvg_refusal pvg_blit_fill_texture_bytes(void *ctx,
                                             const struct pvg_wire_fill_texture_bytes *rec)
{
    struct pvg_blit *blit = ctx;
    struct pvg_texture_region region;
    struct pvg_linear linear;
    struct pvg_linear_layout layout;
    struct pvg_vk_slice slice;
    uint8_t block[16], *to;
    enum pvg_refusal why;
    struct pvg_texture *texture = pvg_blit_find_texture(blit, rec->texture, &why);
    struct pvg_buffer *buffer;

    if (!texture) {
        return why;
    }
    if (texture->image->shape.samples > 1) {
        return PVG_REFUSED_KIND;
    }
    if (texture->host->codec) {
        return PVG_REFUSED_FORMAT;
    }
    buffer = pvg_blit_find_buffer(blit, rec->buffer, &why);
    if (!buffer) {
        return why;
    }
    if (pvg_blit_is_empty(&rec->size)) {
        return PVG_ACCEPTED;
    }
    why = pvg_blit_region(texture, &rec->origin, &rec->size, rec->slice, rec->level, &region);
    if (why == PVG_ACCEPTED) {
        why = pvg_blit_aspect(texture, 0, &region);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (rec->length != region.bytes) {
        return PVG_REFUSED_VALUE; /* the meaning of longer patterns is not established */
    }
    if (!pvg_range_fits((struct pvg_range){rec->offset, rec->length}, buffer->size)) {
        return PVG_REFUSED_RANGE;
    }
    why = pvg_space_read(blit->run->gpu->memory, buffer->space,
                         (struct pvg_gva){buffer->at.value + rec->offset}, block, region.bytes);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    layout =
        pvg_linear_layout(texture->format, region.bytes, region.extent.width, region.extent.height);
    linear = (struct pvg_linear){
        .layout = layout,
        .row_stride = layout.tight_row,
        .image_stride = layout.tight_row * layout.blocks_high,
    };
    if (!pvg_vk_batch_stage(blit->run->batch, linear.image_stride * region.extent.depth, 16,
                            &slice)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    to = slice.mapped;
    for (uint64_t i = 0; i < linear.image_stride * region.extent.depth; i++) {
        to[i] = block[i % region.bytes];
    }
    linear.offset = slice.offset;
    pvg_blit_writes_texture(blit, texture, rec->level, 1);
    pvg_order_settle(&blit->order);
    why = pvg_linear_to_image(blit->run, slice.buffer, &linear, texture->image, &region);
    pvg_blit_recorded(blit);
    return why;
}

/* A render pass that clears its area: any region, any format that can be drawn to. */
enum pvg_refusal pvg_blit_fill_texture_color(void *ctx,
                                             const struct pvg_wire_fill_texture_color *rec)
{
    struct pvg_blit *blit = ctx;
    struct pvg_vk *vk = blit->run->gpu->vk;
    struct pvg_texture_region region;
    enum pvg_refusal why;
    struct pvg_texture *texture = pvg_blit_find_texture(blit, rec->texture, &why);
    VkImageView view;

    if (!texture) {
        return why;
    }
    if (rec->format && rec->format != texture->format->ordinal &&
        rec->format != texture->format->twin) {
        return PVG_REFUSED_FORMAT;
    }
    if (pvg_blit_is_empty(&rec->size)) {
        return PVG_ACCEPTED;
    }
    why = pvg_blit_region(texture, &rec->origin, &rec->size, rec->slice, rec->level, &region);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    pvg_blit_writes_texture(blit, texture, rec->level, 1);
    pvg_order_settle(&blit->order);
    for (uint32_t z = 0; z < region.extent.depth; z++) {
        view = pvg_texture_attachment(texture, rec->level,
                                      rec->slice + (uint32_t)region.offset.z + z, 1);
        if (!view || texture->format->aspect != PVG_ASPECT_COLOR) {
            return PVG_REFUSED_FORMAT;
        }
        vk->fn.vkCmdBeginRendering(
            blit->run->commands,
            &(VkRenderingInfo){
                .sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
                .renderArea = {{region.offset.x, region.offset.y},
                               {region.extent.width, region.extent.height}},
                .layerCount = 1,
                .colorAttachmentCount = 1,
                .pColorAttachments =
                    &(VkRenderingAttachmentInfo){
                        .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
                        .imageView = view,
                        .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
                        .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
                        .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                        .clearValue.color = pvg_clear_color(texture->format, rec->rgba),
                    },
            });
        vk->fn.vkCmdEndRendering(blit->run->commands);
    }
    pvg_order_break(&blit->order); /* attachment writes, where the rest is transfers */
    pvg_blit_recorded(blit);
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_blit_generate_mipmaps(void *ctx, const struct pvg_wire_generate_mipmaps *rec)
{
    const VkFormatFeatureFlags2 needed = VK_FORMAT_FEATURE_2_BLIT_SRC_BIT |
                                         VK_FORMAT_FEATURE_2_BLIT_DST_BIT |
                                         VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_FILTER_LINEAR_BIT;
    struct pvg_blit *blit = ctx;
    struct pvg_vk *vk = blit->run->gpu->vk;
    enum pvg_refusal why;
    struct pvg_texture *texture = pvg_blit_find_texture(blit, rec->texture, &why);

    if (!texture) {
        return why;
    }
    if ((texture->host->features & needed) != needed ||
        texture->format->aspect != PVG_ASPECT_COLOR || texture->image->shape.samples > 1) {
        return PVG_REFUSED_FORMAT;
    }
    pvg_blit_writes_texture(blit, texture, 0, texture->levels);
    pvg_order_settle(&blit->order);
    for (uint32_t level = 1; level < texture->levels; level++) {
        VkImageBlit region = {
            .srcSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, texture->first_level + level - 1,
                               texture->first_slice, texture->slices},
            .srcOffsets[1] = {(int32_t)pvg_texture_level_width(texture, level - 1),
                              (int32_t)pvg_texture_level_height(texture, level - 1),
                              (int32_t)pvg_texture_level_depth(texture, level - 1)},
            .dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, texture->first_level + level,
                               texture->first_slice, texture->slices},
            .dstOffsets[1] = {(int32_t)pvg_texture_level_width(texture, level),
                              (int32_t)pvg_texture_level_height(texture, level),
                              (int32_t)pvg_texture_level_depth(texture, level)},
        };

        vk->fn.vkCmdBlitImage(blit->run->commands, texture->image->host.handle,
                              VK_IMAGE_LAYOUT_GENERAL, texture->image->host.handle,
                              VK_IMAGE_LAYOUT_GENERAL, 1, &region, VK_FILTER_LINEAR);
        pvg_gpu_full_barrier(blit->run->gpu, blit->run->commands);
    }
    pvg_blit_recorded(blit);
    return PVG_ACCEPTED;
}
