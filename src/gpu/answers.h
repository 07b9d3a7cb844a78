/* SPDX-License-Identifier: MIT */
/* What guests are told of the GPU. Engine thread. */
#ifndef PVG_GPU_ANSWERS_H
#define PVG_GPU_ANSWERS_H

#include "gpu/gpu.h"

/* Lowers what the device information says to what this host has; argument buffers it adds. */
void pvg_gpu_limit(struct pvg_gpu *gpu, uint32_t values[PVG_DEVICE_INFO_KEYS]);

/* Answers and completes @query. */
void pvg_gpu_compute_info(struct pvg_gpu *gpu, struct pvg_compute_query *query);

#endif
