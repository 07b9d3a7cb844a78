/* SPDX-License-Identifier: MIT */
/* What we ask of a Vulkan device: one table, read when a device is chosen, when it is created, and
 * when a person asks why something is missing. */
#ifndef PVG_VULKAN_FEATURES_H
#define PVG_VULKAN_FEATURES_H

#include <stddef.h>

#include "vulkan/loader.h"

/* Every feature structure we look at, linked in this order behind `core`. The same type holds what
 * a device offers and what we enable. */
struct pvg_vk_features {
    VkPhysicalDeviceFeatures2 core;
    VkPhysicalDeviceVulkan11Features v11;
    VkPhysicalDeviceVulkan12Features v12;
    VkPhysicalDeviceVulkan13Features v13;
    VkPhysicalDeviceRobustness2FeaturesEXT robustness2;
    VkPhysicalDeviceRasterizationOrderAttachmentAccessFeaturesEXT raster_order;
    VkPhysicalDeviceVertexAttributeDivisorFeaturesEXT divisor;
    VkPhysicalDeviceVertexInputDynamicStateFeaturesEXT vertex_input;
    VkPhysicalDeviceExtendedDynamicState3FeaturesEXT state3;
    VkPhysicalDeviceMeshShaderFeaturesEXT mesh;
    VkPhysicalDeviceShaderAtomicFloatFeaturesEXT atomic_float;
    VkPhysicalDeviceFragmentShaderBarycentricFeaturesKHR barycentric;
};

/* X(flag, extension or NULL, why): what the guest loses without the extension. The flag is a bool
 * in struct pvg_vk_extensions. */
#define PVG_VK_EXTENSIONS(X)                                                                       \
    X(robustness2, "VK_EXT_robustness2", NULL)                                                     \
    X(external_memory_host, "VK_EXT_external_memory_host",                                         \
      "guest buffers are copied instead of being used in place")                                   \
    X(raster_order, "VK_EXT_rasterization_order_attachment_access",                                \
      "shaders cannot read the attachment they draw to (device-info key 7 is 0)")                  \
    X(divisor, "VK_EXT_vertex_attribute_divisor",                                                  \
      "pipelines with an instance step rate above 1 are refused")                                  \
    X(vertex_input, "VK_EXT_vertex_input_dynamic_state",                                           \
      "a pipeline variant is built for each set of dynamic attribute strides")                     \
    X(state3, "VK_EXT_extended_dynamic_state3",                                                    \
      "pipeline variants are built for wire-frame and depth clamping")                             \
    X(mesh, "VK_EXT_mesh_shader", "object and mesh functions are refused")                         \
    X(atomic_float, "VK_EXT_shader_atomic_float", "float atomics are compare-exchange loops")      \
    X(barycentric, "VK_KHR_fragment_shader_barycentric",                                           \
      "fragment functions with barycentric coordinates are refused")                               \
    X(stencil_export, "VK_EXT_shader_stencil_export",                                              \
      "fragment functions that write the stencil are refused")                                     \
    X(depth_range, "VK_EXT_depth_range_unrestricted", "viewport depths outside 0..1 are clamped")

/* The extensions that are there, one flag each. */
struct pvg_vk_extensions {
#define PVG_VK_EXTENSION_FLAG(flag, name, without) bool flag;
    PVG_VK_EXTENSIONS(PVG_VK_EXTENSION_FLAG)
#undef PVG_VK_EXTENSION_FLAG
};

struct pvg_vk_feature {
    const char *name;    /* Vulkan's, such as "dynamicRendering" */
    size_t offset;       /* of its VkBool32 in struct pvg_vk_features */
    const char *without; /* what the guest loses; NULL: we do not run without it */
};

extern const struct pvg_vk_feature pvg_vk_feature_table[];
extern const size_t pvg_vk_feature_count;

/* Asks @physical for its extensions and features. */
void pvg_vk_features_query(VkPhysicalDevice physical, struct pvg_vk_features *features,
                           struct pvg_vk_extensions *extensions);

/* The first thing we cannot do without that is not there, or NULL. */
const char *pvg_vk_features_missing(const struct pvg_vk_features *features,
                                    const struct pvg_vk_extensions *extensions);

/* Reduces @features to the rows of the table, so that nothing is enabled by accident. */
void pvg_vk_features_select(struct pvg_vk_features *features);

/* Fills at most @capacity names of extensions to enable; returns how many. */
size_t pvg_vk_extension_names(const struct pvg_vk_extensions *extensions, const char **names,
                              size_t capacity);

static inline bool pvg_vk_feature_get(const struct pvg_vk_features *features,
                                      const struct pvg_vk_feature *feature)
{
    return *(const VkBool32 *)((const char *)features + feature->offset);
}

#endif
