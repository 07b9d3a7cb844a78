/* SPDX-License-Identifier: MIT */
/* One kernel, one pipeline, one dispatch at a time. */
#include "compute.h"

#include <string.h>

#include "vulkan/shader_features.h"

struct compute {
    struct pvg_vk *vk;
    struct pvg_vk_queue *queue;
    struct pvg_vk_buffer buffers[PVG_SHADER_BUFFERS]; /* grow and stay */
};

void compute_destroy(struct compute *compute)
{
    if (!compute) {
        return;
    }
    pvg_vk_queue_destroy(compute->queue);
    for (unsigned i = 0; compute->vk && i < PVG_SHADER_BUFFERS; i++) {
        pvg_vk_buffer_finish(compute->vk, &compute->buffers[i]);
    }
    pvg_vk_destroy(compute->vk);
    g_free(compute);
}

struct compute *compute_create(const char *gpu, struct pvg_error *error)
{
    PVG_AUTO(compute) compute = g_new0(struct compute, 1);
    const struct pvg_vk_options options = {.gpu = gpu};

    compute->vk = pvg_vk_create(&options, error);
    if (compute->vk) {
        compute->queue = pvg_vk_queue_create(compute->vk, error);
    }
    return compute->queue ? g_steal_pointer(&compute) : NULL;
}

uint64_t compute_features(const struct compute *compute)
{
    return pvg_vk_shader_features(compute->vk);
}

const char *compute_device_name(const struct compute *compute)
{
    return compute->vk->properties.properties.deviceName;
}

/* ---- what one run makes, and unmakes ---- */

struct run {
    struct compute *compute;
    const struct pvg_translation *kernel;
    const struct compute_dispatch *dispatch;
    VkDescriptorSetLayout set_layout;
    VkPipelineLayout layout;
    VkShaderModule module;
    VkPipeline pipeline;
};

static void run_finish(struct run *run)
{
    struct pvg_vk *vk = run->compute->vk;

    vk->fn.vkDestroyPipeline(vk->device, run->pipeline, NULL);
    vk->fn.vkDestroyShaderModule(vk->device, run->module, NULL);
    vk->fn.vkDestroyPipelineLayout(vk->device, run->layout, NULL);
    vk->fn.vkDestroyDescriptorSetLayout(vk->device, run->set_layout, NULL);
}

static VkResult make_layout(struct run *run)
{
    const struct pvg_shader_reflection *record = &run->kernel->reflection;
    struct pvg_vk *vk = run->compute->vk;
    VkDescriptorSetLayoutBinding bindings[PVG_SHADER_BUFFERS];
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = record->buffer_count,
        .pBindings = bindings,
    };
    const VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, PVG_PUSH_SIZE};
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &run->set_layout,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &push,
    };
    VkResult result;

    for (uint32_t i = 0; i < record->buffer_count; i++) {
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = PVG_BINDING_BUFFER + record->buffers[i].index,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    }
    result = vk->fn.vkCreateDescriptorSetLayout(vk->device, &set, NULL, &run->set_layout);
    return result ? result : vk->fn.vkCreatePipelineLayout(vk->device, &layout, NULL, &run->layout);
}

static VkResult make_pipeline(struct run *run)
{
    struct pvg_vk *vk = run->compute->vk;
    uint32_t values[3 + PVG_SHADER_BUFFERS];
    VkSpecializationMapEntry entries[G_N_ELEMENTS(values)];
    const VkShaderModuleCreateInfo module = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = 4 * (size_t)run->kernel->word_count,
        .pCode = run->kernel->words,
    };
    const VkSpecializationInfo constants = {G_N_ELEMENTS(values), entries, sizeof(values), values};
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .pName = "main",
                  .pSpecializationInfo = &constants},
        .layout = run->layout,
    };
    VkResult result;

    for (uint32_t i = 0; i < G_N_ELEMENTS(values); i++) {
        uint32_t length = i < 3 ? 0 : (run->dispatch->threadgroup_bytes[i - 3] + 15) / 16 * 4;

        values[i] = i < 3 ? run->dispatch->group[i] : MAX(length, 1);
        entries[i] = (VkSpecializationMapEntry){
            .constantID = i < 3 ? PVG_SPEC_LOCAL_X + i : PVG_SPEC_THREADGROUP + i - 3,
            .offset = 4 * i,
            .size = 4,
        };
    }
    result = vk->fn.vkCreateShaderModule(vk->device, &module, NULL, &run->module);
    info.stage.module = run->module;
    return result ? result
                  : vk->fn.vkCreateComputePipelines(vk->device, VK_NULL_HANDLE, 1, &info, NULL,
                                                    &run->pipeline);
}

/* The buffer of the device behind an index, at least as large as asked. */
static VkResult reserve(struct compute *compute, uint32_t index, size_t size)
{
    struct pvg_vk_buffer *buffer = &compute->buffers[index];

    if (buffer->size >= size && buffer->handle) {
        return VK_SUCCESS;
    }
    pvg_vk_buffer_finish(compute->vk, buffer);
    return pvg_vk_buffer_init(compute->vk, MAX(size, 16), VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
                              PVG_VK_HOME_SHARED, buffer);
}

static const struct compute_buffer *find(const struct compute_dispatch *dispatch, uint32_t index)
{
    for (uint32_t i = 0; i < dispatch->buffer_count; i++) {
        if (dispatch->buffers[i].index == index) {
            return &dispatch->buffers[i];
        }
    }
    return NULL;
}

static VkResult copy_in(struct run *run)
{
    for (uint32_t i = 0; i < run->dispatch->buffer_count; i++) {
        const struct compute_buffer *from = &run->dispatch->buffers[i];
        VkResult result = reserve(run->compute, from->index, from->size);

        if (result) {
            return result;
        }
        memcpy(run->compute->buffers[from->index].mapped, from->bytes, from->size);
    }
    return VK_SUCCESS;
}

static void copy_out(struct run *run)
{
    for (uint32_t i = 0; i < run->dispatch->buffer_count; i++) {
        const struct compute_buffer *to = &run->dispatch->buffers[i];

        memcpy(to->bytes, run->compute->buffers[to->index].mapped, to->size);
    }
}

static void write_set(struct run *run, VkDescriptorSet set)
{
    const struct pvg_shader_reflection *record = &run->kernel->reflection;
    struct pvg_vk *vk = run->compute->vk;

    for (uint32_t i = 0; i < record->buffer_count; i++) {
        uint32_t index = record->buffers[i].index;
        const struct compute_buffer *bound = find(run->dispatch, index);
        const VkDescriptorBufferInfo buffer = {
            bound ? run->compute->buffers[index].handle : VK_NULL_HANDLE,
            0,
            bound ? MAX(bound->size, 4) : VK_WHOLE_SIZE,
        };
        const VkWriteDescriptorSet write = {
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = set,
            .dstBinding = PVG_BINDING_BUFFER + index,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &buffer,
        };

        vk->fn.vkUpdateDescriptorSets(vk->device, 1, &write, 0, NULL);
    }
}

static void fill_push(const struct run *run, const uint32_t groups[3], uint8_t push[PVG_PUSH_SIZE])
{
    memset(push, 0, PVG_PUSH_SIZE);
    memcpy(push + PVG_PUSH_GRID_THREADS, run->dispatch->threads, 12);
    memcpy(push + PVG_PUSH_GRID_GROUPS, groups, 12);
    memcpy(push + PVG_PUSH_NOMINAL_GROUP, run->dispatch->group, 12);
}

static void note_result(void *user, VkResult result)
{
    *(VkResult *)user = result;
}

static VkResult dispatch_and_wait(struct run *run)
{
    struct pvg_vk *vk = run->compute->vk;
    struct pvg_vk_batch *batch = pvg_vk_batch_begin(run->compute->queue);
    VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
    uint8_t push[PVG_PUSH_SIZE];
    uint32_t groups[3];
    VkDescriptorSet set;

    if (!batch) {
        return result;
    }
    for (unsigned i = 0; i < 3; i++) {
        groups[i] = run->dispatch->threads[i] / run->dispatch->group[i];
    }
    fill_push(run, groups, push);
    set = pvg_vk_batch_descriptor_set(batch, run->set_layout);
    if (set) {
        write_set(run, set);
        vk->fn.vkCmdBindDescriptorSets(batch->commands, VK_PIPELINE_BIND_POINT_COMPUTE, run->layout,
                                       0, 1, &set, 0, NULL);
        vk->fn.vkCmdBindPipeline(batch->commands, VK_PIPELINE_BIND_POINT_COMPUTE, run->pipeline);
        vk->fn.vkCmdPushConstants(batch->commands, run->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                                  sizeof(push), push);
        vk->fn.vkCmdDispatch(batch->commands, groups[0], groups[1], groups[2]);
    }
    pvg_vk_batch_submit(batch, note_result, &result);
    pvg_vk_queue_drain(run->compute->queue);
    return set ? result : VK_ERROR_OUT_OF_POOL_MEMORY;
}

bool compute_run(struct compute *compute, const struct pvg_translation *kernel,
                 const struct compute_dispatch *dispatch, struct pvg_error *error)
{
    struct run run = {.compute = compute, .kernel = kernel, .dispatch = dispatch};
    VkResult result;

    if (kernel->reflection.texture_count || kernel->reflection.sampler_count) {
        pvg_error_set(error, "kernels with textures cannot be run here");
        return false;
    }
    result = copy_in(&run);
    result = result ? result : make_layout(&run);
    result = result ? result : make_pipeline(&run);
    result = result ? result : dispatch_and_wait(&run);
    if (!result) {
        copy_out(&run);
    } else {
        pvg_error_set(error, "%s does not run the kernel: VkResult %d",
                      compute_device_name(compute), result);
    }
    run_finish(&run);
    return !result;
}
