/* SPDX-License-Identifier: MIT */
/* What native programs are made of. Whatever fails ends the process. */
#ifndef PVG_BENCH_GPU_NATIVE_PARTS_H
#define PVG_BENCH_GPU_NATIVE_PARTS_H

#include <stdbool.h>

#include "vulkan/image.h"

#define NATIVE_COLOUR VK_FORMAT_B8G8R8A8_UNORM

void native_check(VkResult result);
VkShaderModule native_module(struct pvg_vk *vk, const uint32_t *words, size_t size);
VkDescriptorSetLayout native_set_layout(struct pvg_vk *vk, const VkDescriptorSetLayoutBinding *all,
                                        uint32_t count);
VkPipelineLayout native_pipeline_layout(struct pvg_vk *vk, const VkDescriptorSetLayout *sets,
                                        uint32_t count);
VkPipeline native_compute_pipeline(struct pvg_vk *vk, const uint32_t *words, size_t size,
                                   VkPipelineLayout layout);

struct native_code {
    const uint32_t *words;
    size_t size; /* bytes */
};

/* Draws to NATIVE_COLOUR; viewport and scissor are dynamic. */
struct native_look {
    struct native_code vertex, fragment;
    VkPipelineLayout layout;
    const VkPipelineVertexInputStateCreateInfo *input; /* NULL: no vertex buffers */
    VkFormat depth;                                    /* UNDEFINED: none */
    VkSampleCountFlagBits samples;
    bool strips, blending, tested, writes_depth;
};
VkPipeline native_draw_pipeline(struct pvg_vk *vk, const struct native_look *look);

/* An image of two dimensions and all of it seen. */
struct native_image {
    struct pvg_vk_image host;
    VkImageView view;
};
void native_image_finish(struct pvg_vk *vk, struct native_image *image);
void native_image_init(struct pvg_vk *vk, VkFormat format, uint32_t width, uint32_t height,
                       uint32_t levels, VkSampleCountFlagBits samples, VkImageUsageFlags usage,
                       struct native_image *out);

/* From UNDEFINED. */
void native_to_general(struct pvg_vk *vk, VkCommandBuffer commands, VkImage image,
                       VkImageAspectFlags aspects);

/* One command buffer, recorded again and again. */
struct native_recorder {
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkFence fence; /* signalled when nothing is under way */
};
void native_recorder_finish(struct pvg_vk *vk, struct native_recorder *recorder);
void native_recorder_init(struct pvg_vk *vk, struct native_recorder *recorder);
void native_begin(struct pvg_vk *vk, struct native_recorder *recorder); /* waits for the last one */
void native_submit(struct pvg_vk *vk, struct native_recorder *recorder);
void native_wait(struct pvg_vk *vk, struct native_recorder *recorder);

#endif
