/* SPDX-License-Identifier: MIT */
/* Joins depth and stencil, and parts them. */
#include "gpu/joined_depth.h"

#include "gpu/render.h"

/* The format that has a stencil beside the same depths, or NULL. */
static const struct pvg_pixel_format *joint_format(const struct pvg_render *render)
{
    switch (render->depth.texture->host->vk) {
    case VK_FORMAT_D32_SFLOAT:
    case VK_FORMAT_D32_SFLOAT_S8_UINT:
        return pvg_pixel_format_find(PVG_WIRE_PIXEL_FORMAT_DEPTH32FLOAT_STENCIL8);
    case VK_FORMAT_D24_UNORM_S8_UINT:
        return pvg_pixel_format_find(PVG_WIRE_PIXEL_FORMAT_DEPTH24UNORM_STENCIL8);
    default: /* Vulkan's enumeration: no image has 16 bits of depth and a stencil */
        return NULL;
    }
}

enum pvg_refusal pvg_joined_depth_init(struct pvg_render *render)
{
    static const uint8_t straight[4] = {PVG_WIRE_SWIZZLE_RED, PVG_WIRE_SWIZZLE_GREEN,
                                        PVG_WIRE_SWIZZLE_BLUE, PVG_WIRE_SWIZZLE_ALPHA};
    struct pvg_gpu_run *run = render->run;
    const struct pvg_texture_shape shape = {
        .format = joint_format(render),
        .usage = PVG_WIRE_TEXTURE_USAGE_RENDER_TARGET,
        .width = render->width,
        .height = render->height,
        .depth = 1,
        .levels = 1,
        .samples = 1,
        .layers = render->layers,
        .type = PVG_WIRE_TEXTURE_TYPE_2D_ARRAY,
        .storage = PVG_WIRE_STORAGE_MODE_PRIVATE,
    };
    struct pvg_joined_depth *joined = &render->joined;
    struct pvg_image *image;
    enum pvg_refusal why;

    if (!shape.format || render->samples != 1) {
        return PVG_REFUSED_KIND;
    }
    if (!pvg_gpu_run_may_take(run, (uint64_t)8 * render->width * render->height * render->layers)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    why = pvg_image_create(run->gpu->vk, &run->gpu->formats, &shape, false, &image);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    joined->texture = pvg_texture_create(image, straight);
    pvg_gpu_run_use_texture(run, joined->texture);
    joined->view = pvg_texture_attachment(joined->texture, 0, 0, render->layers);
    pvg_gpu_object_unref(&joined->texture->base); /* the batch holds it */
    return joined->view ? PVG_ACCEPTED : PVG_REFUSED_HOST_MEMORY;
}

/* One aspect of one of the textures, or of the image that has both. */
static VkBufferImageCopy region(const struct pvg_render *render, const struct pvg_texture *texture,
                                const struct pvg_render_target *at, VkImageAspectFlagBits aspect)
{
    return (VkBufferImageCopy){
        .imageSubresource = {aspect, texture->first_level + (at ? at->level : 0),
                             texture->first_slice + (at ? at->slice : 0), render->layers},
        .imageExtent = {render->width, render->height, 1},
    };
}

/* Between formats that are not the same a copy goes through a buffer. */
static bool copy(struct pvg_render *render, const struct pvg_render_target *target,
                 VkImageAspectFlagBits aspect, bool in)
{
    struct pvg_gpu_run *run = render->run;
    struct pvg_vk *vk = run->gpu->vk;
    const struct pvg_texture *joined = render->joined.texture;
    const VkBufferImageCopy there = region(render, target->texture, target, aspect);
    const VkBufferImageCopy here = region(render, joined, NULL, aspect);
    const VkBuffer scratch =
        pvg_gpu_run_scratch(run, (uint64_t)4 * render->width * render->height * render->layers);

    if (!scratch) {
        return false;
    }
    vk->fn.vkCmdCopyImageToBuffer(run->commands,
                                  (in ? target->texture : joined)->image->host.handle,
                                  VK_IMAGE_LAYOUT_GENERAL, scratch, 1, in ? &there : &here);
    pvg_gpu_full_barrier(run->gpu, run->commands);
    vk->fn.vkCmdCopyBufferToImage(run->commands, scratch,
                                  (in ? joined : target->texture)->image->host.handle,
                                  VK_IMAGE_LAYOUT_GENERAL, 1, in ? &here : &there);
    return true;
}

static void copy_some(struct pvg_render *render, bool depth, bool stencil, bool in)
{
    bool done = true;

    if (depth) {
        done &= copy(render, &render->depth, VK_IMAGE_ASPECT_DEPTH_BIT, in);
    }
    if (stencil) {
        done &= copy(render, &render->stencil, VK_IMAGE_ASPECT_STENCIL_BIT, in);
    }
    if (!done) {
        pvg_gpu_run_refuse(render->run, PVG_REFUSED_HOST_MEMORY, PVG_WIRE_RENDER_RENDER_PASS);
    }
}

void pvg_joined_depth_load(struct pvg_render *render)
{
    const bool depth = render->depth.load == PVG_WIRE_LOAD_ACTION_LOAD;
    const bool stencil = render->stencil.load == PVG_WIRE_LOAD_ACTION_LOAD;

    if (depth || stencil) {
        copy_some(render, depth, stencil, true);
        pvg_gpu_full_barrier(render->run->gpu, render->run->commands);
    }
}

void pvg_joined_depth_store(struct pvg_render *render)
{
    pvg_gpu_full_barrier(render->run->gpu, render->run->commands);
    copy_some(render, pvg_render_stores(&render->depth), pvg_render_stores(&render->stencil),
              false);
    render->run->tail_open = true;
}
