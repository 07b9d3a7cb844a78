/* SPDX-License-Identifier: MIT */
/* Images over buffers: see overlay.c. Engine thread. */
#ifndef PVG_GPU_OVERLAY_H
#define PVG_GPU_OVERLAY_H

#include "gpu/run.h"

/* Whether there is a buffer over which the image lies, now: made if its pages can be imported. */
PVG_NODISCARD bool pvg_overlay_place(struct pvg_gpu_run *run, struct pvg_image *image);

/* Records to batch->before: all of the image is what the buffer holds before the run. */
void pvg_overlay_upload(struct pvg_gpu_run *run, struct pvg_image *image);

/* Records to run->commands: the buffer gets the levels that the run wrote. */
void pvg_overlay_write_back(struct pvg_gpu_run *run, struct pvg_image *image);

/* ---- Of shared ones. ---- */

/* Before @buffer (NULL: any) is used: it gets what the run drew over it so far, through images
 * other than @but. */
void pvg_overlays_settle(struct pvg_gpu_run *run, const struct pvg_buffer *buffer,
                         const struct pvg_image *but);

/* Before the image is used: what the run wrote to the buffer so far shows in it. */
void pvg_overlay_refresh(struct pvg_gpu_run *run, struct pvg_image *image);

#endif
