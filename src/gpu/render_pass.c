/* SPDX-License-Identifier: MIT */
/* What a pass record says: its attachments, checked. What happens to them is in rendering.c. */
#include <math.h>

#include "base/range.h"
#include "gpu/clear_color.h"
#include "gpu/render.h"
#include "gpu/table.h"

/* ---- Describing ---- */

static struct pvg_texture *find_texture(struct pvg_render *render, uint32_t ref,
                                        enum pvg_refusal *why)
{
    struct pvg_gpu_run *run = render->run;
    struct pvg_texture *texture =
        (struct pvg_texture *)pvg_table_find(run->gpu, run->submission, ref, PVG_GPU_TEXTURE, why);

    if (texture && !texture->image) {
        *why = PVG_REFUSED_KIND;
        return NULL;
    }
    return texture;
}

/* A view of one level and @layers slices (or one plane) to draw to. */
static enum pvg_refusal look(struct pvg_render *render, struct pvg_texture *texture, uint32_t level,
                             uint32_t slice, uint32_t plane, VkImageView *view)
{
    const bool deep = texture->type == PVG_WIRE_TEXTURE_TYPE_3D;
    const uint32_t layers = MAX(render->layers, 1u);

    if (level >= texture->levels ||
        (deep ? !pvg_range_fits((struct pvg_range){plane, layers},
                                pvg_texture_level_depth(texture, level))
              : !pvg_range_fits((struct pvg_range){slice, layers}, texture->slices))) {
        return PVG_REFUSED_LEVEL;
    }
    *view = pvg_texture_attachment(texture, level, deep ? plane : slice, layers);
    return *view ? PVG_ACCEPTED : PVG_REFUSED_FORMAT;
}

static enum pvg_refusal describe_target(struct pvg_render *render,
                                        const struct pvg_wire_attachment *rec, uint8_t aspect,
                                        struct pvg_render_target *out)
{
    enum pvg_refusal why;
    struct pvg_texture *texture;

    *out = (struct pvg_render_target){.load = rec->load, .store = rec->store};
    if (!rec->texture) {
        return PVG_ACCEPTED;
    }
    if (rec->load > PVG_WIRE_LOAD_ACTION_CLEAR ||
        rec->store > PVG_WIRE_STORE_ACTION_CUSTOM_SAMPLE_DEPTH_STORE) {
        return PVG_REFUSED_VALUE;
    }
    texture = find_texture(render, rec->texture, &why);
    if (!texture) {
        return why;
    }
    if (!(texture->format->aspect & aspect)) {
        return PVG_REFUSED_FORMAT;
    }
    why = look(render, texture, rec->level, rec->slice, rec->plane, &out->view);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (render->samples && render->samples != texture->image->shape.samples) {
        return PVG_REFUSED_KIND;
    }
    render->samples = texture->image->shape.samples;
    render->width = MIN(render->width, pvg_texture_level_width(texture, rec->level));
    render->height = MIN(render->height, pvg_texture_level_height(texture, rec->level));
    pvg_gpu_run_use_texture(render->run, texture);
    out->texture = texture;
    out->level = rec->level;
    if (!rec->resolve_texture || render->samples == 1) {
        return PVG_ACCEPTED;
    }
    out->resolve = find_texture(render, rec->resolve_texture, &why);
    if (!out->resolve) {
        return why;
    }
    if (out->resolve->host->vk != texture->host->vk || out->resolve->image->shape.samples != 1) {
        return PVG_REFUSED_FORMAT;
    }
    why = look(render, out->resolve, rec->resolve_level, rec->resolve_slice, rec->resolve_plane,
               &out->resolve_view);
    if (why == PVG_ACCEPTED) {
        pvg_gpu_run_use_texture(render->run, out->resolve);
        out->resolve_level = rec->resolve_level;
    }
    return why;
}

/* Modes the device lacks become sample 0, which all have. */
static VkResolveModeFlagBits depth_resolve_mode(const struct pvg_vk *vk, uint16_t filter)
{
    const VkResolveModeFlags has = vk->properties12.supportedDepthResolveModes;

    if (filter == PVG_WIRE_DEPTH_RESOLVE_FILTER_MIN && (has & VK_RESOLVE_MODE_MIN_BIT)) {
        return VK_RESOLVE_MODE_MIN_BIT;
    }
    if (filter == PVG_WIRE_DEPTH_RESOLVE_FILTER_MAX && (has & VK_RESOLVE_MODE_MAX_BIT)) {
        return VK_RESOLVE_MODE_MAX_BIT;
    }
    return VK_RESOLVE_MODE_SAMPLE_ZERO_BIT;
}

static bool same_place(const struct pvg_render_target *a, const struct pvg_render_target *b)
{
    return a->texture && a->texture == b->texture && a->view == b->view;
}

static enum pvg_refusal describe(struct pvg_render *render, const struct pvg_wire_render_pass *rec)
{
    const struct pvg_vk *vk = render->run->gpu->vk;
    const VkPhysicalDeviceLimits *limits = &vk->properties.properties.limits;
    enum pvg_refusal why;

    render->width = limits->maxFramebufferWidth;
    render->height = limits->maxFramebufferHeight;
    render->samples = 0;
    if (rec->array_length > limits->maxFramebufferLayers) {
        return PVG_REFUSED_LIMIT;
    }
    render->layers = MAX((uint32_t)rec->array_length, 1u);
    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        struct pvg_render_target *target = &render->colours[i];

        why = describe_target(render, &rec->color[i].to, PVG_ASPECT_COLOR, target);
        if (why != PVG_ACCEPTED) {
            return why;
        }
        if (target->texture) {
            target->clear.color = pvg_clear_color(target->texture->format, rec->color[i].clear);
            target->resolve_mode = target->texture->format->numeric == PVG_NUMERIC_FLOAT
                                       ? VK_RESOLVE_MODE_AVERAGE_BIT
                                       : VK_RESOLVE_MODE_SAMPLE_ZERO_BIT;
        }
        for (unsigned j = 0; j < i; j++) {
            if (same_place(target, &render->colours[j])) {
                return PVG_REFUSED_VALUE; /* one place twice */
            }
        }
    }
    why = describe_target(render, &rec->depth.to, PVG_ASPECT_DEPTH, &render->depth);
    if (why == PVG_ACCEPTED) {
        why = describe_target(render, &rec->stencil.to, PVG_ASPECT_STENCIL, &render->stencil);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (render->depth.texture && render->stencil.texture &&
        render->depth.view != render->stencil.view) {
        return PVG_REFUSED_KIND; /* Vulkan has one depth-stencil view */
    }
    render->depth.clear.depthStencil.depth =
        rec->depth.clear >= 0 ? (float)fmin(rec->depth.clear, 1) : isnan(rec->depth.clear);
    render->stencil.clear.depthStencil.stencil = rec->stencil.clear & 0xff;
    render->depth.resolve_mode = depth_resolve_mode(vk, rec->depth.resolve_filter);
    render->stencil.resolve_mode = VK_RESOLVE_MODE_SAMPLE_ZERO_BIT;
    if (!vk->properties12.independentResolve && render->depth.resolve && render->stencil.resolve) {
        render->depth.resolve_mode = VK_RESOLVE_MODE_SAMPLE_ZERO_BIT;
    }
    if (!render->samples) { /* no attachment: what is stated is all there is */
        if (!rec->width || !rec->height) {
            return PVG_REFUSED_VALUE;
        }
        render->samples = MAX(render->default_samples, 1u);
    }
    if (rec->visibility_buffer) {
        render->visibility.buffer =
            (struct pvg_buffer *)pvg_table_find(render->run->gpu, render->run->submission,
                                                rec->visibility_buffer, PVG_GPU_BUFFER, &why);
        if (!render->visibility.buffer) {
            pvg_gpu_run_refuse(render->run, why, PVG_WIRE_RENDER_RENDER_PASS); /* draw, uncounted */
        } else {
            pvg_gpu_run_use_buffer(render->run, render->visibility.buffer);
        }
    }
    render->width = rec->width ? (uint32_t)MIN(rec->width, render->width) : render->width;
    render->height = rec->height ? (uint32_t)MIN(rec->height, render->height) : render->height;
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_render_describe_pass(struct pvg_render *render,
                                          const struct pvg_wire_render_pass *rec)
{
    enum pvg_refusal why;

    if (render->described) {
        return PVG_REFUSED_STATE; /* a segment has one */
    }
    render->described = true;
    why = describe(render, rec);
    render->refused = why != PVG_ACCEPTED;
    if (why == PVG_ACCEPTED) {
        pvg_render_continue(render);
    }
    return why;
}
