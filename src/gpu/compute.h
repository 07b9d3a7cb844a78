/* SPDX-License-Identifier: MIT */
/* A compute encoder: its records (compute.c) and its dispatches (dispatch.c). Spec:
 * 50-compute-blit 3, 4. */
#ifndef PVG_GPU_COMPUTE_H
#define PVG_GPU_COMPUTE_H

#include "gpu/binds.h"
#include "gpu/control_flow.h"
#include "wire/compute.h"

struct pvg_compute {
    struct pvg_gpu_run *run;
    struct pvg_binds binds;
    struct pvg_compute_pipeline *pipeline; /* held by the batch; NULL: none, or a bad one */
    uint32_t words[PVG_SHADER_BUFFERS];    /* of threadgroup memory, by index */
    bool poisoned;   /* a state record was refused: dispatches wait until it is set again */
    bool concurrent; /* the guest says where barriers are */
    bool unordered;  /* a dispatch ran since the last barrier */
    struct pvg_control_flow flow;
    bool stage_in; /* a stage-in region or image block is set, which the host has not */

    /* What Vulkan has been told; forgotten when anybody else binds something. */
    struct {
        struct pvg_compute_pipeline *described; /* whose descriptor set is bound; NULL: nobody's */
        uint8_t push_of_binds[PVG_PUSH_SIZE];   /* what that set left in the push constants */
        VkPipeline pipeline;
        struct pvg_compute_key key; /* of it, in @described */
        bool pushed;
        uint8_t push[PVG_PUSH_SIZE];
    } told;
};

/* ---- compute.c ---- */

/* What earlier dispatches wrote is there for later ones. */
void pvg_compute_barrier(struct pvg_compute *compute);

/* The run has another batch: what is bound is used again, and Vulkan told again. */
void pvg_compute_renew(struct pvg_compute *compute);

/* ---- dispatch.c ---- */

enum pvg_refusal pvg_compute_dispatch(void *ctx, const struct pvg_wire_dispatch *rec);
enum pvg_refusal pvg_compute_dispatch_indirect(void *ctx,
                                               const struct pvg_wire_dispatch_indirect *rec);
enum pvg_refusal
pvg_compute_dispatch_threads_indirect(void *ctx,
                                      const struct pvg_wire_dispatch_threads_indirect *r);

#endif
