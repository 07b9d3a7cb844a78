/* SPDX-License-Identifier: MIT */
/* Makes buffers. Spec for imports: 20-memory 14.1. */
#include "vulkan/buffer.h"

void pvg_vk_buffer_finish(struct pvg_vk *vk, struct pvg_vk_buffer *buffer)
{
    if (buffer->handle) {
        vk->fn.vkDestroyBuffer(vk->device, buffer->handle, NULL);
    }
    if (buffer->imported) {
        vk->fn.vkFreeMemory(vk->device, buffer->imported, NULL);
        atomic_fetch_sub(&vk->imports, 1);
    }
    pvg_vk_memory_give(vk, &buffer->allocation);
    *buffer = (struct pvg_vk_buffer){0};
}

static VkResult create(struct pvg_vk *vk, VkDeviceSize size, VkBufferUsageFlags usage,
                       const void *next, struct pvg_vk_buffer *out)
{
    *out = (struct pvg_vk_buffer){.size = size};
    return vk->fn.vkCreateBuffer(vk->device,
                                 &(VkBufferCreateInfo){
                                     .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                     .pNext = next,
                                     .size = size,
                                     .usage = usage,
                                     .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
                                 },
                                 NULL, &out->handle);
}

VkResult pvg_vk_buffer_init(struct pvg_vk *vk, VkDeviceSize size, VkBufferUsageFlags usage,
                            enum pvg_vk_home home, struct pvg_vk_buffer *out)
{
    VkMemoryRequirements needs;
    VkResult result = create(vk, size, usage, NULL, out);

    if (result != VK_SUCCESS) {
        out->handle = VK_NULL_HANDLE;
        goto failed;
    }
    vk->fn.vkGetBufferMemoryRequirements(vk->device, out->handle, &needs);
    result = pvg_vk_memory_take(vk, &needs, home, &out->allocation);
    if (result != VK_SUCCESS) {
        goto failed;
    }
    result = vk->fn.vkBindBufferMemory(vk->device, out->handle, out->allocation.memory,
                                       out->allocation.offset);
    if (result != VK_SUCCESS) {
        goto failed;
    }
    out->mapped = out->allocation.mapped;
    return VK_SUCCESS;

failed:
    pvg_vk_buffer_finish(vk, out);
    return pvg_vk_check(vk, result);
}

VkResult pvg_vk_buffer_init_import(struct pvg_vk *vk, void *host, VkDeviceSize size,
                                   VkBufferUsageFlags usage, struct pvg_vk_buffer *out)
{
    const VkExternalMemoryHandleTypeFlagBits kind =
        VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
    VkMemoryHostPointerPropertiesEXT pointer = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
    VkMemoryRequirements needs;
    VkResult result;
    uint32_t type;

    *out = (struct pvg_vk_buffer){0};
    if (atomic_load(&vk->imports) >= vk->properties.properties.limits.maxMemoryAllocationCount / 2) {
        return VK_ERROR_TOO_MANY_OBJECTS;
    }
    if (!vk->import_alignment || (uintptr_t)host % vk->import_alignment ||
        size % vk->import_alignment) {
        return VK_ERROR_INVALID_EXTERNAL_HANDLE;
    }
    result = vk->fn.vkGetMemoryHostPointerPropertiesEXT(vk->device, kind, host, &pointer);
    if (result != VK_SUCCESS) {
        return pvg_vk_check(vk, result);
    }
    result = create(vk, size, usage,
                    &(VkExternalMemoryBufferCreateInfo){
                        .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
                        .handleTypes = kind,
                    },
                    out);
    if (result != VK_SUCCESS) {
        out->handle = VK_NULL_HANDLE;
        goto failed;
    }
    vk->fn.vkGetBufferMemoryRequirements(vk->device, out->handle, &needs);
    needs.memoryTypeBits &= pointer.memoryTypeBits;
    if (needs.size > size || !pvg_vk_memory_type(vk, needs.memoryTypeBits, PVG_VK_HOME_SHARED, &type)) {
        result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
        goto failed;
    }
    result = vk->fn.vkAllocateMemory(
        vk->device,
        &(VkMemoryAllocateInfo){
            .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
            .pNext =
                &(VkImportMemoryHostPointerInfoEXT){
                    .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
                    .handleType = kind,
                    .pHostPointer = host,
                },
            .allocationSize = size,
            .memoryTypeIndex = type,
        },
        NULL, &out->imported);
    if (result != VK_SUCCESS) {
        out->imported = VK_NULL_HANDLE;
        goto failed;
    }
    atomic_fetch_add(&vk->imports, 1);
    result = vk->fn.vkBindBufferMemory(vk->device, out->handle, out->imported, 0);
    if (result != VK_SUCCESS) {
        goto failed;
    }
    out->mapped = host;
    return VK_SUCCESS;

failed:
    pvg_vk_buffer_finish(vk, out);
    return pvg_vk_check(vk, result);
}
