/* SPDX-License-Identifier: MIT */
/* The scene of the demo, over the guest kit: what the GPU is told once, and for each picture.
 *
 * A picture is one submission: a kernel moves the particles, then a multisampled pass with a depth
 * buffer draws background, ground, knot, cubes, balls, particles and text, and is resolved to an
 * IOSurface. Three pictures can be on their way at a time. */
#ifndef DEMO_SCENE_H
#define DEMO_SCENE_H

#include <stdint.h>

#include "demo/code.h"
#include "demo/mesh.h"
#include "kit/kit.h"
#include "kit/object.h"
#include "kit/stream.h"
#include "kit/surface.h"

#define SCENE_FRAMES 3
#define SCENE_DRAWS  7 /* a picture; 8 with a shader of Apple's */

struct scene_frame {
    struct kit_surface surface;
    uint32_t target; /* the texture over it */
    uint32_t stamp;  /* of its newest picture on the exec channel */
};

struct scene {
    struct kit *kit;
    uint32_t width, height;
    struct kit_task task;
    struct kit_stream stream;
    struct scene_frame frames[SCENE_FRAMES];
    unsigned pictures; /* so far */

    struct meshes meshes;
    struct kit_buffer vertices, indices, particles;
    struct kit_buffer changing; /* a part for each frame on its way: struct scene_data */
    struct kit_texture samples, depth, tiles, plates, atlas;
    uint32_t smooth, sharp;            /* samplers */
    uint32_t tested, untested, unseen; /* depth: compared and written, only compared, neither */
    uint32_t sky, ground, solid, particle, text, move; /* pipelines */
    uint32_t apple; /* a pipeline whose shaders Apple's compiler made; 0: none */
};

/* Shaders that Apple's compiler made, and that take a float4 attribute and a float4 constant. */
struct scene_apple {
    struct demo_code vertex, fragment;
};

/* Makes everything for pictures of this size; what fails is told in the kit's failure. The kit has
 * been started. @apple may be NULL. */
void scene_start(struct scene *scene, struct kit *kit, uint32_t width, uint32_t height,
                 const struct scene_apple *apple);

/* Submits the picture of @seconds, @step seconds after the one before, with @text (lines) on it.
 * The surface it appears on is complete when the exec channel reaches its stamp. */
const struct scene_frame *scene_draw(struct scene *scene, float seconds, float step,
                                     const char *text);

#endif
