/* SPDX-License-Identifier: MIT */
/* Fills heaps. Every slot is described: what is nobody's, or of another kind, is null, or the
 * default sampler. */
#include "gpu/heaps.h"

#include <string.h>

#include "gpu/binds.h"
#include "gpu/handles.h"
#include "gpu/table.h"

VkDescriptorType pvg_heap_type(uint32_t binding)
{
    const bool texels = (binding - PVG_HEAP_SAMPLED) / 4 % PVG_KIND_COUNT == PVG_KIND_BUFFER;

    return binding == PVG_HEAP_BUFFERS  ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
           : binding < PVG_HEAP_SAMPLED ? VK_DESCRIPTOR_TYPE_SAMPLER
           : binding < PVG_HEAP_STORAGE ? (texels ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER
                                                  : VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE)
                                        : (texels ? VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER
                                                  : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE);
}

uint32_t pvg_heap_slots_of(const struct pvg_vk *vk)
{
    const VkPhysicalDeviceLimits *l = &vk->properties.properties.limits;
    uint32_t slots =
        MIN(MIN(l->maxPerStageDescriptorStorageBuffers, l->maxPerStageDescriptorSamplers),
            MIN(l->maxPerStageDescriptorSampledImages, l->maxPerStageDescriptorStorageImages));

    slots = MIN(slots, l->maxPerStageResources) / 8; /* a function may use several kinds */
    return slots < 64 ? 0 : MIN(slots, (uint32_t)PVG_HANDLE_SLOTS);
}

/* ---- One heap ---- */

union descriptors {
    VkDescriptorBufferInfo *buffers;
    VkDescriptorImageInfo *images;
    VkBufferView *texels;
    void *any;
};

static void fill_buffers(struct pvg_gpu_run *run, bool written, VkDescriptorBufferInfo *at)
{
    const uint32_t slots = run->gpu->heap_slots;
    const uint32_t most = run->gpu->vk->properties.properties.limits.maxStorageBufferRange;
    uint32_t end;
    const uint32_t *refs =
        pvg_handles_of(run->gpu, run->submission->space.task, PVG_HANDLE_BUFFERS, &end);

    for (uint32_t i = 0; i < slots; i++) {
        struct pvg_buffer *buffer = NULL;
        enum pvg_refusal why;

        at[i] = (VkDescriptorBufferInfo){VK_NULL_HANDLE, 0, VK_WHOLE_SIZE};
        if (i < end && refs[i]) {
            buffer = (struct pvg_buffer *)pvg_table_find(run->gpu, run->submission, refs[i],
                                                         PVG_GPU_BUFFER, &why);
        }
        if (buffer) {
            const uint64_t size = MIN((buffer->size + 3) & ~UINT64_C(3), buffer->host.size);

            pvg_gpu_run_use_buffer(run, buffer);
            if (written) {
                pvg_gpu_run_write_buffer(run, buffer);
            }
            at[i].buffer = buffer->host.handle;
            at[i].range = MIN(size, most);
        }
    }
}

static bool fill_samplers(struct pvg_gpu_run *run, bool comparing, VkDescriptorImageInfo *at)
{
    const uint32_t slots = run->gpu->heap_slots;
    struct pvg_sampler_description plain;
    uint32_t end;
    const uint32_t *refs =
        pvg_handles_of(run->gpu, run->submission->space.task, PVG_HANDLE_SAMPLERS, &end);
    VkSampler none;

    memset(&plain, 0, sizeof(plain)); /* its bytes are a key */
    plain.anisotropy = 1;
    none = pvg_sampler_cache_get(&run->gpu->samplers, &plain, comparing);
    if (!none) {
        return false;
    }
    for (uint32_t i = 0; i < slots; i++) {
        const struct pvg_sampler *sampler = NULL;
        VkSampler handle = VK_NULL_HANDLE;
        enum pvg_refusal why;

        if (i < end && refs[i]) {
            sampler = (struct pvg_sampler *)pvg_table_find(run->gpu, run->submission, refs[i],
                                                           PVG_GPU_SAMPLER, &why);
        }
        if (sampler) {
            handle = pvg_sampler_cache_get(&run->gpu->samplers, &sampler->description, comparing);
        }
        at[i] = (VkDescriptorImageInfo){handle ? handle : none, VK_NULL_HANDLE,
                                        VK_IMAGE_LAYOUT_UNDEFINED};
    }
    return true;
}

/* What a shader would have to declare to see this heap's textures. */
static struct pvg_shader_texture kind_of(uint32_t binding)
{
    const uint32_t first = binding >= PVG_HEAP_ATOMIC    ? PVG_HEAP_ATOMIC
                           : binding >= PVG_HEAP_STORAGE ? PVG_HEAP_STORAGE
                                                         : PVG_HEAP_SAMPLED;
    const struct pvg_kind_shape shape = pvg_kind_shape((binding - first) / 4);

    return (struct pvg_shader_texture){
        .count = 1,
        .dimension = shape.dimension,
        .arrayed = shape.arrayed,
        .multisampled = shape.multisampled,
        .depth = shape.depth,
        .component_class = MAX((binding - first) % 4, (uint32_t)PVG_CLASS_FLOAT),
        .storage = first != PVG_HEAP_SAMPLED,
        .atomic = first == PVG_HEAP_ATOMIC,
        .cube_as_array = first != PVG_HEAP_SAMPLED && shape.dimension == PVG_TEXTURE_CUBE,
    };
}

static void fill_textures(struct pvg_gpu_run *run, uint32_t binding, bool written,
                          union descriptors out)
{
    const struct pvg_shader_texture kind = kind_of(binding);
    const bool texels = kind.dimension == PVG_TEXTURE_TEXEL_BUFFER;
    const uint32_t slots = run->gpu->heap_slots;
    uint32_t end;
    const uint32_t *refs =
        pvg_handles_of(run->gpu, run->submission->space.task, PVG_HANDLE_TEXTURES, &end);

    for (uint32_t i = 0; i < slots; i++) {
        struct pvg_texture *texture = NULL;
        enum pvg_refusal why;

        if (i < end && refs[i]) {
            texture = (struct pvg_texture *)pvg_table_find(run->gpu, run->submission, refs[i],
                                                           PVG_GPU_TEXTURE, &why);
        }
        if (texture && !pvg_binds_fits(texture, &kind)) {
            texture = NULL;
        }
        if (texture) {
            pvg_gpu_run_use_texture(run, texture);
            if (written && kind.storage) {
                pvg_gpu_run_write_texture(run, texture, 0, 1);
            }
        }
        if (texels) {
            out.texels[i] = texture ? pvg_texture_texels(texture) : VK_NULL_HANDLE;
        } else {
            out.images[i] = (VkDescriptorImageInfo){
                VK_NULL_HANDLE, texture ? pvg_binds_view(texture, &kind, kind.storage) : NULL,
                VK_IMAGE_LAYOUT_GENERAL};
        }
    }
}

/* ---- The set ---- */

struct made_set {
    VkDescriptorSetLayout layout;
    VkDescriptorSet set;
};

GArray *pvg_heap_sets_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(struct made_set));
}

struct pool {
    struct pvg_vk *vk;
    VkDescriptorPool handle;
};

static void pool_free(void *data)
{
    struct pool *pool = data;

    pool->vk->fn.vkDestroyDescriptorPool(pool->vk->device, pool->handle, NULL);
    g_free(pool);
}

/* Sets of thousands of descriptors have a pool of their own, which goes with the batch. */
static VkDescriptorSet allocate(struct pvg_gpu_run *run, const struct pvg_shader_heap *heaps,
                                uint32_t count, VkDescriptorSetLayout layout)
{
    struct pvg_vk *vk = run->gpu->vk;
    VkDescriptorPoolSize sizes[2 * PVG_SHADER_HEAPS];
    VkDescriptorPool handle = VK_NULL_HANDLE;
    VkDescriptorSet set = VK_NULL_HANDLE;
    struct pool *pool;

    for (uint32_t i = 0; i < count; i++) {
        sizes[i] = (VkDescriptorPoolSize){pvg_heap_type(heaps[i].binding), run->gpu->heap_slots};
    }
    if (pvg_vk_check(vk, vk->fn.vkCreateDescriptorPool(
                             vk->device,
                             &(VkDescriptorPoolCreateInfo){
                                 .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                 .maxSets = 1,
                                 .poolSizeCount = count,
                                 .pPoolSizes = sizes,
                             },
                             NULL, &handle)) != VK_SUCCESS) {
        return VK_NULL_HANDLE;
    }
    pool = g_new0(struct pool, 1);
    *pool = (struct pool){vk, handle};
    pvg_vk_batch_keep(run->batch, pool_free, pool);
    if (pvg_vk_check(vk, vk->fn.vkAllocateDescriptorSets(
                             vk->device,
                             &(VkDescriptorSetAllocateInfo){
                                 .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                 .descriptorPool = handle,
                                 .descriptorSetCount = 1,
                                 .pSetLayouts = &layout,
                             },
                             &set)) != VK_SUCCESS) {
        return VK_NULL_HANDLE;
    }
    return set;
}

/* The heaps of all stages, each once, with all that is done through it. */
static uint32_t collect(const struct pvg_stage_program *const *stages, unsigned count,
                        struct pvg_shader_heap out[2 * PVG_SHADER_HEAPS])
{
    uint32_t found = 0;

    for (unsigned i = 0; i < count; i++) {
        const struct pvg_shader_reflection *r =
            stages[i]->shader ? &stages[i]->shader->translation.reflection : NULL;

        for (uint32_t h = 0; r && h < r->heap_count; h++) {
            uint32_t at = 0;

            while (at < found && out[at].binding != r->heaps[h].binding) {
                at++;
            }
            if (at == found) {
                out[found++] = (struct pvg_shader_heap){.binding = r->heaps[h].binding};
            }
            out[at].access |= r->heaps[h].access;
        }
    }
    return found;
}

static bool fill(struct pvg_gpu_run *run, const struct pvg_shader_heap *heap, union descriptors out)
{
    const bool written = heap->access & PVG_ACCESS_WRITE;

    if (heap->binding == PVG_HEAP_BUFFERS) {
        fill_buffers(run, written, out.buffers);
    } else if (heap->binding < PVG_HEAP_SAMPLED) {
        return fill_samplers(run, heap->binding == PVG_HEAP_COMPARES, out.images);
    } else {
        fill_textures(run, heap->binding, written, out);
    }
    return true;
}

enum pvg_refusal pvg_heaps_describe(struct pvg_gpu_run *run,
                                    const struct pvg_stage_program *const *stages, unsigned count,
                                    VkDescriptorSetLayout layout, VkDescriptorSet *out)
{
    struct pvg_vk *vk = run->gpu->vk;
    const uint32_t slots = run->gpu->heap_slots;
    g_autofree void *room = g_malloc_n(slots, sizeof(VkDescriptorImageInfo));
    struct pvg_shader_heap heaps[2 * PVG_SHADER_HEAPS];
    const uint32_t heap_count = collect(stages, count, heaps);
    struct made_set made = {layout, VK_NULL_HANDLE};

    G_STATIC_ASSERT(sizeof(VkDescriptorBufferInfo) <= sizeof(VkDescriptorImageInfo));
    for (guint i = 0; i < run->heap_sets->len && !made.set; i++) {
        const struct made_set *old = &g_array_index(run->heap_sets, struct made_set, i);

        made.set = old->layout == layout ? old->set : VK_NULL_HANDLE;
    }
    *out = made.set;
    if (!made.set) {
        *out = made.set = allocate(run, heaps, heap_count, layout);
        if (!made.set) {
            return PVG_REFUSED_HOST_MEMORY;
        }
        for (uint32_t i = 0; i < heap_count; i++) {
            const VkWriteDescriptorSet write = {
                .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                .dstSet = made.set,
                .dstBinding = heaps[i].binding,
                .descriptorCount = slots,
                .descriptorType = pvg_heap_type(heaps[i].binding),
                .pBufferInfo = room,
                .pImageInfo = room,
                .pTexelBufferView = room,
            };

            if (!fill(run, &heaps[i], (union descriptors){.any = room})) {
                return PVG_REFUSED_HOST_MEMORY;
            }
            vk->fn.vkUpdateDescriptorSets(vk->device, 1, &write, 0, NULL);
        }
        g_array_append_val(run->heap_sets, made);
        return PVG_ACCEPTED;
    }
    for (uint32_t i = 0; i < heap_count; i++) { /* textures over buffers follow each write */
        if (run->overlays->len && heaps[i].access & PVG_ACCESS_WRITE &&
            !fill(run, &heaps[i], (union descriptors){.any = room})) {
            return PVG_REFUSED_HOST_MEMORY;
        }
    }
    return PVG_ACCEPTED;
}
