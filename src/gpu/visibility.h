/* SPDX-License-Identifier: MIT */
/* Visibility results of a pass: how many samples passed while an offset was armed.
 *
 * A span is one occlusion query: draws under one mode and offset in one Vulkan rendering. At the
 * pass's end the spans of each offset are added up, and the sums go to the guest's buffer. Spec:
 * 40-render 4.11, 13.11. */
#ifndef PVG_GPU_VISIBILITY_H
#define PVG_GPU_VISIBILITY_H

#include "gpu/run.h"

struct pvg_visibility {
    struct pvg_buffer *buffer; /* held by the batch; NULL: the pass has none */
    uint64_t offset;
    uint64_t mode; /* enum pvg_wire_visibility_mode */
    GArray *spans; /* of struct span, private; NULL: none yet */
    bool open;     /* the last span's query is begun */
};

/* The record. Refuses VALUE, STATE (the pass has no buffer), RANGE, HOST_DEVICE: nothing is armed
 * then. */
PVG_NODISCARD enum pvg_refusal pvg_visibility_set(struct pvg_visibility *visibility,
                                                  struct pvg_gpu_run *run, uint64_t offset,
                                                  uint64_t mode);

/* Inside a rendering, before a draw; and before the rendering ends. */
void pvg_visibility_count(struct pvg_visibility *visibility, struct pvg_gpu_run *run);
void pvg_visibility_pause(struct pvg_visibility *visibility, struct pvg_gpu_run *run);

/* Outside a rendering, at the end of the pass: writes what was counted, and forgets it. */
void pvg_visibility_finish(struct pvg_visibility *visibility, struct pvg_gpu_run *run);

#endif
