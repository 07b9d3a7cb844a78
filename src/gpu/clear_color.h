/* SPDX-License-Identifier: MIT */
/* Clear colours come as four doubles in the linear space of the format. Spec: 40-render 3.7 rule 6.
 */
#ifndef PVG_GPU_CLEAR_COLOR_H
#define PVG_GPU_CLEAR_COLOR_H

#include "gpu/pixel_format.h"

/* Integers saturate; what is not a number is 0. */
VkClearColorValue pvg_clear_color(const struct pvg_pixel_format *format, const double rgba[4]);

#endif
