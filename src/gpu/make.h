/* SPDX-License-Identifier: MIT */
/* From a descriptor to a host object. Engine thread. */
#ifndef PVG_GPU_MAKE_H
#define PVG_GPU_MAKE_H

#include "gpu/gpu.h"

struct pvg_making {
    struct pvg_gpu *gpu;
    struct pvg_submission *submission;
    const struct pvg_object *object;
    unsigned depth;                  /* of what is made of others */
    struct pvg_cursor before_record; /* what the kernel wrote in front of the record */

    struct pvg_gpu_object *made;    /* a reference; NULL: could not be made */
    struct pvg_gpu_object *made_of; /* a reference: what it looks at, if that is another object */
};

/* Fills in the last two, also when it refuses. */
PVG_NODISCARD enum pvg_refusal pvg_make(struct pvg_making *m);

#endif
