/* SPDX-License-Identifier: MIT */
/* The render encoder's records. Spec: 40-render 2 to 7. */
#include "gpu/encoders.h"
#include "gpu/render.h"

#include <math.h>
#include <string.h>

#include "gpu/table.h"

static void *render_begin(struct pvg_gpu_run *run)
{
    struct pvg_render *render = g_new0(struct pvg_render, 1);

    render->run = run;
    render->dirty = PVG_RENDER_ALL_DIRTY;
    render->bound_primitive = UINT32_MAX;
    render->tile[0] = render->tile[1] = 32;
    render->factors.scale = 1;
    render->vertex.changed = render->fragment.changed = true;
    return render;
}

static void render_end(void *encoder)
{
    struct pvg_render *render = encoder;

    if (!render->run->lost) {
        pvg_render_finish_pass(render);
    }
    g_clear_pointer(&render->visibility.spans, g_array_unref);
    g_free(render);
}

/* ---- The pass ---- */

static enum pvg_refusal render_pass(void *ctx, const struct pvg_wire_render_pass *rec)
{
    return pvg_render_describe_pass(ctx, rec);
}

static enum pvg_refusal default_sample_count(void *ctx,
                                             const struct pvg_wire_default_sample_count *rec)
{
    struct pvg_render *render = ctx;

    if (!rec->count || rec->count > 16 || (rec->count & (rec->count - 1))) {
        return PVG_REFUSED_VALUE;
    }
    render->properties = true;
    render->default_samples = rec->count;
    if (render->described && !render->begun && !render->colours[0].texture &&
        !render->depth.texture && !render->stencil.texture) {
        render->samples = rec->count; /* the records of the group come in any order */
    }
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_store(struct pvg_render_target *target, uint64_t action)
{
    if (action > PVG_WIRE_STORE_ACTION_CUSTOM_SAMPLE_DEPTH_STORE) {
        return PVG_REFUSED_VALUE;
    }
    if (!target->texture) {
        return PVG_REFUSED_STATE;
    }
    target->store = (uint32_t)action;
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_color_store_action(void *ctx,
                                               const struct pvg_wire_set_color_store_action *rec)
{
    struct pvg_render *render = ctx;

    return rec->index < PVG_MAX_COLOURS ? set_store(&render->colours[rec->index], rec->action)
                                        : PVG_REFUSED_LIMIT;
}

static enum pvg_refusal set_depth_store_action(void *ctx,
                                               const struct pvg_wire_set_depth_store_action *rec)
{
    return set_store(&((struct pvg_render *)ctx)->depth, rec->action);
}

static enum pvg_refusal
set_stencil_store_action(void *ctx, const struct pvg_wire_set_stencil_store_action *rec)
{
    return set_store(&((struct pvg_render *)ctx)->stencil, rec->action);
}

/* The only option is to keep custom sample positions, which no guest is told exist. */
static enum pvg_refusal set_color_store_options(void *ctx,
                                                const struct pvg_wire_set_color_store_options *rec)
{
    return rec->index >= PVG_MAX_COLOURS ? PVG_REFUSED_LIMIT
           : rec->options                ? PVG_REFUSED_VALUE
                                         : PVG_ACCEPTED;
}

static enum pvg_refusal set_depth_store_options(void *ctx,
                                                const struct pvg_wire_set_depth_store_options *rec)
{
    return rec->options ? PVG_REFUSED_VALUE : PVG_ACCEPTED;
}

static enum pvg_refusal
set_stencil_store_options(void *ctx, const struct pvg_wire_set_stencil_store_options *rec)
{
    return rec->options ? PVG_REFUSED_VALUE : PVG_ACCEPTED;
}

/* ---- Tiles: none, but the guest takes whatever is in the buffer for their size ---- */

static enum pvg_refusal tile_size(void *ctx, const struct pvg_wire_tile_size *rec)
{
    struct pvg_render *render = ctx;

    render->tile[0] = rec->width;
    render->tile[1] = rec->height;
    return PVG_REFUSED_OPCODE;
}

static enum pvg_refusal get_tile_dimensions(void *ctx,
                                            const struct pvg_wire_get_tile_dimensions *rec)
{
    struct pvg_render *render = ctx;

    return pvg_gpu_run_reply(render->run, rec->buffer, rec->offset, render->tile,
                             sizeof(render->tile));
}

/* ---- State ---- */

/* Whether what is bound for @a is bound for @b too: equal shaders make equal layouts. */
static bool binds_alike(const struct pvg_render_pipeline *a, const struct pvg_render_pipeline *b)
{
    return a && b && pvg_pipeline_state(&a->base) == PVG_PIPELINE_READY &&
           pvg_pipeline_state(&b->base) == PVG_PIPELINE_READY &&
           a->vertex.shader == b->vertex.shader && a->fragment.shader == b->fragment.shader;
}

static enum pvg_refusal set_pipeline(void *ctx, const struct pvg_wire_set_pipeline *rec)
{
    struct pvg_render *render = ctx;
    enum pvg_refusal why = PVG_ACCEPTED;
    struct pvg_render_pipeline *pipeline = NULL;

    if (rec->pipeline) {
        pipeline = (struct pvg_render_pipeline *)pvg_table_find(
            render->run->gpu, render->run->submission, rec->pipeline, PVG_GPU_RENDER_PIPELINE,
            &why);
    }
    if (pipeline) {
        pvg_gpu_object_hold(&pipeline->base, render->run->batch);
    }
    if (pipeline != render->pipeline) {
        if (!binds_alike(pipeline, render->pipeline)) {
            render->vertex.changed = render->fragment.changed = true; /* another layout */
            render->dirty |= PVG_RENDER_PIPELINE_DIRTY;
        }
        render->pipeline = pipeline;
        render->dirty |= PVG_RENDER_VERTICES_DIRTY;
    }
    return why;
}

static enum pvg_refusal set_depth_stencil(void *ctx, const struct pvg_wire_set_depth_stencil *rec)
{
    struct pvg_render *render = ctx;
    enum pvg_refusal why = PVG_ACCEPTED;

    render->depth_stencil = NULL;
    if (rec->state) {
        render->depth_stencil = (struct pvg_depth_stencil *)pvg_table_find(
            render->run->gpu, render->run->submission, rec->state, PVG_GPU_DEPTH_STENCIL, &why);
    }
    if (render->depth_stencil) {
        pvg_gpu_object_hold(&render->depth_stencil->base, render->run->batch);
    }
    render->depth_stencil_bad = rec->state && !render->depth_stencil;
    render->dirty |= PVG_RENDER_DEPTH_DIRTY;
    return why;
}

static enum pvg_refusal set_cull_mode(void *ctx, const struct pvg_wire_set_cull_mode *rec)
{
    struct pvg_render *render = ctx;

    if (rec->mode > PVG_WIRE_CULL_MODE_BACK) {
        return PVG_REFUSED_VALUE;
    }
    render->cull = (uint32_t)rec->mode;
    render->dirty |= PVG_RENDER_RASTER_DIRTY;
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_winding(void *ctx, const struct pvg_wire_set_winding *rec)
{
    struct pvg_render *render = ctx;

    if (rec->winding > PVG_WIRE_WINDING_COUNTER_CLOCKWISE) {
        return PVG_REFUSED_VALUE;
    }
    render->winding = (uint32_t)rec->winding;
    render->dirty |= PVG_RENDER_RASTER_DIRTY;
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_fill_mode(void *ctx, const struct pvg_wire_set_fill_mode *rec)
{
    struct pvg_render *render = ctx;

    if (rec->mode > PVG_WIRE_FILL_MODE_LINES) {
        return PVG_REFUSED_VALUE;
    }
    render->lines = rec->mode == PVG_WIRE_FILL_MODE_LINES;
    render->dirty |= PVG_RENDER_PIPELINE_DIRTY;
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_depth_clip_mode(void *ctx,
                                            const struct pvg_wire_set_depth_clip_mode *rec)
{
    struct pvg_render *render = ctx;

    if (rec->mode > PVG_WIRE_DEPTH_CLIP_MODE_CLAMP) {
        return PVG_REFUSED_VALUE;
    }
    render->depth_clamp = rec->mode == PVG_WIRE_DEPTH_CLIP_MODE_CLAMP;
    render->dirty |= PVG_RENDER_PIPELINE_DIRTY;
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_depth_bias(void *ctx, const struct pvg_wire_set_depth_bias *rec)
{
    struct pvg_render *render = ctx;

    if (!isfinite(rec->bias) || !isfinite(rec->slope_scale) || !isfinite(rec->clamp)) {
        return PVG_REFUSED_VALUE;
    }
    render->bias[0] = rec->bias;
    render->bias[1] = rec->clamp;
    render->bias[2] = rec->slope_scale;
    render->dirty |= PVG_RENDER_BIAS_DIRTY;
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_blend_color(void *ctx, const struct pvg_wire_set_blend_color *rec)
{
    struct pvg_render *render = ctx;

    memcpy(render->blend, rec->rgba, sizeof(render->blend));
    render->dirty |= PVG_RENDER_BLEND_DIRTY;
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_stencil_reference(void *ctx,
                                              const struct pvg_wire_set_stencil_reference *rec)
{
    struct pvg_render *render = ctx;

    render->stencil_reference[0] = rec->front;
    render->stencil_reference[1] = rec->back;
    render->dirty |= PVG_RENDER_DEPTH_DIRTY;
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_visibility(void *ctx, const struct pvg_wire_set_visibility *rec)
{
    struct pvg_render *render = ctx;

    return pvg_visibility_set(&render->visibility, render->run, rec->offset, rec->mode);
}

/* A width other than 1 is private API, and most hosts have no other either. */
static enum pvg_refusal set_line_width(void *ctx, const struct pvg_wire_set_line_width *rec)
{
    return rec->width == 1 ? PVG_ACCEPTED : PVG_REFUSED_LIMIT;
}

/* Metal's y points up: a viewport of negative height turns it round, and nothing else has to. */
static bool viewport_from(const struct pvg_wire_viewport *rec, const VkPhysicalDeviceLimits *limits,
                          VkViewport *out)
{
    const double values[] = {
        rec->x,    rec->y,  rec->width, rec->height, rec->x + rec->width, rec->y + rec->height,
        rec->near, rec->far};

    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!isfinite(values[i]) || fabs(values[i]) > limits->viewportBoundsRange[1]) {
            return false;
        }
    }
    if (rec->width <= 0 || rec->width > limits->maxViewportDimensions[0] ||
        fabs(rec->height) > limits->maxViewportDimensions[1]) {
        return false;
    }
    *out = (VkViewport){
        .x = (float)rec->x,
        .y = (float)(rec->y + rec->height),
        .width = (float)rec->width,
        .height = (float)-rec->height,
        .minDepth = (float)fmin(fmax(rec->near, 0), 1),
        .maxDepth = (float)fmin(fmax(rec->far, 0), 1),
    };
    return true;
}

static enum pvg_refusal take_viewports(struct pvg_render *render,
                                       const struct pvg_wire_viewport *list, uint32_t count)
{
    const VkPhysicalDeviceLimits *limits = &render->run->gpu->vk->properties.properties.limits;

    render->dirty |= PVG_RENDER_VIEWPORTS_DIRTY;
    render->viewports_bad = false;
    render->viewport_count = count;
    for (uint32_t i = 0; i < count; i++) {
        if (!viewport_from(&list[i], limits, &render->viewports[i])) {
            render->viewports_bad = true; /* draws wait for better ones */
            return PVG_REFUSED_VALUE;
        }
    }
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_viewport(void *ctx, const struct pvg_wire_set_viewport *rec)
{
    return take_viewports(ctx, &rec->viewport, 1);
}

static uint32_t most_viewports(const struct pvg_render *render)
{
    return MIN(render->run->gpu->vk->properties.properties.limits.maxViewports,
               (uint32_t)PVG_RENDER_VIEWPORTS);
}

static enum pvg_refusal set_viewports(void *ctx, const struct pvg_wire_set_viewports *rec)
{
    struct pvg_wire_viewport list[PVG_RENDER_VIEWPORTS];

    if (!rec->viewports.count || rec->viewports.count > most_viewports(ctx)) {
        return PVG_REFUSED_LIMIT;
    }
    for (uint32_t i = 0; i < rec->viewports.count; i++) {
        list[i] = pvg_wire_viewport_at(rec->viewports, i);
    }
    return take_viewports(ctx, list, rec->viewports.count);
}

static uint32_t narrow(uint64_t value)
{
    return (uint32_t)MIN(value, (uint64_t)INT32_MAX);
}

/* Clipped to the target when it is used: the target may be described later. */
static void take_scissor(struct pvg_render *render, uint32_t index,
                         const struct pvg_wire_scissor *rec)
{
    render->scissors[index] = (VkRect2D){
        .offset = {(int32_t)narrow(rec->x), (int32_t)narrow(rec->y)},
        .extent = {narrow(rec->width), narrow(rec->height)},
    };
    render->dirty |= PVG_RENDER_VIEWPORTS_DIRTY;
}

static enum pvg_refusal set_scissor(void *ctx, const struct pvg_wire_set_scissor *rec)
{
    struct pvg_render *render = ctx;

    take_scissor(render, 0, &rec->rect);
    render->scissor_count = 1;
    return PVG_ACCEPTED;
}

static enum pvg_refusal set_scissors(void *ctx, const struct pvg_wire_set_scissors *rec)
{
    struct pvg_render *render = ctx;

    if (!rec->rects.count || rec->rects.count > most_viewports(render)) {
        return PVG_REFUSED_LIMIT;
    }
    for (uint32_t i = 0; i < rec->rects.count; i++) {
        struct pvg_wire_scissor rect = pvg_wire_scissor_at(rec->rects, i);

        take_scissor(render, i, &rect);
    }
    render->scissor_count = rec->rects.count;
    return PVG_ACCEPTED;
}

/* ---- Binds ---- */

static struct pvg_binds *binds_of(struct pvg_render *render, uint32_t stage)
{
    return stage == PVG_WIRE_STAGE_VERTEX     ? &render->vertex
           : stage == PVG_WIRE_STAGE_FRAGMENT ? &render->fragment
                                              : NULL; /* tiles: not offered to guests */
}

#define BIND(name, record, ...)                                                                    \
    static enum pvg_refusal name(void *ctx, const struct record *rec)                              \
    {                                                                                              \
        struct pvg_render *render = ctx;                                                           \
        struct pvg_binds *binds = binds_of(render, rec->stage);                                    \
                                                                                                   \
        render->dirty |= binds == &render->vertex ? PVG_RENDER_VERTICES_DIRTY : 0;                 \
        return binds ? pvg_binds_##name(binds, __VA_ARGS__) : PVG_REFUSED_OPCODE;                  \
    }
BIND(set_buffers, pvg_wire_set_buffers, render->run, rec)
BIND(set_buffers_strided, pvg_wire_set_buffers_strided, render->run, rec)
BIND(set_buffer_offset, pvg_wire_set_buffer_offset, rec)
BIND(set_buffer_offset_strided, pvg_wire_set_buffer_offset_strided, rec)
BIND(set_textures, pvg_wire_set_textures, render->run, rec)
BIND(set_samplers, pvg_wire_set_samplers, render->run, rec)
BIND(set_samplers_clamped, pvg_wire_set_samplers_clamped, render->run, rec)
#undef BIND

/* ---- Order and residency ---- */

static enum pvg_refusal memory_barrier(void *ctx, const struct pvg_wire_memory_barrier *rec)
{
    pvg_render_break(ctx);
    return PVG_ACCEPTED;
}

static enum pvg_refusal memory_barrier_resources(void *ctx,
                                                 const struct pvg_wire_memory_barrier_resources *r)
{
    pvg_render_break(ctx);
    return PVG_ACCEPTED;
}

static enum pvg_refusal texture_barrier(void *ctx, const struct pvg_wire_texture_barrier *rec)
{
    pvg_render_break(ctx);
    return PVG_ACCEPTED;
}

static enum pvg_refusal update_fence(void *ctx, const struct pvg_wire_update_fence *rec)
{
    return PVG_ACCEPTED; /* one in-order queue and barriers between encoders */
}

/* What it waits for may be in the pass that this one goes on with. */
static enum pvg_refusal wait_fence(void *ctx, const struct pvg_wire_wait_fence *rec)
{
    struct pvg_render *render = ctx;

    if (render->continued) {
        pvg_render_break(render);
    }
    return PVG_ACCEPTED;
}

static enum pvg_refusal use_resources(void *ctx, const struct pvg_wire_use_resources *rec)
{
    return PVG_ACCEPTED; /* nothing is reached through pointers */
}

static enum pvg_refusal use_heaps(void *ctx, const struct pvg_wire_use_heaps *rec)
{
    return PVG_ACCEPTED;
}

/* ---- Draws ---- */

static enum pvg_refusal count(struct pvg_render *render, enum pvg_refusal why)
{
    pvg_count(
        why == PVG_ACCEPTED ? render->run->gpu->counts.draws : render->run->gpu->counts.skipped, 1);
    return why;
}

static enum pvg_refusal draw(void *ctx, const struct pvg_wire_draw *rec)
{
    return count(ctx, pvg_render_draw(ctx, rec));
}

static enum pvg_refusal draw_indexed(void *ctx, const struct pvg_wire_draw_indexed *rec)
{
    return count(ctx, pvg_render_draw_indexed(ctx, rec));
}

static enum pvg_refusal draw_indirect(void *ctx, const struct pvg_wire_draw_indirect *rec)
{
    return count(ctx, pvg_render_draw_indirect(ctx, rec));
}

static enum pvg_refusal draw_indexed_indirect(void *ctx,
                                              const struct pvg_wire_draw_indexed_indirect *rec)
{
    return count(ctx, pvg_render_draw_indexed_indirect(ctx, rec));
}

static enum pvg_refusal draw_patches(void *ctx, const struct pvg_wire_draw_patches *rec)
{
    return count(ctx, pvg_render_draw_patches(ctx, rec));
}

static enum pvg_refusal draw_patches_indirect(void *ctx,
                                              const struct pvg_wire_draw_patches_indirect *rec)
{
    return count(ctx, pvg_render_draw_patches_indirect(ctx, rec));
}

static enum pvg_refusal
set_tessellation_factors(void *ctx, const struct pvg_wire_set_tessellation_factors *rec)
{
    struct pvg_render *render = ctx;
    enum pvg_refusal why = PVG_ACCEPTED;

    render->factors.buffer = NULL;
    render->factors.offset = rec->offset;
    render->factors.instance_stride = rec->instance_stride;
    if (rec->buffer) {
        render->factors.buffer = (struct pvg_buffer *)pvg_table_find(
            render->run->gpu, render->run->submission, rec->buffer, PVG_GPU_BUFFER, &why);
    }
    if (render->factors.buffer) {
        pvg_gpu_run_use_buffer(render->run, render->factors.buffer);
    }
    return why;
}

static enum pvg_refusal set_tessellation_scale(void *ctx,
                                               const struct pvg_wire_set_tessellation_scale *rec)
{
    struct pvg_render *render = ctx;

    if (!isfinite(rec->scale)) {
        return PVG_REFUSED_VALUE;
    }
    render->factors.scale = rec->scale;
    return PVG_ACCEPTED;
}

/* Empty slots refuse what no guest is told exists: tiles, indirect command
 * buffers, rate maps, amplification, the OpenGL block. */
static const struct pvg_wire_render_handlers handlers = {
    .render_pass = render_pass,
    .default_sample_count = default_sample_count,
    .set_color_store_action = set_color_store_action,
    .set_depth_store_action = set_depth_store_action,
    .set_stencil_store_action = set_stencil_store_action,
    .set_color_store_options = set_color_store_options,
    .set_depth_store_options = set_depth_store_options,
    .set_stencil_store_options = set_stencil_store_options,
    .tile_size = tile_size,
    .get_tile_dimensions = get_tile_dimensions,
    .set_pipeline = set_pipeline,
    .set_depth_stencil = set_depth_stencil,
    .set_cull_mode = set_cull_mode,
    .set_winding = set_winding,
    .set_fill_mode = set_fill_mode,
    .set_depth_clip_mode = set_depth_clip_mode,
    .set_depth_bias = set_depth_bias,
    .set_blend_color = set_blend_color,
    .set_stencil_reference = set_stencil_reference,
    .set_line_width = set_line_width,
    .set_visibility = set_visibility,
    .set_viewport = set_viewport,
    .set_viewports = set_viewports,
    .set_scissor = set_scissor,
    .set_scissors = set_scissors,
    .set_buffers = set_buffers,
    .set_buffers_strided = set_buffers_strided,
    .set_buffer_offset = set_buffer_offset,
    .set_buffer_offset_strided = set_buffer_offset_strided,
    .set_textures = set_textures,
    .set_samplers = set_samplers,
    .set_samplers_clamped = set_samplers_clamped,
    .memory_barrier = memory_barrier,
    .memory_barrier_resources = memory_barrier_resources,
    .texture_barrier = texture_barrier,
    .update_fence = update_fence,
    .wait_fence = wait_fence,
    .use_resources = use_resources,
    .use_heaps = use_heaps,
    .draw = draw,
    .draw_indexed = draw_indexed,
    .draw_patches = draw_patches,
    .draw_patches_indirect = draw_patches_indirect,
    .set_tessellation_factors = set_tessellation_factors,
    .set_tessellation_scale = set_tessellation_scale,
    .draw_indirect = draw_indirect,
    .draw_indexed_indirect = draw_indexed_indirect,
};

static enum pvg_refusal render_record(void *encoder, uint32_t opcode, struct pvg_cursor *payload)
{
    return pvg_wire_render_dispatch(&handlers, encoder, opcode, payload);
}

const struct pvg_encoder_impl pvg_render_encoder = {
    .begin = render_begin,
    .record = render_record,
    .end = render_end,
};
