/* SPDX-License-Identifier: MIT */
/* Makes images. */
#include "vulkan/image.h"

void pvg_vk_image_finish(struct pvg_vk *vk, struct pvg_vk_image *image)
{
    if (image->handle) {
        vk->fn.vkDestroyImage(vk->device, image->handle, NULL);
    }
    pvg_vk_memory_give(vk, &image->allocation);
    *image = (struct pvg_vk_image){0};
}

VkResult pvg_vk_image_init(struct pvg_vk *vk, const VkImageCreateInfo *info,
                           struct pvg_vk_image *out)
{
    VkMemoryRequirements needs;
    VkResult result;

    *out = (struct pvg_vk_image){0};
    result = vk->fn.vkCreateImage(vk->device, info, NULL, &out->handle);
    if (result != VK_SUCCESS) {
        out->handle = VK_NULL_HANDLE;
        return pvg_vk_check(vk, result);
    }
    vk->fn.vkGetImageMemoryRequirements(vk->device, out->handle, &needs);
    result = pvg_vk_memory_take(vk, &needs, PVG_VK_HOME_GPU, &out->allocation);
    if (result == VK_SUCCESS) {
        result = vk->fn.vkBindImageMemory(vk->device, out->handle, out->allocation.memory,
                                          out->allocation.offset);
    }
    if (result != VK_SUCCESS) {
        pvg_vk_image_finish(vk, out);
    }
    return pvg_vk_check(vk, result);
}
