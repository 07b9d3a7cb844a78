/* SPDX-License-Identifier: MIT */
/* What goes back to guest memory when a batch is done. */
#ifndef PVG_GPU_WRITE_BACK_H
#define PVG_GPU_WRITE_BACK_H

#include "gpu/run.h"

struct pvg_write_back {
    struct pvg_buffer *buffer; /* one of the two */
    struct pvg_image *image;
    uint32_t level;
    struct pvg_vk_slice now;    /* what the GPU left */
    struct pvg_vk_slice before; /* buffer: what was uploaded */
    uint64_t size;
};

#endif
