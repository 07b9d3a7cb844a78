/* SPDX-License-Identifier: MIT */
/* Looks at a texture in chosen points: each point, four floats, is one column of a picture that a
 * fragment function of samples.cl draws, or one thread of a kernel; what it saw comes back as four
 * floats, exactly as the shader had them. */
#ifndef PVG_TESTS_RENDER_PROBE_H
#define PVG_TESTS_RENDER_PROBE_H

#include "stage.h"

#define PROBE_POINTS 64

struct probe {
    struct stage *stage;
    struct kit_texture target, integers; /* columns of floats, and of unsigned integers */
    struct kit_buffer points, results;
    uint32_t vertex;
    float point[PROBE_POINTS][4];
    unsigned count;

    /* What is bound; numbers of objects, 0: nothing. */
    uint32_t texture, sampler;
    uint32_t depends; /* another object the texture is made of, for the resource table */
    bool clamped;
    float lod_min, lod_max;

    float got[PROBE_POINTS][4];
    uint32_t words[PROBE_POINTS][4]; /* the same bits, for functions that see integers */
};

void probe_begin(struct probe *probe, struct stage *stage);

/* Adds a point. */
void probe_at(struct probe *probe, float x, float y, float z, float w);

/* Has every point seen by the fragment function "draw_@name"; @integers: it returns integers. */
void probe_draw(struct probe *probe, const char *name, bool integers);

/* Has every point seen by the kernel "run_@name". */
void probe_run(struct probe *probe, const char *name);

/* Point @i saw @want, within @tolerance. */
void probe_expect(const struct probe *probe, unsigned i, const float want[4], float tolerance);
#define probe_sees(probe, i, tolerance, ...)                                                       \
    probe_expect(probe, i, (const float[4]){__VA_ARGS__}, tolerance)

/* A texture of @type whose texels say where they are: (x, y, layer or z, level), as halves. Levels
 * go down to one texel if @mipped. */
struct kit_texture probe_texture(struct stage *stage, enum pvg_wire_texture_type type,
                                 uint32_t width, uint32_t height, uint32_t depth, uint32_t layers,
                                 bool mipped);

/* Nearest, not mipmapped, clamping to edges. */
struct pvg_wire_sampler probe_sampler(void);

#endif
