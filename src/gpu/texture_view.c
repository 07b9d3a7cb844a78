/* SPDX-License-Identifier: MIT */
/* The Vulkan views that look at a texture. */
#include <string.h>

#include "gpu/texture.h"

struct view_key {
    VkImageViewType type;
    VkImageUsageFlags usage;
    VkImageAspectFlags aspects; /* 0: those that the usage wants */
    uint32_t level, levels, slice, slices;
    bool swizzled;
};

struct view {
    struct view_key key;
    VkImageView handle;
};

void pvg_texture_views_finish(struct pvg_texture *texture)
{
    struct pvg_vk *vk = texture->vk;

    for (guint i = 0; texture->views && i < texture->views->len; i++) {
        vk->fn.vkDestroyImageView(vk->device, g_array_index(texture->views, struct view, i).handle,
                                  NULL);
    }
    if (texture->views) {
        g_array_unref(texture->views);
    }
    if (texture->texel_view) {
        vk->fn.vkDestroyBufferView(vk->device, texture->texel_view, NULL);
    }
}

void pvg_texture_views_init(struct pvg_texture *texture)
{
    texture->views = g_array_new(FALSE, FALSE, sizeof(struct view));
}

VkImageViewType pvg_texture_view_type(uint8_t metal_type)
{
    switch ((enum pvg_wire_texture_type)metal_type) {
    case PVG_WIRE_TEXTURE_TYPE_1D:
        return VK_IMAGE_VIEW_TYPE_1D;
    case PVG_WIRE_TEXTURE_TYPE_1D_ARRAY:
        return VK_IMAGE_VIEW_TYPE_1D_ARRAY;
    case PVG_WIRE_TEXTURE_TYPE_2D:
    case PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE:
        return VK_IMAGE_VIEW_TYPE_2D;
    case PVG_WIRE_TEXTURE_TYPE_2D_ARRAY:
    case PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE_ARRAY:
        return VK_IMAGE_VIEW_TYPE_2D_ARRAY;
    case PVG_WIRE_TEXTURE_TYPE_CUBE:
        return VK_IMAGE_VIEW_TYPE_CUBE;
    case PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY:
        return VK_IMAGE_VIEW_TYPE_CUBE_ARRAY;
    case PVG_WIRE_TEXTURE_TYPE_3D:
        return VK_IMAGE_VIEW_TYPE_3D;
    case PVG_WIRE_TEXTURE_TYPE_TEXTURE_BUFFER:
        break;
    }
    return VK_IMAGE_VIEW_TYPE_MAX_ENUM;
}

/* A shader sees one aspect: the depth of a combined format, unless the format names the stencil. */
static VkImageAspectFlags aspects_for(const struct pvg_texture *texture, VkImageUsageFlags usage)
{
    VkImageAspectFlags aspects = texture->host->aspects;

    if (!(usage & VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT) &&
        aspects == (VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT)) {
        return VK_IMAGE_ASPECT_DEPTH_BIT;
    }
    return aspects;
}

static VkImageView look(struct pvg_texture *texture, const struct view_key *key)
{
    struct pvg_vk *vk = texture->vk;
    static const VkComponentMapping identity = {0};
    struct view fresh = {.key = *key};
    VkImageViewUsageCreateInfo usage = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO,
        .usage = key->usage,
    };
    VkImageViewCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
        .pNext = &usage,
        .viewType = key->type,
        .format = texture->host->vk,
        .components = key->swizzled ? texture->swizzle : identity,
        .subresourceRange = {key->aspects ? key->aspects : aspects_for(texture, key->usage),
                             key->level, key->levels, key->slice, key->slices},
    };

    for (guint i = 0; i < texture->views->len; i++) {
        struct view *view = &g_array_index(texture->views, struct view, i);

        if (memcmp(&view->key, key, sizeof(*key)) == 0) {
            return view->handle;
        }
    }
    if (!texture->image || (texture->image->usage & key->usage) != key->usage) {
        return VK_NULL_HANDLE;
    }
    info.image = texture->image->host.handle;
    if (pvg_vk_check(vk, vk->fn.vkCreateImageView(vk->device, &info, NULL, &fresh.handle)) !=
        VK_SUCCESS) {
        return VK_NULL_HANDLE;
    }
    g_array_append_val(texture->views, fresh);
    return fresh.handle;
}

/* Layers that a view of @type has; fewer than it must have are none. */
static bool slices_for(const struct pvg_texture *texture, VkImageViewType type, uint32_t *slices)
{
    switch (type) {
    case VK_IMAGE_VIEW_TYPE_1D:
    case VK_IMAGE_VIEW_TYPE_2D:
    case VK_IMAGE_VIEW_TYPE_3D:
        *slices = 1;
        return true;
    case VK_IMAGE_VIEW_TYPE_CUBE:
        *slices = 6;
        return texture->slices >= 6;
    case VK_IMAGE_VIEW_TYPE_CUBE_ARRAY:
        *slices = texture->slices / 6 * 6;
        return texture->slices >= 6;
    default: /* Vulkan's enumeration: the array types */
        *slices = texture->slices;
        return true;
    }
}

static VkImageView look_whole(struct pvg_texture *texture, VkImageViewType type,
                              VkImageUsageFlags usage, uint32_t levels, bool swizzled)
{
    struct view_key key;

    memset(&key, 0, sizeof(key)); /* compared as bytes */
    key.type = type;
    key.usage = usage;
    key.level = texture->first_level;
    key.levels = levels;
    key.slice = texture->first_slice;
    key.swizzled = swizzled;
    return slices_for(texture, type, &key.slices) ? look(texture, &key) : VK_NULL_HANDLE;
}

VkImageView pvg_texture_sampled(struct pvg_texture *texture, VkImageViewType type)
{
    return look_whole(texture, type, VK_IMAGE_USAGE_SAMPLED_BIT, texture->levels, true);
}

VkImageView pvg_texture_storage(struct pvg_texture *texture, VkImageViewType type)
{
    return look_whole(texture, type, VK_IMAGE_USAGE_STORAGE_BIT, 1, false);
}

VkImageView pvg_texture_attachment(struct pvg_texture *texture, uint32_t level, uint32_t slice,
                                   uint32_t layers)
{
    struct view_key key;

    memset(&key, 0, sizeof(key));
    key.type = layers > 1 ? VK_IMAGE_VIEW_TYPE_2D_ARRAY : VK_IMAGE_VIEW_TYPE_2D;
    if (texture->type == PVG_WIRE_TEXTURE_TYPE_1D ||
        texture->type == PVG_WIRE_TEXTURE_TYPE_1D_ARRAY) {
        key.type = layers > 1 ? VK_IMAGE_VIEW_TYPE_1D_ARRAY : VK_IMAGE_VIEW_TYPE_1D;
    }
    key.usage = texture->format->aspect == PVG_ASPECT_COLOR
                    ? VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |
                          (texture->image->usage & VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT)
                    : VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
    key.level = texture->first_level + level;
    key.levels = 1;
    key.slice = texture->first_slice + slice;
    key.slices = layers;
    return look(texture, &key);
}

VkImageView pvg_texture_aspect(struct pvg_texture *texture, VkImageAspectFlagBits aspect,
                               uint32_t level, uint32_t slice, uint32_t layers)
{
    struct view_key key;

    memset(&key, 0, sizeof(key));
    key.type = VK_IMAGE_VIEW_TYPE_2D_ARRAY;
    key.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
    key.aspects = aspect;
    key.level = texture->first_level + level;
    key.levels = 1;
    key.slice = texture->first_slice + slice;
    key.slices = layers;
    return look(texture, &key);
}

VkBufferView pvg_texture_texels(struct pvg_texture *texture)
{
    struct pvg_vk *vk = texture->vk;

    if (!texture->texel_view && texture->texels &&
        pvg_vk_check(vk, vk->fn.vkCreateBufferView(
                             vk->device,
                             &(VkBufferViewCreateInfo){
                                 .sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
                                 .buffer = texture->texels->host.handle,
                                 .format = texture->host->vk,
                                 .offset = texture->texel_offset,
                                 .range = (VkDeviceSize)texture->width * texture->format->bytes,
                             },
                             NULL, &texture->texel_view)) != VK_SUCCESS) {
        texture->texel_view = VK_NULL_HANDLE;
    }
    return texture->texel_view;
}
