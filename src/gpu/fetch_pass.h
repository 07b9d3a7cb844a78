/* SPDX-License-Identifier: MIT */
/* Passes whose fragment functions read the colours they draw to. Dynamic rendering has no input
 * attachments, so these draws are recorded in a Vulkan render pass of one subpass; it loads and
 * stores everything, and what the guest's pass wants at its beginning and end stays with dynamic
 * rendering. Needs rasterisation-order attachment access: within a draw, too, a fragment sees what
 * earlier primitives left. Spec: 40-render 13.6; 02-errata row 27. */
#ifndef PVG_GPU_FETCH_PASS_H
#define PVG_GPU_FETCH_PASS_H

#include <glib.h>

#include "vulkan/device.h"

struct pvg_render;
struct pvg_render_key;

struct pvg_fetch_passes {
    struct pvg_vk *vk;
    GMutex lock;        /* pipelines are built in compiler threads, too */
    GHashTable *passes; /* VkRenderPass by formats and samples */
};

void pvg_fetch_passes_init(struct pvg_fetch_passes *passes, struct pvg_vk *vk);
void pvg_fetch_passes_finish(struct pvg_fetch_passes *passes);

/* Any thread. For the formats and samples of @key; VK_NULL_HANDLE: the host cannot. Borrowed. */
VkRenderPass pvg_fetch_passes_get(struct pvg_fetch_passes *passes,
                                  const struct pvg_render_key *key);

/* Begins it on @render's attachments, which hold what was loaded. Refuses HOST_MEMORY. */
PVG_NODISCARD enum pvg_refusal pvg_fetch_pass_begin(struct pvg_render *render);

/* Writes the colours of @mask, all of which the pass has, to a fragment function's set. */
void pvg_fetch_pass_describe(const struct pvg_render *render, uint32_t mask, VkDescriptorSet set);

#endif
