/* SPDX-License-Identifier: MIT */
/* Draws and dispatches probes. */
#include "probe.h"

#include <math.h>

#include "gpu/texel.h"

#define ROWS 2 /* derivatives need whole quads */

void probe_begin(struct probe *probe, struct stage *stage)
{
    const struct pvg_wire_texture_body floats = stage_texture_2d(125, PROBE_POINTS, ROWS);
    const struct pvg_wire_texture_body integers = stage_texture_2d(123, PROBE_POINTS, ROWS);

    *probe = (struct probe){.stage = stage};
    kit_texture_create(&stage->kit, &stage->task, &probe->target, &floats, 16);
    kit_texture_create(&stage->kit, &stage->task, &probe->integers, &integers, 16);
    kit_buffer_create(&stage->kit, &stage->task, &probe->points, sizeof(probe->point));
    kit_buffer_create(&stage->kit, &stage->task, &probe->results, sizeof(probe->got));
    probe->vertex = stage_shader(stage, "cover");
}

void probe_at(struct probe *probe, float x, float y, float z, float w)
{
    const float point[4] = {x, y, z, w};

    assert_true(probe->count < PROBE_POINTS);
    memcpy(probe->point[probe->count++], point, sizeof(point));
}

static void bind(struct probe *probe, enum stage_at at)
{
    struct stage *stage = probe->stage;

    stage_bind_buffer(stage, at, 0, probe->points.object, 0);
    stage_bind_texture(stage, at, 0, probe->texture);
    if (probe->clamped) {
        stage_bind_sampler_clamped(stage, at, 0, probe->sampler, probe->lod_min, probe->lod_max);
    } else {
        stage_bind_sampler(stage, at, 0, probe->sampler);
    }
}

static void run(struct probe *probe, uint32_t result)
{
    kit_segment_end(&probe->stage->stream);
    stage_run_with(probe->stage, result, probe->points.object,
                   probe->depends   ? probe->depends
                   : probe->texture ? probe->texture
                                    : result);
}

void probe_draw(struct probe *probe, const char *name, bool integers)
{
    struct stage *stage = probe->stage;
    const struct kit_texture *target = integers ? &probe->integers : &probe->target;
    g_autofree char *entry = g_strconcat("draw_", name, NULL);
    const struct kit_color color = {.format = integers ? 123 : 125};
    const struct kit_render_pipeline pipeline = {
        .vertex_function = probe->vertex,
        .fragment_function = stage_shader(stage, entry),
        .colors = &color,
        .color_count = 1,
    };
    const struct pvg_wire_render_pass pass = {
        .color[0].to = {.texture = target->object,
                        .load = PVG_WIRE_LOAD_ACTION_CLEAR,
                        .store = PVG_WIRE_STORE_ACTION_STORE},
    };
    const uint32_t object = kit_render_pipeline_create(&stage->kit, &stage->task, &pipeline);

    stage_write(stage, &probe->points, 0, probe->point, sizeof(probe->point));
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(&stage->stream.w, &pass);
    pvg_wire_set_render_pipeline_encode(&stage->stream.w, &(struct pvg_wire_set_pipeline){object});
    bind(probe, AT_FRAGMENT);
    pvg_wire_draw_encode(&stage->stream.w,
                         &(struct pvg_wire_draw){.primitive = PVG_WIRE_PRIMITIVE_TRIANGLE,
                                                 .count = 3,
                                                 .instance_count = 1});
    run(probe, target->object);
    stage_texture_read(stage, target, 0, 0, 1, sizeof(probe->got), probe->words);
    memcpy(probe->got, probe->words, sizeof(probe->got));
}

void probe_run(struct probe *probe, const char *name)
{
    struct stage *stage = probe->stage;
    g_autofree char *entry = g_strconcat("run_", name, NULL);
    const uint32_t pipeline =
        kit_compute_pipeline_create(&stage->kit, &stage->task, stage_shader(stage, entry));

    stage_write(stage, &probe->points, 0, probe->point, sizeof(probe->point));
    stage_fill(stage, &probe->results, 0xff);
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    pvg_wire_set_compute_pipeline_encode(&stage->stream.w,
                                         &(struct pvg_wire_set_pipeline){pipeline});
    bind(probe, AT_KERNEL);
    stage_bind_buffer(stage, AT_KERNEL, 1, probe->results.object, 0);
    pvg_wire_dispatch_threads_encode(
        &stage->stream.w,
        &(struct pvg_wire_dispatch){.grid = {PROBE_POINTS, 1, 1}, .group = {16, 1, 1}});
    run(probe, probe->results.object);
    stage_read(stage, &probe->results, 0, probe->words, sizeof(probe->words));
    memcpy(probe->got, probe->words, sizeof(probe->got));
}

void probe_expect(const struct probe *probe, unsigned i, const float want[4], float tolerance)
{
    const float *got = probe->got[i], *at = probe->point[i];

    for (unsigned c = 0; c < 4; c++) {
        if (!(fabsf(got[c] - want[c]) <= tolerance)) {
            fail_msg("point %u (%g %g %g %g) saw %g %g %g %g, not %g %g %g %g", i, at[0], at[1],
                     at[2], at[3], got[0], got[1], got[2], got[3], want[0], want[1], want[2],
                     want[3]);
        }
    }
}

static unsigned halved(unsigned extent, unsigned times)
{
    return MAX(extent >> times, 1u);
}

struct kit_texture probe_texture(struct stage *stage, enum pvg_wire_texture_type type,
                                 uint32_t width, uint32_t height, uint32_t depth, uint32_t layers,
                                 bool mipped)
{
    const bool cube =
        type == PVG_WIRE_TEXTURE_TYPE_CUBE || type == PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY;
    struct pvg_wire_texture_body body = stage_texture_2d(115, width, height);
    struct kit_texture texture;

    body.type = type;
    body.depth = depth;
    body.array_length = layers;
    if (mipped) {
        body.levels = 32 - (unsigned)__builtin_clz(MAX(MAX(width, height), depth));
    }
    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 8);
    for (unsigned level = 0; level < texture.levels; level++) {
        const unsigned w = halved(width, level), h = halved(height, level);
        const unsigned pieces = halved(depth, level) * layers * (cube ? 6 : 1);

        for (unsigned piece = 0; piece < pieces; piece++) {
            g_autofree uint16_t *texels = g_new0(uint16_t, 4 * w * h);

            for (unsigned i = 0; i < w * h; i++) {
                texels[4 * i + 0] = pvg_half_from_float((float)(i % w));
                texels[4 * i + 1] = pvg_half_from_float((float)(i / w));
                texels[4 * i + 2] = pvg_half_from_float((float)piece);
                texels[4 * i + 3] = pvg_half_from_float((float)level);
            }
            stage_texture_write(stage, &texture, level, piece, h, w * 8, texels);
        }
    }
    return texture;
}

struct pvg_wire_sampler probe_sampler(void)
{
    return (struct pvg_wire_sampler){.normalized = true, .lod_max = INFINITY};
}
