/* SPDX-License-Identifier: MIT */
/* Depth and stencil resolves: by Vulkan where it has the modes, by a kernel of ours where not. */
#include "gpu/depth_resolve.h"

#include "gpu/render.h"

static VkResolveModeFlagBits depth_mode(const struct pvg_render *render)
{
    static const VkResolveModeFlagBits modes[] = {
        [PVG_WIRE_DEPTH_RESOLVE_FILTER_SAMPLE0] = VK_RESOLVE_MODE_SAMPLE_ZERO_BIT,
        [PVG_WIRE_DEPTH_RESOLVE_FILTER_MIN] = VK_RESOLVE_MODE_MIN_BIT,
        [PVG_WIRE_DEPTH_RESOLVE_FILTER_MAX] = VK_RESOLVE_MODE_MAX_BIT,
    };

    return modes[render->depth_filter];
}

bool pvg_depth_resolve_is_native(const struct pvg_render *render)
{
    const VkPhysicalDeviceVulkan12Properties *has = &render->run->gpu->vk->properties12;
    const bool depth = pvg_render_resolves(&render->depth);
    const bool stencil = pvg_render_resolves(&render->stencil);
    const bool both = render->depth.texture && render->stencil.texture;

    if (render->joined.view) {
        return false;
    }
    if (depth && !(has->supportedDepthResolveModes & depth_mode(render))) {
        return false;
    }
    if (stencil &&
        render->stencil_filter == PVG_WIRE_STENCIL_RESOLVE_FILTER_DEPTH_RESOLVED_SAMPLE &&
        render->depth_filter != PVG_WIRE_DEPTH_RESOLVE_FILTER_SAMPLE0) {
        return false; /* Vulkan has no such mode */
    }
    if (depth && stencil) {
        return render->depth.resolve_view == render->stencil.resolve_view &&
               (has->independentResolve || depth_mode(render) == VK_RESOLVE_MODE_SAMPLE_ZERO_BIT);
    }
    return !both || has->independentResolveNone;
}

VkResolveModeFlagBits pvg_depth_resolve_mode(const struct pvg_render *render,
                                             const struct pvg_render_target *target)
{
    return target == &render->depth ? depth_mode(render) : VK_RESOLVE_MODE_SAMPLE_ZERO_BIT;
}

/* ---- By kernel ---- */

static uint32_t depth_bits(VkFormat format)
{
    switch (format) {
    case VK_FORMAT_D16_UNORM:
        return 16;
    case VK_FORMAT_X8_D24_UNORM_PACK32:
    case VK_FORMAT_D24_UNORM_S8_UINT:
        return 24;
    default: /* Vulkan's enumeration: the other depth formats are floats */
        return 32;
    }
}

static VkImageView aspect_of(const struct pvg_render *render, const struct pvg_render_target *from,
                             VkImageAspectFlagBits aspect)
{
    return pvg_texture_aspect(from->texture, aspect, from->level, from->slice, render->layers);
}

static void copy_out(struct pvg_render *render, VkBuffer buffer, uint64_t offset,
                     const struct pvg_render_target *to, VkImageAspectFlagBits aspect)
{
    const struct pvg_texture *texture = to->resolve;

    render->run->gpu->vk->fn.vkCmdCopyBufferToImage(
        render->run->commands, buffer, texture->image->host.handle, VK_IMAGE_LAYOUT_GENERAL, 1,
        &(VkBufferImageCopy){
            .bufferOffset = offset,
            .bufferRowLength = (render->width + 3) / 4 * 4,
            .imageSubresource = {aspect, texture->first_level + to->resolve_level,
                                 texture->first_slice + to->resolve_slice, render->layers},
            .imageExtent = {render->width, render->height, 1},
        });
}

static bool resolve(struct pvg_render *render)
{
    struct pvg_gpu_run *run = render->run;
    const bool depth = pvg_render_resolves(&render->depth);
    const bool stencil = pvg_render_resolves(&render->stencil);
    const uint64_t texels = (uint64_t)(render->width + 3) / 4 * 4 * render->height * render->layers;
    const uint64_t depth_bytes = depth ? 4 * texels : 0;
    /* The kernel's second buffer begins where descriptors may. */
    const uint64_t stencils =
        (depth_bytes + PVG_KERNEL_ALIGNMENT - 1) / PVG_KERNEL_ALIGNMENT * PVG_KERNEL_ALIGNMENT;
    const VkBuffer scratch = pvg_gpu_run_scratch(run, stencils + texels);
    struct pvg_kernel_job job = {
        .kernel = PVG_KERNEL_RESOLVE_DEPTH,
        .push = {render->width, render->height, render->samples, render->depth_filter,
                 render->stencil_filter, 0, stencil},
        .groups = {((render->width + 3) / 4 + 7) / 8, (render->height + 7) / 8, render->layers},
    };

    if (!scratch) {
        return false;
    }
    job.buffers[1] = (VkDescriptorBufferInfo){scratch, stencils, texels};
    if (depth) {
        job.buffers[0] = (VkDescriptorBufferInfo){scratch, 0, depth_bytes};
        job.push[5] = depth_bits(render->depth.resolve->host->vk);
    }
    if (render->depth.texture) { /* also to find the sample for the stencil */
        job.images[0] = aspect_of(render, &render->depth, VK_IMAGE_ASPECT_DEPTH_BIT);
    } else {
        job.push[3] = job.push[4] = 0;
    }
    if (stencil) {
        job.images[1] = aspect_of(render, &render->stencil, VK_IMAGE_ASPECT_STENCIL_BIT);
    }
    if ((render->depth.texture && !job.images[0]) || (stencil && !job.images[1])) {
        return false;
    }
    pvg_gpu_full_barrier(run->gpu, run->commands);
    if (!pvg_kernels_run(&run->gpu->kernels, run->batch, &job)) {
        return false;
    }
    pvg_gpu_full_barrier(run->gpu, run->commands);
    if (depth) {
        copy_out(render, scratch, 0, &render->depth, VK_IMAGE_ASPECT_DEPTH_BIT);
    }
    if (stencil) {
        copy_out(render, scratch, stencils, &render->stencil, VK_IMAGE_ASPECT_STENCIL_BIT);
    }
    run->tail_open = true;
    return true;
}

void pvg_depth_resolve(struct pvg_render *render)
{
    if (!resolve(render)) {
        pvg_gpu_run_refuse(render->run, PVG_REFUSED_HOST_MEMORY, PVG_WIRE_RENDER_RENDER_PASS);
    }
}
