/* SPDX-License-Identifier: MIT */
/* Metal's enumerations in Vulkan's, spelled out also where the numbers happen to agree. Arguments
 * above the last known value were refused by whoever decoded them. Spec: 02-errata row 54. */
#ifndef PVG_GPU_METAL_H
#define PVG_GPU_METAL_H

#include "vulkan/loader.h"
#include "wire/metal.h"

enum {
    PVG_METAL_LAST_COMPARE = 7,
    PVG_METAL_LAST_STENCIL_OPERATION = 7,
    PVG_METAL_LAST_BLEND_FACTOR = 18,
    PVG_METAL_LAST_BLEND_OPERATION = 4,
    PVG_METAL_LAST_PRIMITIVE = 4,
    PVG_METAL_LAST_ADDRESS_MODE = 5,
    PVG_METAL_LAST_TEXTURE_TYPE = 9,
};

VkCompareOp pvg_metal_compare(unsigned function);
VkStencilOp pvg_metal_stencil_operation(unsigned operation);
VkBlendFactor pvg_metal_blend_factor(unsigned factor);
VkBlendOp pvg_metal_blend_operation(unsigned operation);
VkPrimitiveTopology pvg_metal_topology(unsigned primitive);
VkSamplerAddressMode pvg_metal_address_mode(unsigned mode);
VkColorComponentFlags pvg_metal_write_mask(unsigned mask);

#endif
