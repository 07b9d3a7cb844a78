/* SPDX-License-Identifier: MIT */
/* Loads the Vulkan loader; the only file that holds volk's definitions. */
#define VOLK_IMPLEMENTATION
#include "vulkan/loader.h"

#include <glib.h>

static gpointer load_once(gpointer unused)
{
    return GINT_TO_POINTER(volkInitialize() == VK_SUCCESS);
}

bool pvg_vk_loader_init(struct pvg_error *error)
{
    static GOnce once = G_ONCE_INIT;

    if (!g_once(&once, load_once, NULL)) {
        pvg_error_set(error, "libvulkan.so.1 was not found: install the Debian package libvulkan1 "
                             "and a driver, such as mesa-vulkan-drivers");
        return false;
    }
    return true;
}

static gpointer load_instance(gpointer instance)
{
    volkLoadInstanceOnly(instance);
    return instance;
}

void pvg_vk_loader_load(VkInstance instance)
{
    static GOnce once = G_ONCE_INIT;

    g_once(&once, load_instance, instance);
}

const char *pvg_vk_result_name(VkResult result)
{
    static const struct {
        VkResult result;
        const char *name;
    } names[] = {
#define NAME(result) {result, #result}
        NAME(VK_SUCCESS),
        NAME(VK_NOT_READY),
        NAME(VK_TIMEOUT),
        NAME(VK_ERROR_OUT_OF_HOST_MEMORY),
        NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY),
        NAME(VK_ERROR_INITIALIZATION_FAILED),
        NAME(VK_ERROR_DEVICE_LOST),
        NAME(VK_ERROR_MEMORY_MAP_FAILED),
        NAME(VK_ERROR_LAYER_NOT_PRESENT),
        NAME(VK_ERROR_EXTENSION_NOT_PRESENT),
        NAME(VK_ERROR_FEATURE_NOT_PRESENT),
        NAME(VK_ERROR_INCOMPATIBLE_DRIVER),
        NAME(VK_ERROR_TOO_MANY_OBJECTS),
        NAME(VK_ERROR_FORMAT_NOT_SUPPORTED),
        NAME(VK_ERROR_FRAGMENTED_POOL),
        NAME(VK_ERROR_OUT_OF_POOL_MEMORY),
        NAME(VK_ERROR_INVALID_EXTERNAL_HANDLE),
        NAME(VK_ERROR_INVALID_SHADER_NV),
        NAME(VK_ERROR_UNKNOWN),
#undef NAME
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].result == result) {
            return names[i].name;
        }
    }
    return "an unnamed Vulkan error";
}
