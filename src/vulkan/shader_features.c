/* SPDX-License-Identifier: MIT */
/* From Vulkan's features and properties to the translator's bits. A bit that is missing here makes
 * the translator emit another form, or refuse a function by the feature's name. */
#include "vulkan/shader_features.h"

#include "shader/translate.h"

static uint64_t feature_bits(const struct pvg_vk *vk)
{
    const VkPhysicalDeviceFeatures *core = &vk->features.core.features;
    const VkPhysicalDeviceVulkan11Features *v11 = &vk->features.v11;
    const VkPhysicalDeviceVulkan12Features *v12 = &vk->features.v12;
    const struct {
        uint64_t bit;
        VkBool32 there;
    } rows[] = {
        {PVG_SHADER_FEATURE(INT8), v12->shaderInt8},
        {PVG_SHADER_FEATURE(INT16), core->shaderInt16},
        {PVG_SHADER_FEATURE(INT64), core->shaderInt64},
        {PVG_SHADER_FEATURE(FLOAT16), v12->shaderFloat16},
        {PVG_SHADER_FEATURE(STORAGE8), v12->storageBuffer8BitAccess},
        {PVG_SHADER_FEATURE(STORAGE16), v11->storageBuffer16BitAccess},
        {PVG_SHADER_FEATURE(INT64_ATOMICS), v12->shaderBufferInt64Atomics},
        {PVG_SHADER_FEATURE(READ_WITHOUT_FORMAT), core->shaderStorageImageReadWithoutFormat},
        {PVG_SHADER_FEATURE(WRITE_WITHOUT_FORMAT), core->shaderStorageImageWriteWithoutFormat},
        {PVG_SHADER_FEATURE(MIN_LOD), core->shaderResourceMinLod},
        {PVG_SHADER_FEATURE(GATHER_EXTENDED), core->shaderImageGatherExtended},
        {PVG_SHADER_FEATURE(CUBE_ARRAY), core->imageCubeArray},
        {PVG_SHADER_FEATURE(STORAGE_MULTISAMPLE), core->shaderStorageImageMultisample},
        {PVG_SHADER_FEATURE(SAMPLED_DYNAMIC), core->shaderSampledImageArrayDynamicIndexing},
        {PVG_SHADER_FEATURE(OUTPUT_LAYER), v12->shaderOutputLayer},
        {PVG_SHADER_FEATURE(OUTPUT_VIEWPORT), v12->shaderOutputViewportIndex},
        {PVG_SHADER_FEATURE(CLIP_DISTANCE), core->shaderClipDistance},
        {PVG_SHADER_FEATURE(DRAW_PARAMETERS), v11->shaderDrawParameters},
        {PVG_SHADER_FEATURE(GEOMETRY), core->geometryShader},
        {PVG_SHADER_FEATURE(SAMPLE_SHADING), core->sampleRateShading},
        {PVG_SHADER_FEATURE(DUAL_SOURCE), core->dualSrcBlend},
        {PVG_SHADER_FEATURE(TESSELLATION), core->tessellationShader},
        {PVG_SHADER_FEATURE(COLOUR_INPUT),
         vk->features.raster_order.rasterizationOrderColorAttachmentAccess},
        {PVG_SHADER_FEATURE(MULTIVIEW), v11->multiview},
        {PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING),
         v12->shaderSampledImageArrayNonUniformIndexing &&
             v12->shaderStorageImageArrayNonUniformIndexing &&
             v12->shaderStorageBufferArrayNonUniformIndexing &&
             v12->shaderUniformTexelBufferArrayNonUniformIndexing &&
             v12->shaderStorageTexelBufferArrayNonUniformIndexing},
        {PVG_SHADER_FEATURE(MESH),
         vk->features.mesh.meshShader && vk->features.mesh.taskShader},
        {PVG_SHADER_FEATURE(FLOAT_ATOMIC_ADD),
         vk->features.atomic_float.shaderBufferFloat32AtomicAdd &&
             vk->features.atomic_float.shaderSharedFloat32AtomicAdd},
        {PVG_SHADER_FEATURE(BARYCENTRICS), vk->features.barycentric.fragmentShaderBarycentric},
        {PVG_SHADER_FEATURE(STENCIL_EXPORT), vk->extensions.stencil_export},
    };
    uint64_t bits = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bits |= rows[i].there ? rows[i].bit : 0;
    }
    return bits;
}

static uint64_t subgroup_bits(const struct pvg_vk *vk)
{
    const VkPhysicalDeviceVulkan11Properties *p = &vk->properties11;
    static const struct {
        uint64_t bit;
        VkSubgroupFeatureFlags operations;
    } rows[] = {
        {PVG_SHADER_FEATURE(SUBGROUP_VOTE), VK_SUBGROUP_FEATURE_VOTE_BIT},
        {PVG_SHADER_FEATURE(SUBGROUP_BALLOT), VK_SUBGROUP_FEATURE_BALLOT_BIT},
        {PVG_SHADER_FEATURE(SUBGROUP_ARITHMETIC), VK_SUBGROUP_FEATURE_ARITHMETIC_BIT},
        {PVG_SHADER_FEATURE(SUBGROUP_SHUFFLE), VK_SUBGROUP_FEATURE_SHUFFLE_BIT},
        {PVG_SHADER_FEATURE(SUBGROUP_QUAD), VK_SUBGROUP_FEATURE_QUAD_BIT},
    };
    uint64_t bits = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bits |= p->subgroupSupportedOperations & rows[i].operations ? rows[i].bit : 0;
    }
    if (p->subgroupSupportedStages & VK_SHADER_STAGE_VERTEX_BIT) {
        bits |= PVG_SHADER_FEATURE(SUBGROUP_GRAPHICS);
    }
    return bits;
}

/* Float controls are properties: what is offered can be asked for. */
static uint64_t float_bits(const struct pvg_vk *vk)
{
    const VkPhysicalDeviceVulkan12Properties *p = &vk->properties12;

    return (p->shaderRoundingModeRTEFloat16 ? PVG_SHADER_FEATURE(ROUND_NEAREST_16) : 0) |
           (p->shaderSignedZeroInfNanPreserveFloat32 ? PVG_SHADER_FEATURE(PRESERVE_NAN_32) : 0) |
           (p->shaderDenormPreserveFloat32 ? PVG_SHADER_FEATURE(DENORM_PRESERVE_32) : 0);
}

uint64_t pvg_vk_shader_features(const struct pvg_vk *vk)
{
    return feature_bits(vk) | subgroup_bits(vk) | float_bits(vk) |
           (pvg_vk_is_cpu(vk) ? PVG_SHADER_FEATURE(CPU) : 0);
}
