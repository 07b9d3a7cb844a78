/* SPDX-License-Identifier: MIT */
/* Runs translated kernels on a Vulkan device, and makes pipelines of any stage: what tests and the
 * oracle compare with. One device, one thread; everything is made and destroyed by each call. */
#ifndef PVG_TESTS_SHADER_RUNNER_H
#define PVG_TESTS_SHADER_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shader/translate.h"

struct runner;

/* A buffer argument. Its bytes go to the device and come back. */
struct runner_buffer {
    void *bytes;
    size_t size;     /* of the Vulkan buffer and of the bound range, rounded up to 4 */
    size_t offset;   /* bound offset, bytes */
    size_t range;    /* bytes bound from there; 0: the rest */
};

/* A texture of 32-bit float RGBA texels, or of u32 texels for texel buffers. */
struct runner_texture {
    void *texels;    /* go to the device and come back */
    uint32_t width, height, layers; /* texel buffers: width texels */
};

struct runner_dispatch {
    const struct pvg_translation *kernel;
    uint32_t groups[3], local[3];
    uint32_t first_group[3], nominal[3], grid[3], grid_groups[3]; /* zeros: derived */
    uint32_t threadgroup_bytes[PVG_SHADER_BUFFERS];
    struct runner_buffer buffers[PVG_SHADER_BUFFERS];
    struct runner_texture textures[8];
};

/* NULL and @why when there is no usable Vulkan device. */
struct runner *runner_create(char *why, size_t size);
void runner_destroy(struct runner *runner);

/* PVG_SHADER_FEATURE() of the device. */
uint64_t runner_features(const struct runner *runner);

/* Runs the kernel to its end. False and @why when Vulkan refuses. */
bool runner_dispatch(struct runner *runner, struct runner_dispatch *dispatch, char *why,
                     size_t size);

#define RUNNER_SIDE 16 /* pixels */

/* A draw of triangles into a square RGBA8 target, cleared to zero, with Metal's orientation. */
struct runner_draw {
    const struct pvg_translation *vertex, *fragment;
    uint32_t vertex_count;
    void *vertices;             /* interleaved 32-bit components, or NULL */
    size_t vertices_size;
    uint32_t stride, attribute_offset[PVG_SHADER_ATTRIBUTES];
    struct runner_buffer buffers[2][PVG_SHADER_BUFFERS]; /* vertex's, fragment's */
    uint8_t texel[4];           /* every texel of every texture, RGBA8 */
    uint8_t pixels[RUNNER_SIDE * RUNNER_SIDE * 4]; /* out */
};

bool runner_draw(struct runner *runner, struct runner_draw *draw, char *why, size_t size);

/* Whether the device makes a pipeline of a kernel, or of a vertex and, if not NULL, a fragment
 * function. */
bool runner_makes_compute(struct runner *runner, const struct pvg_translation *kernel, char *why,
                          size_t size);
bool runner_makes_graphics(struct runner *runner, const struct pvg_translation *vertex,
                           const struct pvg_translation *fragment, char *why, size_t size);

#endif
