/* SPDX-License-Identifier: MIT */
/* The native program. Its calls are the least that the work needs. */
#include "native.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "count_comp.h"
#include "quad_frag.h"
#include "quad_vert.h"

#define TEXTURE  64
#define PLACES   0x40000
#define COPY_MAX (64ull << 20)

void native_check(VkResult result)
{
    if (result != VK_SUCCESS) {
        fprintf(stderr, "the native program failed: VkResult %d\n", result);
        exit(1);
    }
}

static int64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* ---- Objects ---- */

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

static VkImageView image(struct native *n, uint32_t width, uint32_t height, VkImageUsageFlags usage,
                         struct pvg_vk_image *out)
{
    VkImageView view;

    native_check(pvg_vk_image_init(n->vk,
                                   &(VkImageCreateInfo){
                                       .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                       .imageType = VK_IMAGE_TYPE_2D,
                                       .format = VK_FORMAT_B8G8R8A8_UNORM,
                                       .extent = {width, height, 1},
                                       .mipLevels = 1,
                                       .arrayLayers = 1,
                                       .samples = VK_SAMPLE_COUNT_1_BIT,
                                       .tiling = VK_IMAGE_TILING_OPTIMAL,
                                       .usage = usage,
                                   },
                                   out));
    native_check(
        n->vk->fn.vkCreateImageView(n->vk->device,
                                    &(VkImageViewCreateInfo){
                                        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
                                        .image = out->handle,
                                        .viewType = VK_IMAGE_VIEW_TYPE_2D,
                                        .format = VK_FORMAT_B8G8R8A8_UNORM,
                                        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
                                    },
                                    NULL, &view));
    return view;
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

static VkPipeline draw_pipeline(struct native *n, bool blending)
{
    const VkShaderModule vertex = native_module(n->vk, quad_vert, sizeof(quad_vert));
    const VkShaderModule fragment = native_module(n->vk, quad_frag, sizeof(quad_frag));
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
    const VkDynamicState dynamic[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
    const VkFormat format = VK_FORMAT_B8G8R8A8_UNORM;
    VkPipeline pipeline;

    native_check(n->vk->fn.vkCreateGraphicsPipelines(
        n->vk->device, VK_NULL_HANDLE, 1,
        &(VkGraphicsPipelineCreateInfo){
            .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
            .pNext =
                &(VkPipelineRenderingCreateInfo){
                    .sType = VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
                    .colorAttachmentCount = 1,
                    .pColorAttachmentFormats = &format},
            .stageCount = 2,
            .pStages = stages,
            .pVertexInputState =
                &(VkPipelineVertexInputStateCreateInfo){
                    .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO},
            .pInputAssemblyState =
                &(VkPipelineInputAssemblyStateCreateInfo){
                    .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
                    .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP},
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
                    .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT},
            .pColorBlendState =
                &(VkPipelineColorBlendStateCreateInfo){
                    .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
                    .attachmentCount = 1,
                    .pAttachments =
                        &(VkPipelineColorBlendAttachmentState){
                            .blendEnable = blending,
                            .srcColorBlendFactor = VK_BLEND_FACTOR_ONE,
                            .dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
                            .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
                            .dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
                            .colorWriteMask = 15}},
            .pDynamicState =
                &(VkPipelineDynamicStateCreateInfo){
                    .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
                    .dynamicStateCount = G_N_ELEMENTS(dynamic),
                    .pDynamicStates = dynamic},
            .layout = n->draw_layout,
        },
        NULL, &pipeline));
    n->vk->fn.vkDestroyShaderModule(n->vk->device, vertex, NULL);
    n->vk->fn.vkDestroyShaderModule(n->vk->device, fragment, NULL);
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

static VkDescriptorSet set(struct native *n, VkDescriptorSetLayout layout)
{
    VkDescriptorSet made;

    native_check(n->vk->fn.vkAllocateDescriptorSets(
        n->vk->device,
        &(VkDescriptorSetAllocateInfo){.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                       .descriptorPool = n->descriptors,
                                       .descriptorSetCount = 1,
                                       .pSetLayouts = &layout},
        &made));
    return made;
}

static VkDescriptorSet buffer_set(struct native *n, const struct pvg_vk_buffer *buffer)
{
    VkDescriptorSet made = set(n, n->place_layout);

    n->vk->fn.vkUpdateDescriptorSets(
        n->vk->device, 1,
        &(VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                .dstSet = made,
                                .descriptorCount = 1,
                                .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC,
                                .pBufferInfo =
                                    &(VkDescriptorBufferInfo){buffer->handle, 0, 0x1000}},
        0, NULL);
    return made;
}

static VkDescriptorSet image_set(struct native *n, VkImageView view)
{
    VkDescriptorSet made = set(n, n->image_layout);
    const VkDescriptorImageInfo texture = {.imageView = view,
                                           .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
    const VkDescriptorImageInfo sampler = {.sampler = n->sampler};
    const VkWriteDescriptorSet writes[] = {
        {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = made,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
         .pImageInfo = &texture},
        {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = made,
         .dstBinding = 1,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_SAMPLER,
         .pImageInfo = &sampler},
    };

    n->vk->fn.vkUpdateDescriptorSets(n->vk->device, 2, writes, 0, NULL);
    return made;
}

/* ---- Recording ---- */

static int64_t record(struct native *n)
{
    const int64_t start = cpu_ns();

    native_check(n->vk->fn.vkResetCommandPool(n->vk->device, n->pool, 0));
    native_check(n->vk->fn.vkBeginCommandBuffer(
        n->commands,
        &(VkCommandBufferBeginInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                    .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT}));
    return start;
}

static int64_t submit(struct native *n, int64_t start, int64_t *wall)
{
    const VkCommandBufferSubmitInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, .commandBuffer = n->commands};
    const int64_t sent = g_get_monotonic_time();
    int64_t spent;

    native_check(n->vk->fn.vkEndCommandBuffer(n->commands));
    native_check(n->vk->fn.vkQueueSubmit2(n->vk->queue, 1,
                                          &(VkSubmitInfo2){.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
                                                           .commandBufferInfoCount = 1,
                                                           .pCommandBufferInfos = &commands},
                                          n->fence));
    spent = cpu_ns() - start;
    native_check(n->vk->fn.vkWaitForFences(n->vk->device, 1, &n->fence, VK_TRUE, UINT64_MAX));
    *wall = (g_get_monotonic_time() - sent) * 1000;
    native_check(n->vk->fn.vkResetFences(n->vk->device, 1, &n->fence));
    return spent;
}

int64_t native_draws(struct native *n, unsigned count, enum change change, bool picture,
                     int64_t *wall)
{
    struct pvg_vk *vk = n->vk;
    const VkViewport viewport = {0, 0, (float)n->width, (float)n->height, 0, 1};
    const VkRect2D scissor = {{0, 0}, {n->width, n->height}};
    const VkDescriptorSet first[] = {n->place_set, n->image_sets[0]};
    const int64_t start = record(n);
    uint32_t offset = 0;

    vk->fn.vkCmdBeginRendering(
        n->commands, &(VkRenderingInfo){.sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
                                        .renderArea = scissor,
                                        .layerCount = 1,
                                        .colorAttachmentCount = 1,
                                        .pColorAttachments = &(VkRenderingAttachmentInfo){
                                            .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
                                            .imageView = n->target_view,
                                            .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
                                            .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
                                            .storeOp = VK_ATTACHMENT_STORE_OP_STORE}});
    vk->fn.vkCmdSetViewport(n->commands, 0, 1, &viewport);
    vk->fn.vkCmdSetScissor(n->commands, 0, 1, &scissor);
    vk->fn.vkCmdBindPipeline(n->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, n->pipelines[0]);
    vk->fn.vkCmdBindDescriptorSets(n->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, n->draw_layout, 0,
                                   2, first, 1, &offset);
    for (unsigned i = 0; i < count; i++) {
        switch (change) {
        case CHANGE_NONE:
            break;
        case CHANGE_OFFSET:
            offset = 256 * (i % 256);
            vk->fn.vkCmdBindDescriptorSets(n->commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
                                           n->draw_layout, 0, 1, &n->place_set, 1, &offset);
            break;
        case CHANGE_TEXTURE:
            vk->fn.vkCmdBindDescriptorSets(n->commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
                                           n->draw_layout, 1, 1, &n->image_sets[i % 2], 0, NULL);
            break;
        case CHANGE_PIPELINE:
            vk->fn.vkCmdBindPipeline(n->commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
                                     n->pipelines[i % 2]);
            break;
        }
        vk->fn.vkCmdDraw(n->commands, 4, 1, 0, 0);
    }
    vk->fn.vkCmdEndRendering(n->commands);
    if (picture) {
        pvg_vk_barrier(n->vk, n->commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                       VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT);
        vk->fn.vkCmdCopyImageToBuffer(
            n->commands, n->target.handle, VK_IMAGE_LAYOUT_GENERAL, n->picture.handle, 1,
            &(VkBufferImageCopy){.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                 .imageExtent = {n->width, n->height, 1}});
        pvg_vk_barrier(n->vk, n->commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                       VK_PIPELINE_STAGE_2_HOST_BIT);
    }
    return submit(n, start, wall);
}

int64_t native_dispatches(struct native *n, unsigned count, enum change change, int64_t *wall)
{
    struct pvg_vk *vk = n->vk;
    const int64_t start = record(n);
    uint32_t offset = 0;

    vk->fn.vkCmdBindPipeline(n->commands, VK_PIPELINE_BIND_POINT_COMPUTE, n->count);
    vk->fn.vkCmdBindDescriptorSets(n->commands, VK_PIPELINE_BIND_POINT_COMPUTE, n->count_layout, 0,
                                   1, &n->words_set, 1, &offset);
    for (unsigned i = 0; i < count; i++) {
        if (change == CHANGE_OFFSET) {
            offset = 256 * (i % 256);
            vk->fn.vkCmdBindDescriptorSets(n->commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                           n->count_layout, 0, 1, &n->words_set, 1, &offset);
        }
        vk->fn.vkCmdDispatch(n->commands, 1, 1, 1);
        pvg_vk_barrier(n->vk, n->commands, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT,
                       VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT);
    }
    return submit(n, start, wall);
}

int64_t native_copy(struct native *n, uint64_t size, int64_t *wall)
{
    const int64_t start = record(n);

    n->vk->fn.vkCmdCopyBuffer(n->commands, n->from.handle, n->to.handle, 1,
                              &(VkBufferCopy){0, 0, size});
    return submit(n, start, wall);
}

/* ---- Life ---- */

void native_end(struct native *n)
{
    struct pvg_vk *vk = n->vk;

    for (unsigned i = 0; i < 2; i++) {
        vk->fn.vkDestroyPipeline(vk->device, n->pipelines[i], NULL);
        vk->fn.vkDestroyImageView(vk->device, n->texture_views[i], NULL);
        pvg_vk_image_finish(vk, &n->textures[i]);
    }
    vk->fn.vkDestroyPipeline(vk->device, n->count, NULL);
    vk->fn.vkDestroyPipelineLayout(vk->device, n->draw_layout, NULL);
    vk->fn.vkDestroyPipelineLayout(vk->device, n->count_layout, NULL);
    vk->fn.vkDestroyDescriptorPool(vk->device, n->descriptors, NULL);
    vk->fn.vkDestroyDescriptorSetLayout(vk->device, n->place_layout, NULL);
    vk->fn.vkDestroyDescriptorSetLayout(vk->device, n->image_layout, NULL);
    vk->fn.vkDestroySampler(vk->device, n->sampler, NULL);
    vk->fn.vkDestroyImageView(vk->device, n->target_view, NULL);
    pvg_vk_image_finish(vk, &n->target);
    pvg_vk_buffer_finish(vk, &n->places);
    pvg_vk_buffer_finish(vk, &n->words);
    pvg_vk_buffer_finish(vk, &n->from);
    pvg_vk_buffer_finish(vk, &n->to);
    pvg_vk_buffer_finish(vk, &n->picture);
    vk->fn.vkDestroyFence(vk->device, n->fence, NULL);
    vk->fn.vkDestroyCommandPool(vk->device, n->pool, NULL);
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

static void buffer(struct native *n, uint64_t size, struct pvg_vk_buffer *out)
{
    native_check(pvg_vk_buffer_init(n->vk, size,
                                    VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                        VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                                        VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
                                    PVG_VK_HOME_SHARED, out));
}

void native_start(struct native *n, struct pvg_vk *vk, uint32_t width, uint32_t height)
{
    const VkDescriptorSetLayoutBinding place = {
        0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC, 1,
        VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_COMPUTE_BIT, NULL};
    const VkDescriptorSetLayoutBinding image_bindings[] = {
        {0, VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, 1, VK_SHADER_STAGE_FRAGMENT_BIT, NULL},
        {1, VK_DESCRIPTOR_TYPE_SAMPLER, 1, VK_SHADER_STAGE_FRAGMENT_BIT, NULL},
    };
    const VkDescriptorPoolSize sizes[] = {
        {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC, 2},
        {VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, 2},
        {VK_DESCRIPTOR_TYPE_SAMPLER, 2},
    };
    int64_t wall;

    *n = (struct native){.vk = vk, .width = width, .height = height};
    native_check(vk->fn.vkCreateCommandPool(
        vk->device,
        &(VkCommandPoolCreateInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                   .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                   .queueFamilyIndex = vk->family},
        NULL, &n->pool));
    native_check(vk->fn.vkAllocateCommandBuffers(
        vk->device,
        &(VkCommandBufferAllocateInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                       .commandPool = n->pool,
                                       .commandBufferCount = 1},
        &n->commands));
    native_check(vk->fn.vkCreateFence(
        vk->device, &(VkFenceCreateInfo){.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO}, NULL,
        &n->fence));
    n->target_view =
        image(n, width, height,
              VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT, &n->target);
    for (unsigned i = 0; i < 2; i++) {
        n->texture_views[i] =
            image(n, TEXTURE, TEXTURE, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                  &n->textures[i]);
    }
    buffer(n, PLACES, &n->places);
    buffer(n, PLACES, &n->words);
    buffer(n, COPY_MAX, &n->from);
    buffer(n, COPY_MAX, &n->to);
    buffer(n, (uint64_t)width * height * 4, &n->picture);
    native_check(vk->fn.vkCreateSampler(
        vk->device,
        &(VkSamplerCreateInfo){.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
                               .magFilter = VK_FILTER_LINEAR,
                               .minFilter = VK_FILTER_LINEAR,
                               .maxLod = 0.25f},
        NULL, &n->sampler));
    n->place_layout = native_set_layout(vk, &place, 1);
    n->image_layout = native_set_layout(vk, image_bindings, 2);
    n->draw_layout = native_pipeline_layout(
        vk, (const VkDescriptorSetLayout[]){n->place_layout, n->image_layout}, 2);
    n->count_layout = native_pipeline_layout(vk, &n->place_layout, 1);
    n->pipelines[0] = draw_pipeline(n, false);
    n->pipelines[1] = draw_pipeline(n, true);
    n->count = native_compute_pipeline(vk, count_comp, sizeof(count_comp), n->count_layout);
    native_check(vk->fn.vkCreateDescriptorPool(
        vk->device,
        &(VkDescriptorPoolCreateInfo){.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                      .maxSets = 4,
                                      .poolSizeCount = G_N_ELEMENTS(sizes),
                                      .pPoolSizes = sizes},
        NULL, &n->descriptors));
    n->place_set = buffer_set(n, &n->places);
    n->words_set = buffer_set(n, &n->words);
    n->image_sets[0] = image_set(n, n->texture_views[0]);
    n->image_sets[1] = image_set(n, n->texture_views[1]);
    (void)record(n);
    native_to_general(vk, n->commands, n->target.handle, VK_IMAGE_ASPECT_COLOR_BIT);
    native_to_general(vk, n->commands, n->textures[0].handle, VK_IMAGE_ASPECT_COLOR_BIT);
    native_to_general(vk, n->commands, n->textures[1].handle, VK_IMAGE_ASPECT_COLOR_BIT);
    for (unsigned i = 0; i < 2; i++) {
        pvg_vk_barrier(n->vk, n->commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                       VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT);
        vk->fn.vkCmdClearColorImage(
            n->commands, n->textures[i].handle, VK_IMAGE_LAYOUT_GENERAL,
            &(VkClearColorValue){{0.5f, 0.25f, 0.75f, 0.5f}}, 1,
            &(VkImageSubresourceRange){VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1});
    }
    (void)submit(n, cpu_ns(), &wall);
}
