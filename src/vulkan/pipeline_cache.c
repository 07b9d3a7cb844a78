/* SPDX-License-Identifier: MIT */
/* Reads and writes the pipeline cache file. */
#include "vulkan/pipeline_cache.h"

#include <string.h>

bool pvg_vk_pipeline_cache_is_ours(const void *bytes, size_t size,
                                   const VkPhysicalDeviceProperties *properties)
{
    VkPipelineCacheHeaderVersionOne header;

    if (size < sizeof(header)) {
        return false;
    }
    memcpy(&header, bytes, sizeof(header));
    return header.headerSize >= sizeof(header) && header.headerSize <= size &&
           header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
           header.vendorID == properties->vendorID && header.deviceID == properties->deviceID &&
           memcmp(header.pipelineCacheUUID, properties->pipelineCacheUUID, VK_UUID_SIZE) == 0;
}

char *pvg_vk_pipeline_cache_file(const char *folder, const VkPhysicalDeviceProperties *properties)
{
    char name[sizeof("pipelines-") + 2 * VK_UUID_SIZE] = "pipelines-";

    if (!folder) {
        return NULL;
    }
    for (unsigned i = 0; i < VK_UUID_SIZE; i++) {
        g_snprintf(name + strlen(name), 3, "%02x", properties->pipelineCacheUUID[i]);
    }
    g_mkdir_with_parents(folder, 0700); /* without it there is no cache, and that is all */
    return g_build_filename(folder, name, NULL);
}

void pvg_vk_pipeline_cache_open(struct pvg_vk *vk)
{
    VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
    g_autofree char *bytes = NULL;
    gsize size = 0;

    if (vk->cache_file && g_file_get_contents(vk->cache_file, &bytes, &size, NULL) &&
        pvg_vk_pipeline_cache_is_ours(bytes, size, &vk->properties.properties)) {
        info.initialDataSize = size;
        info.pInitialData = bytes;
    }
    if (vk->fn.vkCreatePipelineCache(vk->device, &info, NULL, &vk->pipeline_cache) != VK_SUCCESS) {
        vk->pipeline_cache = VK_NULL_HANDLE; /* allowed everywhere a cache is */
    }
}

void pvg_vk_pipeline_cache_close(struct pvg_vk *vk)
{
    g_autofree char *bytes = NULL;
    size_t size = 0;

    if (vk->cache_file && vk->pipeline_cache && !pvg_vk_lost(vk) &&
        vk->fn.vkGetPipelineCacheData(vk->device, vk->pipeline_cache, &size, NULL) == VK_SUCCESS &&
        size) {
        bytes = g_malloc(size);
        if (vk->fn.vkGetPipelineCacheData(vk->device, vk->pipeline_cache, &size, bytes) ==
            VK_SUCCESS) {
            g_file_set_contents(vk->cache_file, bytes, size, NULL);
        }
    }
    vk->fn.vkDestroyPipelineCache(vk->device, vk->pipeline_cache, NULL);
    vk->pipeline_cache = VK_NULL_HANDLE;
}
