/* SPDX-License-Identifier: MIT */
/* A texture as a guest names it: some levels and slices of an image, seen in a format and through a
 * swizzle. A texture that is no view of another sees all of its image.
 *
 * Vulkan wants a view object for each way of looking; they are made when first needed and kept.
 * Engine thread, but for the end. Spec: 30-resources 8.2; 02-errata rows 9, 46. */
#ifndef PVG_GPU_TEXTURE_H
#define PVG_GPU_TEXTURE_H

#include "gpu/buffer.h"
#include "gpu/image.h"

struct pvg_texture {
    struct pvg_gpu_object base;
    struct pvg_vk *vk;
    struct pvg_image *image;   /* a reference; NULL for a texel buffer */
    struct pvg_buffer *texels; /* a reference: a texel buffer's buffer */
    uint64_t texel_offset;     /* bytes */

    const struct pvg_pixel_format *format; /* of this view */
    const struct pvg_host_format *host;
    uint8_t type; /* enum pvg_wire_texture_type */
    uint32_t first_level, levels;
    uint32_t first_slice, slices; /* in Vulkan's layers: a cube has six a piece */
    uint32_t width;               /* texel buffers: texels */
    uint8_t chosen[4];            /* MTLTextureSwizzle, of all views down to the image */
    VkComponentMapping swizzle;   /* the same, through what the host's format needs */
    GArray *views;                /* of struct view, private */
    VkBufferView texel_view;
};

/* The whole of @image, whose reference it takes. */
struct pvg_texture *pvg_texture_create(struct pvg_image *image, const uint8_t swizzle[4]);

/* What a view record asks for, ranges in the base's coordinates. */
struct pvg_view_request {
    const struct pvg_pixel_format *format;
    uint8_t type;
    uint64_t first_level, levels, first_slice, slices;
    uint8_t swizzle[4];
};

/* Everything of @base in @format. */
struct pvg_view_request pvg_texture_whole(const struct pvg_texture *base,
                                          const struct pvg_pixel_format *format);

/* Refuses FORMAT (another class), KIND (type that the base cannot be), LEVEL, VALUE. */
PVG_NODISCARD enum pvg_refusal pvg_texture_create_view(struct pvg_texture *base,
                                                       const struct pvg_host_formats *formats,
                                                       const struct pvg_view_request *request,
                                                       struct pvg_texture **out);

/* @width texels of @buffer from @offset on. Refuses FORMAT, RANGE, LIMIT. */
PVG_NODISCARD enum pvg_refusal pvg_texture_create_texels(struct pvg_buffer *buffer,
                                                         const struct pvg_host_formats *formats,
                                                         const struct pvg_pixel_format *format,
                                                         uint64_t offset, uint32_t width,
                                                         struct pvg_texture **out);

/* ---- texture_view.c: ways of looking. VK_NULL_HANDLE: the device cannot. Borrowed from the
 * texture. ---- */

void pvg_texture_views_finish(struct pvg_texture *texture);
void pvg_texture_views_init(struct pvg_texture *texture);

/* For shaders that read, through the swizzle: as @type, which is the texture's own but for cubes
 * taken as arrays of faces. */
VkImageView pvg_texture_sampled(struct pvg_texture *texture, VkImageViewType type);

/* For shaders that write: one level, no swizzle. */
VkImageView pvg_texture_storage(struct pvg_texture *texture, VkImageViewType type);

/* For drawing: @level and @slice count from the texture's own first ones; a slice of a 3D texture
 * is one z of it. */
VkImageView pvg_texture_attachment(struct pvg_texture *texture, uint32_t level, uint32_t slice,
                                   uint32_t layers);

/* For kernels of our own: one aspect of some slices of one level, as an array, without swizzle. */
VkImageView pvg_texture_aspect(struct pvg_texture *texture, VkImageAspectFlagBits aspect,
                               uint32_t level, uint32_t slice, uint32_t layers);

VkBufferView pvg_texture_texels(struct pvg_texture *texture);

VkImageViewType pvg_texture_view_type(uint8_t metal_type);

static inline uint32_t pvg_texture_level_width(const struct pvg_texture *t, uint32_t level)
{
    return pvg_level_extent(t->image->shape.width, t->first_level + level);
}

static inline uint32_t pvg_texture_level_height(const struct pvg_texture *t, uint32_t level)
{
    return pvg_level_extent(t->image->shape.height, t->first_level + level);
}

static inline uint32_t pvg_texture_level_depth(const struct pvg_texture *t, uint32_t level)
{
    return pvg_level_extent(t->image->shape.depth, t->first_level + level);
}

#endif
