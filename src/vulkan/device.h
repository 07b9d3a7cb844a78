/* SPDX-License-Identifier: MIT */
/* One Vulkan device with one queue: what everything above records for and submits to.
 *
 * A lost device stays lost: pvg_vk_lost() turns true, every later submission fails with
 * VK_ERROR_DEVICE_LOST, and the owner destroys this object and makes a new one. */
#ifndef PVG_VULKAN_DEVICE_H
#define PVG_VULKAN_DEVICE_H

#include <stdatomic.h>
#include <stdint.h>

#include <glib.h>

#include "vulkan/features.h"

struct pvg_vk_memory;

enum pvg_vk_severity {
    PVG_VK_INFO,
    PVG_VK_WARNING,
    PVG_VK_ERROR,
};

struct pvg_vk_options {
    const char *gpu; /* index, UUID or part of a name; NULL or "" chooses the best */

    /* Loads VK_LAYER_KHRONOS_validation with synchronisation validation; creation fails when the
     * layer is not installed. */
    bool validate;

    /* Never uses host pages in place, as if the device could not. */
    bool no_import;

    /* What the layers and the driver say, and which device was chosen. Any thread. May be NULL. */
    void (*message)(void *user, enum pvg_vk_severity severity, const char *text);
    void *user;

    /* Where compiled pipelines are kept between runs, a file for each driver and device; made when
     * it is not there. NULL: nowhere. */
    const char *cache_folder;
};

struct pvg_vk {
    VkInstance instance;
    VkDebugUtilsMessengerEXT messenger;
    VkPhysicalDevice physical;
    VkDevice device;
    struct VolkDeviceTable fn; /* every device-level call goes through it */

    VkQueue queue;
    uint32_t family;
    GMutex queue_lock; /* around vkQueueSubmit2 and vkQueueWaitIdle */

    VkPhysicalDeviceProperties2 properties;
    VkPhysicalDeviceVulkan11Properties properties11;
    VkPhysicalDeviceVulkan12Properties properties12;
    VkPhysicalDeviceVulkan13Properties properties13;
    VkDeviceSize import_alignment;   /* of host pointers; 0: nothing can be imported */
    struct pvg_vk_features features; /* as enabled */
    struct pvg_vk_extensions extensions;

    atomic_uint imports;                     /* alive: devices allow few allocations */

    struct pvg_vk_memory *memory;
    VkPipelineCache pipeline_cache; /* internally synchronised */
    char *cache_file;

    atomic_bool lost;                          /* set by whoever sees the loss, never cleared */
    PFN_vkSetDebugUtilsObjectNameEXT set_name; /* NULL unless somebody listens */
    struct pvg_vk_options options;
};

/* Control thread. Returns when the GPU is idle or lost, after saving the pipeline cache. */
void pvg_vk_destroy(struct pvg_vk *vk);
PVG_DEFINE_AUTO(pvg_vk)

/* Chooses and opens a device. Control thread. NULL and @error, which says why each device was
 * passed over. @options' strings are copied. */
struct pvg_vk *pvg_vk_create(const struct pvg_vk_options *options, struct pvg_error *error);

/* A device of type CPU: no watchdog, so shaders need their own bounds on time. */
static inline bool pvg_vk_is_cpu(const struct pvg_vk *vk)
{
    return vk->properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
}

static inline bool pvg_vk_lost(const struct pvg_vk *vk)
{
    return atomic_load_explicit(&vk->lost, memory_order_relaxed);
}

/* Hands @result on, and remembers a loss. Any thread. */
VkResult pvg_vk_check(struct pvg_vk *vk, VkResult result);

/* What the stages @to read and write comes after, and sees, what the stages @from wrote. */
void pvg_vk_barrier(struct pvg_vk *vk, VkCommandBuffer commands, VkPipelineStageFlags2 from,
                    VkPipelineStageFlags2 to);

/* Names an object in validation messages and captures; free when nobody listens. */
void pvg_vk_name(struct pvg_vk *vk, VkObjectType type, uint64_t handle, const char *format, ...)
    PVG_PRINTF(4, 5);

#endif
