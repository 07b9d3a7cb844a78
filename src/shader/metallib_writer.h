/* SPDX-License-Identifier: MIT */
/* Writes MTLB containers, for the guest kit, pvg-metallib and tests. Spec: 70-air 2.9. */
#ifndef PVG_SHADER_METALLIB_WRITER_H
#define PVG_SHADER_METALLIB_WRITER_H

#include <glib.h>

#include "shader/metallib.h"

/* A vertex attribute as the container tells the guest's own tools (70-air 2.5, VATT and VATY). */
struct pvg_metallib_attribute {
    const char *name;
    uint16_t index;
    uint8_t data_type; /* MTLDataType */
};

struct pvg_metallib_source {
    struct pvg_metallib_function function;           /* its bitcode may be wrapped or raw */
    const struct pvg_metallib_attribute *attributes; /* may be NULL */
    uint16_t attribute_count;
};

/* A container in the style of Apple's archive tool. The caller unrefs it. Our own data goes in, so
 * there is no way to fail: @count is 1 to PVG_METALLIB_MAX_FUNCTIONS, names are short. */
GByteArray *pvg_metallib_write(const struct pvg_metallib_source *sources, uint32_t count);

#endif
