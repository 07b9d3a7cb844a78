/* SPDX-License-Identifier: MIT */
/* One small picture, BGRA8 unless a scene says otherwise, compared with what arithmetic says. The
 * vertex function passes a float4 attribute through; the fragment function returns the float4
 * constant bound at buffer 0. Device coordinates: y points up, so row 0 is y = 1. */
#ifndef PVG_TESTS_RENDER_PICTURE_H
#define PVG_TESTS_RENDER_PICTURE_H

#include "stage.h"

#define SIDE 16

struct scene {
    struct stage *stage;
    uint32_t vertex, fragment, pipeline;
    struct kit_texture target;
    struct kit_buffer vertices, colours, indices;
    struct pvg_wire_render_pass pass;
};

/* A target, its pipeline, a triangle that covers it (`scene_whole`) and orange to draw it with. */
struct scene scene_begin(struct stage *stage);
extern const float scene_whole[12];
extern const double orange[4], black[4];

void scene_functions(struct scene *s);
struct kit_render_pipeline pipeline_of(const struct scene *s, const struct kit_color *color);
/* Another target, cleared and stored. */
void target_of(struct scene *s, const struct pvg_wire_texture_body *body, unsigned bytes);

/* ---- Records ---- */

void bind(struct scene *s, bool fragment, uint32_t object, uint64_t offset);
/* The pass, its pipeline and the buffers. */
struct pvg_writer *pass_begin(struct scene *s);
/* Ends the segment; pass_end also runs the stream. */
void pass_close(struct scene *s);
void pass_end(struct scene *s);
void draw(struct pvg_writer *w, uint32_t primitive, uint32_t start, uint32_t count);
void draw_whole(struct pvg_writer *w);

/* Device coordinates of a texel's centre. */
float device_x(unsigned x);
float device_y(unsigned y);

/* ---- Pictures ---- */

/* Compares the picture with @inside where @drawn says so and @outside elsewhere. */
void expect_picture(struct scene *s, bool (*drawn)(unsigned x, unsigned y), const double inside[4],
                    const double outside[4]);
bool everywhere(unsigned x, unsigned y);
bool nowhere(unsigned x, unsigned y);

#endif
