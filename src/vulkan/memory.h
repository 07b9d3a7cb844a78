/* SPDX-License-Identifier: MIT */
/* Device memory, cut from large blocks. Drivers allow few allocations and make each one slowly; a
 * guest makes thousands of buffers and textures.
 *
 * Host-visible memory stays mapped for its whole life and is coherent. Any thread. */
#ifndef PVG_VULKAN_MEMORY_H
#define PVG_VULKAN_MEMORY_H

#include "vulkan/device.h"

struct pvg_vk_block;

enum pvg_vk_home {
    PVG_VK_HOME_GPU,    /* where the GPU is fastest; not mapped unless it happens to be */
    PVG_VK_HOME_SHARED, /* mapped, coherent, cached where the device has such: both sides use it */
};

/* A piece of a block. Zero means none. */
struct pvg_vk_allocation {
    VkDeviceMemory memory;
    VkDeviceSize offset; /* in @memory */
    VkDeviceSize size;
    void *mapped;               /* its first byte; NULL when not host-visible */
    struct pvg_vk_block *block; /* allocator's own */
};

struct pvg_vk_memory_usage {
    uint64_t blocks;      /* driver allocations alive */
    uint64_t block_bytes; /* in them */
    uint64_t used_bytes;  /* handed out */
    uint64_t allocations; /* handed out since the start; steady state adds none */
};

/* vk->memory's life. At the end everything must have been given back. */
void pvg_vk_memory_close(struct pvg_vk *vk);
void pvg_vk_memory_open(struct pvg_vk *vk);

/* The best type among @bits for @home; false when none will do. */
bool pvg_vk_memory_type(struct pvg_vk *vk, uint32_t bits, enum pvg_vk_home home, uint32_t *type);

VkResult pvg_vk_memory_take(struct pvg_vk *vk, const VkMemoryRequirements *needs,
                            enum pvg_vk_home home, struct pvg_vk_allocation *out);

/* Zeroes @allocation; an empty one is allowed. */
void pvg_vk_memory_give(struct pvg_vk *vk, struct pvg_vk_allocation *allocation);

struct pvg_vk_memory_usage pvg_vk_memory_usage(struct pvg_vk *vk);

#endif
