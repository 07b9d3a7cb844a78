/* SPDX-License-Identifier: MIT */
/* The table of features, and the questions asked of it. Spec: 02-errata-gpu 2.8, 40-render 13.1. */
#include "vulkan/features.h"

#include <glib.h>
#include <string.h>

#define REQUIRED(structure, name)                                                                  \
    {                                                                                              \
#name, offsetof(struct pvg_vk_features, structure.name), NULL                              \
    }
#define OPTIONAL(structure, name, without)                                                         \
    {                                                                                              \
#name, offsetof(struct pvg_vk_features, structure.name), without                           \
    }

const struct pvg_vk_feature pvg_vk_feature_table[] = {
    /* A guest shader must not reach memory that its task has not bound. */
    REQUIRED(core.features, robustBufferAccess),
    REQUIRED(robustness2, robustBufferAccess2),
    REQUIRED(robustness2, robustImageAccess2),
    REQUIRED(robustness2, nullDescriptor),
    REQUIRED(v13, robustImageAccess),
    /* The way all of src/gpu records and submits. */
    REQUIRED(v13, dynamicRendering),
    REQUIRED(v13, synchronization2),
    REQUIRED(v13, maintenance4),
    REQUIRED(v12, timelineSemaphore),
    REQUIRED(v12, vulkanMemoryModel),
    REQUIRED(v12, vulkanMemoryModelDeviceScope),
    REQUIRED(v13, shaderDemoteToHelperInvocation),
    REQUIRED(v13, shaderZeroInitializeWorkgroupMemory),
    REQUIRED(v11, shaderDrawParameters),
    REQUIRED(core.features, independentBlend),
    REQUIRED(core.features, drawIndirectFirstInstance),
    REQUIRED(core.features, fullDrawIndexUint32),
    REQUIRED(core.features, vertexPipelineStoresAndAtomics),
    REQUIRED(core.features, fragmentStoresAndAtomics),

    OPTIONAL(core.features, alphaToOne, "alpha-to-one pipelines are refused"),
    OPTIONAL(core.features, depthBiasClamp, "the clamp of a depth bias is ignored"),
    OPTIONAL(core.features, depthClamp, "depth clip mode `clamp` clips"),
    OPTIONAL(core.features, dualSrcBlend, "second-source blend factors are refused"),
    OPTIONAL(core.features, fillModeNonSolid, "wire-frame draws are skipped"),
    OPTIONAL(core.features, geometryShader, "fragment shaders with a primitive id are refused"),
    OPTIONAL(core.features, imageCubeArray, "cube array textures are refused"),
    OPTIONAL(core.features, multiViewport, "only viewport and scissor 0 are used"),
    OPTIONAL(core.features, occlusionQueryPrecise, "counting visibility results become boolean"),
    OPTIONAL(core.features, sampleRateShading, "per-sample fragment shaders are refused"),
    OPTIONAL(core.features, samplerAnisotropy, "anisotropic filtering is trilinear (on CPU devices always)"),
    OPTIONAL(core.features, shaderClipDistance, "shaders with clip distances are refused"),
    OPTIONAL(core.features, shaderFloat64, "shaders with doubles are refused"),
    OPTIONAL(core.features, shaderInt16, "16-bit integers are computed in 32 bits"),
    OPTIONAL(core.features, shaderInt64, "shaders with 64-bit integers are refused"),
    OPTIONAL(core.features, shaderImageGatherExtended, "gathers with offsets are refused"),
    OPTIONAL(core.features, shaderResourceMinLod,
             "minimum levels are emulated, or refused with gradients"),
    OPTIONAL(core.features, shaderSampledImageArrayDynamicIndexing,
             "texture arrays are read through a switch"),
    OPTIONAL(core.features, shaderStorageImageArrayDynamicIndexing,
             "writable texture arrays are reached through a switch"),
    OPTIONAL(core.features, shaderStorageImageExtendedFormats,
             "shaders cannot write textures of small formats"),
    OPTIONAL(core.features, shaderStorageImageReadWithoutFormat,
             "a shader variant is built for each format of a read-write texture"),
    OPTIONAL(core.features, shaderStorageImageWriteWithoutFormat,
             "shaders that write textures are refused"),
    OPTIONAL(core.features, tessellationShader, "patch draws are refused"),
    OPTIONAL(core.features, textureCompressionASTC_LDR, "ASTC textures are decoded on the CPU"),
    OPTIONAL(core.features, textureCompressionBC, "BC textures are refused"),
    OPTIONAL(core.features, textureCompressionETC2, "ETC2 textures are decoded on the CPU"),
    OPTIONAL(core.features, wideLines, "lines are one pixel wide"),
    OPTIONAL(v11, multiview, "vertex amplification is refused"),
    OPTIONAL(v11, storageBuffer16BitAccess, "16-bit buffer accesses are made in 32 bits"),
    OPTIONAL(v12, samplerMirrorClampToEdge, "address mode mirror-clamp-to-edge mirrors for ever"),
    OPTIONAL(v12, shaderFloat16, "halves are computed as floats (device-info key 9 is 0)"),
    OPTIONAL(v12, shaderInt8, "8-bit integers are computed in 32 bits"),
    OPTIONAL(v12, shaderOutputLayer, "layered rendering draws to the first layer only"),
    OPTIONAL(v12, shaderOutputViewportIndex, "viewport selection uses viewport 0"),
    OPTIONAL(v12, storageBuffer8BitAccess, "8-bit buffer accesses are made in 32 bits"),
    OPTIONAL(v12, shaderBufferInt64Atomics, "64-bit atomics are refused"),
    OPTIONAL(v12, shaderSampledImageArrayNonUniformIndexing, "textures in memory are refused"),
    OPTIONAL(v12, shaderStorageBufferArrayNonUniformIndexing, "pointers in memory are refused"),
    OPTIONAL(v12, shaderStorageImageArrayNonUniformIndexing, "textures in memory are refused"),
    OPTIONAL(v12, shaderStorageTexelBufferArrayNonUniformIndexing,
             "texture buffers in memory are refused"),
    OPTIONAL(v12, shaderUniformTexelBufferArrayNonUniformIndexing,
             "texture buffers in memory are refused"),
    OPTIONAL(v13, subgroupSizeControl, "SIMD width is the driver's choice, and is so reported"),
    OPTIONAL(v13, textureCompressionASTC_HDR, "HDR ASTC textures are decoded on the CPU"),
    OPTIONAL(raster_order, rasterizationOrderColorAttachmentAccess,
             "shaders cannot read the attachment they draw to"),
    OPTIONAL(divisor, vertexAttributeInstanceRateDivisor,
             "pipelines with an instance step rate above 1 are refused"),
    OPTIONAL(vertex_input, vertexInputDynamicState, "pipeline variants per dynamic stride"),
    OPTIONAL(state3, extendedDynamicState3PolygonMode, "pipeline variants per fill mode"),
    OPTIONAL(state3, extendedDynamicState3DepthClampEnable, "pipeline variants per clip mode"),
    OPTIONAL(mesh, meshShader, "object and mesh functions are refused"),
    OPTIONAL(mesh, taskShader, "object and mesh functions are refused"),
    OPTIONAL(atomic_float, shaderBufferFloat32AtomicAdd, "float atomics are loops"),
    OPTIONAL(atomic_float, shaderSharedFloat32AtomicAdd, "float atomics are loops"),
    OPTIONAL(barycentric, fragmentShaderBarycentric,
             "fragment functions with barycentric coordinates are refused"),
};
const size_t pvg_vk_feature_count = G_N_ELEMENTS(pvg_vk_feature_table);

/* Chains the structures whose extension is there; a structure of an absent extension may not be
 * passed to the driver, and stays all false. */
static void features_link(struct pvg_vk_features *f, const struct pvg_vk_extensions *extensions)
{
    void **tail;

#define TYPE(member, type) f->member.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_##type
    TYPE(core, FEATURES_2);
    TYPE(v11, VULKAN_1_1_FEATURES);
    TYPE(v12, VULKAN_1_2_FEATURES);
    TYPE(v13, VULKAN_1_3_FEATURES);
    TYPE(robustness2, ROBUSTNESS_2_FEATURES_EXT);
    TYPE(raster_order, RASTERIZATION_ORDER_ATTACHMENT_ACCESS_FEATURES_EXT);
    TYPE(divisor, VERTEX_ATTRIBUTE_DIVISOR_FEATURES_EXT);
    TYPE(vertex_input, VERTEX_INPUT_DYNAMIC_STATE_FEATURES_EXT);
    TYPE(state3, EXTENDED_DYNAMIC_STATE_3_FEATURES_EXT);
    TYPE(mesh, MESH_SHADER_FEATURES_EXT);
    TYPE(atomic_float, SHADER_ATOMIC_FLOAT_FEATURES_EXT);
    TYPE(barycentric, FRAGMENT_SHADER_BARYCENTRIC_FEATURES_KHR);
#undef TYPE
    tail = &f->core.pNext;
#define LINK(member)                                                                               \
    do {                                                                                           \
        *tail = &f->member;                                                                        \
        tail = &f->member.pNext;                                                                   \
    } while (0)
    LINK(v11);
    LINK(v12);
    LINK(v13);
    if (extensions->robustness2) {
        LINK(robustness2);
    }
    if (extensions->raster_order) {
        LINK(raster_order);
    }
    if (extensions->divisor) {
        LINK(divisor);
    }
    if (extensions->vertex_input) {
        LINK(vertex_input);
    }
    if (extensions->state3) {
        LINK(state3);
    }
    if (extensions->mesh) {
        LINK(mesh);
    }
    if (extensions->atomic_float) {
        LINK(atomic_float);
    }
    if (extensions->barycentric) {
        LINK(barycentric);
    }
#undef LINK
    *tail = NULL;
}

void pvg_vk_features_query(VkPhysicalDevice physical, struct pvg_vk_features *features,
                           struct pvg_vk_extensions *extensions)
{
    g_autofree VkExtensionProperties *there = NULL;
    uint32_t count = 0;

    *features = (struct pvg_vk_features){0};
    *extensions = (struct pvg_vk_extensions){0};
    vkEnumerateDeviceExtensionProperties(physical, NULL, &count, NULL);
    there = g_new0(VkExtensionProperties, count);
    vkEnumerateDeviceExtensionProperties(physical, NULL, &count, there);
    for (uint32_t i = 0; i < count; i++) {
#define PRESENT(flag, name, without) extensions->flag |= strcmp(there[i].extensionName, name) == 0;
        PVG_VK_EXTENSIONS(PRESENT)
#undef PRESENT
    }
    features_link(features, extensions);
    vkGetPhysicalDeviceFeatures2(physical, &features->core);
}

const char *pvg_vk_features_missing(const struct pvg_vk_features *features,
                                    const struct pvg_vk_extensions *extensions)
{
#define MISSING(flag, name, without)                                                               \
    if (!extensions->flag && (without) == (const char *)NULL) {                                    \
        return name;                                                                               \
    }
    PVG_VK_EXTENSIONS(MISSING)
#undef MISSING
    for (size_t i = 0; i < pvg_vk_feature_count; i++) {
        const struct pvg_vk_feature *feature = &pvg_vk_feature_table[i];

        if (!feature->without && !pvg_vk_feature_get(features, feature)) {
            return feature->name;
        }
    }
    return NULL;
}

void pvg_vk_features_select(struct pvg_vk_features *features)
{
    struct pvg_vk_features selected = {0};
    VkBaseOutStructure *from = (VkBaseOutStructure *)&features->core;

    for (size_t i = 0; i < pvg_vk_feature_count; i++) {
        size_t at = pvg_vk_feature_table[i].offset;

        *(VkBool32 *)((char *)&selected + at) = *(VkBool32 *)((char *)features + at);
    }
    /* The links point into @features: keep them, replace the flags between them. */
    for (; from; from = from->pNext) {
        VkBaseOutStructure *to =
            (VkBaseOutStructure *)((char *)&selected + ((char *)from - (char *)features));

        to->sType = from->sType;
        to->pNext = from->pNext;
    }
    *features = selected;
}

size_t pvg_vk_extension_names(const struct pvg_vk_extensions *extensions, const char **names,
                              size_t capacity)
{
    size_t count = 0;

#define ENABLE(flag, name, without)                                                                \
    if (extensions->flag && count < capacity) {                                                    \
        names[count++] = name;                                                                     \
    }
    PVG_VK_EXTENSIONS(ENABLE)
#undef ENABLE
    return count;
}
