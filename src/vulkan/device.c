/* SPDX-License-Identifier: MIT */
/* Chooses a Vulkan device, opens it, and closes it. */
#include "vulkan/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vulkan/memory.h"
#include "vulkan/pipeline_cache.h"

static void say(const struct pvg_vk *vk, enum pvg_vk_severity severity, const char *text)
{
    if (vk->options.message) {
        vk->options.message(vk->options.user, severity, text);
    }
}

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                 VkDebugUtilsMessageTypeFlagsEXT types,
                                                 const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                 void *user)
{
    say(user,
        severity & VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT ? PVG_VK_ERROR : PVG_VK_WARNING,
        data->pMessage);
    return VK_FALSE;
}

static bool instance_offers(const char *extension)
{
    g_autofree VkExtensionProperties *there = NULL;
    uint32_t count = 0;

    vkEnumerateInstanceExtensionProperties(NULL, &count, NULL);
    there = g_new0(VkExtensionProperties, count);
    vkEnumerateInstanceExtensionProperties(NULL, &count, there);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(there[i].extensionName, extension) == 0) {
            return true;
        }
    }
    return false;
}

static bool instance_open(struct pvg_vk *vk, struct pvg_error *error)
{
    static const char *const layers[] = {"VK_LAYER_KHRONOS_validation"};
    static const VkValidationFeatureEnableEXT checks[] = {
        VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT,
    };
    const VkDebugUtilsMessengerCreateInfoEXT messenger = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                           VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
        .pfnUserCallback = on_message,
        .pUserData = vk,
    };
    const VkValidationFeaturesEXT validation = {
        .sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
        .pNext = &messenger,
        .enabledValidationFeatureCount = G_N_ELEMENTS(checks),
        .pEnabledValidationFeatures = checks,
    };
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "vmapple",
        .apiVersion = VK_API_VERSION_1_3,
    };
    const char *extension = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    bool naming = vk->options.validate && instance_offers(extension);
    VkResult result;

    result = vkCreateInstance(
        &(VkInstanceCreateInfo){
            .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
            .pNext = vk->options.validate ? &validation : NULL,
            .pApplicationInfo = &application,
            .enabledLayerCount = vk->options.validate ? G_N_ELEMENTS(layers) : 0,
            .ppEnabledLayerNames = layers,
            .enabledExtensionCount = naming ? 1 : 0,
            .ppEnabledExtensionNames = &extension,
        },
        NULL, &vk->instance);
    if (result == VK_ERROR_LAYER_NOT_PRESENT) {
        pvg_error_set(error, "the Vulkan validation layer is not installed: install the Debian "
                             "package vulkan-validationlayers");
        return false;
    }
    if (result != VK_SUCCESS) {
        pvg_error_set(error, "cannot create a Vulkan instance: %s", pvg_vk_result_name(result));
        return false;
    }
    pvg_vk_loader_load(vk->instance);
    if (naming) {
        PFN_vkCreateDebugUtilsMessengerEXT create =
            (PFN_vkCreateDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
                vk->instance, "vkCreateDebugUtilsMessengerEXT");

        create(vk->instance, &messenger, NULL, &vk->messenger);
        vk->set_name = (PFN_vkSetDebugUtilsObjectNameEXT)vkGetInstanceProcAddr(
            vk->instance, "vkSetDebugUtilsObjectNameEXT");
    }
    return true;
}

static void uuid_text(const uint8_t uuid[VK_UUID_SIZE], char out[37])
{
    char *at = out;

    for (unsigned i = 0; i < VK_UUID_SIZE; i++) {
        at += sprintf(at, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
    }
}

/* How much we would like to have it; 0: not at all. */
static unsigned type_rank(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return 4;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return 3;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return 2;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
    case VK_PHYSICAL_DEVICE_TYPE_OTHER:
    default: /* Vulkan's enumeration, not ours: a later one may add values */
        return 1;
    }
}

static bool gpu_matches(const char *wanted, uint32_t index, const char *name, const char *uuid)
{
    g_autofree char *lower_name = g_ascii_strdown(name, -1);
    g_autofree char *lower_wanted = g_ascii_strdown(wanted, -1);
    guint64 number;

    if (g_ascii_string_to_unsigned(wanted, 10, 0, UINT32_MAX, &number, NULL)) {
        return number == index;
    }
    return strcmp(lower_wanted, uuid) == 0 || strstr(lower_name, lower_wanted);
}

/* One queue family that can do everything: compute-only or transfer-only families would need
 * ownership transfers and cannot blit. */
static bool find_family(VkPhysicalDevice physical, uint32_t *family)
{
    const VkQueueFlags wanted = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
    g_autofree VkQueueFamilyProperties *families = NULL;
    uint32_t count = 0;

    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, NULL);
    families = g_new0(VkQueueFamilyProperties, count);
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families);
    for (uint32_t i = 0; i < count; i++) {
        if ((families[i].queueFlags & wanted) == wanted) {
            *family = i;
            return true;
        }
    }
    return false;
}

/* NULL when @physical will do. */
static const char *unfit(VkPhysicalDevice physical, uint32_t api_version)
{
    struct pvg_vk_features features;
    struct pvg_vk_extensions extensions;
    uint32_t family;

    if (api_version < VK_API_VERSION_1_3) {
        return "Vulkan 1.3";
    }
    if (!find_family(physical, &family)) {
        return "a queue for graphics and compute";
    }
    pvg_vk_features_query(physical, &features, &extensions);
    return pvg_vk_features_missing(&features, &extensions);
}

static bool choose(struct pvg_vk *vk, struct pvg_error *error)
{
    const char *wanted = vk->options.gpu;
    g_autofree VkPhysicalDevice *devices = NULL;
    g_autoptr(GString) passed_over = g_string_new(NULL);
    unsigned best = 0;
    uint32_t count = 0;

    vkEnumeratePhysicalDevices(vk->instance, &count, NULL);
    devices = g_new0(VkPhysicalDevice, count);
    vkEnumeratePhysicalDevices(vk->instance, &count, devices);
    for (uint32_t i = 0; i < count; i++) {
        VkPhysicalDeviceIDProperties id = {.sType =
                                               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
        VkPhysicalDeviceProperties2 properties = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
        const char *name = properties.properties.deviceName;
        const char *lacks;
        char uuid[37];

        vkGetPhysicalDeviceProperties2(devices[i], &properties);
        uuid_text(id.deviceUUID, uuid);
        lacks = unfit(devices[i], properties.properties.apiVersion);
        if (wanted && !gpu_matches(wanted, i, name, uuid)) {
            g_string_append_printf(passed_over, "; %u is %s (%s)", i, name, uuid);
        } else if (lacks) {
            g_string_append_printf(passed_over, "; %u, %s, lacks %s", i, name, lacks);
        } else if (type_rank(properties.properties.deviceType) > best) {
            best = type_rank(properties.properties.deviceType);
            vk->physical = devices[i];
        }
    }
    if (vk->physical) {
        return true;
    }
    if (!count) {
        pvg_error_set(error, "no Vulkan device: install a driver; the Debian package "
                             "mesa-vulkan-drivers has one that needs no GPU");
    } else if (wanted) {
        pvg_error_set(error, "no usable Vulkan device matches \"%s\"%s", wanted, passed_over->str);
    } else {
        pvg_error_set(error, "no Vulkan device will do%s", passed_over->str);
    }
    return false;
}

static void read_properties(struct pvg_vk *vk)
{
    VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT};

    vk->properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    vk->properties11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES;
    vk->properties12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES;
    vk->properties13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_PROPERTIES;
    vk->properties.pNext = &vk->properties11;
    vk->properties11.pNext = &vk->properties12;
    vk->properties12.pNext = &vk->properties13;
    vk->properties13.pNext = vk->extensions.external_memory_host ? &host : NULL;
    vkGetPhysicalDeviceProperties2(vk->physical, &vk->properties);
    vk->properties13.pNext = NULL;
    vk->import_alignment = vk->options.no_import ? 0 : host.minImportedHostPointerAlignment;
}

static bool device_open(struct pvg_vk *vk, struct pvg_error *error)
{
    const float priority = 1.0f;
    const char *names[16];
    VkResult result;

    if (!find_family(vk->physical, &vk->family)) {
        pvg_error_set(error, "the Vulkan device has no queue for graphics and compute");
        return false;
    }
    pvg_vk_features_query(vk->physical, &vk->features, &vk->extensions);
    pvg_vk_features_select(&vk->features);
    read_properties(vk);
    result = vkCreateDevice(vk->physical,
                            &(VkDeviceCreateInfo){
                                .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                .pNext = &vk->features.core,
                                .queueCreateInfoCount = 1,
                                .pQueueCreateInfos =
                                    &(VkDeviceQueueCreateInfo){
                                        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                        .queueFamilyIndex = vk->family,
                                        .queueCount = 1,
                                        .pQueuePriorities = &priority,
                                    },
                                .enabledExtensionCount = pvg_vk_extension_names(
                                    &vk->extensions, names, G_N_ELEMENTS(names)),
                                .ppEnabledExtensionNames = names,
                            },
                            NULL, &vk->device);
    if (result != VK_SUCCESS) {
        pvg_error_set(error, "cannot open the Vulkan device %s: %s",
                      vk->properties.properties.deviceName, pvg_vk_result_name(result));
        return false;
    }
    volkLoadDeviceTable(&vk->fn, vk->device);
    vk->fn.vkGetDeviceQueue(vk->device, vk->family, 0, &vk->queue);
    return true;
}

void pvg_vk_destroy(struct pvg_vk *vk)
{
    if (!vk) {
        return;
    }
    if (vk->device) {
        vk->fn.vkDeviceWaitIdle(vk->device);
        pvg_vk_pipeline_cache_close(vk);
        pvg_vk_memory_close(vk);
        vk->fn.vkDestroyDevice(vk->device, NULL);
    }
    if (vk->messenger) {
        PFN_vkDestroyDebugUtilsMessengerEXT destroy =
            (PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
                vk->instance, "vkDestroyDebugUtilsMessengerEXT");

        destroy(vk->instance, vk->messenger, NULL);
    }
    if (vk->instance) {
        vkDestroyInstance(vk->instance, NULL);
    }
    g_mutex_clear(&vk->queue_lock);
    g_free(vk->cache_file);
    g_free((char *)vk->options.gpu);
    g_free(vk);
}

struct pvg_vk *pvg_vk_create(const struct pvg_vk_options *options, struct pvg_error *error)
{
    PVG_AUTO(pvg_vk) vk = g_new0(struct pvg_vk, 1);
    g_autofree char *chosen = NULL;

    g_mutex_init(&vk->queue_lock);
    vk->options = *options;
    vk->options.gpu = options->gpu && *options->gpu ? g_strdup(options->gpu) : NULL;
    vk->options.cache_folder = NULL;
    if (!pvg_vk_loader_init(error) || !instance_open(vk, error) || !choose(vk, error) ||
        !device_open(vk, error)) {
        return NULL;
    }
    pvg_vk_memory_open(vk);
    vk->cache_file = pvg_vk_pipeline_cache_file(options->cache_folder, &vk->properties.properties);
    pvg_vk_pipeline_cache_open(vk);
    chosen = g_strdup_printf("drawing with %s (%s)", vk->properties.properties.deviceName,
                             vk->properties12.driverInfo);
    say(vk, PVG_VK_INFO, chosen);
    return g_steal_pointer(&vk);
}

VkResult pvg_vk_check(struct pvg_vk *vk, VkResult result)
{
    if (result == VK_ERROR_DEVICE_LOST) {
        atomic_store_explicit(&vk->lost, true, memory_order_relaxed);
    }
    return result;
}

void pvg_vk_barrier(struct pvg_vk *vk, VkCommandBuffer commands, VkPipelineStageFlags2 from,
                    VkPipelineStageFlags2 to)
{
    vk->fn.vkCmdPipelineBarrier2(
        commands,
        &(VkDependencyInfo){
            .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
            .memoryBarrierCount = 1,
            .pMemoryBarriers =
                &(VkMemoryBarrier2){
                    .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
                    .srcStageMask = from,
                    .srcAccessMask = VK_ACCESS_2_MEMORY_WRITE_BIT,
                    .dstStageMask = to,
                    .dstAccessMask = VK_ACCESS_2_MEMORY_READ_BIT | VK_ACCESS_2_MEMORY_WRITE_BIT,
                },
        });
}

void pvg_vk_name(struct pvg_vk *vk, VkObjectType type, uint64_t handle, const char *format, ...)
{
    g_autofree char *name = NULL;
    va_list arguments;

    if (!vk->set_name || !handle) {
        return;
    }
    va_start(arguments, format);
    name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    vk->set_name(vk->device, &(VkDebugUtilsObjectNameInfoEXT){
                                 .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
                                 .objectType = type,
                                 .objectHandle = handle,
                                 .pObjectName = name,
                             });
}
