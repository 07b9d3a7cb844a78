/* SPDX-License-Identifier: MIT */
/* The native program. Its calls are the least that the work needs. */
#include "native.h"

#include <time.h>

#include "count_comp.h"
#include "quad_frag.h"
#include "quad_vert.h"

#define TEXTURE  64
#define PLACES   0x40000
#define COPY_MAX (64ull << 20)

static int64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* ---- Objects ---- */

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
    int64_t start;

    native_wait(n->vk, &n->recorder);
    start = cpu_ns();
    native_begin(n->vk, &n->recorder);
    return start;
}

static int64_t submit(struct native *n, int64_t start, int64_t *wall)
{
    const int64_t sent = g_get_monotonic_time();
    int64_t spent;

    native_submit(n->vk, &n->recorder);
    spent = cpu_ns() - start;
    native_wait(n->vk, &n->recorder);
    *wall = (g_get_monotonic_time() - sent) * 1000;
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
        n->recorder.commands,
        &(VkRenderingInfo){.sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
                           .renderArea = scissor,
                           .layerCount = 1,
                           .colorAttachmentCount = 1,
                           .pColorAttachments = &(VkRenderingAttachmentInfo){
                               .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
                               .imageView = n->target.view,
                               .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
                               .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
                               .storeOp = VK_ATTACHMENT_STORE_OP_STORE}});
    vk->fn.vkCmdSetViewport(n->recorder.commands, 0, 1, &viewport);
    vk->fn.vkCmdSetScissor(n->recorder.commands, 0, 1, &scissor);
    vk->fn.vkCmdBindPipeline(n->recorder.commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
                             n->pipelines[0]);
    vk->fn.vkCmdBindDescriptorSets(n->recorder.commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
                                   n->draw_layout, 0, 2, first, 1, &offset);
    for (unsigned i = 0; i < count; i++) {
        switch (change) {
        case CHANGE_NONE:
            break;
        case CHANGE_OFFSET:
            offset = 256 * (i % 256);
            vk->fn.vkCmdBindDescriptorSets(n->recorder.commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
                                           n->draw_layout, 0, 1, &n->place_set, 1, &offset);
            break;
        case CHANGE_TEXTURE:
            vk->fn.vkCmdBindDescriptorSets(n->recorder.commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
                                           n->draw_layout, 1, 1, &n->image_sets[i % 2], 0, NULL);
            break;
        case CHANGE_PIPELINE:
            vk->fn.vkCmdBindPipeline(n->recorder.commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
                                     n->pipelines[i % 2]);
            break;
        }
        vk->fn.vkCmdDraw(n->recorder.commands, 4, 1, 0, 0);
    }
    vk->fn.vkCmdEndRendering(n->recorder.commands);
    if (picture) {
        pvg_vk_barrier(n->vk, n->recorder.commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                       VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT);
        vk->fn.vkCmdCopyImageToBuffer(
            n->recorder.commands, n->target.host.handle, VK_IMAGE_LAYOUT_GENERAL, n->picture.handle,
            1,
            &(VkBufferImageCopy){.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                 .imageExtent = {n->width, n->height, 1}});
        pvg_vk_barrier(n->vk, n->recorder.commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                       VK_PIPELINE_STAGE_2_HOST_BIT);
    }
    return submit(n, start, wall);
}

int64_t native_dispatches(struct native *n, unsigned count, enum change change, int64_t *wall)
{
    struct pvg_vk *vk = n->vk;
    const int64_t start = record(n);
    uint32_t offset = 0;

    vk->fn.vkCmdBindPipeline(n->recorder.commands, VK_PIPELINE_BIND_POINT_COMPUTE, n->count);
    vk->fn.vkCmdBindDescriptorSets(n->recorder.commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                   n->count_layout, 0, 1, &n->words_set, 1, &offset);
    for (unsigned i = 0; i < count; i++) {
        if (change == CHANGE_OFFSET) {
            offset = 256 * (i % 256);
            vk->fn.vkCmdBindDescriptorSets(n->recorder.commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                           n->count_layout, 0, 1, &n->words_set, 1, &offset);
        }
        vk->fn.vkCmdDispatch(n->recorder.commands, 1, 1, 1);
        pvg_vk_barrier(n->vk, n->recorder.commands, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT,
                       VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT);
    }
    return submit(n, start, wall);
}

int64_t native_copy(struct native *n, uint64_t size, int64_t *wall)
{
    const int64_t start = record(n);

    n->vk->fn.vkCmdCopyBuffer(n->recorder.commands, n->from.handle, n->to.handle, 1,
                              &(VkBufferCopy){0, 0, size});
    return submit(n, start, wall);
}

/* ---- Life ---- */

void native_end(struct native *n)
{
    struct pvg_vk *vk = n->vk;

    for (unsigned i = 0; i < 2; i++) {
        vk->fn.vkDestroyPipeline(vk->device, n->pipelines[i], NULL);
        native_image_finish(vk, &n->textures[i]);
    }
    vk->fn.vkDestroyPipeline(vk->device, n->count, NULL);
    vk->fn.vkDestroyPipelineLayout(vk->device, n->draw_layout, NULL);
    vk->fn.vkDestroyPipelineLayout(vk->device, n->count_layout, NULL);
    vk->fn.vkDestroyDescriptorPool(vk->device, n->descriptors, NULL);
    vk->fn.vkDestroyDescriptorSetLayout(vk->device, n->place_layout, NULL);
    vk->fn.vkDestroyDescriptorSetLayout(vk->device, n->image_layout, NULL);
    vk->fn.vkDestroySampler(vk->device, n->sampler, NULL);
    native_image_finish(vk, &n->target);
    pvg_vk_buffer_finish(vk, &n->places);
    pvg_vk_buffer_finish(vk, &n->words);
    pvg_vk_buffer_finish(vk, &n->from);
    pvg_vk_buffer_finish(vk, &n->to);
    pvg_vk_buffer_finish(vk, &n->picture);
    native_recorder_finish(vk, &n->recorder);
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
    struct native_look look = {
        .vertex = {quad_vert, sizeof(quad_vert)},
        .fragment = {quad_frag, sizeof(quad_frag)},
        .samples = VK_SAMPLE_COUNT_1_BIT,
        .strips = true,
    };
    int64_t wall;

    *n = (struct native){.vk = vk, .width = width, .height = height};
    native_recorder_init(vk, &n->recorder);
    native_image_init(vk, NATIVE_COLOUR, width, height, 1, VK_SAMPLE_COUNT_1_BIT,
                      VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
                      &n->target);
    for (unsigned i = 0; i < 2; i++) {
        native_image_init(vk, NATIVE_COLOUR, TEXTURE, TEXTURE, 1, VK_SAMPLE_COUNT_1_BIT,
                          VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
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
    look.layout = n->draw_layout;
    n->pipelines[0] = native_draw_pipeline(vk, &look);
    look.blending = true;
    n->pipelines[1] = native_draw_pipeline(vk, &look);
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
    n->image_sets[0] = image_set(n, n->textures[0].view);
    n->image_sets[1] = image_set(n, n->textures[1].view);
    (void)record(n);
    native_to_general(vk, n->recorder.commands, n->target.host.handle, VK_IMAGE_ASPECT_COLOR_BIT);
    native_to_general(vk, n->recorder.commands, n->textures[0].host.handle,
                      VK_IMAGE_ASPECT_COLOR_BIT);
    native_to_general(vk, n->recorder.commands, n->textures[1].host.handle,
                      VK_IMAGE_ASPECT_COLOR_BIT);
    for (unsigned i = 0; i < 2; i++) {
        pvg_vk_barrier(n->vk, n->recorder.commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                       VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT);
        vk->fn.vkCmdClearColorImage(
            n->recorder.commands, n->textures[i].host.handle, VK_IMAGE_LAYOUT_GENERAL,
            &(VkClearColorValue){{0.5f, 0.25f, 0.75f, 0.5f}}, 1,
            &(VkImageSubresourceRange){VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1});
    }
    (void)submit(n, cpu_ns(), &wall);
}
