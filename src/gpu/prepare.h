/* SPDX-License-Identifier: MIT */
/* What is done for a submission when it arrives, before it is its turn. */
#ifndef PVG_GPU_PREPARE_H
#define PVG_GPU_PREPARE_H

#include "gpu/gpu.h"

/* Resolves what the resource table and the streams name, before the guest clears its slots, and
 * starts the compilation of pipelines. Engine thread. */
void pvg_gpu_prepare(struct pvg_gpu *gpu, struct pvg_submission *submission);

/* Ends it; also for submissions that were never prepared. Any thread. */
void pvg_gpu_unprepare(struct pvg_gpu *gpu, struct pvg_submission *submission);

/* Prepares again what was prepared for a device that was lost since. Engine thread. */
void pvg_gpu_prepare_again(struct pvg_gpu *gpu, struct pvg_submission *submission);

/* Whether all its pipelines are ready, or never will be. */
bool pvg_gpu_is_prepared(const struct pvg_submission *submission);

/* Nothing may be left of a device when it is closed. Engine thread. */
void pvg_gpu_drop_prepared(struct pvg_gpu *gpu);

#endif
