/* SPDX-License-Identifier: MIT */
/* Copies between rows in a buffer and part of an image, at any stride that Metal allows. */
#ifndef PVG_GPU_LINEAR_COPY_H
#define PVG_GPU_LINEAR_COPY_H

#include "gpu/run.h"

/* Part of one level and slice, in the image's own coordinates. */
struct pvg_texture_region {
    uint32_t level, slice;
    VkOffset3D offset;
    VkExtent3D extent;
    VkImageAspectFlags aspect;
    uint32_t bytes; /* of a block, or of an element of @aspect */
};

/* Where the rows lie. */
struct pvg_linear {
    uint64_t offset, row_stride, image_stride;
    struct pvg_linear_layout layout;
};

/* Applies the defaults (0: tight) and checks that all rows lie in @size bytes. Refuses RANGE,
 * VALUE, LIMIT. Spec: 50-compute-blit 5.4. */
PVG_NODISCARD enum pvg_refusal pvg_linear_describe(const struct pvg_pixel_format *format,
                                                   const struct pvg_texture_region *region,
                                                   uint64_t offset, uint64_t bytes_per_row,
                                                   uint64_t bytes_per_image, uint64_t size,
                                                   struct pvg_linear *out);

/* Refuse HOST_MEMORY. */
PVG_NODISCARD enum pvg_refusal pvg_linear_to_image(struct pvg_gpu_run *run, VkBuffer buffer,
                                                   const struct pvg_linear *linear,
                                                   const struct pvg_image *image,
                                                   const struct pvg_texture_region *region);

/* The same for an image whose format the host lacks: the CPU converts what the guest's memory holds
 * now. Refuses FORMAT when the GPU may still be writing those bytes, HOST_MEMORY, and as
 * pvg_space_read. */
PVG_NODISCARD enum pvg_refusal pvg_linear_convert(struct pvg_gpu_run *run,
                                                  const struct pvg_buffer *buffer,
                                                  const struct pvg_linear *linear,
                                                  const struct pvg_image *image,
                                                  const struct pvg_texture_region *region);
PVG_NODISCARD enum pvg_refusal pvg_image_to_linear(struct pvg_gpu_run *run,
                                                   const struct pvg_image *image,
                                                   const struct pvg_texture_region *region,
                                                   VkBuffer buffer,
                                                   const struct pvg_linear *linear);

#endif
