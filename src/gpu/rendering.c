/* SPDX-License-Identifier: MIT */
/* A pass on Vulkan: begun, interrupted, ended, resolved, and handed to the next encoder.
 *
 * Desktops send about one draw a pass, many of them to the same attachments in a row. A pass that
 * ends with all of them stored stays open; if the next encoder describes the same attachments it
 * goes on with it, unless something of the second must wait for the first: then it is interrupted
 * like any other. Spec: 40-render 3.7, 13.5; 02-errata rows 25, 26. */
#include "gpu/render.h"

#include <string.h>

#define TARGETS (PVG_MAX_COLOURS + 2)

/* Colours, depth, stencil. */
static struct pvg_render_target *target_at(struct pvg_render *render, unsigned i)
{
    return i < PVG_MAX_COLOURS    ? &render->colours[i]
           : i == PVG_MAX_COLOURS ? &render->depth
                                  : &render->stencil;
}

bool pvg_render_resolves(const struct pvg_render_target *target)
{
    return target->resolve &&
           (target->store == PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE ||
            target->store == PVG_WIRE_STORE_ACTION_STORE_AND_MULTISAMPLE_RESOLVE);
}

/* Unknown that was never made known is kept: losing content is worse. */
bool pvg_render_stores(const struct pvg_render_target *target)
{
    return target->store != PVG_WIRE_STORE_ACTION_DONT_CARE &&
           target->store != PVG_WIRE_STORE_ACTION_MULTISAMPLE_RESOLVE;
}

bool pvg_render_draws_to(const struct pvg_render *render, const struct pvg_texture *texture)
{
    bool found = false;

    for (unsigned i = 0; i < TARGETS; i++) {
        const struct pvg_texture *target = target_at((struct pvg_render *)render, i)->texture;

        found |= target && target->image == texture->image;
    }
    return found;
}

void pvg_render_key_init(const struct pvg_render *render, struct pvg_render_key *key)
{
    memset(key, 0, sizeof(*key)); /* compared as bytes */
    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        key->colours[i] =
            render->colours[i].texture ? render->colours[i].texture->host->vk : VK_FORMAT_UNDEFINED;
    }
    key->depth = render->depth.texture ? render->depth.texture->host->vk : VK_FORMAT_UNDEFINED;
    key->stencil =
        render->stencil.texture ? render->stencil.texture->host->vk : VK_FORMAT_UNDEFINED;
    if (render->joined.view) {
        key->depth = key->stencil = render->joined.texture->host->vk;
    }
    key->samples = (uint8_t)render->samples;
}

/* ---- Begin and end ---- */

static VkRenderingAttachmentInfo attachment(const struct pvg_render_target *target, bool again)
{
    VkRenderingAttachmentInfo info = {
        .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
        .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
        .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
        .clearValue = target->clear,
    };

    if (!target->texture) {
        return info;
    }
    info.imageView = target->view;
    info.loadOp = again || target->load == PVG_WIRE_LOAD_ACTION_LOAD ? VK_ATTACHMENT_LOAD_OP_LOAD
                  : target->load == PVG_WIRE_LOAD_ACTION_CLEAR       ? VK_ATTACHMENT_LOAD_OP_CLEAR
                                                               : VK_ATTACHMENT_LOAD_OP_DONT_CARE;
    return info;
}

static void resolve_to(VkRenderingAttachmentInfo *info, const struct pvg_render_target *target,
                       VkResolveModeFlagBits mode)
{
    if (pvg_render_resolves(target)) {
        info->resolveMode = mode;
        info->resolveImageView = target->resolve_view;
        info->resolveImageLayout = VK_IMAGE_LAYOUT_GENERAL;
    }
}

static void begin(struct pvg_render *render, bool resolving)
{
    struct pvg_vk *vk = render->run->gpu->vk;
    VkRenderingAttachmentInfo colours[PVG_MAX_COLOURS];
    VkRenderingAttachmentInfo depth = attachment(&render->depth, render->begun);
    VkRenderingAttachmentInfo stencil = attachment(&render->stencil, render->begun);
    uint32_t count = 0;

    if (resolving && pvg_depth_resolve_is_native(render)) {
        resolve_to(&depth, &render->depth, pvg_depth_resolve_mode(render, &render->depth));
        resolve_to(&stencil, &render->stencil, pvg_depth_resolve_mode(render, &render->stencil));
    }
    if (render->joined.view) {
        depth.imageView = stencil.imageView = render->joined.view;
        if (!render->begun) {
            pvg_joined_depth_load(render);
        }
    }

    for (uint32_t i = 0; i < PVG_MAX_COLOURS; i++) {
        colours[i] = attachment(&render->colours[i], render->begun);
        if (resolving) {
            resolve_to(&colours[i], &render->colours[i], render->colours[i].resolve_mode);
        }
        count = render->colours[i].texture ? i + 1 : count;
    }
    vk->fn.vkCmdBeginRendering(render->run->commands,
                               &(VkRenderingInfo){
                                   .sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
                                   .renderArea.extent = {render->width, render->height},
                                   .layerCount = render->layers,
                                   .colorAttachmentCount = count,
                                   .pColorAttachments = colours,
                                   .pDepthAttachment = render->depth.texture ? &depth : NULL,
                                   .pStencilAttachment = render->stencil.texture ? &stencil : NULL,
                               });
    render->open = render->begun = true;
    render->run->in_pass = true;
    render->run->tail_open = true;
}

static void end(struct pvg_render *render)
{
    pvg_visibility_pause(&render->visibility, render->run);
    if (render->fetching) {
        render->run->gpu->vk->fn.vkCmdEndRenderPass(render->run->commands);
    } else {
        render->run->gpu->vk->fn.vkCmdEndRendering(render->run->commands);
    }
    render->open = render->continued = render->fetching = false;
    render->run->in_pass = false;
}

enum pvg_refusal pvg_render_open(struct pvg_render *render)
{
    if (!render->described || render->refused) {
        return PVG_REFUSED_STATE;
    }
    if (!render->open) {
        pvg_count(render->run->gpu->counts.passes, !render->begun);
        begin(render, false);
    }
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_render_open_fetching(struct pvg_render *render)
{
    const struct pvg_stage_program *fragment = &render->pipeline->fragment;
    const uint32_t mask = fragment->shader->translation.reflection.colour_input_mask;
    enum pvg_refusal why = PVG_ACCEPTED;

    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        if (mask >> i & 1 && !render->colours[i].texture) {
            return PVG_REFUSED_FORMAT; /* there is nothing to read */
        }
    }
    if (render->open && render->fetching) {
        return PVG_ACCEPTED;
    }
    if (render->samples > 1) {
        return PVG_REFUSED_HOST_DEVICE; /* the translator reads one sample */
    }
    if (!render->begun) {
        why = pvg_render_open(render); /* loads and clears */
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    pvg_render_break(render);
    why = pvg_fetch_pass_begin(render);
    render->open = render->fetching = render->run->in_pass = why == PVG_ACCEPTED;
    return why;
}

void pvg_render_break(struct pvg_render *render)
{
    if (render->open) {
        end(render);
        pvg_gpu_full_barrier(render->run->gpu, render->run->commands);
    }
}

void pvg_render_renew(struct pvg_render *render)
{
    struct pvg_gpu_run *run = render->run;

    for (unsigned i = 0; i < TARGETS; i++) {
        const struct pvg_render_target *target = target_at(render, i);

        if (target->texture) {
            pvg_gpu_run_use_texture(run, target->texture);
        }
        if (target->resolve) {
            pvg_gpu_run_use_texture(run, target->resolve);
        }
    }
    if (render->joined.view) {
        pvg_gpu_run_use_texture(run, render->joined.texture);
    }
    if (render->factors.buffer) {
        pvg_gpu_run_use_buffer(run, render->factors.buffer);
    }
    if (render->pipeline) {
        pvg_gpu_object_hold(&render->pipeline->base, run->batch);
    }
    if (render->depth_stencil) {
        pvg_gpu_object_hold(&render->depth_stencil->base, run->batch);
    }
    pvg_binds_renew(&render->vertex, run);
    pvg_binds_renew(&render->fragment, run);
    render->dirty = PVG_RENDER_ALL_DIRTY;
    render->bound = VK_NULL_HANDLE;
    render->bound_primitive = UINT32_MAX;
    render->push_told = false;
}

/* ---- From one encoder to the next ---- */

static struct pvg_open_pass shape_of(struct pvg_render *render)
{
    struct pvg_open_pass shape = {
        .open = true,
        .width = render->width,
        .height = render->height,
        .layers = render->layers,
        .samples = render->samples,
    };

    for (unsigned i = 0; i < TARGETS; i++) {
        shape.views[i] = target_at(render, i)->texture ? target_at(render, i)->view : NULL;
    }
    return shape;
}

static bool same_shape(const struct pvg_open_pass *a, const struct pvg_open_pass *b)
{
    for (unsigned i = 0; i < TARGETS; i++) {
        if (a->views[i] != b->views[i]) {
            return false;
        }
    }
    return a->open && b->open && a->width == b->width && a->height == b->height &&
           a->layers == b->layers && a->samples == b->samples;
}

static void clear_inside(struct pvg_render *render)
{
    VkClearAttachment clears[TARGETS];
    uint32_t count = 0;

    for (unsigned i = 0; i < TARGETS; i++) {
        const struct pvg_render_target *target = target_at(render, i);

        if (target->texture && target->load == PVG_WIRE_LOAD_ACTION_CLEAR) {
            clears[count++] = (VkClearAttachment){
                .aspectMask = i < PVG_MAX_COLOURS    ? VK_IMAGE_ASPECT_COLOR_BIT
                              : i == PVG_MAX_COLOURS ? VK_IMAGE_ASPECT_DEPTH_BIT
                                                     : VK_IMAGE_ASPECT_STENCIL_BIT,
                .colorAttachment = i < PVG_MAX_COLOURS ? i : 0,
                .clearValue = target->clear,
            };
        }
    }
    if (count) {
        const VkClearRect all = {{.extent = {render->width, render->height}}, 0, render->layers};

        render->run->gpu->vk->fn.vkCmdClearAttachments(render->run->commands, count, clears, 1,
                                                       &all);
    }
}

void pvg_render_continue(struct pvg_render *render)
{
    struct pvg_gpu_run *run = render->run;
    const struct pvg_open_pass shape = shape_of(render);

    if (render->visibility.buffer || render->properties || render->joined.view ||
        !same_shape(&run->pass, &shape)) {
        pvg_gpu_run_barrier(run);
        return;
    }
    run->pass.open = false;
    render->open = render->begun = render->continued = true;
    clear_inside(render);
}

/* Whether the next encoder may go on: nothing is left to do at the end, and no shader wrote what
 * its draws could read. */
static bool may_stay_open(struct pvg_render *render)
{
    if (render->visibility.buffer || render->properties || render->writes_memory ||
        render->joined.view || render->fetching) {
        return false;
    }
    for (unsigned i = 0; i < TARGETS; i++) {
        const struct pvg_render_target *target = target_at(render, i);

        if (target->texture && (!pvg_render_stores(target) || pvg_render_resolves(target) ||
                                target->texture->image->shared)) {
            return false;
        }
    }
    return true;
}

/* What is to be in guest memory when the submission is complete. */
static void mark_written(struct pvg_render *render)
{
    for (unsigned i = 0; i < TARGETS; i++) {
        struct pvg_render_target *target = target_at(render, i);

        if (target->texture && pvg_render_stores(target)) {
            pvg_gpu_run_write_texture(render->run, target->texture, target->level, 1);
        }
        if (target->texture && pvg_render_resolves(target)) {
            pvg_gpu_run_write_texture(render->run, target->resolve, target->resolve_level, 1);
        }
    }
}

void pvg_render_finish_pass(struct pvg_render *render)
{
    bool deep, native, resolving;

    if (pvg_render_open(render) != PVG_ACCEPTED) {
        return;
    }
    deep = pvg_render_resolves(&render->depth) || pvg_render_resolves(&render->stencil);
    native = pvg_depth_resolve_is_native(render);
    resolving = deep && native;
    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        resolving |= pvg_render_resolves(&render->colours[i]);
    }
    mark_written(render);
    if (may_stay_open(render)) {
        render->run->pass = shape_of(render);
        return;
    }
    if (resolving) { /* store actions may have changed since the pass began: resolve by itself */
        pvg_render_break(render);
        begin(render, true);
    }
    end(render);
    if (deep && !native) {
        pvg_depth_resolve(render);
    }
    if (render->joined.view) {
        pvg_joined_depth_store(render);
    }
    if (render->visibility.spans) {
        pvg_visibility_finish(&render->visibility, render->run);
    }
}
