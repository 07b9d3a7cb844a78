/* SPDX-License-Identifier: MIT */
/* Decodes depth-stencil states. */
#include "gpu/depth_stencil.h"

#include "gpu/metal.h"

static void depth_stencil_destroy(struct pvg_gpu_object *object)
{
    g_free(object);
}

/* All ordinals are three bits wide, and all three-bit values are defined. */
static VkStencilOpState face(const struct pvg_wire_stencil_face *rec)
{
    return (VkStencilOpState){
        .failOp = pvg_metal_stencil_operation(rec->fail),
        .passOp = pvg_metal_stencil_operation(rec->pass),
        .depthFailOp = pvg_metal_stencil_operation(rec->depth_fail),
        .compareOp = pvg_metal_compare(rec->compare),
        .compareMask = rec->read_mask,
        .writeMask = rec->write_mask,
    };
}

static bool does_nothing(const struct pvg_wire_stencil_face *rec)
{
    return rec->compare == PVG_WIRE_COMPARE_ALWAYS &&
           rec->fail == PVG_WIRE_STENCIL_OPERATION_KEEP &&
           rec->depth_fail == PVG_WIRE_STENCIL_OPERATION_KEEP &&
           rec->pass == PVG_WIRE_STENCIL_OPERATION_KEEP;
}

enum pvg_refusal pvg_depth_stencil_create(const struct pvg_wire_depth_stencil *rec,
                                          struct pvg_depth_stencil **out)
{
    struct pvg_depth_stencil *state = g_new0(struct pvg_depth_stencil, 1);

    pvg_gpu_object_init(&state->base, PVG_GPU_DEPTH_STENCIL, depth_stencil_destroy);
    state->depth_write = rec->depth_write;
    state->depth_compare = pvg_metal_compare(rec->depth_compare);
    state->stencil = !does_nothing(&rec->front) || !does_nothing(&rec->back);
    state->front = face(&rec->front);
    state->back = face(&rec->back);
    *out = state;
    return PVG_ACCEPTED;
}
