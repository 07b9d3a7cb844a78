/* SPDX-License-Identifier: MIT */
/* The driver's compiled pipelines, kept in a file between runs. A cache is never worth a failure:
 * whatever goes wrong with the file, the device works, only slower at first. */
#ifndef PVG_VULKAN_PIPELINE_CACHE_H
#define PVG_VULKAN_PIPELINE_CACHE_H

#include "vulkan/device.h"

/* The file in @folder for one driver and device, to be freed; makes the folder. NULL for NULL. */
char *pvg_vk_pipeline_cache_file(const char *folder, const VkPhysicalDeviceProperties *properties);

/* Makes vk->pipeline_cache, from vk->cache_file when that holds one of this driver and device. */
void pvg_vk_pipeline_cache_open(struct pvg_vk *vk);

/* Writes the file anew (at once or not at all) and destroys the cache. */
void pvg_vk_pipeline_cache_close(struct pvg_vk *vk);

/* Whether @bytes begin with the header of a cache that @properties' driver wrote. */
bool pvg_vk_pipeline_cache_is_ours(const void *bytes, size_t size,
                                   const VkPhysicalDeviceProperties *properties);

#endif
