/* SPDX-License-Identifier: MIT */
/* Functions and pipelines. Shaders are translated, and the pipeline that a draw most likely needs
 * is built, in the compiler's threads, from the moment a submission that names the pipeline is
 * prepared; what a draw needs besides is built when it is drawn, once.
 *
 * Spec: 02-errata-gpu 2.5; 30-resources 8.10 to 8.12; 40-render 13; 50-compute-blit 4.1. */
#ifndef PVG_GPU_PIPELINES_H
#define PVG_GPU_PIPELINES_H

#include "gpu/gpu.h"
#include "gpu/pipeline_description.h"

struct pvg_function {
    struct pvg_gpu_object base;
    struct pvg_shader_source *source;
};

/* Copies the blob of @size bytes at @code. Refuses as pvg_space_read, LIMIT, SHADER. */
PVG_NODISCARD enum pvg_refusal pvg_function_create(struct pvg_gpu *gpu, struct pvg_space space,
                                                   struct pvg_gva code, uint32_t size,
                                                   struct pvg_function **out);

enum pvg_pipeline_state {
    PVG_PIPELINE_PENDING,
    PVG_PIPELINE_READY,
    PVG_PIPELINE_FAILED, /* its draws and dispatches are skipped */
};

/* One translated stage. */
struct pvg_stage_program {
    struct pvg_shader *shader; /* a reference */
    VkShaderModule module;
};

#define PVG_SET_PATCH 2

/* Sets 0 and 1, for patches set 2, for argument buffers set 3, and all push constants. */
struct pvg_pipeline_layout {
    VkPipelineLayout handle;
    VkDescriptorSetLayout sets[4];
    bool heaps; /* set 3 has bindings */
};

struct pvg_compute_pipeline {
    struct pvg_gpu_object base;
    struct pvg_gpu *gpu;
    struct pvg_compute_description description;
    _Atomic int state; /* release by the compiler thread, acquire by the engine */
    struct pvg_stage_program kernel;
    struct pvg_pipeline_layout layout;
    GHashTable *variants; /* engine thread: VkPipeline by group size and threadgroup lengths */
};

struct pvg_compute_pipeline *
pvg_compute_pipeline_create(struct pvg_gpu *gpu, const struct pvg_compute_description *description,
                            struct pvg_function *function);

/* What a kernel's pipeline depends on besides the function. */
struct pvg_compute_key {
    uint32_t group[3];
    uint32_t words[PVG_SHADER_BUFFERS]; /* of threadgroup memory that it has, by Metal's index */
};

/* VK_NULL_HANDLE: the host cannot. @pipeline is READY. Borrowed, until @batch is done. */
VkPipeline pvg_compute_pipeline_get(struct pvg_compute_pipeline *pipeline,
                                    const struct pvg_compute_key *key, struct pvg_vk_batch *batch);

struct pvg_render_pipeline {
    struct pvg_gpu_object base;
    struct pvg_gpu *gpu;
    struct pvg_render_description description;
    _Atomic int state;
    struct pvg_shader_source *fragment_source; /* waits for the vertex stage; NULL: none */
    struct pvg_stage_program vertex, fragment;
    struct pvg_pipeline_layout layout;
    GMutex lock;          /* for variants: the first one is built by a compiler thread */
    GHashTable *variants; /* VkPipeline by struct pvg_render_key */
    void *latest;         /* the variant last asked for, most often the next one; engine thread */
};

struct pvg_render_pipeline *
pvg_render_pipeline_create(struct pvg_gpu *gpu, const struct pvg_render_description *description,
                           struct pvg_function *vertex, struct pvg_function *fragment);

/* What a render pipeline depends on besides its description and functions. Zero it first. */
struct pvg_render_key {
    VkFormat colours[PVG_MAX_COLOURS]; /* of the pass; UNDEFINED: the pass lacks the slot */
    VkFormat depth, stencil;
    uint8_t samples;
    uint8_t topology_class; /* 0 points, 1 lines, 2 triangles, 3 patches */
    uint8_t patch_points;
    uint8_t lines; /* wire-frame */
    uint8_t depth_clamp;
    uint8_t fetches; /* for a pass of fetch_pass.c */
};

VkPipeline pvg_render_pipeline_get(struct pvg_render_pipeline *pipeline,
                                   const struct pvg_render_key *key);

/* Whether it draws patches, and only those. @pipeline is READY. */
bool pvg_render_pipeline_tessellates(const struct pvg_render_pipeline *pipeline);

/* Whether its fragment function reads the colours it draws to. @pipeline is READY. */
bool pvg_render_pipeline_fetches(const struct pvg_render_pipeline *pipeline);

/* PENDING, READY or FAILED; for objects of both kinds. */
enum pvg_pipeline_state pvg_pipeline_state(const struct pvg_gpu_object *pipeline);

/* ---- program.c: what both kinds share. Any thread. ---- */

/* PVG_SHADER_FEATURE() bits for the translator. */
uint64_t pvg_shader_features_of(const struct pvg_vk *vk);

/* False when a Vulkan call failed; what was made is to be finished all the same. */
PVG_NODISCARD bool pvg_stage_program_init(struct pvg_vk *vk, struct pvg_shader *shader,
                                          struct pvg_stage_program *out);
void pvg_stage_program_finish(struct pvg_vk *vk, struct pvg_stage_program *program);

/* VK_NULL_HANDLE: a Vulkan call failed. @constants may be NULL. */
VkPipeline pvg_kernel_build(struct pvg_vk *vk, VkShaderModule module,
                            const VkSpecializationInfo *constants, VkPipelineLayout layout);

/* @count stages; NULL entries are allowed. */
PVG_NODISCARD bool pvg_pipeline_layout_init(struct pvg_gpu *gpu,
                                            const struct pvg_stage_program *const *stages,
                                            unsigned count, struct pvg_pipeline_layout *out);
void pvg_pipeline_layout_finish(struct pvg_vk *vk, struct pvg_pipeline_layout *layout);

#endif
