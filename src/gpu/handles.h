/* SPDX-License-Identifier: MIT */
/* Numbers of objects that a guest may store in its memory, for shaders to find (argument buffers).
 *
 * A task asks for an object's number and gets a slot of one of three rows: buffers, textures,
 * samplers. A number means something only in the task that asked, and only while the object lives;
 * in any other it is nobody's, or one of that task's own. Saved with the machine: the numbers are
 * in guest memory. Engine thread. Spec: 70-air 10.7; 50-compute-blit 11. */
#ifndef PVG_GPU_HANDLES_H
#define PVG_GPU_HANDLES_H

#include "base/section.h"
#include "gpu/gpu.h"

enum pvg_handle_row {
    PVG_HANDLE_BUFFERS,
    PVG_HANDLE_TEXTURES,
    PVG_HANDLE_SAMPLERS,
    PVG_HANDLE_ROWS,
};

/* The slots of a row that may be somebody's; the first and the last never are. */
#define PVG_HANDLE_SLOTS 4096

/* Beside the slot of a sampler: it has pixel coordinates, and the shader divides. */
#define PVG_HANDLE_PIXELS (1u << 31)

/* The slot of @ref, from now on if it had none; 0: all are taken, or the device cannot. */
uint32_t pvg_handles_give(struct pvg_gpu *gpu, uint32_t task, enum pvg_handle_row row,
                          uint32_t ref);

/* The guest's numbers by slot, 0: nobody's; @end is behind the last. NULL: the task has none. */
const uint32_t *pvg_handles_of(const struct pvg_gpu *gpu, uint32_t task, enum pvg_handle_row row,
                               uint32_t *end);

void pvg_handles_forget(struct pvg_gpu *gpu, uint32_t task, uint32_t ref);
void pvg_handles_forget_task(struct pvg_gpu *gpu, uint32_t task);
void pvg_handles_forget_all(struct pvg_gpu *gpu);

void pvg_handles_save(struct pvg_gpu *gpu, struct pvg_saver *saver);
PVG_NODISCARD enum pvg_refusal pvg_handles_restore(struct pvg_gpu *gpu, struct pvg_cursor *from);

#endif
