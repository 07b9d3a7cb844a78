/* SPDX-License-Identifier: MIT */
/* Draws: checks what is set, tells Vulkan what changed, and draws. What cannot be drawn is skipped;
 * the encoder goes on. Spec: 40-render 6, 13; 02-errata rows 7, 15, 19, 24, 28, 30. */
#include <string.h>

#include "base/range.h"
#include "gpu/heaps.h"
#include "gpu/metal.h"
#include "gpu/render.h"
#include "gpu/table.h"

/* Vertices times instances on a device without a watchdog. */
/* Of one draw, instances counted: what no guest draws on purpose. The rest is the watchdog's, which
 * cannot make a GPU let go. */
#define MOST_VERTICES     (1u << 31)
#define MOST_CPU_VERTICES (1u << 28)

/* ---- State ---- */

static void tell_viewports(struct pvg_render *render)
{
    struct pvg_vk *vk = render->run->gpu->vk;
    const uint32_t count = MAX(MAX(render->viewport_count, render->scissor_count), 1u);
    VkViewport viewports[PVG_RENDER_VIEWPORTS];
    VkRect2D scissors[PVG_RENDER_VIEWPORTS];

    for (uint32_t i = 0; i < count; i++) {
        VkRect2D rect = {.extent = {render->width, render->height}};

        viewports[i] =
            i < render->viewport_count
                ? render->viewports[i]
                : (VkViewport){
                      0, (float)render->height, (float)render->width, -(float)render->height, 0, 1};
        if (i < render->scissor_count) {
            const VkRect2D *wanted = &render->scissors[i];
            const uint32_t x = MIN((uint32_t)wanted->offset.x, render->width);
            const uint32_t y = MIN((uint32_t)wanted->offset.y, render->height);

            rect.offset = (VkOffset2D){(int32_t)x, (int32_t)y};
            rect.extent = (VkExtent2D){MIN(wanted->extent.width, render->width - x),
                                       MIN(wanted->extent.height, render->height - y)};
        }
        scissors[i] = rect;
    }
    vk->fn.vkCmdSetViewportWithCount(render->run->commands, count, viewports);
    vk->fn.vkCmdSetScissorWithCount(render->run->commands, count, scissors);
}

static void tell_raster(struct pvg_render *render)
{
    static const VkCullModeFlags cull[] = {
        [PVG_WIRE_CULL_MODE_NONE] = VK_CULL_MODE_NONE,
        [PVG_WIRE_CULL_MODE_FRONT] = VK_CULL_MODE_FRONT_BIT,
        [PVG_WIRE_CULL_MODE_BACK] = VK_CULL_MODE_BACK_BIT,
    };
    struct pvg_vk *vk = render->run->gpu->vk;

    vk->fn.vkCmdSetCullMode(render->run->commands, cull[render->cull]);
    vk->fn.vkCmdSetFrontFace(render->run->commands, render->winding == PVG_WIRE_WINDING_CLOCKWISE
                                                        ? VK_FRONT_FACE_CLOCKWISE
                                                        : VK_FRONT_FACE_COUNTER_CLOCKWISE);
}

static void tell_face(struct pvg_render *render, VkStencilFaceFlags which,
                      const VkStencilOpState *face, uint32_t reference)
{
    struct pvg_vk *vk = render->run->gpu->vk;
    VkCommandBuffer commands = render->run->commands;

    vk->fn.vkCmdSetStencilOp(commands, which, face->failOp, face->passOp, face->depthFailOp,
                             face->compareOp);
    vk->fn.vkCmdSetStencilCompareMask(commands, which, face->compareMask);
    vk->fn.vkCmdSetStencilWriteMask(commands, which, face->writeMask);
    vk->fn.vkCmdSetStencilReference(commands, which, reference);
}

static void tell_depth_stencil(struct pvg_render *render)
{
    static const struct pvg_depth_stencil nothing = {
        .depth_compare = VK_COMPARE_OP_ALWAYS,
        .front.compareOp = VK_COMPARE_OP_ALWAYS,
        .back.compareOp = VK_COMPARE_OP_ALWAYS,
    };
    const struct pvg_depth_stencil *state =
        render->depth_stencil ? render->depth_stencil : &nothing;
    struct pvg_vk *vk = render->run->gpu->vk;
    VkCommandBuffer commands = render->run->commands;
    const bool depth = render->depth.texture != NULL;

    /* A write with compare `always` needs the test on. */
    vk->fn.vkCmdSetDepthTestEnable(
        commands, depth && (state->depth_write || state->depth_compare != VK_COMPARE_OP_ALWAYS));
    vk->fn.vkCmdSetDepthWriteEnable(commands, depth && state->depth_write);
    vk->fn.vkCmdSetDepthCompareOp(commands, state->depth_compare);
    vk->fn.vkCmdSetStencilTestEnable(commands, render->stencil.texture && state->stencil);
    tell_face(render, VK_STENCIL_FACE_FRONT_BIT, &state->front, render->stencil_reference[0]);
    tell_face(render, VK_STENCIL_FACE_BACK_BIT, &state->back, render->stencil_reference[1]);
}

static void tell_bias(struct pvg_render *render)
{
    struct pvg_vk *vk = render->run->gpu->vk;
    const bool clamps = vk->features.core.features.depthBiasClamp;

    vk->fn.vkCmdSetDepthBiasEnable(render->run->commands,
                                   render->bias[0] != 0 || render->bias[2] != 0);
    vk->fn.vkCmdSetDepthBias(render->run->commands, render->bias[0], clamps ? render->bias[1] : 0,
                             render->bias[2]);
}

/* ---- Pipeline ---- */

static bool formats_agree(const struct pvg_render *render)
{
    const struct pvg_render_description *d = &render->pipeline->description;

    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        const struct pvg_texture *texture = render->colours[i].texture;

        if (texture && d->colours[i].format && d->colours[i].format != texture->format->ordinal) {
            return false;
        }
    }
    return true;
}

static bool same_choice(const struct pvg_render_choice *a, const struct pvg_render_choice *b)
{
    return a->pipeline == b->pipeline && a->topology_class == b->topology_class &&
           a->patch_points == b->patch_points && a->lines == b->lines &&
           a->depth_clamp == b->depth_clamp && a->fetching == b->fetching;
}

static enum pvg_refusal choose_pipeline(struct pvg_render *render, uint32_t primitive)
{
    static const uint8_t classes[] = {0, 1, 1, 2, 2, [PVG_RENDER_PATCHES] = 3};
    struct pvg_vk *vk = render->run->gpu->vk;
    const VkPhysicalDeviceFeatures *features = &vk->features.core.features;
    const struct pvg_render_choice choice = {
        .pipeline = render->pipeline,
        .topology_class = classes[primitive],
        .patch_points = render->patch_points,
        .lines = render->lines,
        .depth_clamp = render->depth_clamp,
        .fetching = render->fetching,
    };
    struct pvg_render_key key;
    VkPipeline handle;

    if (render->bound && same_choice(&render->choice, &choice)) {
        return PVG_ACCEPTED;
    }
    pvg_render_key_init(render, &key);
    key.topology_class = choice.topology_class;
    key.lines = render->lines && key.topology_class >= 2;
    key.patch_points = (uint8_t)render->patch_points;
    key.depth_clamp = render->depth_clamp && features->depthClamp;
    key.fetches = render->fetching;
    if (!formats_agree(render) || render->pipeline->description.samples != render->samples) {
        return PVG_REFUSED_FORMAT;
    }
    if (key.lines && !features->fillModeNonSolid) {
        return PVG_REFUSED_HOST_DEVICE;
    }
    handle = pvg_render_pipeline_get(render->pipeline, &key);
    if (!handle) {
        return PVG_REFUSED_SHADER;
    }
    if (handle != render->bound) {
        vk->fn.vkCmdBindPipeline(render->run->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, handle);
        render->bound = handle;
    }
    render->choice = choice;
    return PVG_ACCEPTED;
}

/* ---- Binds ---- */

static enum pvg_refusal bind_vertices(struct pvg_render *render)
{
    const struct pvg_vertex_description *d = &render->pipeline->description.vertex;
    struct pvg_vk *vk = render->run->gpu->vk;
    const uint32_t most = vk->properties.properties.limits.maxVertexInputBindingStride;

    for (uint32_t left = d->used_layouts; left; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        const struct pvg_buffer_slot *slot = &render->vertex.buffers[i];
        VkDeviceSize offset = 0, size = 0, stride;
        VkBuffer buffer = VK_NULL_HANDLE;

        if (slot->bad || slot->offset % 4) {
            return PVG_REFUSED_VALUE;
        }
        stride = slot->strided ? slot->stride : d->layouts[i].stride;
        if (d->layouts[i].step == PVG_STEP_CONSTANT) {
            stride = 0;
        }
        if (stride > most) {
            return PVG_REFUSED_LIMIT;
        }
        if (slot->buffer && slot->offset < slot->buffer->size) {
            buffer = slot->buffer->host.handle;
            offset = slot->offset;
            size = slot->buffer->host.size - offset;
        }
        vk->fn.vkCmdBindVertexBuffers2(render->run->commands, i, 1, &buffer, &offset, &size,
                                       &stride);
    }
    return PVG_ACCEPTED;
}

static enum pvg_refusal bind_stage(struct pvg_render *render, struct pvg_binds *binds,
                                   const struct pvg_stage_program *stage, uint32_t set)
{
    const struct pvg_pipeline_layout *layout = &render->pipeline->layout;
    VkDescriptorSet handle;
    enum pvg_refusal why;

    if (!binds->changed || !stage->shader) {
        return PVG_ACCEPTED;
    }
    why = pvg_binds_describe(binds, render->run, stage, layout->sets[set], render->push, &handle);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    pvg_fetch_pass_describe(render, stage->shader->translation.reflection.colour_input_mask,
                            handle);
    render->run->gpu->vk->fn.vkCmdBindDescriptorSets(render->run->commands,
                                                     VK_PIPELINE_BIND_POINT_GRAPHICS,
                                                     layout->handle, set, 1, &handle, 0, NULL);
    binds->changed = false;
    return PVG_ACCEPTED;
}

/* What shaders find by numbers in memory. */
static enum pvg_refusal bind_heaps(struct pvg_render *render)
{
    const struct pvg_render_pipeline *pipeline = render->pipeline;
    const struct pvg_stage_program *const stages[] = {&pipeline->vertex, &pipeline->fragment};
    VkDescriptorSet set;
    enum pvg_refusal why = PVG_ACCEPTED;

    if (pipeline->layout.heaps) {
        why = pvg_heaps_describe(render->run, stages, G_N_ELEMENTS(stages),
                                 pipeline->layout.sets[PVG_SET_HEAPS], &set);
        if (why == PVG_ACCEPTED) {
            render->run->gpu->vk->fn.vkCmdBindDescriptorSets(
                render->run->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline->layout.handle,
                PVG_SET_HEAPS, 1, &set, 0, NULL);
        }
    }
    return why;
}

static enum pvg_refusal bind_all(struct pvg_render *render)
{
    const uint16_t limits[2] = {
        (uint16_t)(render->layers - 1),
        (uint16_t)(MAX(MAX(render->viewport_count, render->scissor_count), 1u) - 1),
    };
    const bool changed = render->vertex.changed || render->fragment.changed ||
                         (render->dirty & (PVG_RENDER_PIPELINE_DIRTY | PVG_RENDER_VIEWPORTS_DIRTY));
    enum pvg_refusal why = PVG_ACCEPTED;

    if (render->dirty & PVG_RENDER_VERTICES_DIRTY) {
        why = bind_vertices(render);
    }
    if (why == PVG_ACCEPTED) {
        why = bind_stage(render, &render->vertex, &render->pipeline->vertex, 0);
    }
    if (why == PVG_ACCEPTED) {
        why = bind_stage(render, &render->fragment, &render->pipeline->fragment, 1);
    }
    if (why == PVG_ACCEPTED && changed) {
        why = bind_heaps(render);
    }
    if (why == PVG_ACCEPTED && changed) {
        memcpy(render->push + PVG_PUSH_TARGET_LIMITS, limits, sizeof(limits));
    }
    if (why == PVG_ACCEPTED && changed &&
        (!render->push_told || (render->dirty & PVG_RENDER_PIPELINE_DIRTY) ||
         memcmp(render->told_push, render->push, sizeof(render->push)) != 0)) {
        render->push_told = true;
        memcpy(render->told_push, render->push, sizeof(render->push));
        render->run->gpu->vk->fn.vkCmdPushConstants(
            render->run->commands, render->pipeline->layout.handle, VK_SHADER_STAGE_ALL_GRAPHICS, 0,
            PVG_PUSH_SIZE, render->push);
    }
    return why;
}

/* Whether @texture shows something that an earlier pass made and this one has not waited for: what
 * was drawn to an attachment, or bytes of the buffer it lies over. */
static bool is_behind(const struct pvg_render *render, const struct pvg_texture *texture)
{
    const struct pvg_image *image = texture->image;

    return pvg_render_draws_to(render, texture) ||
           (image && image->shared && image->shows != image->over->version);
}

static bool samples_what_is_behind(const struct pvg_render *render, const struct pvg_binds *binds,
                                   const struct pvg_stage_program *stage)
{
    const struct pvg_shader_reflection *r =
        stage->shader ? &stage->shader->translation.reflection : NULL;

    for (uint32_t i = 0; r && i < r->texture_count; i++) {
        const uint32_t end = MIN(r->textures[i].index + (uint32_t)r->textures[i].count,
                                 (uint32_t)PVG_SHADER_TEXTURES);

        for (uint32_t slot = r->textures[i].index; slot < end; slot++) {
            if (binds->textures[slot] && is_behind(render, binds->textures[slot])) {
                return true;
            }
        }
    }
    return false;
}

/* In a pass that goes on with the one before, what must see that one's work, or must not be seen by
 * it, waits. Outside, the guest says where it must. */
static void wait_for_last_pass(struct pvg_render *render)
{
    const struct pvg_render_pipeline *pipeline = render->pipeline;
    const bool writes = pvg_binds_write_anything(&pipeline->vertex) ||
                        pvg_binds_write_anything(&pipeline->fragment);

    render->writes_memory |= writes;
    if (render->continued &&
        (writes || pipeline->layout.heaps ||
         samples_what_is_behind(render, &render->vertex, &pipeline->vertex) ||
         samples_what_is_behind(render, &render->fragment, &pipeline->fragment))) {
        pvg_render_break(render);
        pvg_binds_renew(&render->vertex, render->run); /* what could not be copied in the pass */
        pvg_binds_renew(&render->fragment, render->run);
    }
}

/* Everything up to the draw itself. */
enum pvg_refusal pvg_render_ready(struct pvg_render *render, uint32_t primitive, bool indexed)
{
    struct pvg_vk *vk = render->run->gpu->vk;
    const bool strip = primitive == PVG_WIRE_PRIMITIVE_LINE_STRIP ||
                       primitive == PVG_WIRE_PRIMITIVE_TRIANGLE_STRIP;
    const uint32_t told = primitive << 1 | (indexed && strip);
    enum pvg_refusal why;

    if (primitive > PVG_METAL_LAST_PRIMITIVE && !render->patch_points) {
        return PVG_REFUSED_VALUE;
    }
    if (!render->pipeline || render->depth_stencil_bad || render->viewports_bad) {
        return PVG_REFUSED_STATE;
    }
    if (pvg_pipeline_state(&render->pipeline->base) != PVG_PIPELINE_READY) {
        return PVG_REFUSED_SHADER;
    }
    if (pvg_render_pipeline_tessellates(render->pipeline) != (render->patch_points != 0)) {
        return PVG_REFUSED_STATE;
    }
    wait_for_last_pass(render);
    why = pvg_render_pipeline_fetches(render->pipeline) ? pvg_render_open_fetching(render)
                                                        : pvg_render_open(render);
    if (why == PVG_ACCEPTED) {
        why = choose_pipeline(render, primitive);
    }
    if (why == PVG_ACCEPTED) {
        why = bind_all(render);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (render->dirty & PVG_RENDER_VIEWPORTS_DIRTY) {
        tell_viewports(render);
    }
    if (render->dirty & PVG_RENDER_RASTER_DIRTY) {
        tell_raster(render);
    }
    if (render->dirty & PVG_RENDER_DEPTH_DIRTY) {
        tell_depth_stencil(render);
    }
    if (render->dirty & PVG_RENDER_BIAS_DIRTY) {
        tell_bias(render);
    }
    if (render->dirty & PVG_RENDER_BLEND_DIRTY) {
        vk->fn.vkCmdSetBlendConstants(render->run->commands, render->blend);
    }
    if (told != render->bound_primitive) {
        render->bound_primitive = told;
        vk->fn.vkCmdSetPrimitiveTopology(render->run->commands,
                                         render->patch_points ? VK_PRIMITIVE_TOPOLOGY_PATCH_LIST
                                                              : pvg_metal_topology(primitive));
        /* Metal restarts strips at the largest index, always, and lists never. */
        vk->fn.vkCmdSetPrimitiveRestartEnable(render->run->commands, indexed && strip);
    }
    pvg_visibility_count(&render->visibility, render->run);
    render->dirty = 0;
    return PVG_ACCEPTED;
}

/* ---- Draws ---- */

static uint32_t most_vertices(struct pvg_vk *vk)
{
    return pvg_vk_is_cpu(vk) ? MOST_CPU_VERTICES : MOST_VERTICES;
}

bool pvg_render_too_much(const struct pvg_render *render, uint64_t count, uint64_t instances)
{
    uint64_t all;

    return !pvg_mul(count, instances, &all) || all > most_vertices(render->run->gpu->vk);
}

static bool is_32_bit(uint64_t start, uint64_t count)
{
    return pvg_range_fits((struct pvg_range){start, count}, UINT32_MAX);
}

enum pvg_refusal pvg_render_draw(struct pvg_render *render, const struct pvg_wire_draw *rec)
{
    enum pvg_refusal why;

    if (!rec->count || !rec->instance_count) {
        return PVG_ACCEPTED; /* legal, and draws nothing */
    }
    if (!is_32_bit(rec->start, rec->count) || !is_32_bit(rec->base_instance, rec->instance_count) ||
        pvg_render_too_much(render, rec->count, rec->instance_count)) {
        return PVG_REFUSED_LIMIT;
    }
    why = pvg_render_ready(render, rec->primitive, false);
    if (why == PVG_ACCEPTED) {
        render->run->gpu->vk->fn.vkCmdDraw(render->run->commands, (uint32_t)rec->count,
                                           (uint32_t)rec->instance_count, (uint32_t)rec->start,
                                           (uint32_t)rec->base_instance);
    }
    return why;
}

struct pvg_buffer *pvg_render_find_buffer(struct pvg_render *render, uint32_t ref,
                                          enum pvg_refusal *why)
{
    struct pvg_buffer *buffer = (struct pvg_buffer *)pvg_table_find(
        render->run->gpu, render->run->submission, ref, PVG_GPU_BUFFER, why);

    if (buffer) {
        pvg_gpu_run_use_buffer(render->run, buffer);
    }
    return buffer;
}

/* Binds indices from @offset on. Vulkan wants the offset to be a multiple of an index's size; Metal
 * too, but the wire does not: then they are copied. So they are for indirect draws on CPU devices:
 * lavapipe 22.3 reads those from the buffer's start, whatever the offset (seen). */
static enum pvg_refusal bind_indices(struct pvg_render *render, struct pvg_buffer *buffer,
                                     uint64_t offset, uint64_t bytes, uint16_t type, bool indirect)
{
    struct pvg_gpu_run *run = render->run;
    struct pvg_vk *vk = run->gpu->vk;
    VkBuffer handle = buffer->host.handle;

    if (offset % (type == PVG_WIRE_INDEX_TYPE_U16 ? 2 : 4) ||
        (indirect && offset && pvg_vk_is_cpu(vk))) {
        handle = pvg_gpu_run_scratch(run, bytes);
        if (!handle) {
            return PVG_REFUSED_HOST_MEMORY;
        }
        pvg_render_break(render);
        vk->fn.vkCmdCopyBuffer(run->commands, buffer->host.handle, handle, 1,
                               &(VkBufferCopy){offset, 0, bytes});
        pvg_gpu_full_barrier(run->gpu, run->commands);
        offset = 0;
    }
    vk->fn.vkCmdBindIndexBuffer(run->commands, handle, offset,
                                type == PVG_WIRE_INDEX_TYPE_U16 ? VK_INDEX_TYPE_UINT16
                                                                : VK_INDEX_TYPE_UINT32);
    return PVG_ACCEPTED;
}

/* Errata row 39: the layout of the second form is a guess; where it does not fit, the other does.
 */
static void unswap(const struct pvg_wire_draw_indexed *rec, uint64_t size, uint64_t buffer_size,
                   uint64_t *offset, uint64_t *indices)
{
    uint64_t bytes;

    *offset = rec->index_offset;
    *indices = rec->index_count;
    if (rec->second_form &&
        (!pvg_mul(rec->index_count, size, &bytes) ||
         !pvg_range_fits((struct pvg_range){rec->index_offset, bytes}, buffer_size))) {
        *offset = rec->index_count;
        *indices = rec->index_offset;
    }
}

enum pvg_refusal pvg_render_draw_indexed(struct pvg_render *render,
                                         const struct pvg_wire_draw_indexed *rec)
{
    const uint64_t size = rec->index_type == PVG_WIRE_INDEX_TYPE_U16 ? 2 : 4;
    uint64_t offset, indices, bytes;
    enum pvg_refusal why;
    struct pvg_buffer *buffer;

    if (!rec->index_count || !rec->instance_count) {
        return PVG_ACCEPTED;
    }
    if (rec->index_type > PVG_WIRE_INDEX_TYPE_U32) {
        return PVG_REFUSED_VALUE;
    }
    buffer = pvg_render_find_buffer(render, rec->index_buffer, &why);
    if (!buffer) {
        return why;
    }
    unswap(rec, size, buffer->size, &offset, &indices);
    if (!indices) {
        return PVG_ACCEPTED;
    }
    if (!pvg_mul(indices, size, &bytes) ||
        !pvg_range_fits((struct pvg_range){offset, bytes}, buffer->size)) {
        return PVG_REFUSED_RANGE;
    }
    if (!is_32_bit(0, indices) || !is_32_bit(rec->base_instance, rec->instance_count) ||
        rec->base_vertex < INT32_MIN || rec->base_vertex > INT32_MAX ||
        pvg_render_too_much(render, indices, rec->instance_count)) {
        return PVG_REFUSED_LIMIT;
    }
    why = bind_indices(render, buffer, offset, bytes, rec->index_type, false);
    if (why == PVG_ACCEPTED) {
        why = pvg_render_ready(render, rec->primitive, true);
    }
    if (why == PVG_ACCEPTED) {
        render->run->gpu->vk->fn.vkCmdDrawIndexed(
            render->run->commands, (uint32_t)indices, (uint32_t)rec->instance_count, 0,
            (int32_t)rec->base_vertex, (uint32_t)rec->base_instance);
    }
    return why;
}

/* The same limit as for direct draws. */
static enum pvg_refusal limit_arguments(struct pvg_gpu_run *run, const struct pvg_vk_slice *at)
{
    struct pvg_kernel_job job = {
        .kernel = PVG_KERNEL_LIMIT_DRAW,
        .buffers[0] = pvg_kernel_slice(at, 8), /* vertices or indices, instances */
        .push = {most_vertices(run->gpu->vk)},
        .groups = {1, 1, 1},
    };

    if (!pvg_kernels_run(&run->gpu->kernels, run->batch, &job)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    pvg_gpu_full_barrier(run->gpu, run->commands);
    return PVG_ACCEPTED;
}

/* Copies the arguments on the GPU's own time to memory that the guest cannot reach. */
static enum pvg_refusal take_arguments(struct pvg_render *render, uint32_t ref, uint64_t offset,
                                       uint64_t size, struct pvg_vk_slice *out)
{
    struct pvg_gpu_run *run = render->run;
    enum pvg_refusal why;
    struct pvg_buffer *buffer = pvg_gpu_run_find_words(run, ref, offset, size, &why);

    if (!buffer) {
        return why;
    }
    pvg_gpu_run_use_buffer(run, buffer);
    if (!pvg_vk_batch_stage(run->batch, size, PVG_KERNEL_ALIGNMENT, out)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    pvg_render_break(render);
    run->gpu->vk->fn.vkCmdCopyBuffer(run->commands, buffer->host.handle, out->buffer, 1,
                                     &(VkBufferCopy){offset, out->offset, size});
    pvg_gpu_full_barrier(run->gpu, run->commands);
    return limit_arguments(run, out);
}

enum pvg_refusal pvg_render_draw_indirect(struct pvg_render *render,
                                          const struct pvg_wire_draw_indirect *rec)
{
    struct pvg_vk_slice arguments;
    enum pvg_refusal why =
        take_arguments(render, rec->buffer, rec->offset, PVG_WIRE_DRAW_ARGUMENTS_SIZE, &arguments);

    if (why == PVG_ACCEPTED) {
        why = pvg_render_ready(render, rec->primitive, false);
    }
    if (why == PVG_ACCEPTED) {
        render->run->gpu->vk->fn.vkCmdDrawIndirect(render->run->commands, arguments.buffer,
                                                   arguments.offset, 1, 0);
    }
    return why;
}

enum pvg_refusal pvg_render_draw_indexed_indirect(struct pvg_render *render,
                                                  const struct pvg_wire_draw_indexed_indirect *rec)
{
    struct pvg_vk_slice arguments;
    struct pvg_buffer *indices;
    enum pvg_refusal why;

    if (rec->index_type > PVG_WIRE_INDEX_TYPE_U32) {
        return PVG_REFUSED_VALUE;
    }
    indices = pvg_render_find_buffer(render, rec->index_buffer, &why);
    if (!indices) {
        return why;
    }
    if (rec->index_offset >= indices->size) {
        return PVG_REFUSED_RANGE;
    }
    why = take_arguments(render, rec->buffer, rec->offset, PVG_WIRE_DRAW_INDEXED_ARGUMENTS_SIZE,
                         &arguments);
    if (why == PVG_ACCEPTED) {
        why = bind_indices(render, indices, rec->index_offset, indices->size - rec->index_offset,
                           rec->index_type, true);
    }
    if (why == PVG_ACCEPTED) {
        why = pvg_render_ready(render, rec->primitive, true);
    }
    if (why == PVG_ACCEPTED) {
        render->run->gpu->vk->fn.vkCmdDrawIndexedIndirect(render->run->commands, arguments.buffer,
                                                          arguments.offset, 1, 0);
    }
    return why;
}
