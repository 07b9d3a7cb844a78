/* SPDX-License-Identifier: MIT */
/* A VkBuffer with its memory: taken from the allocator, or imported from host pages. */
#ifndef PVG_VULKAN_BUFFER_H
#define PVG_VULKAN_BUFFER_H

#include "vulkan/memory.h"

/* Zero means none. */
struct pvg_vk_buffer {
    VkBuffer handle;
    VkDeviceSize size;
    void *mapped; /* NULL when the host cannot see it */
    struct pvg_vk_allocation allocation;
    VkDeviceMemory imported; /* instead of @allocation */
};

/* Any thread. Frees what there is; the GPU must be done with it. */
void pvg_vk_buffer_finish(struct pvg_vk *vk, struct pvg_vk_buffer *buffer);

/* @size bytes, not 0, of undefined content. @out is zero on failure. */
VkResult pvg_vk_buffer_init(struct pvg_vk *vk, VkDeviceSize size, VkBufferUsageFlags usage,
                            enum pvg_vk_home home, struct pvg_vk_buffer *out);

/* The @size bytes at @host themselves, which stay the caller's and must outlive the buffer. Both
 * must be multiples of vk->import_alignment, which is 0 where nothing can be imported. Fails with
 * VK_ERROR_TOO_MANY_OBJECTS when half of the allocations that the device allows are imports. */
VkResult pvg_vk_buffer_init_import(struct pvg_vk *vk, void *host, VkDeviceSize size,
                                   VkBufferUsageFlags usage, struct pvg_vk_buffer *out);

#endif
