/* SPDX-License-Identifier: MIT */
/* Depth and stencil in two different textures. Vulkan draws to one image that has both: a private
 * one, to which the textures are copied before the pass and from which they are copied after it.
 * Spec: 40-render 3.7, 13.5. */
#ifndef PVG_GPU_JOINED_DEPTH_H
#define PVG_GPU_JOINED_DEPTH_H

#include "gpu/texture.h"

struct pvg_render;

struct pvg_joined_depth {
    struct pvg_texture *texture; /* held by the batch */
    VkImageView view;            /* NULL: depth and stencil are not joined */
};

/* The targets of the pass are described. Refuses KIND (samples, or depths that no image with a
 * stencil holds), HOST_MEMORY. */
PVG_NODISCARD enum pvg_refusal pvg_joined_depth_init(struct pvg_render *render);

/* Outside a rendering: before the first, and after the last. */
void pvg_joined_depth_load(struct pvg_render *render);
void pvg_joined_depth_store(struct pvg_render *render);

#endif
