/* SPDX-License-Identifier: MIT */
/* Tables from Metal's ordinals to Vulkan's. */
#include "gpu/metal.h"

#include <assert.h>
#include <glib.h>

#define LOOK_UP(table, index) (assert((index) < G_N_ELEMENTS(table)), (table)[index])

VkCompareOp pvg_metal_compare(unsigned function)
{
    static const VkCompareOp table[] = {
        VK_COMPARE_OP_NEVER,
        VK_COMPARE_OP_LESS,
        VK_COMPARE_OP_EQUAL,
        VK_COMPARE_OP_LESS_OR_EQUAL,
        VK_COMPARE_OP_GREATER,
        VK_COMPARE_OP_NOT_EQUAL,
        VK_COMPARE_OP_GREATER_OR_EQUAL,
        VK_COMPARE_OP_ALWAYS,
    };

    return LOOK_UP(table, function);
}

VkStencilOp pvg_metal_stencil_operation(unsigned operation)
{
    static const VkStencilOp table[] = {
        VK_STENCIL_OP_KEEP,
        VK_STENCIL_OP_ZERO,
        VK_STENCIL_OP_REPLACE,
        VK_STENCIL_OP_INCREMENT_AND_CLAMP,
        VK_STENCIL_OP_DECREMENT_AND_CLAMP,
        VK_STENCIL_OP_INVERT,
        VK_STENCIL_OP_INCREMENT_AND_WRAP,
        VK_STENCIL_OP_DECREMENT_AND_WRAP,
    };

    return LOOK_UP(table, operation);
}

VkBlendFactor pvg_metal_blend_factor(unsigned factor)
{
    static const VkBlendFactor table[] = {
        VK_BLEND_FACTOR_ZERO,
        VK_BLEND_FACTOR_ONE,
        VK_BLEND_FACTOR_SRC_COLOR,
        VK_BLEND_FACTOR_ONE_MINUS_SRC_COLOR,
        VK_BLEND_FACTOR_SRC_ALPHA,
        VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
        VK_BLEND_FACTOR_DST_COLOR,
        VK_BLEND_FACTOR_ONE_MINUS_DST_COLOR,
        VK_BLEND_FACTOR_DST_ALPHA,
        VK_BLEND_FACTOR_ONE_MINUS_DST_ALPHA,
        VK_BLEND_FACTOR_SRC_ALPHA_SATURATE,
        VK_BLEND_FACTOR_CONSTANT_COLOR,
        VK_BLEND_FACTOR_ONE_MINUS_CONSTANT_COLOR,
        VK_BLEND_FACTOR_CONSTANT_ALPHA,
        VK_BLEND_FACTOR_ONE_MINUS_CONSTANT_ALPHA,
        VK_BLEND_FACTOR_SRC1_COLOR,
        VK_BLEND_FACTOR_ONE_MINUS_SRC1_COLOR,
        VK_BLEND_FACTOR_SRC1_ALPHA,
        VK_BLEND_FACTOR_ONE_MINUS_SRC1_ALPHA,
    };

    return LOOK_UP(table, factor);
}

VkBlendOp pvg_metal_blend_operation(unsigned operation)
{
    static const VkBlendOp table[] = {
        VK_BLEND_OP_ADD, VK_BLEND_OP_SUBTRACT, VK_BLEND_OP_REVERSE_SUBTRACT,
        VK_BLEND_OP_MIN, VK_BLEND_OP_MAX,
    };

    return LOOK_UP(table, operation);
}

VkPrimitiveTopology pvg_metal_topology(unsigned primitive)
{
    static const VkPrimitiveTopology table[] = {
        VK_PRIMITIVE_TOPOLOGY_POINT_LIST,     VK_PRIMITIVE_TOPOLOGY_LINE_LIST,
        VK_PRIMITIVE_TOPOLOGY_LINE_STRIP,     VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
        VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP,
    };

    return LOOK_UP(table, primitive);
}

VkSamplerAddressMode pvg_metal_address_mode(unsigned mode)
{
    static const VkSamplerAddressMode table[] = {
        [PVG_WIRE_ADDRESS_MODE_CLAMP_TO_EDGE] = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
        [PVG_WIRE_ADDRESS_MODE_MIRROR_CLAMP_TO_EDGE] = VK_SAMPLER_ADDRESS_MODE_MIRROR_CLAMP_TO_EDGE,
        [PVG_WIRE_ADDRESS_MODE_REPEAT] = VK_SAMPLER_ADDRESS_MODE_REPEAT,
        [PVG_WIRE_ADDRESS_MODE_MIRROR_REPEAT] = VK_SAMPLER_ADDRESS_MODE_MIRRORED_REPEAT,
        [PVG_WIRE_ADDRESS_MODE_CLAMP_TO_ZERO] = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_BORDER,
        [PVG_WIRE_ADDRESS_MODE_CLAMP_TO_BORDER_COLOR] = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_BORDER,
    };

    return LOOK_UP(table, mode);
}

VkColorComponentFlags pvg_metal_write_mask(unsigned mask)
{
    return (mask & 8 ? VK_COLOR_COMPONENT_R_BIT : 0) | (mask & 4 ? VK_COLOR_COMPONENT_G_BIT : 0) |
           (mask & 2 ? VK_COLOR_COMPONENT_B_BIT : 0) | (mask & 1 ? VK_COLOR_COMPONENT_A_BIT : 0);
}
