/* SPDX-License-Identifier: MIT */
/* Where a module lists its entry points. Spec: 70-air 4.3, 5.1. */
#ifndef PVG_TOOLS_STAGES_H
#define PVG_TOOLS_STAGES_H

#include <llvm-c/Core.h>

#include "shader/metallib.h"

static const struct {
    const char *list;
    enum pvg_metallib_type type;
} air_stages[] = {
    {"air.vertex", PVG_METALLIB_VERTEX}, {"air.fragment", PVG_METALLIB_FRAGMENT},
    {"air.kernel", PVG_METALLIB_KERNEL}, {"air.mesh", PVG_METALLIB_MESH},
    {"air.object", PVG_METALLIB_OBJECT},
};

/* An entry's node names its function first; NULL when it does not. */
LLVMValueRef air_stage_function(LLVMValueRef node);

#endif
