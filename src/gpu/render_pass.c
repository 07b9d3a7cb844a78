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

static bool deep(const struct pvg_texture *texture)
{
    return texture->type == PVG_WIRE_TEXTURE_TYPE_3D;
}

/* A view of one level and @layers slices (or one plane) to draw to. */
static enum pvg_refusal look(struct pvg_render *render, struct pvg_texture *texture, uint32_t level,
                             uint32_t slice, uint32_t plane, VkImageView *view)
{
    const uint32_t layers = MAX(render->layers, 1u);

    if (level >= texture->levels ||
        (deep(texture) ? !pvg_range_fits((struct pvg_range){plane, layers},
                                         pvg_texture_level_depth(texture, level))
                       : !pvg_range_fits((struct pvg_range){slice, layers}, texture->slices))) {
        return PVG_REFUSED_LEVEL;
    }
    *view = pvg_texture_attachment(texture, level, deep(texture) ? plane : slice, layers);
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
    if (texture->image->shared) {
        pvg_gpu_run_barrier(render->run); /* it may have to be copied, which no open pass allows */
    }
    pvg_gpu_run_use_texture(render->run, texture);
    out->texture = texture;
    out->level = rec->level;
    out->slice = deep(texture) ? rec->plane : rec->slice;
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
    if (rec->resolve_level >= out->resolve->levels ||
        pvg_texture_level_width(out->resolve, rec->resolve_level) !=
            pvg_texture_level_width(texture, rec->level) ||
        pvg_texture_level_height(out->resolve, rec->resolve_level) !=
            pvg_texture_level_height(texture, rec->level)) {
        return PVG_REFUSED_LEVEL;
    }
    why = look(render, out->resolve, rec->resolve_level, rec->resolve_slice, rec->resolve_plane,
               &out->resolve_view);
    if (why == PVG_ACCEPTED) {
        pvg_gpu_run_use_texture(render->run, out->resolve);
        out->resolve_level = rec->resolve_level;
        out->resolve_slice = deep(out->resolve) ? rec->resolve_plane : rec->resolve_slice;
    }
    return why;
}

static bool same_place(const struct pvg_render_target *a, const struct pvg_render_target *b)
{
    const struct pvg_texture *x = a->texture, *y = b->texture;

    return x && y && x->image == y->image &&
           x->first_level + a->level == y->first_level + b->level &&
           x->first_slice + a->slice == y->first_slice + b->slice;
}

static enum pvg_refusal describe(struct pvg_render *render, const struct pvg_wire_render_pass *rec)
{
    const VkPhysicalDeviceLimits *limits = &render->run->gpu->vk->properties.properties.limits;
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
    render->depth.clear.depthStencil.depth =
        rec->depth.clear >= 0 ? (float)fmin(rec->depth.clear, 1) : isnan(rec->depth.clear);
    render->stencil.clear.depthStencil.stencil = rec->stencil.clear & 0xff;
    if ((render->depth.resolve && rec->depth.resolve_filter > PVG_WIRE_DEPTH_RESOLVE_FILTER_MAX) ||
        (render->stencil.resolve &&
         rec->stencil.resolve_filter > PVG_WIRE_STENCIL_RESOLVE_FILTER_DEPTH_RESOLVED_SAMPLE)) {
        return PVG_REFUSED_VALUE;
    }
    /* Without a texture to resolve to they mean nothing, and are not looked at. */
    render->depth_filter = MIN(rec->depth.resolve_filter, PVG_WIRE_DEPTH_RESOLVE_FILTER_MAX);
    render->stencil_filter = rec->stencil.resolve_filter;
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
    if (render->depth.texture && render->stencil.texture) {
        if (!same_place(&render->depth, &render->stencil)) {
            return pvg_joined_depth_init(render);
        }
        render->stencil.view = render->depth.view; /* two textures may look at one place */
    }
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
