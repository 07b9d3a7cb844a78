/* SPDX-License-Identifier: MIT */
/* Parts. */
#include "native_parts.h"

#include <stdio.h>
#include <stdlib.h>

void native_check(VkResult result)
{
    if (result != VK_SUCCESS) {
        fprintf(stderr, "the native program failed: VkResult %d\n", result);
        exit(1);
    }
}

VkShaderModule native_module(struct pvg_vk *vk, const uint32_t *words, size_t size)
{
    VkShaderModule made;

    native_check(vk->fn.vkCreateShaderModule(
        vk->device,
        &(VkShaderModuleCreateInfo){
            .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = size, .pCode = words},
        NULL, &made));
    return made;
}

void native_image_finish(struct pvg_vk *vk, struct native_image *image)
{
    vk->fn.vkDestroyImageView(vk->device, image->view, NULL);
    pvg_vk_image_finish(vk, &image->host);
}

void native_image_init(struct pvg_vk *vk, VkFormat format, uint32_t width, uint32_t height,
                       uint32_t levels, VkSampleCountFlagBits samples, VkImageUsageFlags usage,
                       struct native_image *out)
{
    native_check(pvg_vk_image_init(vk,
                                   &(VkImageCreateInfo){
                                       .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                       .imageType = VK_IMAGE_TYPE_2D,
                                       .format = format,
                                       .extent = {width, height, 1},
                                       .mipLevels = levels,
                                       .arrayLayers = 1,
                                       .samples = samples,
                                       .tiling = VK_IMAGE_TILING_OPTIMAL,
                                       .usage = usage,
                                   },
                                   &out->host));
    native_check(vk->fn.vkCreateImageView(
        vk->device,
        &(VkImageViewCreateInfo){
            .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
            .image = out->host.handle,
            .viewType = VK_IMAGE_VIEW_TYPE_2D,
            .format = format,
            .subresourceRange = {format == VK_FORMAT_D32_SFLOAT ? VK_IMAGE_ASPECT_DEPTH_BIT
                                                                : VK_IMAGE_ASPECT_COLOR_BIT,
                                 0, levels, 0, 1},
        },
        NULL, &out->view));
}

VkDescriptorSetLayout native_set_layout(struct pvg_vk *vk, const VkDescriptorSetLayoutBinding *all,
                                        uint32_t count)
{
    VkDescriptorSetLayout layout;

    native_check(vk->fn.vkCreateDescriptorSetLayout(
        vk->device,
        &(VkDescriptorSetLayoutCreateInfo){.sType =
                                               VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                           .bindingCount = count,
                                           .pBindings = all},
        NULL, &layout));
    return layout;
}

VkPipelineLayout native_pipeline_layout(struct pvg_vk *vk, const VkDescriptorSetLayout *sets,
                                        uint32_t count)
{
    VkPipelineLayout layout;

    native_check(vk->fn.vkCreatePipelineLayout(
        vk->device,
        &(VkPipelineLayoutCreateInfo){.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                      .setLayoutCount = count,
                                      .pSetLayouts = sets},
        NULL, &layout));
    return layout;
}

VkPipeline native_draw_pipeline(struct pvg_vk *vk, const struct native_look *look)
{
    const VkShaderModule vertex = native_module(vk, look->vertex.words, look->vertex.size);
    const VkShaderModule fragment = native_module(vk, look->fragment.words, look->fragment.size);
    const VkPipelineShaderStageCreateInfo stages[] = {
        {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_VERTEX_BIT,
         .module = vertex,
         .pName = "main"},
        {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_FRAGMENT_BIT,
         .module = fragment,
         .pName = "main"},
    };
    static const VkDynamicState dynamic[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
    static const VkFormat format = NATIVE_COLOUR;
    const VkPipelineColorBlendAttachmentState blend = {
        .blendEnable = look->blending,
        .srcColorBlendFactor = VK_BLEND_FACTOR_ONE,
        .dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
        .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
        .dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
        .colorWriteMask = 15,
    };
    static const VkPipelineVertexInputStateCreateInfo nothing = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO};
    const VkGraphicsPipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
        .pNext =
            &(VkPipelineRenderingCreateInfo){.sType =
                                                 VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
                                             .colorAttachmentCount = 1,
                                             .pColorAttachmentFormats = &format,
                                             .depthAttachmentFormat = look->depth},
        .stageCount = 2,
        .pStages = stages,
        .pVertexInputState = look->input ? look->input : &nothing,
        .pInputAssemblyState =
            &(VkPipelineInputAssemblyStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
                .topology = look->strips ? VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP
                                         : VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST},
        .pViewportState =
            &(VkPipelineViewportStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
                .viewportCount = 1,
                .scissorCount = 1},
        .pRasterizationState =
            &(VkPipelineRasterizationStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
                .lineWidth = 1},
        .pMultisampleState =
            &(VkPipelineMultisampleStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
                .rasterizationSamples = look->samples},
        .pDepthStencilState =
            &(VkPipelineDepthStencilStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO,
                .depthTestEnable = look->tested,
                .depthWriteEnable = look->writes_depth,
                .depthCompareOp = VK_COMPARE_OP_LESS},
        .pColorBlendState =
            &(VkPipelineColorBlendStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
                .attachmentCount = 1,
                .pAttachments = &blend},
        .pDynamicState =
            &(VkPipelineDynamicStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
                .dynamicStateCount = G_N_ELEMENTS(dynamic),
                .pDynamicStates = dynamic},
        .layout = look->layout,
    };
    VkPipeline pipeline;

    native_check(
        vk->fn.vkCreateGraphicsPipelines(vk->device, VK_NULL_HANDLE, 1, &info, NULL, &pipeline));
    vk->fn.vkDestroyShaderModule(vk->device, vertex, NULL);
    vk->fn.vkDestroyShaderModule(vk->device, fragment, NULL);
    return pipeline;
}

VkPipeline native_compute_pipeline(struct pvg_vk *vk, const uint32_t *words, size_t size,
                                   VkPipelineLayout layout)
{
    const VkShaderModule module = native_module(vk, words, size);
    VkPipeline pipeline;

    native_check(vk->fn.vkCreateComputePipelines(
        vk->device, VK_NULL_HANDLE, 1,
        &(VkComputePipelineCreateInfo){
            .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
            .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                      .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                      .module = module,
                      .pName = "main"},
            .layout = layout},
        NULL, &pipeline));
    vk->fn.vkDestroyShaderModule(vk->device, module, NULL);
    return pipeline;
}

void native_to_general(struct pvg_vk *vk, VkCommandBuffer commands, VkImage image,
                       VkImageAspectFlags aspects)
{
    vk->fn.vkCmdPipelineBarrier2(
        commands,
        &(VkDependencyInfo){.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
                            .imageMemoryBarrierCount = 1,
                            .pImageMemoryBarriers = &(VkImageMemoryBarrier2){
                                .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2,
                                .dstStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                                .dstAccessMask = VK_ACCESS_2_MEMORY_WRITE_BIT,
                                .newLayout = VK_IMAGE_LAYOUT_GENERAL,
                                .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                .image = image,
                                .subresourceRange = {aspects, 0, VK_REMAINING_MIP_LEVELS, 0, 1}}});
}

/* ---- Recording ---- */

void native_recorder_finish(struct pvg_vk *vk, struct native_recorder *r)
{
    vk->fn.vkDestroyFence(vk->device, r->fence, NULL);
    vk->fn.vkDestroyCommandPool(vk->device, r->pool, NULL);
}

void native_recorder_init(struct pvg_vk *vk, struct native_recorder *r)
{
    native_check(vk->fn.vkCreateCommandPool(
        vk->device,
        &(VkCommandPoolCreateInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                   .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                   .queueFamilyIndex = vk->family},
        NULL, &r->pool));
    native_check(vk->fn.vkAllocateCommandBuffers(
        vk->device,
        &(VkCommandBufferAllocateInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                       .commandPool = r->pool,
                                       .commandBufferCount = 1},
        &r->commands));
    native_check(
        vk->fn.vkCreateFence(vk->device,
                             &(VkFenceCreateInfo){.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
                                                  .flags = VK_FENCE_CREATE_SIGNALED_BIT},
                             NULL, &r->fence));
}

void native_begin(struct pvg_vk *vk, struct native_recorder *r)
{
    native_wait(vk, r);
    native_check(vk->fn.vkResetFences(vk->device, 1, &r->fence));
    native_check(vk->fn.vkResetCommandPool(vk->device, r->pool, 0));
    native_check(vk->fn.vkBeginCommandBuffer(
        r->commands,
        &(VkCommandBufferBeginInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                    .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT}));
}

void native_submit(struct pvg_vk *vk, struct native_recorder *r)
{
    const VkCommandBufferSubmitInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, .commandBuffer = r->commands};

    native_check(vk->fn.vkEndCommandBuffer(r->commands));
    native_check(vk->fn.vkQueueSubmit2(vk->queue, 1,
                                       &(VkSubmitInfo2){.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
                                                        .commandBufferInfoCount = 1,
                                                        .pCommandBufferInfos = &commands},
                                       r->fence));
}

void native_wait(struct pvg_vk *vk, struct native_recorder *r)
{
    native_check(vk->fn.vkWaitForFences(vk->device, 1, &r->fence, VK_TRUE, UINT64_MAX));
}
