/* SPDX-License-Identifier: MIT */
/* Draws and compares the picture. */
#include "picture.h"

#include <math.h>

const float scene_whole[12] = {-1, -1, 0, 1, 3, -1, 0, 1, -1, 3, 0, 1};

void scene_functions(struct scene *s)
{
    s->vertex = stage_function(s->stage, "air/reims/render_stagein_vtx.mtlb", NULL);
    s->fragment = stage_function(s->stage, "air/reims/render_stagein_frag.mtlb", NULL);
}

struct kit_render_pipeline pipeline_of(const struct scene *s, const struct kit_color *color)
{
    static const struct kit_attribute attribute = {.format = PVG_WIRE_VERTEX_FORMAT_FLOAT4,
                                                   .buffer = 0};
    static const struct kit_layout layout = {.buffer = 0, .stride = 16};

    return (struct kit_render_pipeline){
        .vertex_function = s->vertex,
        .fragment_function = s->fragment,
        .colors = color,
        .color_count = 1,
        .attributes = &attribute,
        .attribute_count = 1,
        .layouts = &layout,
        .layout_count = 1,
    };
}

void target_of(struct scene *s, const struct pvg_wire_texture_body *body, unsigned bytes)
{
    kit_texture_create(&s->stage->kit, &s->stage->task, &s->target, body, bytes);
    s->pass.color[0].to = (struct pvg_wire_attachment){
        .texture = s->target.object,
        .load = PVG_WIRE_LOAD_ACTION_CLEAR,
        .store = PVG_WIRE_STORE_ACTION_STORE,
    };
}

struct scene scene_begin(struct stage *stage)
{
    const struct pvg_wire_texture_body body = stage_texture_2d(80, SIDE, SIDE);
    const struct kit_color color = {.format = 80};
    struct scene s = {.stage = stage};
    struct kit_render_pipeline pipeline;

    scene_functions(&s);
    pipeline = pipeline_of(&s, &color);
    s.pipeline = kit_render_pipeline_create(&stage->kit, &stage->task, &pipeline);
    target_of(&s, &body, 4);
    kit_buffer_create(&stage->kit, &stage->task, &s.vertices, 0x1000);
    kit_buffer_create(&stage->kit, &stage->task, &s.colours, 0x1000);
    kit_buffer_create(&stage->kit, &stage->task, &s.indices, 0x1000);
    stage_write(stage, &s.vertices, 0, scene_whole, sizeof(scene_whole));
    stage_write(stage, &s.colours, 0, (const float[]){1, 0.5f, 0.25f, 1}, 16);
    stage_write(stage, &s.colours, 16, (const float[]){0, 0, 1, 0.5f}, 16);
    return s;
}

/* ---- Records ---- */

void bind(struct scene *s, bool fragment, uint32_t object, uint64_t offset)
{
    uint8_t entry[12];
    struct pvg_writer w = pvg_writer_over(entry, sizeof(entry));
    const struct pvg_wire_set_buffers rec = {.first = 0, .count = 1, .binds = {entry, 1}};

    pvg_put_u32(&w, object);
    pvg_put_u64(&w, offset);
    if (fragment) {
        pvg_wire_set_fragment_buffers_encode(&s->stage->stream.w, &rec);
    } else {
        pvg_wire_set_vertex_buffers_encode(&s->stage->stream.w, &rec);
    }
}

struct pvg_writer *pass_begin(struct scene *s)
{
    struct pvg_writer *w = &s->stage->stream.w;

    kit_segment_begin(&s->stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(w, &s->pass);
    pvg_wire_set_render_pipeline_encode(w, &(struct pvg_wire_set_pipeline){s->pipeline});
    bind(s, false, s->vertices.object, 0);
    bind(s, true, s->colours.object, 0);
    return w;
}

void pass_close(struct scene *s)
{
    kit_segment_end(&s->stage->stream);
}

void pass_end(struct scene *s)
{
    pass_close(s);
    stage_run_with(s->stage, s->target.object, s->vertices.object, s->colours.object,
                   s->indices.object, s->pipeline);
}

float device_x(unsigned x)
{
    return ((float)x + 0.5f) / SIDE * 2 - 1;
}

float device_y(unsigned y)
{
    return 1 - ((float)y + 0.5f) / SIDE * 2;
}

void draw(struct pvg_writer *w, uint32_t primitive, uint32_t start, uint32_t count)
{
    pvg_wire_draw_encode(
        w, &(struct pvg_wire_draw){
               .primitive = primitive, .start = start, .count = count, .instance_count = 1});
}

void draw_whole(struct pvg_writer *w)
{
    draw(w, PVG_WIRE_PRIMITIVE_TRIANGLE, 0, 3);
}

/* ---- Pictures ---- */

static uint8_t unorm(double v)
{
    return (uint8_t)(fmin(fmax(v, 0), 1) * 255 + 0.5);
}

/* Whether a texel is the colour, within one step of each channel. */
static bool is_near(const uint8_t *bgra, const double rgba[4])
{
    const uint8_t want[4] = {unorm(rgba[2]), unorm(rgba[1]), unorm(rgba[0]), unorm(rgba[3])};

    for (unsigned i = 0; i < 4; i++) {
        if (abs(bgra[i] - want[i]) > 1) {
            return false;
        }
    }
    return true;
}

void expect_picture(struct scene *s, bool (*drawn)(unsigned x, unsigned y), const double inside[4],
                    const double outside[4])
{
    uint8_t got[SIDE * SIDE * 4];

    stage_texture_read(s->stage, &s->target, 0, 0, SIDE, SIDE * 4, got);
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < SIDE; x++) {
            const uint8_t *texel = got + (y * SIDE + x) * 4;
            const double *want = drawn(x, y) ? inside : outside;

            if (!is_near(texel, want)) {
                fail_msg("texel (%u, %u) is b %u g %u r %u a %u, wanted r %g g %g b %g a %g", x, y,
                         texel[0], texel[1], texel[2], texel[3], want[0], want[1], want[2],
                         want[3]);
            }
        }
    }
}

bool everywhere(unsigned x, unsigned y)
{
    return true;
}

bool nowhere(unsigned x, unsigned y)
{
    return false;
}

const double orange[4] = {1, 0.5, 0.25, 1}, black[4] = {0, 0, 0, 0};
