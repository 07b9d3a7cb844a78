/* SPDX-License-Identifier: MIT */
/* What an open device offers to shaders, in the translator's terms. */
#ifndef PVG_VULKAN_SHADER_FEATURES_H
#define PVG_VULKAN_SHADER_FEATURES_H

#include "vulkan/device.h"

/* PVG_SHADER_FEATURE() bits: of what is enabled, not of what the device could do. */
uint64_t pvg_vk_shader_features(const struct pvg_vk *vk);

#endif
