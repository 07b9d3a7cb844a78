/* SPDX-License-Identifier: MIT */
/* Creates textures, views of textures, and the Vulkan views that look at them. */
#include "gpu/texture.h"

#include <string.h>

#include "base/range.h"

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

static void texture_destroy(struct pvg_gpu_object *object)
{
    struct pvg_texture *texture = (struct pvg_texture *)object;
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
    if (texture->image) {
        pvg_gpu_object_unref(&texture->image->base);
    }
    if (texture->texels) {
        pvg_gpu_object_unref(&texture->texels->base);
    }
    g_free(texture);
}

static struct pvg_texture *texture_new(struct pvg_vk *vk)
{
    struct pvg_texture *texture = g_new0(struct pvg_texture, 1);

    pvg_gpu_object_init(&texture->base, PVG_GPU_TEXTURE, texture_destroy);
    texture->vk = vk;
    texture->views = g_array_new(FALSE, FALSE, sizeof(struct view));
    return texture;
}

struct pvg_texture *pvg_texture_create(struct pvg_image *image, const uint8_t swizzle[4])
{
    struct pvg_texture *texture = texture_new(image->vk);

    texture->image = image;
    texture->format = image->shape.format;
    texture->host = image->format;
    texture->type = image->shape.type;
    texture->levels = image->shape.levels;
    texture->slices = image->layers;
    memcpy(texture->chosen, swizzle, sizeof(texture->chosen));
    if (!pvg_swizzle_compose(&image->format->swizzle, swizzle, &texture->swizzle)) {
        texture->swizzle = image->format->swizzle;
    }
    return texture;
}

static bool is_cube(uint8_t type)
{
    return type == PVG_WIRE_TEXTURE_TYPE_CUBE || type == PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY;
}

struct pvg_view_request pvg_texture_whole(const struct pvg_texture *base,
                                          const struct pvg_pixel_format *format)
{
    return (struct pvg_view_request){
        .format = format,
        .type = base->type,
        .levels = base->levels,
        .slices = base->slices,
        .swizzle = {2, 3, 4, 5},
    };
}

/* Whether an image made as @base can be looked at as @view. Spec: 30-resources 8.2. */
static bool type_fits(const struct pvg_image *image, uint8_t view, uint32_t slices)
{
    static const unsigned family[] = {
        [PVG_WIRE_TEXTURE_TYPE_1D] = 1,
        [PVG_WIRE_TEXTURE_TYPE_1D_ARRAY] = 1,
        [PVG_WIRE_TEXTURE_TYPE_2D] = 2,
        [PVG_WIRE_TEXTURE_TYPE_2D_ARRAY] = 2,
        [PVG_WIRE_TEXTURE_TYPE_CUBE] = 2,
        [PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY] = 2,
        [PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE] = 3,
        [PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE_ARRAY] = 3,
        [PVG_WIRE_TEXTURE_TYPE_3D] = 4,
        [PVG_WIRE_TEXTURE_TYPE_TEXTURE_BUFFER] = 5,
    };

    if (view > PVG_METAL_LAST_TEXTURE_TYPE || family[view] != family[image->shape.type]) {
        return false;
    }
    if (is_cube(view)) {
        return slices % 6 == 0 && (view == PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY || slices == 6) &&
               image->shape.width == image->shape.height;
    }
    return slices == 1 || view == PVG_WIRE_TEXTURE_TYPE_1D_ARRAY ||
           view == PVG_WIRE_TEXTURE_TYPE_2D_ARRAY ||
           view == PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE_ARRAY;
}

/* Whether the host's texels can be seen in another format. The image must have been made for that,
 * which is what the guest's usage bit for views is about. A conversion keeps other texels than the
 * guest's, which only a decoder's sRGB twin understands. */
static bool shares_texels(const struct pvg_image *image, const struct pvg_host_format *view)
{
    const struct pvg_host_format *own = image->format;

    if (own->vk == view->vk) {
        return true;
    }
    if (image->shape.format->aspect != PVG_ASPECT_COLOR ||
        !(image->any_view || image->other_view == view->vk)) {
        return false;
    }
    return own->codec ? own->codec->decode_blocks && view->codec &&
                            own->codec->decode_blocks == view->codec->decode_blocks
                      : !view->codec;
}

/* A view's selectors over its base's: each picks one of what the base shows, or a constant. False
 * for a selector that is none. */
static bool choose(const uint8_t under[4], const uint8_t over[4], uint8_t out[4])
{
    for (unsigned i = 0; i < 4; i++) {
        if (over[i] > PVG_WIRE_SWIZZLE_ALPHA) {
            return false;
        }
        out[i] = over[i] < PVG_WIRE_SWIZZLE_RED ? over[i] : under[over[i] - PVG_WIRE_SWIZZLE_RED];
    }
    return true;
}

enum pvg_refusal pvg_texture_create_view(struct pvg_texture *base,
                                         const struct pvg_host_formats *formats,
                                         const struct pvg_view_request *request,
                                         struct pvg_texture **out)
{
    const struct pvg_host_format *host = pvg_host_format_find(formats, request->format);
    struct pvg_texture *texture;
    VkComponentMapping swizzle;
    uint8_t chosen[4];

    *out = NULL;
    if (!base->image) {
        return PVG_REFUSED_KIND;
    }
    if (!host || !pvg_pixel_format_views(base->image->shape.format, request->format) ||
        !shares_texels(base->image, host)) {
        return PVG_REFUSED_FORMAT; /* a conversion has no views in other formats */
    }
    if (!request->levels || !request->slices) {
        return PVG_REFUSED_VALUE;
    }
    if (!pvg_range_fits((struct pvg_range){request->first_level, request->levels}, base->levels) ||
        !pvg_range_fits((struct pvg_range){request->first_slice, request->slices}, base->slices)) {
        return PVG_REFUSED_LEVEL;
    }
    if (!type_fits(base->image, request->type, (uint32_t)request->slices)) {
        return PVG_REFUSED_KIND;
    }
    if (!choose(base->chosen, request->swizzle, chosen) ||
        !pvg_swizzle_compose(&host->swizzle, chosen, &swizzle)) {
        return PVG_REFUSED_VALUE;
    }
    texture = texture_new(base->vk);
    texture->image = pvg_gpu_object_ref(&base->image->base);
    texture->format = request->format;
    texture->host = host;
    texture->type = request->type;
    texture->first_level = base->first_level + (uint32_t)request->first_level;
    texture->levels = (uint32_t)request->levels;
    texture->first_slice = base->first_slice + (uint32_t)request->first_slice;
    texture->slices = (uint32_t)request->slices;
    memcpy(texture->chosen, chosen, sizeof(chosen));
    texture->swizzle = swizzle;
    *out = texture;
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_texture_create_texels(struct pvg_buffer *buffer,
                                           const struct pvg_host_formats *formats,
                                           const struct pvg_pixel_format *format, uint64_t offset,
                                           uint32_t width, struct pvg_texture **out)
{
    struct pvg_vk *vk = buffer->vk;
    const VkPhysicalDeviceLimits *limits = &vk->properties.properties.limits;
    const struct pvg_host_format *host = pvg_host_format_find(formats, format);
    struct pvg_texture *texture;

    *out = NULL;
    if (!host || host->codec || !format->linear) {
        return PVG_REFUSED_FORMAT;
    }
    if (width > limits->maxTexelBufferElements ||
        offset % MAX(limits->minTexelBufferOffsetAlignment, (VkDeviceSize)1)) {
        return PVG_REFUSED_LIMIT;
    }
    if (!width || !pvg_range_fits((struct pvg_range){offset, (uint64_t)width * format->bytes},
                                  buffer->size)) {
        return PVG_REFUSED_RANGE;
    }
    texture = texture_new(vk);
    texture->texels = pvg_gpu_object_ref(&buffer->base);
    texture->texel_offset = offset;
    texture->format = format;
    texture->host = host;
    texture->type = PVG_WIRE_TEXTURE_TYPE_TEXTURE_BUFFER;
    texture->levels = texture->slices = 1;
    texture->width = width;
    *out = texture;
    return PVG_ACCEPTED;
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
