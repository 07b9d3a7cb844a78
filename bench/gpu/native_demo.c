/* SPDX-License-Identifier: MIT */
/* The demo without a guest. Two pictures are on their way at a time. */
#include "native_demo.h"

#include <stddef.h>
#include <string.h>

#include "demo/data.h"
#include "demo/image.h"
#include "demo/mesh.h"
#include "native.h"
#include "native_ground_fragment.h"
#include "native_move.h"
#include "native_particle_fragment.h"
#include "native_particle_vertex.h"
#include "native_sky_fragment.h"
#include "native_sky_vertex.h"
#include "native_solid_fragment.h"
#include "native_solid_vertex.h"
#include "native_text_fragment.h"
#include "native_text_vertex.h"

#define SLOTS   2
#define SAMPLES VK_SAMPLE_COUNT_4_BIT
#define LEVELS  9
#define COLOUR  VK_FORMAT_B8G8R8A8_UNORM
#define DEPTH   VK_FORMAT_D32_SFLOAT
#define PART    ((sizeof(struct scene_data) + 255) & ~(size_t)255)

enum { TILES, PLATES, ATLAS, IMAGES };
enum { SET_TILES, SET_PLATES, SET_ATLAS, SET_PARTICLES, SETS };
enum { SKY, GROUND, SOLID, PARTICLE, TEXT, PIPELINES };

struct image {
    struct pvg_vk_image host;
    VkImageView view;
};

struct slot {
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkFence fence;
    struct pvg_vk_buffer picture;
};

struct native_demo {
    struct pvg_vk *vk;
    uint32_t width, height;
    unsigned pictures;
    struct meshes meshes;
    struct image samples, depth, target, images[IMAGES];
    struct pvg_vk_buffer vertices, indices, particles, changing, texels;
    VkSampler smooth, sharp;
    VkDescriptorSetLayout layout;
    VkDescriptorPool descriptors;
    VkDescriptorSet sets[SETS];
    VkPipelineLayout pipeline_layout;
    VkPipeline pipelines[PIPELINES], move;
    struct slot slots[SLOTS];
};

/* ---- Objects ---- */

static void make_image(struct native_demo *d, VkFormat format, uint32_t width, uint32_t height,
                       uint32_t levels, VkSampleCountFlagBits samples, VkImageUsageFlags usage,
                       struct image *out)
{
    native_check(pvg_vk_image_init(d->vk,
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
    native_check(d->vk->fn.vkCreateImageView(
        d->vk->device,
        &(VkImageViewCreateInfo){
            .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
            .image = out->host.handle,
            .viewType = VK_IMAGE_VIEW_TYPE_2D,
            .format = format,
            .subresourceRange = {format == DEPTH ? VK_IMAGE_ASPECT_DEPTH_BIT
                                                 : VK_IMAGE_ASPECT_COLOR_BIT,
                                 0, levels, 0, 1},
        },
        NULL, &out->view));
}

static void make_images(struct native_demo *d)
{
    const VkImageUsageFlags sampled = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT |
                                      VK_IMAGE_USAGE_TRANSFER_SRC_BIT;

    make_image(d, COLOUR, d->width, d->height, 1, SAMPLES, VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
               &d->samples);
    make_image(d, DEPTH, d->width, d->height, 1, SAMPLES,
               VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, &d->depth);
    make_image(d, COLOUR, d->width, d->height, 1, VK_SAMPLE_COUNT_1_BIT,
               VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT, &d->target);
    for (unsigned i = TILES; i <= PLATES; i++) {
        make_image(d, VK_FORMAT_R8G8B8A8_UNORM, IMAGE_SIDE, IMAGE_SIDE, LEVELS,
                   VK_SAMPLE_COUNT_1_BIT, sampled, &d->images[i]);
    }
    make_image(d, VK_FORMAT_R8_UNORM, ATLAS_WIDTH, ATLAS_HEIGHT, 1, VK_SAMPLE_COUNT_1_BIT, sampled,
               &d->images[ATLAS]);
}

static void make_buffer(struct native_demo *d, size_t size, VkBufferUsageFlags usage,
                        struct pvg_vk_buffer *out)
{
    native_check(pvg_vk_buffer_init(d->vk, size, usage, PVG_VK_HOME_SHARED, out));
}

static void make_buffers(struct native_demo *d)
{
    const size_t picture = IMAGE_SIDE * IMAGE_SIDE * 4;

    meshes_make(&d->meshes);
    make_buffer(d, d->meshes.vertex_count * sizeof(struct mesh_vertex),
                VK_BUFFER_USAGE_VERTEX_BUFFER_BIT, &d->vertices);
    memcpy(d->vertices.mapped, d->meshes.vertices, d->vertices.size);
    make_buffer(d, d->meshes.index_count * sizeof(uint16_t), VK_BUFFER_USAGE_INDEX_BUFFER_BIT,
                &d->indices);
    memcpy(d->indices.mapped, d->meshes.indices, d->indices.size);
    make_buffer(d, SCENE_PARTICLES * 8 * sizeof(float), VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
                &d->particles);
    for (unsigned i = 0; i < SCENE_PARTICLES; i++) {
        scene_particle(i, (float *)d->particles.mapped + 8 * (size_t)i);
    }
    make_buffer(d, SLOTS * PART, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, &d->changing);
    make_buffer(d, 3 * picture, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &d->texels);
    image_tiles(d->texels.mapped);
    image_plates((uint32_t *)d->texels.mapped + picture / 4);
    image_atlas((uint8_t *)d->texels.mapped + 2 * picture);
    for (unsigned i = 0; i < SLOTS; i++) {
        make_buffer(d, (size_t)d->width * d->height * 4, VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                    &d->slots[i].picture);
    }
}

static VkSampler make_sampler(struct native_demo *d, bool smooth)
{
    const VkFilter filter = smooth ? VK_FILTER_LINEAR : VK_FILTER_NEAREST;
    const VkSamplerAddressMode address =
        smooth ? VK_SAMPLER_ADDRESS_MODE_REPEAT : VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
    VkSampler sampler;

    native_check(d->vk->fn.vkCreateSampler(
        d->vk->device,
        &(VkSamplerCreateInfo){
            .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
            .minFilter = filter,
            .magFilter = filter,
            .mipmapMode = smooth ? VK_SAMPLER_MIPMAP_MODE_LINEAR : VK_SAMPLER_MIPMAP_MODE_NEAREST,
            .addressModeU = address,
            .addressModeV = address,
            .addressModeW = address,
            .anisotropyEnable = smooth && d->vk->features.core.features.samplerAnisotropy &&
                                !pvg_vk_is_cpu(d->vk), /* as for guests */
            .maxAnisotropy = 8,
            .maxLod = smooth ? VK_LOD_CLAMP_NONE : 0.25f,
        },
        NULL, &sampler));
    return sampler;
}

/* Binding 0 is the frame, 1 what is drawn, 2 an image. */
static void make_sets(struct native_demo *d)
{
    const VkDescriptorType buffer = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC;
    const VkDescriptorType image = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
    const VkShaderStageFlags stages =
        VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_COMPUTE_BIT | VK_SHADER_STAGE_FRAGMENT_BIT;
    const VkDescriptorSetLayoutBinding bindings[] = {
        {0, buffer, 1, stages, NULL}, {1, buffer, 1, stages, NULL}, {2, image, 1, stages, NULL}};
    const VkDescriptorPoolSize sizes[] = {{buffer, 2 * SETS}, {image, SETS}};
    const VkDescriptorSetLayout layouts[SETS] = {
        [0] = native_set_layout(d->vk, bindings, G_N_ELEMENTS(bindings))};

    d->layout = layouts[0];
    d->pipeline_layout = native_pipeline_layout(d->vk, layouts, 1);
    native_check(d->vk->fn.vkCreateDescriptorPool(
        d->vk->device,
        &(VkDescriptorPoolCreateInfo){.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                      .maxSets = SETS,
                                      .poolSizeCount = G_N_ELEMENTS(sizes),
                                      .pPoolSizes = sizes},
        NULL, &d->descriptors));
    for (unsigned i = 0; i < SETS; i++) {
        const unsigned shown = i == SET_PARTICLES ? ATLAS : i;
        const VkDescriptorBufferInfo frame = {d->changing.handle, 0, sizeof(struct frame)};
        const VkDescriptorBufferInfo drawn =
            i == SET_PARTICLES
                ? (VkDescriptorBufferInfo){d->particles.handle, 0, d->particles.size}
                : (VkDescriptorBufferInfo){d->changing.handle, 0,
                                           i == SET_ATLAS ? sizeof(((struct scene_data *)0)->glyphs)
                                                          : SCENE_CUBES * sizeof(struct instance)};
        const VkDescriptorImageInfo texture = {shown == ATLAS ? d->sharp : d->smooth,
                                               d->images[shown].view, VK_IMAGE_LAYOUT_GENERAL};
        VkWriteDescriptorSet writes[3];

        native_check(d->vk->fn.vkAllocateDescriptorSets(
            d->vk->device,
            &(VkDescriptorSetAllocateInfo){.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                           .descriptorPool = d->descriptors,
                                           .descriptorSetCount = 1,
                                           .pSetLayouts = &d->layout},
            &d->sets[i]));
        for (unsigned w = 0; w < 3; w++) {
            writes[w] = (VkWriteDescriptorSet){
                .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                .dstSet = d->sets[i],
                .dstBinding = w,
                .descriptorCount = 1,
                .descriptorType = w < 2 ? buffer : image,
                .pBufferInfo = w == 0 ? &frame : &drawn,
                .pImageInfo = &texture,
            };
        }
        d->vk->fn.vkUpdateDescriptorSets(d->vk->device, 3, writes, 0, NULL);
    }
}

struct look {
    const uint32_t *vertex, *fragment;
    size_t vertex_size, fragment_size;
    bool meshes, strips, blending, tested, writes_depth;
};

static VkPipeline make_pipeline(struct native_demo *d, const struct look *look)
{
    const VkShaderModule vertex = native_module(d->vk, look->vertex, look->vertex_size);
    const VkShaderModule fragment = native_module(d->vk, look->fragment, look->fragment_size);
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
    static const VkVertexInputBindingDescription binding = {0, sizeof(struct mesh_vertex),
                                                            VK_VERTEX_INPUT_RATE_VERTEX};
    static const VkVertexInputAttributeDescription attributes[] = {
        {0, 0, VK_FORMAT_R32G32B32_SFLOAT, offsetof(struct mesh_vertex, position)},
        {1, 0, VK_FORMAT_R32G32B32_SFLOAT, offsetof(struct mesh_vertex, normal)},
        {2, 0, VK_FORMAT_R32G32_SFLOAT, offsetof(struct mesh_vertex, texture)},
    };
    static const VkFormat format = COLOUR;
    const VkPipelineColorBlendAttachmentState blend = {
        .blendEnable = look->blending,
        .srcColorBlendFactor = VK_BLEND_FACTOR_ONE,
        .dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
        .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
        .dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
        .colorWriteMask = 15,
    };
    const VkGraphicsPipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
        .pNext =
            &(VkPipelineRenderingCreateInfo){.sType =
                                                 VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
                                             .colorAttachmentCount = 1,
                                             .pColorAttachmentFormats = &format,
                                             .depthAttachmentFormat = DEPTH},
        .stageCount = 2,
        .pStages = stages,
        .pVertexInputState =
            &(VkPipelineVertexInputStateCreateInfo){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
                .vertexBindingDescriptionCount = look->meshes,
                .pVertexBindingDescriptions = &binding,
                .vertexAttributeDescriptionCount = look->meshes ? 3 : 0,
                .pVertexAttributeDescriptions = attributes},
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
                .rasterizationSamples = SAMPLES},
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
        .layout = d->pipeline_layout,
    };
    VkPipeline pipeline;

    native_check(d->vk->fn.vkCreateGraphicsPipelines(d->vk->device, VK_NULL_HANDLE, 1, &info, NULL,
                                                     &pipeline));
    d->vk->fn.vkDestroyShaderModule(d->vk->device, vertex, NULL);
    d->vk->fn.vkDestroyShaderModule(d->vk->device, fragment, NULL);
    return pipeline;
}

static void make_pipelines(struct native_demo *d)
{
#define CODE(name, stage) .stage = demo_##name, .stage##_size = sizeof(demo_##name)
    static const struct look looks[PIPELINES] = {
        [SKY] = {CODE(sky_vertex, vertex), CODE(sky_fragment, fragment)},
        [GROUND] = {CODE(solid_vertex, vertex), CODE(ground_fragment, fragment), .meshes = true,
                    .tested = true, .writes_depth = true},
        [SOLID] = {CODE(solid_vertex, vertex), CODE(solid_fragment, fragment), .meshes = true,
                   .tested = true, .writes_depth = true},
        [PARTICLE] = {CODE(particle_vertex, vertex), CODE(particle_fragment, fragment),
                      .strips = true, .blending = true, .tested = true},
        [TEXT] = {CODE(text_vertex, vertex), CODE(text_fragment, fragment), .strips = true,
                  .blending = true},
    };
#undef CODE

    for (unsigned i = 0; i < PIPELINES; i++) {
        d->pipelines[i] = make_pipeline(d, &looks[i]);
    }
    d->move = native_compute_pipeline(d->vk, demo_move, sizeof(demo_move), d->pipeline_layout);
}

/* ---- Recording ---- */

static void begin(struct native_demo *d, struct slot *slot)
{
    native_check(d->vk->fn.vkResetCommandPool(d->vk->device, slot->pool, 0));
    native_check(d->vk->fn.vkBeginCommandBuffer(
        slot->commands,
        &(VkCommandBufferBeginInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                    .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT}));
}

static void submit(struct native_demo *d, struct slot *slot)
{
    const VkCommandBufferSubmitInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, .commandBuffer = slot->commands};

    native_check(d->vk->fn.vkEndCommandBuffer(slot->commands));
    native_check(d->vk->fn.vkQueueSubmit2(d->vk->queue, 1,
                                          &(VkSubmitInfo2){.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
                                                           .commandBufferInfoCount = 1,
                                                           .pCommandBufferInfos = &commands},
                                          slot->fence));
}

static void wait(struct native_demo *d, struct slot *slot)
{
    native_check(d->vk->fn.vkWaitForFences(d->vk->device, 1, &slot->fence, VK_TRUE, UINT64_MAX));
}

static void barrier(struct native_demo *d, VkCommandBuffer commands)
{
    pvg_vk_barrier(d->vk, commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                   VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT);
}

/* The largest levels come from memory, each smaller one from the one above. */
static void fill_images(struct native_demo *d, VkCommandBuffer commands)
{
    for (unsigned i = 0; i < IMAGES; i++) {
        const bool atlas = i == ATLAS;

        d->vk->fn.vkCmdCopyBufferToImage(
            commands, d->texels.handle, d->images[i].host.handle, VK_IMAGE_LAYOUT_GENERAL, 1,
            &(VkBufferImageCopy){.bufferOffset = (VkDeviceSize)i * IMAGE_SIDE * IMAGE_SIDE * 4,
                                 .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                 .imageExtent = {atlas ? ATLAS_WIDTH : IMAGE_SIDE,
                                                 atlas ? ATLAS_HEIGHT : IMAGE_SIDE, 1}});
        for (uint32_t level = 1; !atlas && level < LEVELS; level++) {
            const int32_t from = IMAGE_SIDE >> (level - 1), to = IMAGE_SIDE >> level;

            barrier(d, commands);
            d->vk->fn.vkCmdBlitImage(
                commands, d->images[i].host.handle, VK_IMAGE_LAYOUT_GENERAL,
                d->images[i].host.handle, VK_IMAGE_LAYOUT_GENERAL, 1,
                &(VkImageBlit){.srcSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, level - 1, 0, 1},
                               .srcOffsets = {{0, 0, 0}, {from, from, 1}},
                               .dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, level, 0, 1},
                               .dstOffsets = {{0, 0, 0}, {to, to, 1}}},
                VK_FILTER_LINEAR);
        }
    }
}

static void bind(struct native_demo *d, VkCommandBuffer commands, VkPipelineBindPoint point,
                 unsigned set, size_t at)
{
    const uint32_t part = (uint32_t)(d->pictures % SLOTS * PART);
    const uint32_t offsets[] = {part + (uint32_t)offsetof(struct scene_data, frame),
                                set == SET_PARTICLES ? 0 : part + (uint32_t)at};

    d->vk->fn.vkCmdBindDescriptorSets(commands, point, d->pipeline_layout, 0, 1, &d->sets[set], 2,
                                      offsets);
}

static void draw(struct native_demo *d, VkCommandBuffer commands, unsigned pipeline, unsigned set,
                 size_t at, uint32_t vertices, uint32_t instances)
{
    d->vk->fn.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, d->pipelines[pipeline]);
    bind(d, commands, VK_PIPELINE_BIND_POINT_GRAPHICS, set, at);
    d->vk->fn.vkCmdDraw(commands, vertices, instances, 0, 0);
}

static void draw_mesh(struct native_demo *d, VkCommandBuffer commands, unsigned set, size_t at,
                      const struct mesh *mesh, uint32_t instances)
{
    bind(d, commands, VK_PIPELINE_BIND_POINT_GRAPHICS, set, at);
    d->vk->fn.vkCmdDrawIndexed(commands, mesh->index_count, instances, mesh->first_index, 0, 0);
}

static void begin_pass(struct native_demo *d, VkCommandBuffer commands)
{
    const VkRect2D all = {.extent = {d->width, d->height}};
    const VkViewport viewport = {0, (float)d->height, (float)d->width, -(float)d->height, 0,
                                 1}; /* y up, as Metal's */
    const VkRenderingAttachmentInfo colour = {
        .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
        .imageView = d->samples.view,
        .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
        .resolveMode = VK_RESOLVE_MODE_AVERAGE_BIT,
        .resolveImageView = d->target.view,
        .resolveImageLayout = VK_IMAGE_LAYOUT_GENERAL,
        .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
        .storeOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
    };
    const VkRenderingAttachmentInfo depth = {
        .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
        .imageView = d->depth.view,
        .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
        .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
        .storeOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
        .clearValue.depthStencil.depth = 1,
    };

    d->vk->fn.vkCmdBeginRendering(commands,
                                  &(VkRenderingInfo){.sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
                                                     .renderArea = all,
                                                     .layerCount = 1,
                                                     .colorAttachmentCount = 1,
                                                     .pColorAttachments = &colour,
                                                     .pDepthAttachment = &depth});
    d->vk->fn.vkCmdSetViewport(commands, 0, 1, &viewport);
    d->vk->fn.vkCmdSetScissor(commands, 0, 1, &all);
}

#define AT(member) offsetof(struct scene_data, member)

static void record(struct native_demo *d, struct slot *slot, unsigned glyphs)
{
    VkCommandBuffer commands = slot->commands;
    const VkDeviceSize zero = 0;

    barrier(d, commands); /* the picture before */
    d->vk->fn.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, d->move);
    bind(d, commands, VK_PIPELINE_BIND_POINT_COMPUTE, SET_PARTICLES, 0);
    d->vk->fn.vkCmdDispatch(commands, SCENE_PARTICLES / 64, 1, 1);
    barrier(d, commands);
    begin_pass(d, commands);
    draw(d, commands, SKY, SET_TILES, AT(ground), 3, 1);
    d->vk->fn.vkCmdBindVertexBuffers(commands, 0, 1, &d->vertices.handle, &zero);
    d->vk->fn.vkCmdBindIndexBuffer(commands, d->indices.handle, 0, VK_INDEX_TYPE_UINT16);
    d->vk->fn.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, d->pipelines[GROUND]);
    draw_mesh(d, commands, SET_TILES, AT(ground), &d->meshes.ground, 1);
    d->vk->fn.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, d->pipelines[SOLID]);
    draw_mesh(d, commands, SET_PLATES, AT(knot), &d->meshes.knot, 1);
    draw_mesh(d, commands, SET_PLATES, AT(cubes), &d->meshes.cube, SCENE_CUBES);
    draw_mesh(d, commands, SET_PLATES, AT(balls), &d->meshes.ball, SCENE_BALLS);
    draw(d, commands, PARTICLE, SET_PARTICLES, 0, 4, SCENE_PARTICLES);
    draw(d, commands, TEXT, SET_ATLAS, AT(glyphs), 4, glyphs);
    d->vk->fn.vkCmdEndRendering(commands);
    barrier(d, commands);
    d->vk->fn.vkCmdCopyImageToBuffer(
        commands, d->target.host.handle, VK_IMAGE_LAYOUT_GENERAL, slot->picture.handle, 1,
        &(VkBufferImageCopy){.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                             .imageExtent = {d->width, d->height, 1}});
    pvg_vk_barrier(d->vk, commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                   VK_PIPELINE_STAGE_2_HOST_BIT);
}

void native_demo_picture(struct native_demo *d, float seconds, float step, const char *text)
{
    struct slot *slot = &d->slots[d->pictures % SLOTS];
    struct scene_data *data =
        (struct scene_data *)((uint8_t *)d->changing.mapped + d->pictures % SLOTS * PART);
    unsigned glyphs;

    wait(d, slot);
    native_check(d->vk->fn.vkResetFences(d->vk->device, 1, &slot->fence));
    glyphs = scene_data_compute(data, d->width, d->height, seconds, step, text);
    begin(d, slot);
    record(d, slot, glyphs);
    submit(d, slot);
    d->pictures++;
    wait(d, &d->slots[d->pictures % SLOTS]);
}

const uint8_t *native_demo_pixels(struct native_demo *d)
{
    struct slot *slot = &d->slots[(d->pictures - 1) % SLOTS];

    wait(d, slot);
    return slot->picture.mapped;
}

/* ---- Life ---- */

static void image_finish(struct native_demo *d, struct image *image)
{
    d->vk->fn.vkDestroyImageView(d->vk->device, image->view, NULL);
    pvg_vk_image_finish(d->vk, &image->host);
}

void native_demo_end(struct native_demo *d)
{
    struct pvg_vk *vk = d->vk;

    for (unsigned i = 0; i < SLOTS; i++) {
        wait(d, &d->slots[i]);
        vk->fn.vkDestroyFence(vk->device, d->slots[i].fence, NULL);
        vk->fn.vkDestroyCommandPool(vk->device, d->slots[i].pool, NULL);
        pvg_vk_buffer_finish(vk, &d->slots[i].picture);
    }
    for (unsigned i = 0; i < PIPELINES; i++) {
        vk->fn.vkDestroyPipeline(vk->device, d->pipelines[i], NULL);
    }
    vk->fn.vkDestroyPipeline(vk->device, d->move, NULL);
    vk->fn.vkDestroyPipelineLayout(vk->device, d->pipeline_layout, NULL);
    vk->fn.vkDestroyDescriptorPool(vk->device, d->descriptors, NULL);
    vk->fn.vkDestroyDescriptorSetLayout(vk->device, d->layout, NULL);
    vk->fn.vkDestroySampler(vk->device, d->smooth, NULL);
    vk->fn.vkDestroySampler(vk->device, d->sharp, NULL);
    image_finish(d, &d->samples);
    image_finish(d, &d->depth);
    image_finish(d, &d->target);
    for (unsigned i = 0; i < IMAGES; i++) {
        image_finish(d, &d->images[i]);
    }
    pvg_vk_buffer_finish(vk, &d->vertices);
    pvg_vk_buffer_finish(vk, &d->indices);
    pvg_vk_buffer_finish(vk, &d->particles);
    pvg_vk_buffer_finish(vk, &d->changing);
    pvg_vk_buffer_finish(vk, &d->texels);
    g_free(d);
}

static void slot_init(struct native_demo *d, struct slot *slot)
{
    native_check(d->vk->fn.vkCreateCommandPool(
        d->vk->device,
        &(VkCommandPoolCreateInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                   .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                   .queueFamilyIndex = d->vk->family},
        NULL, &slot->pool));
    native_check(d->vk->fn.vkAllocateCommandBuffers(
        d->vk->device,
        &(VkCommandBufferAllocateInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                       .commandPool = slot->pool,
                                       .commandBufferCount = 1},
        &slot->commands));
    native_check(
        d->vk->fn.vkCreateFence(d->vk->device,
                                &(VkFenceCreateInfo){.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
                                                     .flags = VK_FENCE_CREATE_SIGNALED_BIT},
                                NULL, &slot->fence));
}

struct native_demo *native_demo_start(struct pvg_vk *vk, uint32_t width, uint32_t height)
{
    struct native_demo *d = g_new0(struct native_demo, 1);
    struct slot *slot = &d->slots[0];

    d->vk = vk;
    d->width = width;
    d->height = height;
    make_images(d);
    make_buffers(d);
    d->smooth = make_sampler(d, true);
    d->sharp = make_sampler(d, false);
    make_sets(d);
    make_pipelines(d);
    for (unsigned i = 0; i < SLOTS; i++) {
        slot_init(d, &d->slots[i]);
    }
    native_check(vk->fn.vkResetFences(vk->device, 1, &slot->fence));
    begin(d, slot);
    native_to_general(vk, slot->commands, d->samples.host.handle, VK_IMAGE_ASPECT_COLOR_BIT);
    native_to_general(vk, slot->commands, d->depth.host.handle, VK_IMAGE_ASPECT_DEPTH_BIT);
    native_to_general(vk, slot->commands, d->target.host.handle, VK_IMAGE_ASPECT_COLOR_BIT);
    for (unsigned i = 0; i < IMAGES; i++) {
        native_to_general(vk, slot->commands, d->images[i].host.handle, VK_IMAGE_ASPECT_COLOR_BIT);
    }
    barrier(d, slot->commands);
    fill_images(d, slot->commands);
    submit(d, slot);
    return d;
}
