/* SPDX-License-Identifier: MIT */
/* A host image: the texels of a guest texture, which all views of that texture share.
 *
 * Always in layout GENERAL, from its first batch on, and never with content that the guest did not
 * put there: it starts as zeroes. Spec: 02-errata rows 12, 26, 31. */
#ifndef PVG_GPU_IMAGE_H
#define PVG_GPU_IMAGE_H

#include "gpu/host_format.h"
#include "gpu/metal.h"
#include "gpu/object.h"
#include "vulkan/image.h"

/* What a creation record says of a texture, in Metal's terms. */
struct pvg_texture_shape {
    const struct pvg_pixel_format *format;
    uint32_t usage; /* enum pvg_wire_texture_usage bits */
    uint32_t width, height, depth;
    uint32_t levels, samples;
    uint32_t layers;    /* of the array; a cube's six faces are not counted */
    uint8_t type;       /* enum pvg_wire_texture_type */
    uint8_t storage;    /* enum pvg_wire_storage_mode */
    uint8_t swizzle[4]; /* MTLTextureSwizzle; 2, 3, 4, 5 changes nothing */
};

/* Refuses what contradicts itself or no device could have: VALUE, LIMIT. Spec: 30-resources 8.1. */
PVG_NODISCARD enum pvg_refusal pvg_texture_shape_check(const struct pvg_texture_shape *shape);

/* Vulkan layers: array layers times faces. */
uint32_t pvg_texture_shape_layers(const struct pvg_texture_shape *shape);

static inline uint32_t pvg_level_extent(uint32_t extent, uint32_t level)
{
    return MAX(level < 32 ? extent >> level : 0, 1u);
}

struct pvg_backing;
struct pvg_buffer;
struct pvg_saved_texels;

struct pvg_image {
    struct pvg_gpu_object base;
    struct pvg_vk *vk;
    struct pvg_vk_image host;
    const struct pvg_host_format *format;
    struct pvg_texture_shape shape;
    VkImageUsageFlags usage;
    uint32_t layers;     /* Vulkan's */
    bool any_view;       /* views may have every format of its class */
    VkFormat other_view; /* and this one in any case; UNDEFINED: none */

    /* Engine thread. */
    struct pvg_backing *backing; /* owned; NULL: the guest has no bytes of it */
    struct pvg_buffer *over;     /* a reference; its texels are in @backing's terms; may be NULL */
    bool shared;                 /* @over is a buffer of the guest's, not just the pages */
    bool drawn;                  /* shared: written since the buffer got it */
    uint64_t shows;              /* shared: the buffer's version that was copied in */
    struct pvg_saved_texels *saved; /* owned: of a restored machine, for the first use */
    bool begun;                  /* its first layout and content are recorded */
    bool stale;                  /* guest memory is newer: upload before the next use */
    uint64_t checked_in;         /* the last batch that made sure it is current */
    uint64_t written_in;         /* the last batch that writes it */
    uint32_t written_levels;     /* in that batch: a bit each */
    uint32_t owed;               /* levels that are newer than guest memory */
    uint64_t asked_in;           /* the last batch that pays what is owed */
};

/* Refuses FORMAT, LIMIT (samples, extent, layers that the device has not), HOST_MEMORY.
 * @other_formats: views of other formats of its class will be made whatever its usage says. */
PVG_NODISCARD enum pvg_refusal pvg_image_create(struct pvg_vk *vk,
                                                const struct pvg_host_formats *formats,
                                                const struct pvg_texture_shape *shape,
                                                bool other_formats, struct pvg_image **out);

/* Before the first use in a batch: the image leaves UNDEFINED, and is cleared unless the caller
 * will overwrite all of it at once. Records to batch->before. */
void pvg_image_begin(struct pvg_image *image, struct pvg_vk_batch *batch, bool overwritten);

/* Records zeroes for all of it to batch->before. */
void pvg_image_clear(struct pvg_image *image, struct pvg_vk_batch *batch);

#endif
