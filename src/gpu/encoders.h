/* SPDX-License-Identifier: MIT */
/* What all encoders look like to the one who walks the segments. */
#ifndef PVG_GPU_ENCODERS_H
#define PVG_GPU_ENCODERS_H

#include "base/cursor.h"
#include "gpu/run.h"

struct pvg_encoder_impl {
    /* A fresh encoder, all state at its defaults. Never NULL. */
    void *(*begin)(struct pvg_gpu_run *run);
    enum pvg_refusal (*record)(void *encoder, uint32_t opcode, struct pvg_cursor *payload);
    /* Ends and frees it. */
    void (*end)(void *encoder);
};

extern const struct pvg_encoder_impl pvg_render_encoder;
extern const struct pvg_encoder_impl pvg_compute_encoder;
extern const struct pvg_encoder_impl pvg_blit_encoder;
extern const struct pvg_encoder_impl pvg_event_encoder;
extern const struct pvg_encoder_impl pvg_info_encoder;

#endif
