/* SPDX-License-Identifier: MIT */
/* Creates textures, and textures that are views of others. */
#include "gpu/texture.h"

#include <string.h>

#include "base/range.h"

static void texture_destroy(struct pvg_gpu_object *object)
{
    struct pvg_texture *texture = (struct pvg_texture *)object;

    pvg_texture_views_finish(texture);
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
    pvg_texture_views_init(texture);
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
