/* SPDX-License-Identifier: MIT */
/* Runs translated functions on a Vulkan device, the simplest way: for pvg-air run, and for tests
 * and the oracle to compare with. Everything is made and unmade by each call; one thread. */
#ifndef PVG_TOOLS_RUNNER_H
#define PVG_TOOLS_RUNNER_H

#include "shader/translate.h"
#include "vulkan/device.h"

#define RUNNER_TEXTURES 32
#define RUNNER_SLOTS    16 /* of each heap: what options->heap_slots has to be */
#define RUNNER_SIDE     16 /* pixels of a draw's target */

struct runner;

/* @gpu as in struct pvg_vk_options. NULL with @error. */
struct runner *runner_create(const char *gpu, struct pvg_error *error);
void runner_destroy(struct runner *runner);
PVG_DEFINE_AUTO(runner)

/* PVG_SHADER_FEATURE() of the device. */
uint64_t runner_features(const struct runner *runner);
/* "llvmpipe (LLVM 15.0.6, 256 bits)" */
const char *runner_device_name(const struct runner *runner);
/* Lanes of a subgroup. */
uint32_t runner_subgroup_size(const struct runner *runner);

/* A buffer argument. Its bytes go to the device and come back. NULL bytes: a null descriptor. */
struct runner_buffer {
    void *bytes;
    size_t size;   /* of the Vulkan buffer, rounded up to 4 */
    size_t offset; /* bound offset, bytes */
    size_t range;  /* bytes bound from there; 0: the rest */
};

/* A texture of texels with four 32-bit components, or, as texel buffer, of one u32 each. They go to
 * the device and come back. The dimension is that of the function's argument; heap textures are
 * 2D. */
struct runner_texture {
    void *texels;
    uint32_t width, height, layers; /* layers: of arrays, faces of cubes, depth of 3D; 0 is 1 */
    uint8_t component_class;        /* of heap textures: enum pvg_component_class; 0: float */
};

/* Every bound sampler. Zeros: nearest, clamp to edge, no comparison. */
struct runner_sampler {
    bool linear, repeat;
    VkCompareOp compare; /* of comparing ones */
};

/* What a number in memory chooses: slot i of the heaps. Slot 0 and the last stay empty. */
struct runner_slot {
    struct runner_buffer buffer;
    struct runner_texture texture;
};

struct runner_dispatch {
    const struct pvg_translation *kernel;
    uint32_t groups[3], local[3];
    uint32_t first_group[3], nominal[3], grid[3], grid_groups[3]; /* zeros: derived */
    uint32_t threadgroup_bytes[PVG_SHADER_BUFFERS];
    struct runner_buffer buffers[PVG_SHADER_BUFFERS];
    struct runner_texture textures[RUNNER_TEXTURES];
    struct runner_sampler sampler;
    struct runner_slot slots[RUNNER_SLOTS];
};

/* Runs the kernel to its end. False with @error. */
bool runner_dispatch(struct runner *runner, struct runner_dispatch *dispatch,
                     struct pvg_error *error);

/* A draw of triangles into a square RGBA8 target with Metal's orientation. */
struct runner_draw {
    const struct pvg_translation *object; /* before a mesh function, or NULL */
    const struct pvg_translation *vertex; /* or mesh function */
    const struct pvg_translation *fragment;
    uint32_t vertex_count; /* or threadgroups of the object or mesh function */
    uint32_t local[3];     /* of object and mesh functions; zeros: 1 */
    uint32_t threadgroup_bytes[PVG_SHADER_BUFFERS]; /* the same */
    void *vertices;                                 /* interleaved 32-bit components, or NULL */
    size_t vertices_size;
    uint32_t stride, attribute_offset[PVG_SHADER_ATTRIBUTES];
    struct runner_buffer buffers[3][PVG_SHADER_BUFFERS]; /* vertex's, fragment's, object's */
    uint8_t texel[4];                                    /* every texel of every texture, RGBA8 */
    struct runner_slot slots[RUNNER_SLOTS];
    uint8_t clear[4];                              /* the target before */
    uint8_t pixels[RUNNER_SIDE * RUNNER_SIDE * 4]; /* out */
};

bool runner_draw(struct runner *runner, struct runner_draw *draw, struct pvg_error *error);

/* Whether the device makes a pipeline of a kernel; of a vertex, evaluation or mesh function and, if
 * not NULL, a fragment function; of an object function and the mesh function behind it. */
bool runner_makes_compute(struct runner *runner, const struct pvg_translation *kernel,
                          struct pvg_error *error);
bool runner_makes_graphics(struct runner *runner, const struct pvg_translation *object,
                           const struct pvg_translation *vertex,
                           const struct pvg_translation *fragment, struct pvg_error *error);

#endif
