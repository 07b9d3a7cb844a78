/* SPDX-License-Identifier: MIT */
/* A render encoder: its pass (render_pass.c, rendering.c), its records (render.c) and its draws
 * (draw.c).
 *
 * A pass is begun on Vulkan with its first draw, or at its end if it has none, so that what comes
 * before is free to use barriers. When it must be interrupted it is begun again with what it had:
 * every attachment is stored, and resolves happen once, at the end. Spec: 40-render 3, 12, 13. */
#ifndef PVG_GPU_RENDER_H
#define PVG_GPU_RENDER_H

#include "gpu/binds.h"
#include "gpu/depth_resolve.h"
#include "gpu/depth_stencil.h"
#include "gpu/joined_depth.h"
#include "gpu/metal.h"
#include "gpu/visibility.h"
#include "wire/render.h"

#define PVG_RENDER_VIEWPORTS 16

struct pvg_render_target {
    struct pvg_texture *texture; /* held by the batch; NULL: the slot is not used */
    struct pvg_texture *resolve; /* NULL: none */
    VkImageView view, resolve_view;
    uint32_t level, resolve_level, slice, resolve_slice; /* slice: of a 3D texture, the plane */
    uint32_t load, store; /* enum pvg_wire_load_action, pvg_wire_store_action */
    VkClearValue clear;
    VkResolveModeFlagBits resolve_mode; /* of colours */
};

/* What a draw must tell Vulkan again before it can run. */
enum pvg_render_dirty {
    PVG_RENDER_VIEWPORTS_DIRTY = 1 << 0,
    PVG_RENDER_RASTER_DIRTY = 1 << 1, /* cull, winding */
    PVG_RENDER_DEPTH_DIRTY = 1 << 2,  /* depth-stencil state and references */
    PVG_RENDER_BIAS_DIRTY = 1 << 3,
    PVG_RENDER_BLEND_DIRTY = 1 << 4,
    PVG_RENDER_PIPELINE_DIRTY = 1 << 5,
    PVG_RENDER_VERTICES_DIRTY = 1 << 6, /* vertex buffers */
    PVG_RENDER_ALL_DIRTY = (1 << 7) - 1,
};

/* What the Vulkan pipeline of a draw depends on, besides the pass. */
struct pvg_render_choice {
    const struct pvg_render_pipeline *pipeline;
    uint8_t topology_class;
    uint32_t patch_points;
    bool lines, depth_clamp, fetching;
};

struct pvg_render {
    struct pvg_gpu_run *run;

    /* The pass. */
    bool described;     /* its record has come */
    bool refused;       /* ... and cannot be executed: no draw of it is */
    bool open;          /* between vkCmdBeginRendering and vkCmdEndRendering */
    bool begun;         /* was open before: attachments hold what was drawn */
    bool fetching;      /* open as a pass of fetch_pass.c */
    bool continued;     /* open since the encoder before this one */
    bool properties;    /* has records besides its own */
    bool writes_memory; /* a shader of it does */
    struct pvg_render_target colours[PVG_MAX_COLOURS], depth, stencil;
    uint32_t width, height, layers, samples;
    struct pvg_joined_depth joined;
    uint32_t depth_filter, stencil_filter; /* enum pvg_wire_depth_resolve_filter, ..._stencil_... */
    uint32_t default_samples;              /* of a pass without attachments */
    struct pvg_visibility visibility;
    uint16_t tile[2]; /* width and height, for those who ask */

    /* The state. */
    struct pvg_binds vertex, fragment;
    struct pvg_render_pipeline *pipeline;    /* held by the batch; NULL: none, or a bad one */
    struct pvg_depth_stencil *depth_stencil; /* NULL: the default */
    bool depth_stencil_bad, viewports_bad;
    VkViewport viewports[PVG_RENDER_VIEWPORTS];
    VkRect2D scissors[PVG_RENDER_VIEWPORTS];
    uint32_t viewport_count, scissor_count; /* 0: the default */
    uint32_t cull, winding;
    bool lines, depth_clamp;
    float bias[3]; /* constant, clamp, slope: Vulkan's order */
    float blend[4];
    uint32_t stencil_reference[2]; /* front, back */
    struct {
        struct pvg_buffer *buffer; /* held by the batch; NULL: none */
        uint64_t offset, instance_stride;
        float scale;
    } factors;             /* of tessellation */
    uint32_t patch_points; /* of the draw being made; 0: it draws no patches */

    /* What Vulkan has been told. */
    unsigned dirty; /* enum pvg_render_dirty */
    VkPipeline bound;
    struct pvg_render_choice choice; /* that led to it */
    uint32_t bound_primitive; /* and index restart: UINT32_MAX when not told */
    uint8_t push[PVG_PUSH_SIZE];
    uint8_t told_push[PVG_PUSH_SIZE];
    bool push_told;
};

/* ---- render_pass.c ---- */

enum pvg_refusal pvg_render_describe_pass(struct pvg_render *render,
                                          const struct pvg_wire_render_pass *rec);

/* ---- rendering.c ---- */

/* The pass was described: goes on with the one that the encoder before left open, or ends that. */
void pvg_render_continue(struct pvg_render *render);
/* Makes sure the pass is open. Refuses STATE when there is none that can be executed. */
PVG_NODISCARD enum pvg_refusal pvg_render_open(struct pvg_render *render);
/* The same, for draws whose fragments read colours. */
PVG_NODISCARD enum pvg_refusal pvg_render_open_fetching(struct pvg_render *render);
/* Zeroes @key and fills it with the formats and samples of the pass. */
void pvg_render_key_init(const struct pvg_render *render, struct pvg_render_key *key);
/* Whether some attachment is part of the same image as @texture. */
bool pvg_render_draws_to(const struct pvg_render *render, const struct pvg_texture *texture);
/* What is to be done with a target at the end. */
bool pvg_render_resolves(const struct pvg_render_target *target);
bool pvg_render_stores(const struct pvg_render_target *target);
/* Interrupts the pass: the next draw goes on with it. */
void pvg_render_break(struct pvg_render *render);
/* The run has another batch: what the encoder has is used again, and Vulkan told again. */
void pvg_render_renew(struct pvg_render *render);
/* Loads, clears, stores and resolves also if nothing was drawn. */
void pvg_render_finish_pass(struct pvg_render *render);

/* ---- draw.c ---- */

#define PVG_RENDER_PATCHES (PVG_METAL_LAST_PRIMITIVE + 1) /* in the place of a primitive type */

/* Everything up to the draw itself. */
PVG_NODISCARD enum pvg_refusal pvg_render_ready(struct pvg_render *render, uint32_t primitive,
                                                bool indexed);
/* More than a device without a watchdog may be asked for. */
bool pvg_render_too_much(const struct pvg_render *render, uint64_t count, uint64_t instances);
/* A buffer that a draw reads, used by the run. */
struct pvg_buffer *pvg_render_find_buffer(struct pvg_render *render, uint32_t ref,
                                          enum pvg_refusal *why);

enum pvg_refusal pvg_render_draw(struct pvg_render *render, const struct pvg_wire_draw *rec);
enum pvg_refusal pvg_render_draw_indexed(struct pvg_render *render,
                                         const struct pvg_wire_draw_indexed *rec);
enum pvg_refusal pvg_render_draw_indirect(struct pvg_render *render,
                                          const struct pvg_wire_draw_indirect *rec);
enum pvg_refusal pvg_render_draw_indexed_indirect(struct pvg_render *render,
                                                  const struct pvg_wire_draw_indexed_indirect *rec);

/* ---- draw_patches.c ---- */

enum pvg_refusal pvg_render_draw_patches(struct pvg_render *render,
                                         const struct pvg_wire_draw_patches *rec);
enum pvg_refusal pvg_render_draw_patches_indirect(struct pvg_render *render,
                                                  const struct pvg_wire_draw_patches_indirect *rec);

#endif
