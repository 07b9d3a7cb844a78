/* SPDX-License-Identifier: MIT */
/* The same work by a program that speaks Vulkan directly, as one would write it: descriptor sets
 * made beforehand, dynamic offsets, one command buffer. */
#ifndef PVG_BENCH_GPU_NATIVE_H
#define PVG_BENCH_GPU_NATIVE_H

#include <stdint.h>

#include "native_parts.h"
#include "vulkan/buffer.h"

enum change { CHANGE_NONE, CHANGE_OFFSET, CHANGE_TEXTURE, CHANGE_PIPELINE };

struct native {
    struct pvg_vk *vk;
    struct native_recorder recorder;
    struct native_image target, textures[2];
    uint32_t width, height;
    struct pvg_vk_buffer places, words, from, to, picture;
    VkSampler sampler;
    VkDescriptorSetLayout place_layout, image_layout;
    VkDescriptorPool descriptors;
    VkDescriptorSet place_set, words_set, image_sets[2];
    VkPipelineLayout draw_layout, count_layout;
    VkPipeline pipelines[2], count;
};

/* On the device that @vk is; @width and @height are the target's. */
void native_start(struct native *native, struct pvg_vk *vk, uint32_t width, uint32_t height);
void native_end(struct native *native);

/* Each returns nanoseconds of CPU time to record and submit, and sets @wall to the time until the
 * GPU was done. @picture: the target is then copied to host memory. */
int64_t native_draws(struct native *native, unsigned count, enum change change, bool picture,
                     int64_t *wall);
int64_t native_dispatches(struct native *native, unsigned count, enum change change, int64_t *wall);
int64_t native_copy(struct native *native, uint64_t size, int64_t *wall);

#endif
