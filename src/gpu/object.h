/* SPDX-License-Identifier: MIT */
/* What all host objects of a guest's objects share: a kind and a count.
 *
 * A guest's number for an object and the object live apart: the number goes when the guest deletes
 * it, the object when the last table, bind and batch in flight have let go of it. */
#ifndef PVG_GPU_OBJECT_H
#define PVG_GPU_OBJECT_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/refusal.h"
#include "vulkan/queue.h"

enum pvg_gpu_object_kind {
    PVG_GPU_BUFFER,
    PVG_GPU_IMAGE,
    PVG_GPU_TEXTURE,
    PVG_GPU_SAMPLER,
    PVG_GPU_DEPTH_STENCIL,
    PVG_GPU_FUNCTION,
    PVG_GPU_COMPUTE_PIPELINE,
    PVG_GPU_RENDER_PIPELINE,
    PVG_GPU_FENCE,
};

struct pvg_gpu_object {
    enum pvg_gpu_object_kind kind;
    atomic_int references;
    void (*destroy)(struct pvg_gpu_object *object); /* any thread; the GPU is done with it */
    uint64_t held_by; /* serial of the last batch that holds it; engine thread */
};

static inline void pvg_gpu_object_init(struct pvg_gpu_object *object, enum pvg_gpu_object_kind kind,
                                       void (*destroy)(struct pvg_gpu_object *object))
{
    *object = (struct pvg_gpu_object){.kind = kind, .destroy = destroy};
    atomic_init(&object->references, 1);
}

static inline void *pvg_gpu_object_ref(struct pvg_gpu_object *object)
{
    atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
    return object;
}

/* NULL is allowed. Any thread. */
static inline void pvg_gpu_object_unref(struct pvg_gpu_object *object)
{
    /* Release: what this thread did with it comes before the end; acquire: the end sees it all. */
    if (object && atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) == 1) {
        object->destroy(object);
    }
}

static inline void pvg_gpu_object_release(void *object)
{
    pvg_gpu_object_unref(object);
}

/* Keeps @object until @batch has finished. Engine thread. */
static inline void pvg_gpu_object_hold(struct pvg_gpu_object *object, struct pvg_vk_batch *batch)
{
    if (object->held_by != batch->serial) {
        object->held_by = batch->serial;
        pvg_vk_batch_keep(batch, pvg_gpu_object_release, pvg_gpu_object_ref(object));
    }
}

#endif
