/* SPDX-License-Identifier: MIT */
/* Object and mesh functions. Spec: 70-air 5.9, 8.10. */
#include "shader/translator/translator.h"

void mesh_begin(struct translator *t)
{
    need(t, PVG_SHADER_FEATURE_BIT_MESH, "an object or mesh function");
    refuse(t, PVG_TRANSLATE_UNSUPPORTED, "an object or mesh function");
}

void mesh_finish(struct translator *t)
{
    (void)t;
}

void mesh_declare(struct translator *t)
{
    (void)t;
}

const struct intrinsic mesh_intrinsics[] = {
    {0},
};
