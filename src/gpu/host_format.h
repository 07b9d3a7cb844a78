/* SPDX-License-Identifier: MIT */
/* What this host's Vulkan device makes of each pixel format. */
#ifndef PVG_GPU_HOST_FORMAT_H
#define PVG_GPU_HOST_FORMAT_H

#include "gpu/texel.h"
#include "vulkan/device.h"

struct pvg_host_format {
    VkFormat vk; /* VK_FORMAT_UNDEFINED: textures of the format are refused */
    const struct pvg_texel_codec *codec; /* NULL: guest and host bytes are the same */
    VkComponentMapping swizzle;          /* of the host's channels, under the guest's own */
    VkFormatFeatureFlags2 features;      /* of an image with optimal tiling */
    VkImageAspectFlags aspects;
};

struct pvg_host_formats {
    struct pvg_host_format *rows; /* beside pvg_pixel_formats */
};

void pvg_host_formats_finish(struct pvg_host_formats *formats);
void pvg_host_formats_init(struct pvg_host_formats *formats, struct pvg_vk *vk);

/* Borrowed until @formats is finished. NULL when the host cannot have a texture of @format. */
const struct pvg_host_format *pvg_host_format_find(const struct pvg_host_formats *formats,
                                                   const struct pvg_pixel_format *format);

/* @guest, four MTLTextureSwizzle values, seen through @format's own. False: one is above 5. */
PVG_NODISCARD bool pvg_swizzle_compose(const VkComponentMapping *under, const uint8_t guest[4],
                                       VkComponentMapping *out);

#endif
