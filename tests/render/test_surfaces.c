/* SPDX-License-Identifier: MIT */
/* Textures over the planes of IOSurfaces, as video has them: each plane sampled, copied and drawn
 * to, without a byte of the others. Spec: 60-formats 6.2; 21-surfaces-arm64 11. */
#include "probe.h"
#include "kit/surface.h"
#include "wire/formats.h"

#define WIDTH  24
#define HEIGHT 10
#define ROOM   8192 /* no surface here is larger */

struct format {
    enum pvg_wire_fourcc code;
    unsigned count;
    struct {
        uint16_t format; /* of its texture */
        uint32_t width, height;
        unsigned channels, bytes; /* a channel */
    } planes[KIT_PLANES];
};

static const struct format formats[] = {
    {PVG_WIRE_FOURCC_420V,
     2,
     {{PVG_WIRE_PIXEL_FORMAT_R8UNORM, WIDTH, HEIGHT, 1, 1},
      {PVG_WIRE_PIXEL_FORMAT_RG8UNORM, WIDTH / 2, HEIGHT / 2, 2, 1}}},
    {PVG_WIRE_FOURCC_422F,
     2,
     {{PVG_WIRE_PIXEL_FORMAT_R8UNORM, WIDTH, HEIGHT, 1, 1},
      {PVG_WIRE_PIXEL_FORMAT_RG8UNORM, WIDTH / 2, HEIGHT, 2, 1}}},
    {PVG_WIRE_FOURCC_X420,
     2,
     {{PVG_WIRE_PIXEL_FORMAT_R16UNORM, WIDTH, HEIGHT, 1, 2},
      {PVG_WIRE_PIXEL_FORMAT_RG16UNORM, WIDTH / 2, HEIGHT / 2, 2, 2}}},
    {PVG_WIRE_FOURCC_V0A8,
     3,
     {{PVG_WIRE_PIXEL_FORMAT_R8UNORM, WIDTH, HEIGHT, 1, 1},
      {PVG_WIRE_PIXEL_FORMAT_RG8UNORM, WIDTH / 2, HEIGHT / 2, 2, 1},
      {PVG_WIRE_PIXEL_FORMAT_R8UNORM, WIDTH, HEIGHT, 1, 1}}},
};

struct video {
    struct stage *stage;
    const struct format *format;
    struct kit_surface surface;
    uint32_t textures[KIT_PLANES];
    uint8_t bytes[ROOM]; /* what the surface should hold */
};

/* Every byte, those between rows and planes too, says where it is. */
static void video_make(struct video *v, struct stage *stage, const struct format *format)
{
    struct kit_plane planes[KIT_PLANES] = {0};

    *v = (struct video){.stage = stage, .format = format};
    for (unsigned i = 0; i < format->count; i++) {
        planes[i].width = format->planes[i].width;
        planes[i].height = format->planes[i].height;
        planes[i].bytes_per_element = format->planes[i].channels * format->planes[i].bytes;
    }
    kit_surface_create_planar(&stage->kit, &v->surface, format->code, planes, format->count);
    for (unsigned i = 0; i < ROOM; i++) {
        v->bytes[i] = (uint8_t)(i * 37 + (i >> 8));
    }
    kit_surface_write(&stage->kit, &v->surface, 0, v->bytes, MIN(v->surface.size, ROOM));
    for (unsigned i = 0; i < format->count; i++) {
        v->textures[i] = kit_surface_plane_texture(&stage->kit, &stage->task, &v->surface, i,
                                                   format->planes[i].format);
    }
}

static void expect_surface(struct video *v)
{
    const unsigned size = MIN(v->surface.size, ROOM);
    uint8_t got[ROOM];

    kit_surface_read(&v->stage->kit, &v->surface, 0, got, size);
    for (unsigned i = 0; i < size; i++) {
        if (got[i] != v->bytes[i]) {
            fail_msg("byte %u of the surface is 0x%02x, not 0x%02x", i, got[i], v->bytes[i]);
        }
    }
}

static uint8_t *element(struct video *v, unsigned plane, unsigned x, unsigned y)
{
    const struct kit_plane *p = &v->surface.planes[plane];

    return v->bytes + p->offset + y * p->stride + x * p->bytes_per_element;
}

static void expect_sampled(struct video *v, unsigned plane)
{
    const unsigned channels = v->format->planes[plane].channels;
    const unsigned bytes = v->format->planes[plane].bytes;
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    probe_begin(&p, v->stage);
    stage_sampler(v->stage, &sampler);
    p.texture = v->textures[plane];
    p.sampler = sampler.object;
    for (unsigned i = 0; i < 16; i++) {
        probe_at(&p, i * 5 % v->format->planes[plane].width,
                 i * 3 % v->format->planes[plane].height, 0, 0);
    }
    probe_draw(&p, "read_2d", false);
    for (unsigned i = 0; i < 16; i++) {
        const uint8_t *at = element(v, plane, (unsigned)p.point[i][0], (unsigned)p.point[i][1]);
        float want[4] = {0, 0, 0, 1};

        for (unsigned c = 0; c < channels; c++) {
            want[c] = bytes == 1 ? at[c] / 255.0f : (at[2 * c] | at[2 * c + 1] << 8) / 65535.0f;
        }
        probe_expect(&p, i, want, 0.00001f);
    }
}

static void expect_copied(struct video *v, unsigned plane)
{
    const struct kit_plane *p = &v->surface.planes[plane];
    const unsigned row = p->width * p->bytes_per_element;
    struct stage *stage = v->stage;
    struct kit_buffer buffer;
    uint8_t got[ROOM];

    kit_buffer_create(&stage->kit, &stage->task, &buffer, ROOM);
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_copy_texture_to_buffer_encode(&stage->stream.w,
                                           &(struct pvg_wire_copy_texture_to_buffer){
                                               .source = v->textures[plane],
                                               .destination = buffer.object,
                                               .size = {p->width, p->height, 1},
                                               .bytes_per_row = row,
                                           });
    kit_segment_end(&stage->stream);
    stage_run_with(stage, v->textures[plane], buffer.object);
    stage_read(stage, &buffer, 0, got, row * p->height);
    for (unsigned y = 0; y < p->height; y++) {
        assert_memory_equal(got + y * row, element(v, plane, 0, y), row);
    }
}

static void draw_to(struct video *v, unsigned plane, double red, double green)
{
    const struct pvg_wire_render_pass pass = {
        .color[0] = {.to = {.texture = v->textures[plane],
                            .load = PVG_WIRE_LOAD_ACTION_CLEAR,
                            .store = PVG_WIRE_STORE_ACTION_STORE},
                     .clear = {red, green, 0, 1}},
    };
    struct stage *stage = v->stage;

    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_RENDER);
    pvg_wire_render_pass_encode(&stage->stream.w, &pass);
    kit_segment_end(&stage->stream);
    stage_run_with(stage, v->textures[plane]);
    kit_resource_synchronize(&stage->kit, &stage->task, v->textures[plane]);
    for (unsigned y = 0; y < v->surface.planes[plane].height; y++) {
        for (unsigned x = 0; x < v->surface.planes[plane].width; x++) {
            uint8_t *at = element(v, plane, x, y);

            for (unsigned c = 0; c < v->format->planes[plane].channels; c++) {
                const double value = c ? green : red;
                const unsigned bytes = v->format->planes[plane].bytes;
                const unsigned n = (unsigned)(value * (bytes == 1 ? 255 : 65535) + 0.5);

                at[c * bytes] = (uint8_t)n;
                if (bytes == 2) {
                    at[c * bytes + 1] = (uint8_t)(n >> 8);
                }
            }
        }
    }
}

static void each_plane_of_a_surface_is_a_texture_of_its_own(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        struct video v;

        video_make(&v, *state, &formats[i]);
        for (unsigned plane = 0; plane < formats[i].count; plane++) {
            expect_sampled(&v, plane);
            expect_copied(&v, plane);
        }
        expect_surface(&v);
    }
}

static void drawing_to_one_plane_leaves_the_others_alone(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        struct video v;

        video_make(&v, *state, &formats[i]);
        for (unsigned plane = formats[i].count; plane-- > 0;) {
            draw_to(&v, plane, 0.2 * (plane + 1), 0.6); /* all are whole numbers of 255 and 65535 */
            expect_surface(&v);
        }
        for (unsigned plane = 0; plane < formats[i].count; plane++) {
            expect_sampled(&v, plane);
        }
    }
}

static void a_plane_that_is_not_there_is_refused(void **state)
{
    struct stage *stage = *state;
    struct video v;
    struct probe p;

    stage->may_refuse = true;
    video_make(&v, stage, &formats[0]);
    v.surface.planes[2] = v.surface.planes[0];
    probe_begin(&p, stage);
    p.texture = kit_surface_plane_texture(&stage->kit, &stage->task, &v.surface, 2,
                                          PVG_WIRE_PIXEL_FORMAT_R8UNORM);
    probe_at(&p, 0, 0, 0, 0);
    probe_draw(&p, "read_2d", false);
    probe_sees(&p, 0, 0, 0, 0, 0, p.got[0][3]);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_RANGE), 1);
}

/* A texture whose rows leave the surface is none. */
static void a_texture_larger_than_its_plane_s_bytes_is_refused(void **state)
{
    struct stage *stage = *state;
    struct video v;
    struct probe p;

    stage->may_refuse = true;
    video_make(&v, stage, &formats[0]);
    v.surface.planes[1].height = 100000;
    probe_begin(&p, stage);
    p.texture = kit_surface_plane_texture(&stage->kit, &stage->task, &v.surface, 1,
                                          PVG_WIRE_PIXEL_FORMAT_RG8UNORM);
    probe_at(&p, 0, 0, 0, 0);
    probe_draw(&p, "read_2d", false);
    probe_sees(&p, 0, 0, 0, 0, 0, p.got[0][3]);
    assert_true(
        stage_refusals(stage, PVG_REFUSED_LIMIT) + stage_refusals(stage, PVG_REFUSED_RANGE) >= 1);
}

int main(void)
{
    const struct CMUnitTest scenes[] = {
        scene(each_plane_of_a_surface_is_a_texture_of_its_own),
        scene(drawing_to_one_plane_leaves_the_others_alone),
        scene(a_plane_that_is_not_there_is_refused),
        scene(a_texture_larger_than_its_plane_s_bytes_is_refused),
    };

    return run_scenes(scenes);
}
