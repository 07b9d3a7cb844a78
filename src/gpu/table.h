/* SPDX-License-Identifier: MIT */
/* A task's objects: what each of its numbers stands for, and the host object made of it.
 *
 * The slot in guest memory is the authority. At an object's first use in each submission its slot
 * and descriptor are compared with what the host object was made of; any difference makes a new
 * one (01-errata row "20 11.6 R4"). So deletion, re-use of a number and idempotence need no rules
 * of their own: forgetting an entry is always safe. Engine thread. */
#ifndef PVG_GPU_TABLE_H
#define PVG_GPU_TABLE_H

#include "gpu/gpu.h"
#include "gpu/texture.h"

/* The object that @ref stands for in @submission, made if it is new; NULL and @why. KIND: it is
 * something else. Borrowed: valid until the slot changes or it is forgotten. */
struct pvg_gpu_object *pvg_table_find(struct pvg_gpu *gpu, struct pvg_submission *submission,
                                      uint32_t ref, enum pvg_gpu_object_kind kind,
                                      enum pvg_refusal *why);

/* The same, of any kind, for what another object is being made of. */
struct pvg_making;
struct pvg_gpu_object *pvg_table_find_part(const struct pvg_making *m, uint32_t ref,
                                           enum pvg_refusal *why);

/* The host object of @ref if there is one already; nothing is read or made. */
struct pvg_gpu_object *pvg_table_peek(struct pvg_gpu *gpu, struct pvg_space space, uint32_t ref);

/* Drops one object, or all of a space. What running work uses stays until it is done. */
void pvg_table_forget(struct pvg_gpu *gpu, struct pvg_space space, uint32_t ref);
void pvg_table_forget_space(struct pvg_gpu *gpu, struct pvg_space space);

/* Drops what uses guest RAM in [@gpa, @gpa + @size) in place. */
void pvg_table_forget_ram(struct pvg_gpu *gpu, uint64_t gpa, uint64_t size);

/* Surface images are shared by all textures over the surface. */
void pvg_table_forget_surface(struct pvg_gpu *gpu, uint32_t id);
/* Takes @image; ends the one before. */
void pvg_table_keep_surface_image(struct pvg_gpu *gpu, uint32_t id, unsigned plane,
                                  struct pvg_image *image);
/* The image that shows plane @plane of surface @id, or NULL. */
struct pvg_image *pvg_table_surface_image(struct pvg_gpu *gpu, uint32_t id, unsigned plane);

/* The same, if it was made of just this surface. */
struct pvg_image *pvg_table_image_of_surface(struct pvg_gpu *gpu, const struct pvg_surface *surface,
                                             unsigned plane);

/* Whether nothing of a surface has changed. */
bool pvg_surface_is_same(const struct pvg_surface *a, const struct pvg_surface *b);

/* A texture that is not a view of another, as the guest names it. */
struct pvg_table_texture {
    uint32_t task, ref;
    uint8_t type;
    uint32_t length;
    struct pvg_gva address;
    const uint8_t *descriptor;
    struct pvg_image *image;
};
void pvg_table_visit_textures(struct pvg_gpu *gpu,
                              void (*visit)(void *ctx, const struct pvg_table_texture *texture),
                              void *ctx);

/* Adds all images that hold what guest memory does not to @images. */
void pvg_table_owing(struct pvg_gpu *gpu, GPtrArray *images);

void pvg_tables_init(struct pvg_gpu *gpu);
void pvg_tables_finish(struct pvg_gpu *gpu);

#endif
