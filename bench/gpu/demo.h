/* SPDX-License-Identifier: MIT */
/* The demo's scene, drawn by a guest and by a native program. */
#ifndef PVG_BENCH_GPU_DEMO_H
#define PVG_BENCH_GPU_DEMO_H

#include "vulkan/device.h"

/* @rounds of pictures of @width x @height; the two take turns, medians count. @gpu names @vk's device. Ends the process when the two do
 * not show the same. */
void bench_demo(struct pvg_vk *vk, const char *gpu, uint32_t width, uint32_t height,
                unsigned rounds);

#endif
