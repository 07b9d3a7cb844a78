/* SPDX-License-Identifier: MIT */
/* An argument table: what a guest has bound for one stage, and how a shader gets to see it.
 *
 * A bind holds the object, not the number; it is resolved when the record arrives and kept until
 * the batch is done. What cannot be resolved is bound as nothing: shaders read zeroes there. Spec:
 * 40-render 5; 50-compute-blit 3.3; 02-errata 2.2 to 2.4 and rows 9, 15, 30. */
#ifndef PVG_GPU_BINDS_H
#define PVG_GPU_BINDS_H

#include "gpu/pipelines.h"
#include "gpu/run.h"
#include "wire/encoder.h"

struct pvg_buffer_slot {
    struct pvg_buffer *buffer; /* held by the batch; NULL: empty */
    uint64_t offset;
    uint64_t stride; /* of vertex fetch, if @strided */
    bool strided;
    bool bad; /* the guest named something that is no buffer */
};

struct pvg_sampler_slot {
    struct pvg_sampler *sampler;
    float lod_min, lod_max;
    bool clamped;
};

struct pvg_binds {
    struct pvg_buffer_slot buffers[PVG_SHADER_BUFFERS];
    struct pvg_texture *textures[PVG_SHADER_TEXTURES];
    struct pvg_sampler_slot samplers[PVG_SHADER_SAMPLERS];
    bool changed; /* since the last descriptor set */
};

/* The records. Refuse LIMIT (slot), and for a single entry what its look-up refused; the other
 * entries of the record are bound all the same. */
PVG_NODISCARD enum pvg_refusal pvg_binds_set_buffers(struct pvg_binds *binds,
                                                     struct pvg_gpu_run *run,
                                                     const struct pvg_wire_set_buffers *rec);
PVG_NODISCARD enum pvg_refusal
pvg_binds_set_buffers_strided(struct pvg_binds *binds, struct pvg_gpu_run *run,
                              const struct pvg_wire_set_buffers_strided *rec);
PVG_NODISCARD enum pvg_refusal
pvg_binds_set_buffer_offset(struct pvg_binds *binds, const struct pvg_wire_set_buffer_offset *rec);
PVG_NODISCARD enum pvg_refusal
pvg_binds_set_buffer_offset_strided(struct pvg_binds *binds,
                                    const struct pvg_wire_set_buffer_offset_strided *rec);
PVG_NODISCARD enum pvg_refusal pvg_binds_set_textures(struct pvg_binds *binds,
                                                      struct pvg_gpu_run *run,
                                                      const struct pvg_wire_set_textures *rec);
PVG_NODISCARD enum pvg_refusal pvg_binds_set_samplers(struct pvg_binds *binds,
                                                      struct pvg_gpu_run *run,
                                                      const struct pvg_wire_set_samplers *rec);
PVG_NODISCARD enum pvg_refusal
pvg_binds_set_samplers_clamped(struct pvg_binds *binds, struct pvg_gpu_run *run,
                               const struct pvg_wire_set_samplers_clamped *rec);

/* Everything bound is used again: the run has another batch, or has left a pass. */
void pvg_binds_renew(struct pvg_binds *binds, struct pvg_gpu_run *run);

/* Makes the descriptor set of one stage from what is bound, marks what the shader writes, and fills
 * the stage's bytes of @push. Refuses VALUE (an offset that the shader cannot have), HOST_MEMORY:
 * the draw or dispatch is to be skipped. */
PVG_NODISCARD enum pvg_refusal pvg_binds_describe(struct pvg_binds *binds, struct pvg_gpu_run *run,
                                                  const struct pvg_stage_program *stage,
                                                  VkDescriptorSetLayout layout,
                                                  uint8_t push[PVG_PUSH_SIZE],
                                                  VkDescriptorSet *out);

/* Whether @texture is of the type and class that a shader declares as @t, and how it sees it. */
bool pvg_binds_fits(const struct pvg_texture *texture, const struct pvg_shader_texture *t);
VkImageView pvg_binds_view(struct pvg_texture *texture, const struct pvg_shader_texture *t,
                           bool storage);

/* Whether a shader of @stage writes anything that is bound. */
bool pvg_binds_write_anything(const struct pvg_stage_program *stage);

#endif
