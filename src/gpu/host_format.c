/* SPDX-License-Identifier: MIT */
/* Asks the device about each format and falls back where the table has a conversion. */
#include "gpu/host_format.h"

#include <glib.h>

static VkFormatFeatureFlags2 features_of(struct pvg_vk *vk, VkFormat format)
{
    VkFormatProperties3 properties = {.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3};
    VkFormatProperties2 chain = {.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
                                 .pNext = &properties};

    vkGetPhysicalDeviceFormatProperties2(vk->physical, format, &chain);
    return properties.optimalTilingFeatures;
}

static const VkComponentMapping identity = {
    VK_COMPONENT_SWIZZLE_R,
    VK_COMPONENT_SWIZZLE_G,
    VK_COMPONENT_SWIZZLE_B,
    VK_COMPONENT_SWIZZLE_A,
};

static struct pvg_host_format choose(struct pvg_vk *vk, const struct pvg_pixel_format *format)
{
    struct pvg_host_format host = {.swizzle = identity};
    const struct pvg_texel_codec *codec = pvg_texel_codec_find(format);
    const bool always_convert =
        format->view_class == PVG_VIEW_BGR10_XR || format->view_class == PVG_VIEW_BGRA10_XR ||
        format->block_width == 2; /* 4:2:2 needs a YCbCr sampler otherwise */
    VkFormat wanted = format->vk;

    if (!always_convert) {
        host.features = features_of(vk, wanted);
    }
    if (!(host.features & VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_BIT) && codec) {
        host.codec = codec;
        wanted = codec->host;
        host.features = features_of(vk, wanted);
        if (codec->decode_blocks) { /* what is drawn could not be compressed again */
            host.features &=
                ~(VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BIT |
                  VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BLEND_BIT |
                  VK_FORMAT_FEATURE_2_STORAGE_IMAGE_BIT | VK_FORMAT_FEATURE_2_BLIT_DST_BIT);
        }
    }
    if (format->ordinal == 253 && !host.features) { /* a stencil alone */
        wanted = VK_FORMAT_D32_SFLOAT_S8_UINT;
        host.features = features_of(vk, wanted);
    }
    if (!(host.features & VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_BIT)) {
        return (struct pvg_host_format){.vk = VK_FORMAT_UNDEFINED};
    }
    host.vk = wanted;
    if (format->ordinal == 1) { /* A8Unorm */
        host.swizzle = (VkComponentMapping){VK_COMPONENT_SWIZZLE_ZERO, VK_COMPONENT_SWIZZLE_ZERO,
                                            VK_COMPONENT_SWIZZLE_ZERO, VK_COMPONENT_SWIZZLE_R};
    }
    host.aspects = (format->aspect & PVG_ASPECT_COLOR ? VK_IMAGE_ASPECT_COLOR_BIT : 0) |
                   (format->aspect & PVG_ASPECT_DEPTH ? VK_IMAGE_ASPECT_DEPTH_BIT : 0) |
                   (format->aspect & PVG_ASPECT_STENCIL ? VK_IMAGE_ASPECT_STENCIL_BIT : 0);
    return host;
}

void pvg_host_formats_finish(struct pvg_host_formats *formats)
{
    g_free(formats->rows);
    formats->rows = NULL;
}

void pvg_host_formats_init(struct pvg_host_formats *formats, struct pvg_vk *vk)
{
    formats->rows = g_new0(struct pvg_host_format, pvg_pixel_format_count);
    for (size_t i = 0; i < pvg_pixel_format_count; i++) {
        formats->rows[i] = choose(vk, &pvg_pixel_formats[i]);
    }
}

const struct pvg_host_format *pvg_host_format_find(const struct pvg_host_formats *formats,
                                                   const struct pvg_pixel_format *format)
{
    const struct pvg_host_format *host = &formats->rows[format - pvg_pixel_formats];

    return host->vk == VK_FORMAT_UNDEFINED ? NULL : host;
}

bool pvg_swizzle_compose(const VkComponentMapping *under, const uint8_t guest[4],
                         VkComponentMapping *out)
{
    const VkComponentSwizzle selectors[6] = {
        VK_COMPONENT_SWIZZLE_ZERO, VK_COMPONENT_SWIZZLE_ONE, under->r, under->g, under->b, under->a,
    };

    for (unsigned i = 0; i < 4; i++) {
        if (guest[i] >= G_N_ELEMENTS(selectors)) {
            return false;
        }
    }
    *out = (VkComponentMapping){selectors[guest[0]], selectors[guest[1]], selectors[guest[2]],
                                selectors[guest[3]]};
    return true;
}
