/* SPDX-License-Identifier: MIT */
/* Device feature sets that translator tests ask for. */
#ifndef PVG_TESTS_SHADER_DEVICES_H
#define PVG_TESTS_SHADER_DEVICES_H

#include "shader/translate.h"

/* lavapipe of Mesa 22.3: the machine that tests run on. */
#define LAVAPIPE                                                                                   \
    (PVG_SHADER_FEATURE(CPU) | PVG_SHADER_FEATURE(INT8) | PVG_SHADER_FEATURE(INT16) |              \
     PVG_SHADER_FEATURE(INT64) | PVG_SHADER_FEATURE(FLOAT16) | PVG_SHADER_FEATURE(STORAGE8) |      \
     PVG_SHADER_FEATURE(STORAGE16) | PVG_SHADER_FEATURE(WRITE_WITHOUT_FORMAT) |                    \
     PVG_SHADER_FEATURE(GATHER_EXTENDED) | PVG_SHADER_FEATURE(CUBE_ARRAY) |                        \
     PVG_SHADER_FEATURE(SUBGROUP_VOTE) | PVG_SHADER_FEATURE(SUBGROUP_BALLOT) |                     \
     PVG_SHADER_FEATURE(SUBGROUP_ARITHMETIC) | PVG_SHADER_FEATURE(SUBGROUP_SHUFFLE) |              \
     PVG_SHADER_FEATURE(SUBGROUP_QUAD) | PVG_SHADER_FEATURE(OUTPUT_LAYER) |                        \
     PVG_SHADER_FEATURE(OUTPUT_VIEWPORT) | PVG_SHADER_FEATURE(CLIP_DISTANCE) |                     \
     PVG_SHADER_FEATURE(DRAW_PARAMETERS) | PVG_SHADER_FEATURE(GEOMETRY) |                          \
     PVG_SHADER_FEATURE(SAMPLE_SHADING) | PVG_SHADER_FEATURE(DUAL_SOURCE) |                        \
     PVG_SHADER_FEATURE(STENCIL_EXPORT) | PVG_SHADER_FEATURE(TESSELLATION) |                       \
     PVG_SHADER_FEATURE(COLOUR_INPUT) | PVG_SHADER_FEATURE(MULTIVIEW) |                            \
     PVG_SHADER_FEATURE(ROUND_NEAREST_16) | PVG_SHADER_FEATURE(PRESERVE_NAN_32))

/* Everything, on a GPU. */
#define EVERYTHING                                                                                 \
    (((UINT64_C(1) << PVG_SHADER_FEATURE_COUNT) - 1) &                                            \
     ~PVG_SHADER_FEATURE(CPU))

#endif
