/* SPDX-License-Identifier: MIT */
/* One layout for all kernels, and a pipeline each. */
#include "gpu/kernels.h"

#include "gpu/kernels/add_results.h"
#include "gpu/kernels/limit_dispatch.h"
#include "gpu/kernels/limit_draw.h"
#include "gpu/kernels/patch_indices.h"
#include "gpu/kernels/resolve_depth.h"
#include "gpu/pipelines.h"

static const struct {
    const uint32_t *words;
    size_t size; /* bytes */
} sources[] = {
    [PVG_KERNEL_ADD_RESULTS] = {add_results, sizeof(add_results)},
    [PVG_KERNEL_LIMIT_DISPATCH] = {limit_dispatch, sizeof(limit_dispatch)},
    [PVG_KERNEL_LIMIT_DRAW] = {limit_draw, sizeof(limit_draw)},
    [PVG_KERNEL_PATCH_INDICES] = {patch_indices, sizeof(patch_indices)},
    [PVG_KERNEL_RESOLVE_DEPTH] = {resolve_depth, sizeof(resolve_depth)},
};

void pvg_kernels_init(struct pvg_kernels *kernels, struct pvg_vk *vk)
{
    *kernels = (struct pvg_kernels){.vk = vk};
}

void pvg_kernels_finish(struct pvg_kernels *kernels)
{
    struct pvg_vk *vk = kernels->vk;

    if (!vk) {
        return;
    }
    for (unsigned i = 0; i < PVG_KERNEL_COUNT; i++) {
        vk->fn.vkDestroyPipeline(vk->device, kernels->pipelines[i], NULL);
    }
    vk->fn.vkDestroyPipelineLayout(vk->device, kernels->layout, NULL);
    vk->fn.vkDestroyDescriptorSetLayout(vk->device, kernels->set, NULL);
    *kernels = (struct pvg_kernels){0};
}

static bool make_layout(struct pvg_kernels *kernels)
{
    struct pvg_vk *vk = kernels->vk;
    VkDescriptorSetLayoutBinding bindings[PVG_KERNEL_BUFFERS + PVG_KERNEL_IMAGES];
    VkResult result = VK_SUCCESS;

    for (uint32_t i = 0; i < G_N_ELEMENTS(bindings); i++) {
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = i,
            .descriptorType = i < PVG_KERNEL_BUFFERS ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
                                                     : VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    }
    if (!kernels->set) {
        result = vk->fn.vkCreateDescriptorSetLayout(
            vk->device,
            &(VkDescriptorSetLayoutCreateInfo){
                .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                .bindingCount = G_N_ELEMENTS(bindings),
                .pBindings = bindings,
            },
            NULL, &kernels->set);
    }
    if (result == VK_SUCCESS && !kernels->layout) {
        result = vk->fn.vkCreatePipelineLayout(
            vk->device,
            &(VkPipelineLayoutCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                .setLayoutCount = 1,
                .pSetLayouts = &kernels->set,
                .pushConstantRangeCount = 1,
                .pPushConstantRanges =
                    &(VkPushConstantRange){VK_SHADER_STAGE_COMPUTE_BIT, 0, PVG_KERNEL_PUSH * 4},
            },
            NULL, &kernels->layout);
    }
    return pvg_vk_check(vk, result) == VK_SUCCESS;
}

static bool make_pipeline(struct pvg_kernels *kernels, enum pvg_kernel kernel)
{
    struct pvg_vk *vk = kernels->vk;
    VkShaderModule module = VK_NULL_HANDLE;
    VkResult result;

    if (kernels->pipelines[kernel]) {
        return true;
    }
    if (!make_layout(kernels)) {
        return false;
    }
    result = vk->fn.vkCreateShaderModule(vk->device,
                                         &(VkShaderModuleCreateInfo){
                                             .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                             .codeSize = sources[kernel].size,
                                             .pCode = sources[kernel].words,
                                         },
                                         NULL, &module);
    if (pvg_vk_check(vk, result) == VK_SUCCESS) {
        kernels->pipelines[kernel] = pvg_kernel_build(vk, module, NULL, kernels->layout);
    }
    vk->fn.vkDestroyShaderModule(vk->device, module, NULL);
    return kernels->pipelines[kernel] != VK_NULL_HANDLE;
}

static VkDescriptorSet describe(struct pvg_kernels *kernels, struct pvg_vk_batch *batch,
                                const struct pvg_kernel_job *job)
{
    struct pvg_vk *vk = kernels->vk;
    VkDescriptorSet set = pvg_vk_batch_descriptor_set(batch, kernels->set);
    VkWriteDescriptorSet writes[PVG_KERNEL_BUFFERS + PVG_KERNEL_IMAGES];
    VkDescriptorBufferInfo buffers[PVG_KERNEL_BUFFERS];
    VkDescriptorImageInfo images[PVG_KERNEL_IMAGES];

    if (!set) {
        return VK_NULL_HANDLE;
    }
    for (uint32_t i = 0; i < G_N_ELEMENTS(writes); i++) {
        writes[i] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = set,
            .dstBinding = i,
            .descriptorCount = 1,
        };
        if (i < PVG_KERNEL_BUFFERS) {
            buffers[i] = job->buffers[i].buffer ? job->buffers[i]
                                                : (VkDescriptorBufferInfo){.range = VK_WHOLE_SIZE};
            writes[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
            writes[i].pBufferInfo = &buffers[i];
        } else {
            const uint32_t image = i - PVG_KERNEL_BUFFERS;

            images[image] = (VkDescriptorImageInfo){VK_NULL_HANDLE, job->images[image],
                                                    VK_IMAGE_LAYOUT_GENERAL};
            writes[i].descriptorType = VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE;
            writes[i].pImageInfo = &images[image];
        }
    }
    vk->fn.vkUpdateDescriptorSets(vk->device, G_N_ELEMENTS(writes), writes, 0, NULL);
    return set;
}

bool pvg_kernels_run(struct pvg_kernels *kernels, struct pvg_vk_batch *batch,
                     const struct pvg_kernel_job *job)
{
    struct pvg_vk *vk = kernels->vk;
    VkDescriptorSet set;

    if (!make_pipeline(kernels, job->kernel)) {
        return false;
    }
    set = describe(kernels, batch, job);
    if (!set) {
        return false;
    }
    vk->fn.vkCmdBindPipeline(batch->commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                             kernels->pipelines[job->kernel]);
    vk->fn.vkCmdBindDescriptorSets(batch->commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernels->layout,
                                   0, 1, &set, 0, NULL);
    vk->fn.vkCmdPushConstants(batch->commands, kernels->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                              sizeof(job->push), job->push);
    vk->fn.vkCmdDispatch(batch->commands, job->groups[0], job->groups[1], job->groups[2]);
    return true;
}
