/* SPDX-License-Identifier: MIT */
/* A blit encoder: what its records share. They are in blit_buffers.c, blit_textures.c and
 * blit_fills.c. */
#ifndef PVG_GPU_BLIT_H
#define PVG_GPU_BLIT_H

#include "gpu/linear_copy.h"
#include "gpu/order.h"
#include "wire/blit.h"

struct pvg_blit {
    struct pvg_gpu_run *run;
    struct pvg_order order;
};

/* NULL, and @why: what the look-up refused, KIND. Texel buffers are no side of a blit. */
struct pvg_buffer *pvg_blit_find_buffer(struct pvg_blit *blit, uint32_t ref, enum pvg_refusal *why);
struct pvg_texture *pvg_blit_find_texture(struct pvg_blit *blit, uint32_t ref,
                                          enum pvg_refusal *why);

/* What the next record does; then pvg_order_settle. */
void pvg_blit_reads_buffer(struct pvg_blit *blit, struct pvg_buffer *buffer);
void pvg_blit_writes_buffer(struct pvg_blit *blit, struct pvg_buffer *buffer);
void pvg_blit_reads_texture(struct pvg_blit *blit, struct pvg_texture *texture);
void pvg_blit_writes_texture(struct pvg_blit *blit, struct pvg_texture *texture, uint32_t level,
                             uint32_t levels);

/* After the last command of a record. */
void pvg_blit_recorded(struct pvg_blit *blit);

/* A part of one level and slice of a texture, checked. Spec: 50-compute-blit 5.4. */
enum pvg_refusal pvg_blit_region(const struct pvg_texture *texture,
                                 const struct pvg_wire_origin *origin,
                                 const struct pvg_wire_extent *size, uint32_t slice, uint32_t level,
                                 struct pvg_texture_region *out);

/* What the options choose of a format: an aspect, and the bytes of its elements in a buffer. */
enum pvg_refusal pvg_blit_aspect(const struct pvg_texture *texture, uint32_t options,
                                 struct pvg_texture_region *region);

bool pvg_blit_is_empty(const struct pvg_wire_extent *size);

/* ---- The records, by file ---- */

enum pvg_refusal pvg_blit_copy_buffer(void *ctx, const struct pvg_wire_copy_buffer *rec);
enum pvg_refusal pvg_blit_fill_buffer(void *ctx, const struct pvg_wire_fill_buffer *rec);
enum pvg_refusal pvg_blit_fill_buffer_pattern(void *ctx,
                                              const struct pvg_wire_fill_buffer_pattern *rec);

enum pvg_refusal pvg_blit_copy_buffer_to_texture(void *ctx,
                                                 const struct pvg_wire_copy_buffer_to_texture *rec);
enum pvg_refusal pvg_blit_copy_texture_to_buffer(void *ctx,
                                                 const struct pvg_wire_copy_texture_to_buffer *rec);
enum pvg_refusal pvg_blit_copy_texture(void *ctx, const struct pvg_wire_copy_texture *rec);
enum pvg_refusal pvg_blit_copy_texture_levels(void *ctx,
                                              const struct pvg_wire_copy_texture_levels *rec);

enum pvg_refusal pvg_blit_fill_texture_bytes(void *ctx,
                                             const struct pvg_wire_fill_texture_bytes *rec);
enum pvg_refusal pvg_blit_fill_texture_color(void *ctx,
                                             const struct pvg_wire_fill_texture_color *rec);
enum pvg_refusal pvg_blit_generate_mipmaps(void *ctx, const struct pvg_wire_generate_mipmaps *rec);

#endif
