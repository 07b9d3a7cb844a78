/* SPDX-License-Identifier: MIT */
/* The demo without a guest. Two pictures are on their way at a time. */
#include "native_demo.h"

#include <stddef.h>
#include <string.h>

#include "demo/data.h"
#include "demo/image.h"
#include "demo/mesh.h"
#include "native_parts.h"
#include "vulkan/buffer.h"
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
#define DEPTH   VK_FORMAT_D32_SFLOAT
#define PART    ((sizeof(struct scene_data) + 255) & ~(size_t)255)

enum { TILES, PLATES, ATLAS, IMAGES };
enum { SET_TILES, SET_PLATES, SET_ATLAS, SET_PARTICLES, SETS };
enum { SKY, GROUND, SOLID, PARTICLE, TEXT, PIPELINES };

struct slot {
    struct native_recorder recorder;
    struct pvg_vk_buffer picture;
};

struct native_demo {
    struct pvg_vk *vk;
    uint32_t width, height;
    unsigned pictures;
    struct meshes meshes;
    struct native_image samples, depth, target, images[IMAGES];
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

static void make_images(struct native_demo *d)
{
    const VkImageUsageFlags sampled = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT |
                                      VK_IMAGE_USAGE_TRANSFER_SRC_BIT;

    native_image_init(d->vk, NATIVE_COLOUR, d->width, d->height, 1, SAMPLES,
                      VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, &d->samples);
    native_image_init(d->vk, DEPTH, d->width, d->height, 1, SAMPLES,
                      VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, &d->depth);
    native_image_init(d->vk, NATIVE_COLOUR, d->width, d->height, 1, VK_SAMPLE_COUNT_1_BIT,
                      VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
                      &d->target);
    for (unsigned i = TILES; i <= PLATES; i++) {
        native_image_init(d->vk, VK_FORMAT_R8G8B8A8_UNORM, IMAGE_SIDE, IMAGE_SIDE, LEVELS,
                          VK_SAMPLE_COUNT_1_BIT, sampled, &d->images[i]);
    }
    native_image_init(d->vk, VK_FORMAT_R8_UNORM, ATLAS_WIDTH, ATLAS_HEIGHT, 1,
                      VK_SAMPLE_COUNT_1_BIT, sampled, &d->images[ATLAS]);
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

static void make_pipelines(struct native_demo *d)
{
    static const VkVertexInputBindingDescription binding = {0, sizeof(struct mesh_vertex),
                                                            VK_VERTEX_INPUT_RATE_VERTEX};
    static const VkVertexInputAttributeDescription attributes[] = {
        {0, 0, VK_FORMAT_R32G32B32_SFLOAT, offsetof(struct mesh_vertex, position)},
        {1, 0, VK_FORMAT_R32G32B32_SFLOAT, offsetof(struct mesh_vertex, normal)},
        {2, 0, VK_FORMAT_R32G32_SFLOAT, offsetof(struct mesh_vertex, texture)},
    };
    static const VkPipelineVertexInputStateCreateInfo meshes = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
        .vertexBindingDescriptionCount = 1,
        .pVertexBindingDescriptions = &binding,
        .vertexAttributeDescriptionCount = 3,
        .pVertexAttributeDescriptions = attributes};
#define CODE(name)                                                                                 \
    {                                                                                              \
        demo_##name, sizeof(demo_##name)                                                           \
    }
    struct native_look looks[PIPELINES] = {
        [SKY] = {CODE(sky_vertex), CODE(sky_fragment)},
        [GROUND] = {CODE(solid_vertex), CODE(ground_fragment), .input = &meshes, .tested = true,
                    .writes_depth = true},
        [SOLID] = {CODE(solid_vertex), CODE(solid_fragment), .input = &meshes, .tested = true,
                   .writes_depth = true},
        [PARTICLE] = {CODE(particle_vertex), CODE(particle_fragment), .strips = true,
                      .blending = true, .tested = true},
        [TEXT] = {CODE(text_vertex), CODE(text_fragment), .strips = true, .blending = true},
    };
#undef CODE

    for (unsigned i = 0; i < PIPELINES; i++) {
        looks[i].layout = d->pipeline_layout;
        looks[i].depth = DEPTH;
        looks[i].samples = SAMPLES;
        d->pipelines[i] = native_draw_pipeline(d->vk, &looks[i]);
    }
    d->move = native_compute_pipeline(d->vk, demo_move, sizeof(demo_move), d->pipeline_layout);
}

/* ---- Recording ---- */

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
    VkCommandBuffer commands = slot->recorder.commands;
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

    native_begin(d->vk, &slot->recorder);
    glyphs = scene_data_compute(data, d->width, d->height, seconds, step, text);
    record(d, slot, glyphs);
    native_submit(d->vk, &slot->recorder);
    d->pictures++;
    native_wait(d->vk, &d->slots[d->pictures % SLOTS].recorder);
}

const uint8_t *native_demo_pixels(struct native_demo *d)
{
    struct slot *slot = &d->slots[(d->pictures - 1) % SLOTS];

    native_wait(d->vk, &slot->recorder);
    return slot->picture.mapped;
}

/* ---- Life ---- */

void native_demo_end(struct native_demo *d)
{
    struct pvg_vk *vk = d->vk;

    for (unsigned i = 0; i < SLOTS; i++) {
        native_wait(vk, &d->slots[i].recorder);
        native_recorder_finish(vk, &d->slots[i].recorder);
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
    native_image_finish(vk, &d->samples);
    native_image_finish(vk, &d->depth);
    native_image_finish(vk, &d->target);
    for (unsigned i = 0; i < IMAGES; i++) {
        native_image_finish(vk, &d->images[i]);
    }
    pvg_vk_buffer_finish(vk, &d->vertices);
    pvg_vk_buffer_finish(vk, &d->indices);
    pvg_vk_buffer_finish(vk, &d->particles);
    pvg_vk_buffer_finish(vk, &d->changing);
    pvg_vk_buffer_finish(vk, &d->texels);
    g_free(d);
}

struct native_demo *native_demo_start(struct pvg_vk *vk, uint32_t width, uint32_t height)
{
    struct native_demo *d = g_new0(struct native_demo, 1);
    struct native_recorder *slot = &d->slots[0].recorder;

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
        native_recorder_init(vk, &d->slots[i].recorder);
    }
    native_begin(vk, slot);
    native_to_general(vk, slot->commands, d->samples.host.handle, VK_IMAGE_ASPECT_COLOR_BIT);
    native_to_general(vk, slot->commands, d->depth.host.handle, VK_IMAGE_ASPECT_DEPTH_BIT);
    native_to_general(vk, slot->commands, d->target.host.handle, VK_IMAGE_ASPECT_COLOR_BIT);
    for (unsigned i = 0; i < IMAGES; i++) {
        native_to_general(vk, slot->commands, d->images[i].host.handle, VK_IMAGE_ASPECT_COLOR_BIT);
    }
    barrier(d, slot->commands);
    fill_images(d, slot->commands);
    native_submit(vk, slot);
    return d;
}
