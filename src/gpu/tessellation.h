/* SPDX-License-Identifier: MIT */
/* The two stages of Vulkan's that Metal's tessellation does not have: one that hands the control
 * points on, and one that takes the factors from the guest's buffer. They are ours, compiled with
 * the library; what a pipeline says is written into the words. Spec: 40-render 6.5, 13.12. */
#ifndef PVG_GPU_TESSELLATION_H
#define PVG_GPU_TESSELLATION_H

#include "gpu/pipeline_description.h"
#include "vulkan/device.h"

#define PVG_PATCH_ATTRIBUTES 8 /* locations 0 to 7, floats */
#define PVG_PATCH_POINTS     32

/* In the push constants of render pipelines, where kernels have their grid. */
struct pvg_patch_push {
    uint32_t first, flags, factor_offset, instance_stride;
    float scale, most;
    uint32_t patch_offset;
};
#define PVG_PUSH_PATCH 0x44

enum pvg_patch_flag {
    PVG_PATCH_INDEXED = 1,
    PVG_PATCH_BY_PATCH = 2,
    PVG_PATCH_BY_INSTANCE = 4,
    PVG_PATCH_POWERS_OF_TWO = 8,
    PVG_PATCH_QUADS = 16,
};

struct pvg_patch_stages {
    VkShaderModule vertex, control;
};

/* For control points of @attributes locations, @points a patch. False: the host cannot; finish all
 * the same. */
PVG_NODISCARD bool pvg_patch_stages_init(struct pvg_vk *vk, uint32_t attributes, uint32_t points,
                                         const struct pvg_tessellation_description *description,
                                         struct pvg_patch_stages *out);
void pvg_patch_stages_finish(struct pvg_vk *vk, struct pvg_patch_stages *stages);

#endif
