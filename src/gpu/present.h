/* SPDX-License-Identifier: MIT */
/* Presents from host images: see present.c. */
#ifndef PVG_GPU_PRESENT_H
#define PVG_GPU_PRESENT_H

#include "gpu/gpu.h"
#include "gpu/image.h"

/* Whether the display can have its texels as they are. */
bool pvg_image_can_be_shown(const struct pvg_image *image);

/* Fills @present and completes it, if an image holds what is newest of its surface; else false, and
 * the surface's guest pages are what to show. Engine thread. */
bool pvg_gpu_present(struct pvg_gpu *gpu, struct pvg_present *present);

#endif
