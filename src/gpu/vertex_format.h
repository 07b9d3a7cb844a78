/* SPDX-License-Identifier: MIT */
/* Metal's vertex and attribute formats. Spec: 60-formats 5. */
#ifndef PVG_GPU_VERTEX_FORMAT_H
#define PVG_GPU_VERTEX_FORMAT_H

#include "gpu/pixel_format.h"

struct pvg_vertex_format {
    uint8_t bytes, components;
    uint8_t numeric; /* enum pvg_numeric: of the format, which decides the shader input's class */
    VkFormat vk;     /* VK_FORMAT_UNDEFINED: no such format */
    const char *name;
};

/* NULL for a number that is no format, 0 among them. */
const struct pvg_vertex_format *pvg_vertex_format_find(uint32_t ordinal);

#endif
