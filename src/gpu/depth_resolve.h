/* SPDX-License-Identifier: MIT */
/* Depth and stencil resolves. Vulkan's come with the end of a rendering; where it lacks the mode
 * that the guest asked for, a kernel makes texels that are copied to the target afterwards. Spec:
 * 40-render 3.4, 13.5; 02-errata row 42. */
#ifndef PVG_GPU_DEPTH_RESOLVE_H
#define PVG_GPU_DEPTH_RESOLVE_H

#include <stdbool.h>

#include "vulkan/loader.h"

struct pvg_render;
struct pvg_render_target;

/* Whether Vulkan can do what is to be resolved of depth and stencil. */
bool pvg_depth_resolve_is_native(const struct pvg_render *render);
VkResolveModeFlagBits pvg_depth_resolve_mode(const struct pvg_render *render,
                                             const struct pvg_render_target *target);

/* If not: does it. The pass has ended. */
void pvg_depth_resolve(struct pvg_render *render);

#endif
