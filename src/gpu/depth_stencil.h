/* SPDX-License-Identifier: MIT */
/* Depth-stencil states: all dynamic in Vulkan, so nothing is made. Spec: 30-resources 8.8. */
#ifndef PVG_GPU_DEPTH_STENCIL_H
#define PVG_GPU_DEPTH_STENCIL_H

#include "gpu/object.h"
#include "wire/resources.h"

struct pvg_depth_stencil {
    struct pvg_gpu_object base;
    bool depth_write;
    bool stencil; /* some face does more than pass */
    VkCompareOp depth_compare;
    VkStencilOpState front, back; /* without references */
};

/* Refuses VALUE. */
PVG_NODISCARD enum pvg_refusal pvg_depth_stencil_create(const struct pvg_wire_depth_stencil *rec,
                                                        struct pvg_depth_stencil **out);

#endif
