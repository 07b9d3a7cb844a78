/* SPDX-License-Identifier: MIT */
/* What the CPU computes for each picture of the demo, as the shaders read it: the same structures
 * stand in shaders.cl. */
#ifndef DEMO_DATA_H
#define DEMO_DATA_H

#include <stdint.h>

#include "demo/vector.h"

#define SCENE_CUBES     9
#define SCENE_BALLS     6
#define SCENE_PARTICLES 4096
#define SCENE_GLYPHS    512

struct frame {
    struct mat4 view_projection;
    float eye[4], light[4];
    float width, height, seconds, step;
};

struct instance {
    struct mat4 model;
    float tint[4];
};

struct glyph {
    float x, y, width, height;
    float color[4];
    uint32_t cell, spare[3];
};

struct scene_data {
    struct frame frame;
    struct instance ground, knot, cubes[SCENE_CUBES], balls[SCENE_BALLS];
    struct glyph glyphs[SCENE_GLYPHS];
    float bar[4][4], bar_color[4]; /* corners and colour of what Apple's shaders draw */
    uint32_t particle_count;
};

/* The picture of @seconds, @step seconds after the one before. Returns how many glyphs @text has.
 */
unsigned scene_data_compute(struct scene_data *data, uint32_t width, uint32_t height, float seconds,
                            float step, const char *text);

/* The particles at the beginning: all are at their end, each with another moment of birth. */
void scene_particle(unsigned index, float particle[8]);

#endif
