/* SPDX-License-Identifier: MIT */
/* A VkImage with its memory. */
#ifndef PVG_VULKAN_IMAGE_H
#define PVG_VULKAN_IMAGE_H

#include "vulkan/memory.h"

/* Zero means none. */
struct pvg_vk_image {
    VkImage handle;
    struct pvg_vk_allocation allocation;
};

/* Any thread. Frees what there is; the GPU must be done with it. */
void pvg_vk_image_finish(struct pvg_vk *vk, struct pvg_vk_image *image);

/* Undefined content, layout VK_IMAGE_LAYOUT_UNDEFINED. @out is zero on failure. */
VkResult pvg_vk_image_init(struct pvg_vk *vk, const VkImageCreateInfo *info,
                           struct pvg_vk_image *out);

#endif
