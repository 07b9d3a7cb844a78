/* SPDX-License-Identifier: MIT */
/* Kernels of our own: small work on numbers that only the GPU has. Their sources are in kernels/.
 *
 * They work on memory that no guest object is made of, or on images whole; each is built when it is
 * first used. Engine thread. */
#ifndef PVG_GPU_KERNELS_H
#define PVG_GPU_KERNELS_H

#include "vulkan/queue.h"

enum pvg_kernel {
    PVG_KERNEL_ADD_RESULTS,
    PVG_KERNEL_LIMIT_DISPATCH,
    PVG_KERNEL_LIMIT_DRAW,
    PVG_KERNEL_PATCH_INDICES,
    PVG_KERNEL_RESOLVE_DEPTH,
    PVG_KERNEL_COUNT,
};

#define PVG_KERNEL_BUFFERS 4
#define PVG_KERNEL_IMAGES  2
#define PVG_KERNEL_PUSH    8
/* Of a slice that a kernel is given: what all devices can do with. */
#define PVG_KERNEL_ALIGNMENT 256

struct pvg_kernels {
    struct pvg_vk *vk;
    VkDescriptorSetLayout set;
    VkPipelineLayout layout;
    VkPipeline pipelines[PVG_KERNEL_COUNT];
};

void pvg_kernels_init(struct pvg_kernels *kernels, struct pvg_vk *vk);
void pvg_kernels_finish(struct pvg_kernels *kernels);

struct pvg_kernel_job {
    enum pvg_kernel kernel;
    VkDescriptorBufferInfo buffers[PVG_KERNEL_BUFFERS]; /* bindings 0 and up; handle 0: none */
    VkImageView images[PVG_KERNEL_IMAGES];              /* bindings 4 and 5, in layout GENERAL */
    uint32_t push[PVG_KERNEL_PUSH];
    uint32_t groups[3];
};

/* Records it to @batch's commands, outside a pass; barriers are the caller's. False: the host
 * cannot, and nothing was recorded. */
PVG_NODISCARD bool pvg_kernels_run(struct pvg_kernels *kernels, struct pvg_vk_batch *batch,
                                   const struct pvg_kernel_job *job);

static inline VkDescriptorBufferInfo pvg_kernel_slice(const struct pvg_vk_slice *slice,
                                                      VkDeviceSize size)
{
    return (VkDescriptorBufferInfo){slice->buffer, slice->offset, size};
}

#endif
