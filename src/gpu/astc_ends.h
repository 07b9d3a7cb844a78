/* SPDX-License-Identifier: MIT */
/* Endpoints of an ASTC partition: the two colours that its texels lie between. The format is
 * Khronos' Data Format Specification, chapter ASTC, sections LDR and HDR endpoint decoding. */
#ifndef PVG_GPU_ASTC_ENDS_H
#define PVG_GPU_ASTC_ENDS_H

#include <stdbool.h>

struct pvg_astc_ends {
    int at[2][4]; /* eight bits, or twelve where high */
    bool high, high_alpha;
};

/* Of endpoint mode @mode, 0 to 15, from its values, 0 to 255 each: at least eight are there. They
 * are spoilt. */
struct pvg_astc_ends pvg_astc_ends_of(unsigned mode, int *v);

#endif
