/* SPDX-License-Identifier: MIT */
/* Blocks of device memory with first-fit free lists. */
#include "vulkan/memory.h"

#include <assert.h>

/* Requests above a quarter of a block get a block of their own. */
#define BLOCK_SIZE ((VkDeviceSize)64 << 20)

struct free_range {
    VkDeviceSize start, end;
};

struct pvg_vk_block {
    VkDeviceMemory memory;
    VkDeviceSize size;
    uint32_t type;
    void *mapped;
    GArray *free; /* of struct free_range: sorted, never adjacent */
};

struct pvg_vk_memory {
    GMutex lock;
    VkPhysicalDeviceMemoryProperties properties;
    GPtrArray *blocks; /* of struct pvg_vk_block, ours */
    VkDeviceSize granularity;
    struct pvg_vk_memory_usage usage;
};

static VkDeviceSize round_up(VkDeviceSize value, VkDeviceSize alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

/* The types @bits allows, best first: those with all of @wanted, then those with @needed. */
static bool find_type(const struct pvg_vk_memory *memory, uint32_t bits,
                      VkMemoryPropertyFlags needed, VkMemoryPropertyFlags wanted, uint32_t *type)
{
    const VkMemoryPropertyFlags tries[] = {needed | wanted, needed};

    for (size_t t = 0; t < G_N_ELEMENTS(tries); t++) {
        for (uint32_t i = 0; i < memory->properties.memoryTypeCount; i++) {
            VkMemoryPropertyFlags flags = memory->properties.memoryTypes[i].propertyFlags;

            if ((bits & 1u << i) && (flags & tries[t]) == tries[t]) {
                *type = i;
                return true;
            }
        }
    }
    return false;
}

bool pvg_vk_memory_type(struct pvg_vk *vk, uint32_t bits, enum pvg_vk_home home, uint32_t *type)
{
    const struct pvg_vk_memory *memory = vk->memory;

    switch (home) {
    case PVG_VK_HOME_GPU:
        return find_type(memory, bits, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, type);
    case PVG_VK_HOME_SHARED:
        return find_type(memory, bits,
                         VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                         VK_MEMORY_PROPERTY_HOST_CACHED_BIT, type);
    }
    return false;
}

static void block_destroy(struct pvg_vk *vk, struct pvg_vk_block *block)
{
    if (!block) {
        return;
    }
    vk->fn.vkFreeMemory(vk->device, block->memory, NULL); /* unmaps too */
    g_array_unref(block->free);
    g_free(block);
}

static VkResult block_create(struct pvg_vk *vk, uint32_t type, VkDeviceSize size,
                             struct pvg_vk_block **out)
{
    struct pvg_vk_memory *memory = vk->memory;
    struct pvg_vk_block *block = g_new0(struct pvg_vk_block, 1);
    struct free_range all = {0, size};
    VkResult result;

    block->size = size;
    block->type = type;
    block->free = g_array_new(FALSE, FALSE, sizeof(struct free_range));
    g_array_append_val(block->free, all);
    result = vk->fn.vkAllocateMemory(vk->device,
                                     &(VkMemoryAllocateInfo){
                                         .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                         .allocationSize = size,
                                         .memoryTypeIndex = type,
                                     },
                                     NULL, &block->memory);
    if (result == VK_SUCCESS && (memory->properties.memoryTypes[type].propertyFlags &
                                 VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)) {
        result = vk->fn.vkMapMemory(vk->device, block->memory, 0, VK_WHOLE_SIZE, 0, &block->mapped);
    }
    if (result != VK_SUCCESS) {
        block_destroy(vk, block);
        return pvg_vk_check(vk, result);
    }
    g_ptr_array_add(memory->blocks, block);
    memory->usage.blocks++;
    memory->usage.block_bytes += size;
    *out = block;
    return VK_SUCCESS;
}

static bool block_take(struct pvg_vk_block *block, VkDeviceSize size, VkDeviceSize alignment,
                       struct pvg_vk_allocation *out)
{
    for (guint i = 0; i < block->free->len; i++) {
        struct free_range *range = &g_array_index(block->free, struct free_range, i);
        VkDeviceSize start = round_up(range->start, alignment);
        struct free_range after = {start + size, range->end};

        if (start > range->end || size > range->end - start) {
            continue;
        }
        if (start > range->start) {
            range->end = start; /* what the alignment skipped stays free */
            if (after.start < after.end) {
                g_array_insert_val(block->free, i + 1, after);
            }
        } else if (after.start < after.end) {
            *range = after;
        } else {
            g_array_remove_index(block->free, i);
        }
        *out = (struct pvg_vk_allocation){
            .memory = block->memory,
            .offset = start,
            .size = size,
            .mapped = block->mapped ? (char *)block->mapped + start : NULL,
            .block = block,
        };
        return true;
    }
    return false;
}

static void block_give(struct pvg_vk_block *block, VkDeviceSize start, VkDeviceSize end)
{
    struct free_range back = {start, end};
    struct free_range *next, *previous;
    guint i = 0;

    while (i < block->free->len && g_array_index(block->free, struct free_range, i).start < start) {
        i++;
    }
    g_array_insert_val(block->free, i, back);
    if (i + 1 < block->free->len) {
        next = &g_array_index(block->free, struct free_range, i + 1);
        assert(next->start >= end);
        if (next->start == end) {
            g_array_index(block->free, struct free_range, i).end = next->end;
            g_array_remove_index(block->free, i + 1);
        }
    }
    if (i > 0) {
        previous = &g_array_index(block->free, struct free_range, i - 1);
        assert(previous->end <= start);
        if (previous->end == start) {
            previous->end = g_array_index(block->free, struct free_range, i).end;
            g_array_remove_index(block->free, i);
        }
    }
}

static bool block_is_free(const struct pvg_vk_block *block)
{
    const struct free_range *only;

    if (block->free->len != 1) {
        return false;
    }
    only = &g_array_index(block->free, struct free_range, 0);
    return only->start == 0 && only->end == block->size;
}

void pvg_vk_memory_close(struct pvg_vk *vk)
{
    struct pvg_vk_memory *memory = vk->memory;

    if (!memory) {
        return;
    }
    assert(memory->usage.used_bytes == 0); /* whoever still holds memory has leaked it */
    for (guint i = 0; i < memory->blocks->len; i++) {
        block_destroy(vk, g_ptr_array_index(memory->blocks, i));
    }
    g_ptr_array_unref(memory->blocks);
    g_mutex_clear(&memory->lock);
    g_free(memory);
    vk->memory = NULL;
}

void pvg_vk_memory_open(struct pvg_vk *vk)
{
    struct pvg_vk_memory *memory = g_new0(struct pvg_vk_memory, 1);

    g_mutex_init(&memory->lock);
    vkGetPhysicalDeviceMemoryProperties(vk->physical, &memory->properties);
    memory->blocks = g_ptr_array_new();
    memory->granularity =
        MAX(vk->properties.properties.limits.bufferImageGranularity, (VkDeviceSize)1);
    vk->memory = memory;
}

VkResult pvg_vk_memory_take(struct pvg_vk *vk, const VkMemoryRequirements *needs,
                            enum pvg_vk_home home, struct pvg_vk_allocation *out)
{
    struct pvg_vk_memory *memory = vk->memory;
    g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&memory->lock);
    /* Buffers and images may not share a granule, so nothing does. */
    VkDeviceSize alignment = MAX(needs->alignment, memory->granularity);
    struct pvg_vk_block *block = NULL;
    VkDeviceSize size;
    uint32_t type;
    VkResult result;

    *out = (struct pvg_vk_allocation){0};
    if (needs->size > UINT64_MAX / 2 || !pvg_vk_memory_type(vk, needs->memoryTypeBits, home, &type)) {
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    }
    size = round_up(MAX(needs->size, (VkDeviceSize)1), memory->granularity);
    if (size <= BLOCK_SIZE / 4) {
        for (guint i = 0; i < memory->blocks->len; i++) {
            struct pvg_vk_block *candidate = g_ptr_array_index(memory->blocks, i);

            if (candidate->type == type && block_take(candidate, size, alignment, out)) {
                block = candidate;
                break;
            }
        }
    }
    if (!block) {
        result = block_create(vk, type, size <= BLOCK_SIZE / 4 ? BLOCK_SIZE : size, &block);
        if (result != VK_SUCCESS) {
            return result;
        }
        if (!block_take(block, size, alignment, out)) {
            return VK_ERROR_OUT_OF_DEVICE_MEMORY;
        }
    }
    memory->usage.used_bytes += out->size;
    memory->usage.allocations++;
    return VK_SUCCESS;
}

void pvg_vk_memory_give(struct pvg_vk *vk, struct pvg_vk_allocation *allocation)
{
    struct pvg_vk_memory *memory = vk->memory;
    struct pvg_vk_block *block = allocation->block;
    g_autoptr(GMutexLocker) locked = NULL;

    if (!block) {
        return;
    }
    locked = g_mutex_locker_new(&memory->lock);
    block_give(block, allocation->offset, allocation->offset + allocation->size);
    memory->usage.used_bytes -= allocation->size;
    *allocation = (struct pvg_vk_allocation){0};
    /* An ordinary block is kept for the next request; one made to measure would fit nobody. */
    if (block->size != BLOCK_SIZE && block_is_free(block)) {
        memory->usage.blocks--;
        memory->usage.block_bytes -= block->size;
        g_ptr_array_remove_fast(memory->blocks, block);
        block_destroy(vk, block);
    }
}

struct pvg_vk_memory_usage pvg_vk_memory_usage(struct pvg_vk *vk)
{
    g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&vk->memory->lock);

    return vk->memory->usage;
}
