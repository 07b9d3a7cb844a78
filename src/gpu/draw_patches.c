/* SPDX-License-Identifier: MIT */
/* Draws of patches. Without buffers that name patches or control points, vertices follow each
 * other; with them a kernel makes the indices. Spec: 40-render 6.5. */
#include <string.h>

#include "base/range.h"
#include "gpu/render.h"
#include "gpu/tessellation.h"

#define NO_PATCHES UINT32_MAX

struct draw {
    uint32_t first, count, points; /* patches; control points of each */
    struct pvg_buffer *patches;    /* numbers of patches, 32 bits each; NULL: none */
    struct pvg_buffer *named;      /* control points; NULL: none */
    uint32_t patch_offset, point_offset, point_size; /* bytes */
};

static VkDescriptorBufferInfo whole(const struct pvg_render *render,
                                    const struct pvg_buffer *buffer)
{
    const uint32_t most = render->run->gpu->vk->properties.properties.limits.maxStorageBufferRange;

    if (!buffer) {
        return (VkDescriptorBufferInfo){.range = VK_WHOLE_SIZE};
    }
    return (VkDescriptorBufferInfo){buffer->host.handle, 0, MIN(buffer->host.size, most)};
}

/* A buffer of numbers: its first one, and all of it, lie below what 32 bits and the device reach.
 */
static enum pvg_refusal find_numbers(struct pvg_render *render, uint32_t ref, uint64_t offset,
                                     uint32_t size, struct pvg_buffer **buffer, uint32_t *start)
{
    enum pvg_refusal why = PVG_ACCEPTED;

    *buffer = NULL;
    if (!ref) {
        return PVG_ACCEPTED;
    }
    *buffer = pvg_render_find_buffer(render, ref, &why);
    if (!*buffer) {
        return why;
    }
    if (offset % size) {
        return PVG_REFUSED_VALUE;
    }
    if (offset >= (*buffer)->size || offset > UINT32_MAX) {
        return PVG_REFUSED_RANGE;
    }
    *start = (uint32_t)offset;
    return PVG_ACCEPTED;
}

/* Refuses what a buffer cannot hold; the numbers in it are not looked at. */
static enum pvg_refusal check(struct pvg_render *render, const struct pvg_wire_draw_patches *rec,
                              struct draw *d)
{
    const struct pvg_tessellation_description *t = &render->pipeline->description.tessellation;
    uint64_t vertices, end;
    enum pvg_refusal why;

    if (!rec->control_points || rec->control_points > PVG_PATCH_POINTS) {
        return PVG_REFUSED_LIMIT;
    }
    if (rec->indexed && t->index == PVG_WIRE_CONTROL_POINT_INDEX_NONE) {
        return PVG_REFUSED_STATE;
    }
    if (!pvg_add(rec->patch_start, rec->patch_count, &end) ||
        !pvg_mul(end, rec->control_points, &vertices) || vertices > UINT32_MAX ||
        !pvg_range_fits((struct pvg_range){rec->base_instance, rec->instance_count}, UINT32_MAX) ||
        pvg_render_too_much(render, rec->patch_count * t->most * t->most, rec->instance_count)) {
        return PVG_REFUSED_LIMIT;
    }
    d->first = (uint32_t)rec->patch_start;
    d->count = (uint32_t)rec->patch_count;
    d->points = rec->control_points;
    d->point_size = !rec->indexed ? 0 : t->index == PVG_WIRE_CONTROL_POINT_INDEX_U16 ? 2 : 4;
    d->patch_offset = NO_PATCHES;
    why = find_numbers(render, rec->patch_index_buffer, rec->patch_index_offset, 4, &d->patches,
                       &d->patch_offset);
    if (why == PVG_ACCEPTED && rec->indexed) {
        why = find_numbers(render, rec->control_point_buffer, rec->control_point_offset,
                           d->point_size, &d->named, &d->point_offset);
        if (why == PVG_ACCEPTED && !d->named) {
            why = PVG_REFUSED_NO_OBJECT;
        }
    }
    if (why == PVG_ACCEPTED && d->patches &&
        !pvg_range_fits(
            (struct pvg_range){d->patch_offset + 4 * rec->patch_start, 4 * rec->patch_count},
            d->patches->size)) {
        why = PVG_REFUSED_RANGE;
    }
    return why;
}

/* Outside the pass: makes an index for each control point of each patch. */
static enum pvg_refusal make_indices(struct pvg_render *render, const struct draw *d,
                                     VkBuffer *indices)
{
    struct pvg_gpu_run *run = render->run;
    const uint32_t count = d->count * d->points, groups = (count + 63) / 64;
    struct pvg_kernel_job job = {
        .kernel = PVG_KERNEL_PATCH_INDICES,
        .buffers = {whole(render, d->patches), whole(render, d->named)},
        .push = {count, d->points, d->first, d->patch_offset, d->point_offset, d->point_size},
        .groups = {MIN(groups, 4096u), (groups + 4095) / 4096, 1},
    };

    *indices = pvg_gpu_run_scratch(run, (uint64_t)count * 4);
    if (!*indices) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    job.buffers[2] = (VkDescriptorBufferInfo){*indices, 0, (VkDeviceSize)count * 4};
    pvg_render_break(render);
    if (!pvg_kernels_run(&run->gpu->kernels, run->batch, &job)) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    pvg_gpu_full_barrier(run->gpu, run->commands);
    return PVG_ACCEPTED;
}

/* The set and the push constants of the control stage. */
static enum pvg_refusal tell_factors(struct pvg_render *render, const struct draw *d)
{
    const struct pvg_render_pipeline *pipeline = render->pipeline;
    const struct pvg_tessellation_description *t = &pipeline->description.tessellation;
    struct pvg_vk *vk = render->run->gpu->vk;
    const VkDescriptorSet set =
        pvg_vk_batch_descriptor_set(render->run->batch, pipeline->layout.sets[PVG_SET_PATCH]);
    const VkDescriptorBufferInfo buffers[2] = {whole(render, render->factors.buffer),
                                               whole(render, d->patches)};
    const bool by_patch = t->step == PVG_WIRE_TESSELLATION_STEP_PER_PATCH ||
                          t->step == PVG_WIRE_TESSELLATION_STEP_PER_PATCH_AND_PER_INSTANCE;
    const bool by_instance = t->step == PVG_WIRE_TESSELLATION_STEP_PER_INSTANCE ||
                             t->step == PVG_WIRE_TESSELLATION_STEP_PER_PATCH_AND_PER_INSTANCE;
    const struct pvg_patch_push push = {
        .first = d->first,
        .flags =
            (d->patches ? PVG_PATCH_INDEXED : 0) | (by_patch ? PVG_PATCH_BY_PATCH : 0) |
            (by_instance ? PVG_PATCH_BY_INSTANCE : 0) |
            (t->partition == PVG_WIRE_TESSELLATION_PARTITION_POW2 ? PVG_PATCH_POWERS_OF_TWO : 0) |
            (pipeline->vertex.shader->translation.reflection.patch_quad ? PVG_PATCH_QUADS : 0),
        .factor_offset = (uint32_t)render->factors.offset,
        .instance_stride = (uint32_t)render->factors.instance_stride,
        .scale = t->scaled ? render->factors.scale : 1,
        .most = t->most,
        .patch_offset = d->patches ? d->patch_offset : 0,
    };
    VkWriteDescriptorSet writes[2];

    if (!set) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    for (uint32_t i = 0; i < 2; i++) {
        writes[i] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = set,
            .dstBinding = i,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &buffers[i],
        };
    }
    vk->fn.vkUpdateDescriptorSets(vk->device, 2, writes, 0, NULL);
    vk->fn.vkCmdBindDescriptorSets(render->run->commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
                                   pipeline->layout.handle, PVG_SET_PATCH, 1, &set, 0, NULL);
    memcpy(render->push + PVG_PUSH_PATCH, &push, sizeof(push));
    vk->fn.vkCmdPushConstants(render->run->commands, pipeline->layout.handle,
                              VK_SHADER_STAGE_ALL_GRAPHICS, 0, PVG_PUSH_SIZE, render->push);
    return PVG_ACCEPTED;
}

static enum pvg_refusal draw(struct pvg_render *render, const struct pvg_wire_draw_patches *rec,
                             const struct draw *d)
{
    struct pvg_vk *vk = render->run->gpu->vk;
    const bool indexed = d->patches || d->named;
    VkBuffer indices = VK_NULL_HANDLE;
    enum pvg_refusal why = PVG_ACCEPTED;

    if (indexed) {
        why = make_indices(render, d, &indices);
    }
    if (why == PVG_ACCEPTED) {
        why = pvg_render_ready(render, PVG_RENDER_PATCHES, indexed);
    }
    if (why == PVG_ACCEPTED) {
        why = tell_factors(render, d);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (indexed) {
        vk->fn.vkCmdBindIndexBuffer(render->run->commands, indices, 0, VK_INDEX_TYPE_UINT32);
        vk->fn.vkCmdDrawIndexed(render->run->commands, d->count * d->points,
                                (uint32_t)rec->instance_count, 0, 0, (uint32_t)rec->base_instance);
    } else {
        vk->fn.vkCmdDraw(render->run->commands, d->count * d->points, (uint32_t)rec->instance_count,
                         d->first * d->points, (uint32_t)rec->base_instance);
    }
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_render_draw_patches(struct pvg_render *render,
                                         const struct pvg_wire_draw_patches *rec)
{
    struct draw d = {0};
    enum pvg_refusal why;

    if (!rec->patch_count || !rec->instance_count) {
        return PVG_ACCEPTED;
    }
    if (!render->pipeline) {
        return PVG_REFUSED_STATE;
    }
    if (!render->pipeline->description.tessellation.most || render->factors.offset > UINT32_MAX ||
        render->factors.offset % 2 || render->factors.instance_stride > UINT32_MAX ||
        render->factors.instance_stride % 2) {
        return PVG_REFUSED_VALUE;
    }
    why = check(render, rec, &d);
    if (why == PVG_ACCEPTED) {
        render->patch_points = d.points;
        why = draw(render, rec, &d);
        render->patch_points = 0;
    }
    return why;
}

/* The stages of ours want the first patch, and indices want room for all of them: the host reads
 * how many there are. Queries would not survive that. */
enum pvg_refusal pvg_render_draw_patches_indirect(struct pvg_render *render,
                                                  const struct pvg_wire_draw_patches_indirect *rec)
{
    struct pvg_gpu_object *joined = render->joined.view ? &render->joined.texture->base : NULL;
    uint32_t arguments[4]; /* patches, instances, first patch, first instance */
    enum pvg_refusal why;

    if (render->visibility.buffer) {
        return PVG_REFUSED_HOST_DEVICE;
    }
    pvg_render_break(render);
    if (joined) {
        pvg_gpu_object_ref(joined); /* only the batch has it, which ends */
    }
    why = pvg_gpu_run_read(render->run, rec->buffer, rec->offset, arguments, sizeof(arguments));
    if (!render->run->lost) {
        pvg_render_renew(render);
    }
    pvg_gpu_object_unref(joined);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    return pvg_render_draw_patches(render, &(struct pvg_wire_draw_patches){
                                               .patch_start = arguments[2],
                                               .patch_count = arguments[0],
                                               .instance_count = arguments[1],
                                               .base_instance = arguments[3],
                                               .patch_index_buffer = rec->patch_index_buffer,
                                               .patch_index_offset = rec->patch_index_offset,
                                               .control_point_buffer = rec->control_point_buffer,
                                               .control_point_offset = rec->control_point_offset,
                                               .control_points = rec->control_points,
                                               .indexed = rec->indexed,
                                           });
}
