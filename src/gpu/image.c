/* SPDX-License-Identifier: MIT */
/* Creates host images and gives them their first content. */
#include "gpu/image.h"

#include "gpu/buffer.h"

#include <string.h>

enum pvg_refusal pvg_texture_shape_check(const struct pvg_texture_shape *s)
{
    const bool arrayed = s->type == PVG_WIRE_TEXTURE_TYPE_1D_ARRAY ||
                         s->type == PVG_WIRE_TEXTURE_TYPE_2D_ARRAY ||
                         s->type == PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY ||
                         s->type == PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE_ARRAY;
    const bool multisampled = s->type == PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE ||
                              s->type == PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE_ARRAY;
    const bool flat =
        s->type == PVG_WIRE_TEXTURE_TYPE_1D || s->type == PVG_WIRE_TEXTURE_TYPE_1D_ARRAY;
    const bool cube =
        s->type == PVG_WIRE_TEXTURE_TYPE_CUBE || s->type == PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY;
    const uint32_t most = s->type == PVG_WIRE_TEXTURE_TYPE_3D ? 2048 : 16384;
    const uint32_t largest = MAX(MAX(s->width, s->height), s->depth);

    if (s->type > PVG_METAL_LAST_TEXTURE_TYPE || !s->width || !s->height || !s->depth ||
        !s->levels || !s->layers || !s->samples) {
        return PVG_REFUSED_VALUE;
    }
    if (s->type == PVG_WIRE_TEXTURE_TYPE_TEXTURE_BUFFER) {
        return s->width > 1u << 28 ? PVG_REFUSED_LIMIT : PVG_ACCEPTED;
    }
    if (largest > most || s->layers > 2048 || s->levels > 32u - (uint32_t)__builtin_clz(largest)) {
        return PVG_REFUSED_LIMIT;
    }
    if ((s->layers > 1 && !arrayed) || (s->depth > 1 && s->type != PVG_WIRE_TEXTURE_TYPE_3D) ||
        (s->height > 1 && flat) || (cube && s->width != s->height) ||
        (s->samples > 1) != multisampled || (multisampled && s->levels > 1) ||
        (s->samples & (s->samples - 1)) || s->samples > 16) {
        return PVG_REFUSED_VALUE;
    }
    if (multisampled && (pvg_pixel_format_is_compressed(s->format) || s->format->block_width > 1)) {
        return PVG_REFUSED_FORMAT;
    }
    return PVG_ACCEPTED;
}

uint32_t pvg_texture_shape_layers(const struct pvg_texture_shape *shape)
{
    return shape->type == PVG_WIRE_TEXTURE_TYPE_CUBE ||
                   shape->type == PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY
               ? shape->layers * 6
               : shape->layers;
}

static void image_destroy(struct pvg_gpu_object *object)
{
    struct pvg_image *image = (struct pvg_image *)object;

    pvg_vk_image_finish(image->vk, &image->host);
    if (image->over) {
        pvg_gpu_object_unref(&image->over->base);
    }
    g_free(image->saved);
    g_free(image->backing);
    g_free(image);
}

static VkImageType image_type(uint8_t type)
{
    switch ((enum pvg_wire_texture_type)type) {
    case PVG_WIRE_TEXTURE_TYPE_1D:
    case PVG_WIRE_TEXTURE_TYPE_1D_ARRAY:
        return VK_IMAGE_TYPE_1D;
    case PVG_WIRE_TEXTURE_TYPE_3D:
        return VK_IMAGE_TYPE_3D;
    case PVG_WIRE_TEXTURE_TYPE_2D:
    case PVG_WIRE_TEXTURE_TYPE_2D_ARRAY:
    case PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE:
    case PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE_ARRAY:
    case PVG_WIRE_TEXTURE_TYPE_CUBE:
    case PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY:
    case PVG_WIRE_TEXTURE_TYPE_TEXTURE_BUFFER: /* never an image: it is a buffer view */
        break;
    }
    return VK_IMAGE_TYPE_2D;
}

/* A missing usage bit is no reason to refuse a use: guests send 0 for "unknown" (errata row 31). */
static VkImageUsageFlags usage_for(const struct pvg_host_format *format,
                                   const struct pvg_texture_shape *shape)
{
    VkImageUsageFlags usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT |
                              VK_IMAGE_USAGE_SAMPLED_BIT;

    if (format->features & VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BIT) {
        usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT;
    }
    if (format->features & VK_FORMAT_FEATURE_2_DEPTH_STENCIL_ATTACHMENT_BIT) {
        usage |= VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
    }
    if ((format->features & VK_FORMAT_FEATURE_2_STORAGE_IMAGE_BIT) && shape->samples == 1 &&
        (!shape->usage || (shape->usage & (PVG_WIRE_TEXTURE_USAGE_SHADER_WRITE |
                                           PVG_WIRE_TEXTURE_USAGE_SHADER_ATOMIC)))) {
        usage |= VK_IMAGE_USAGE_STORAGE_BIT;
    }
    return usage;
}

/* Whether the device has images like @info at all. */
static bool device_has(struct pvg_vk *vk, const VkImageCreateInfo *info)
{
    VkImageFormatProperties properties;

    if (vkGetPhysicalDeviceImageFormatProperties(vk->physical, info->format, info->imageType,
                                                 info->tiling, info->usage, info->flags,
                                                 &properties) != VK_SUCCESS) {
        return false;
    }
    return info->extent.width <= properties.maxExtent.width &&
           info->extent.height <= properties.maxExtent.height &&
           info->extent.depth <= properties.maxExtent.depth &&
           info->mipLevels <= properties.maxMipLevels &&
           info->arrayLayers <= properties.maxArrayLayers &&
           (properties.sampleCounts & info->samples);
}

enum pvg_refusal pvg_image_create(struct pvg_vk *vk, const struct pvg_host_formats *formats,
                                  const struct pvg_texture_shape *shape, bool other_formats,
                                  struct pvg_image **out)
{
    const struct pvg_host_format *format = pvg_host_format_find(formats, shape->format);
    const struct pvg_pixel_format *twin = pvg_pixel_format_find(shape->format->twin);
    const bool any_view =
        other_formats || !shape->usage || (shape->usage & PVG_WIRE_TEXTURE_USAGE_PIXEL_FORMAT_VIEW);
    bool views_of_class = false;
    VkFormat twins[2] = {VK_FORMAT_UNDEFINED, VK_FORMAT_UNDEFINED};
    VkImageFormatListCreateInfo list = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
        .viewFormatCount = 2,
        .pViewFormats = twins,
    };
    VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
    struct pvg_image *image;
    VkResult result;

    *out = NULL;
    if (!format || shape->type == PVG_WIRE_TEXTURE_TYPE_TEXTURE_BUFFER) {
        return PVG_REFUSED_FORMAT;
    }
    info.imageType = image_type(shape->type);
    info.format = format->vk;
    info.extent = (VkExtent3D){shape->width, shape->height, shape->depth};
    info.mipLevels = shape->levels;
    info.arrayLayers = pvg_texture_shape_layers(shape);
    info.samples = (VkSampleCountFlagBits)shape->samples;
    info.tiling = VK_IMAGE_TILING_OPTIMAL;
    info.usage = usage_for(format, shape);
    if (shape->format->aspect == PVG_ASPECT_COLOR &&
        (!format->codec || format->codec->decode_blocks)) {
        if (any_view && shape->format->view_class != PVG_VIEW_TWINS) {
            info.flags |= VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
            views_of_class = true;
        } else if (twin && pvg_host_format_find(formats, twin) &&
                   !pvg_host_format_find(formats, twin)->codec == !format->codec) {
            /* Metal allows the sRGB twin of any texture; the list keeps compression on. */
            info.flags |= VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
            twins[0] = format->vk;
            twins[1] = pvg_host_format_find(formats, twin)->vk;
            info.pNext = &list;
        }
    }
    if (info.imageType == VK_IMAGE_TYPE_2D && info.arrayLayers >= 6 &&
        shape->width == shape->height && shape->samples == 1) {
        info.flags |= VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
    }
    if (info.imageType == VK_IMAGE_TYPE_3D && (info.usage & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT)) {
        info.flags |= VK_IMAGE_CREATE_2D_ARRAY_COMPATIBLE_BIT; /* planes as attachments */
    }
    if (!device_has(vk, &info)) {
        return PVG_REFUSED_LIMIT;
    }
    image = g_new0(struct pvg_image, 1);
    pvg_gpu_object_init(&image->base, PVG_GPU_IMAGE, image_destroy);
    image->vk = vk;
    image->format = format;
    image->shape = *shape;
    image->usage = info.usage;
    image->layers = info.arrayLayers;
    image->any_view = views_of_class;
    image->other_view = twins[1];
    result = pvg_vk_image_init(vk, &info, &image->host);
    if (result != VK_SUCCESS) {
        pvg_gpu_object_unref(&image->base);
        return result == VK_ERROR_DEVICE_LOST ? PVG_REFUSED_HOST_DEVICE : PVG_REFUSED_HOST_MEMORY;
    }
    *out = image;
    return PVG_ACCEPTED;
}

/* The aspects the Vulkan format has, which may be more than the guest's. */
static VkImageAspectFlags all_aspects(const struct pvg_image *image)
{
    switch (image->format->vk) {
    case VK_FORMAT_D24_UNORM_S8_UINT:
    case VK_FORMAT_D32_SFLOAT_S8_UINT:
        return VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT;
    default: /* Vulkan's enumeration: every other format has what the guest's has */
        return image->format->aspects;
    }
}

/* Compressed images cannot be cleared: zeroes are copied in, layer by layer. */
static void clear_by_copy(struct pvg_image *image, struct pvg_vk_batch *batch)
{
    struct pvg_vk *vk = image->vk;

    for (uint32_t level = 0; level < image->shape.levels; level++) {
        VkExtent3D extent = {pvg_level_extent(image->shape.width, level),
                             pvg_level_extent(image->shape.height, level),
                             pvg_level_extent(image->shape.depth, level)};
        struct pvg_linear_layout layout = pvg_linear_layout(
            image->shape.format, image->shape.format->bytes, extent.width, extent.height);
        VkDeviceSize size = layout.tight_row * layout.blocks_high * extent.depth;
        struct pvg_vk_slice zeroes;

        if (!pvg_vk_batch_stage(batch, size, 16, &zeroes)) {
            return;
        }
        memset(zeroes.mapped, 0, size);
        for (uint32_t layer = 0; layer < image->layers; layer++) {
            vk->fn.vkCmdCopyBufferToImage(
                batch->before, zeroes.buffer, image->host.handle, VK_IMAGE_LAYOUT_GENERAL, 1,
                &(VkBufferImageCopy){
                    .bufferOffset = zeroes.offset,
                    .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, level, layer, 1},
                    .imageExtent = extent,
                });
        }
    }
}

static VkImageSubresourceRange whole(const struct pvg_image *image)
{
    return (VkImageSubresourceRange){
        .aspectMask = all_aspects(image),
        .levelCount = VK_REMAINING_MIP_LEVELS,
        .layerCount = VK_REMAINING_ARRAY_LAYERS,
    };
}

void pvg_image_clear(struct pvg_image *image, struct pvg_vk_batch *batch)
{
    struct pvg_vk *vk = image->vk;
    const VkImageSubresourceRange all = whole(image);

    if (all.aspectMask & VK_IMAGE_ASPECT_COLOR_BIT) {
        if (pvg_pixel_format_is_compressed(image->shape.format) && !image->format->codec) {
            clear_by_copy(image, batch);
        } else {
            vk->fn.vkCmdClearColorImage(batch->before, image->host.handle, VK_IMAGE_LAYOUT_GENERAL,
                                        &(VkClearColorValue){0}, 1, &all);
        }
    } else {
        vk->fn.vkCmdClearDepthStencilImage(batch->before, image->host.handle,
                                           VK_IMAGE_LAYOUT_GENERAL, &(VkClearDepthStencilValue){0},
                                           1, &all);
    }
}

void pvg_image_begin(struct pvg_image *image, struct pvg_vk_batch *batch, bool overwritten)
{
    struct pvg_vk *vk = image->vk;
    VkImageMemoryBarrier2 barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2,
        .srcStageMask = VK_PIPELINE_STAGE_2_NONE,
        .dstStageMask = VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT,
        .dstAccessMask = VK_ACCESS_2_TRANSFER_WRITE_BIT,
        .oldLayout = VK_IMAGE_LAYOUT_UNDEFINED,
        .newLayout = VK_IMAGE_LAYOUT_GENERAL,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = image->host.handle,
        .subresourceRange = whole(image),
    };

    if (image->begun) {
        return;
    }
    image->begun = true;
    vk->fn.vkCmdPipelineBarrier2(batch->before, &(VkDependencyInfo){
                                                    .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
                                                    .imageMemoryBarrierCount = 1,
                                                    .pImageMemoryBarriers = &barrier,
                                                });
    if (!overwritten) {
        pvg_image_clear(image, batch);
    }
}
