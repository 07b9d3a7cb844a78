/* SPDX-License-Identifier: MIT */
/* Textures that only the GPU has, in a saved machine: those without bytes in guest memory, such as
 * textures of heaps. They are saved by what the guest calls them and by their descriptor, and found
 * again by both when the restored guest first uses them. */
#ifndef PVG_GPU_SAVED_TEXTURES_H
#define PVG_GPU_SAVED_TEXTURES_H

#include "base/section.h"
#include "gpu/gpu.h"
#include "gpu/image.h"
#include "memory/object.h"

/* One texture's texels, level by level, aspect by aspect, layer by layer, as the host has them. */
struct pvg_saved_texels {
    size_t size;
    uint8_t bytes[];
};

/* gpu->saved's life. */
void pvg_saved_textures_finish(struct pvg_gpu *gpu);
void pvg_saved_textures_init(struct pvg_gpu *gpu);

/* Control thread, GPU idle. Multisampled textures have no form to be saved in: they are lost, and
 * counted as gpu.textures-not-saved. */
void pvg_saved_textures_save(struct pvg_gpu *gpu, struct pvg_saver *saver);
PVG_NODISCARD enum pvg_refusal pvg_saved_textures_restore(struct pvg_gpu *gpu,
                                                          struct pvg_cursor *from);

/* What was saved of @object of task @task, taken out; NULL: nothing. g_free it. Engine thread. */
struct pvg_saved_texels *pvg_saved_textures_take(struct pvg_gpu *gpu, uint32_t task,
                                                 const struct pvg_object *object);

/* Records all of @image from @texels to batch->before; false when they are not of its size, or
 * memory is exhausted. */
PVG_NODISCARD bool pvg_saved_texels_upload(const struct pvg_saved_texels *texels,
                                           struct pvg_image *image, struct pvg_vk_batch *batch);

#endif
