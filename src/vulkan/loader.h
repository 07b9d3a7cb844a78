/* SPDX-License-Identifier: MIT */
/* The Vulkan API as this library sees it: through volk, without linking to a loader.
 *
 * Instance functions are volk's own pointers; device functions are called through the table in
 * struct pvg_vk, which skips the loader's dispatch and keeps two devices in one process apart. */
#ifndef PVG_VULKAN_LOADER_H
#define PVG_VULKAN_LOADER_H

#include <stdbool.h>

#include <volk.h>

#include <pvg/error.h>

#include "base/attributes.h"

/* Finds libvulkan.so.1, once in the process. Any thread. */
PVG_NODISCARD bool pvg_vk_loader_init(struct pvg_error *error);

/* Fills volk's instance functions, with the first instance of the process: the loader's entry
 * points serve every instance. Functions of optional instance extensions are not among them. Any
 * thread. */
void pvg_vk_loader_load(VkInstance instance);

/* "VK_ERROR_DEVICE_LOST", for messages. */
const char *pvg_vk_result_name(VkResult result);

#endif
