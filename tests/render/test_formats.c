/* SPDX-License-Identifier: MIT */
/* Every format of vertices, and what targets and written textures of each format hold. */
#include <math.h>

#include "gpu/texel.h"
#include "picture.h"

/* ---- Vertices ---- */

enum kind { U8, I8, U16, I16, U32, I32, HALF, FLOAT, WORD };

static const unsigned kind_bytes[] = {[U8] = 1,  [I8] = 1,   [U16] = 2,   [I16] = 2, [U32] = 4,
                                      [I32] = 4, [HALF] = 2, [FLOAT] = 4, [WORD] = 4};

static const struct vertex_case {
    uint8_t format, kind, components, normalized;
    float want[4]; /* of WORD, whose bytes are @word */
    uint32_t word;
} vertex_cases[] = {
    {PVG_WIRE_VERTEX_FORMAT_UCHAR, U8, 1, 0},
    {PVG_WIRE_VERTEX_FORMAT_UCHAR2, U8, 2, 0},
    {PVG_WIRE_VERTEX_FORMAT_UCHAR3, U8, 3, 0},
    {PVG_WIRE_VERTEX_FORMAT_UCHAR4, U8, 4, 0},
    {PVG_WIRE_VERTEX_FORMAT_CHAR, I8, 1, 0},
    {PVG_WIRE_VERTEX_FORMAT_CHAR2, I8, 2, 0},
    {PVG_WIRE_VERTEX_FORMAT_CHAR3, I8, 3, 0},
    {PVG_WIRE_VERTEX_FORMAT_CHAR4, I8, 4, 0},
    {PVG_WIRE_VERTEX_FORMAT_UCHARNORMALIZED, U8, 1, 1},
    {PVG_WIRE_VERTEX_FORMAT_UCHAR2NORMALIZED, U8, 2, 1},
    {PVG_WIRE_VERTEX_FORMAT_UCHAR3NORMALIZED, U8, 3, 1},
    {PVG_WIRE_VERTEX_FORMAT_UCHAR4NORMALIZED, U8, 4, 1},
    {PVG_WIRE_VERTEX_FORMAT_CHARNORMALIZED, I8, 1, 1},
    {PVG_WIRE_VERTEX_FORMAT_CHAR2NORMALIZED, I8, 2, 1},
    {PVG_WIRE_VERTEX_FORMAT_CHAR3NORMALIZED, I8, 3, 1},
    {PVG_WIRE_VERTEX_FORMAT_CHAR4NORMALIZED, I8, 4, 1},
    {PVG_WIRE_VERTEX_FORMAT_USHORT, U16, 1, 0},
    {PVG_WIRE_VERTEX_FORMAT_USHORT2, U16, 2, 0},
    {PVG_WIRE_VERTEX_FORMAT_USHORT3, U16, 3, 0},
    {PVG_WIRE_VERTEX_FORMAT_USHORT4, U16, 4, 0},
    {PVG_WIRE_VERTEX_FORMAT_SHORT, I16, 1, 0},
    {PVG_WIRE_VERTEX_FORMAT_SHORT2, I16, 2, 0},
    {PVG_WIRE_VERTEX_FORMAT_SHORT3, I16, 3, 0},
    {PVG_WIRE_VERTEX_FORMAT_SHORT4, I16, 4, 0},
    {PVG_WIRE_VERTEX_FORMAT_USHORTNORMALIZED, U16, 1, 1},
    {PVG_WIRE_VERTEX_FORMAT_USHORT2NORMALIZED, U16, 2, 1},
    {PVG_WIRE_VERTEX_FORMAT_USHORT3NORMALIZED, U16, 3, 1},
    {PVG_WIRE_VERTEX_FORMAT_USHORT4NORMALIZED, U16, 4, 1},
    {PVG_WIRE_VERTEX_FORMAT_SHORTNORMALIZED, I16, 1, 1},
    {PVG_WIRE_VERTEX_FORMAT_SHORT2NORMALIZED, I16, 2, 1},
    {PVG_WIRE_VERTEX_FORMAT_SHORT3NORMALIZED, I16, 3, 1},
    {PVG_WIRE_VERTEX_FORMAT_SHORT4NORMALIZED, I16, 4, 1},
    {PVG_WIRE_VERTEX_FORMAT_HALF, HALF, 1, 0},
    {PVG_WIRE_VERTEX_FORMAT_HALF2, HALF, 2, 0},
    {PVG_WIRE_VERTEX_FORMAT_HALF3, HALF, 3, 0},
    {PVG_WIRE_VERTEX_FORMAT_HALF4, HALF, 4, 0},
    {PVG_WIRE_VERTEX_FORMAT_FLOAT, FLOAT, 1, 0},
    {PVG_WIRE_VERTEX_FORMAT_FLOAT2, FLOAT, 2, 0},
    {PVG_WIRE_VERTEX_FORMAT_FLOAT3, FLOAT, 3, 0},
    {PVG_WIRE_VERTEX_FORMAT_FLOAT4, FLOAT, 4, 0},
    {PVG_WIRE_VERTEX_FORMAT_INT, I32, 1, 0},
    {PVG_WIRE_VERTEX_FORMAT_INT2, I32, 2, 0},
    {PVG_WIRE_VERTEX_FORMAT_INT3, I32, 3, 0},
    {PVG_WIRE_VERTEX_FORMAT_INT4, I32, 4, 0},
    {PVG_WIRE_VERTEX_FORMAT_UINT, U32, 1, 0},
    {PVG_WIRE_VERTEX_FORMAT_UINT2, U32, 2, 0},
    {PVG_WIRE_VERTEX_FORMAT_UINT3, U32, 3, 0},
    {PVG_WIRE_VERTEX_FORMAT_UINT4, U32, 4, 0},
    /* Red in the lowest bits: 511, -256, -511 of 511, -1 of 1. */
    {PVG_WIRE_VERTEX_FORMAT_INT1010102NORMALIZED,
     WORD,
     4,
     1,
     {1, -256 / 511.0f, -1, -1},
     511u | 768u << 10 | 513u << 20 | 3u << 30},
    {PVG_WIRE_VERTEX_FORMAT_UINT1010102NORMALIZED,
     WORD,
     4,
     1,
     {1023 / 1023.0f, 512 / 1023.0f, 1 / 1023.0f, 2 / 3.0f},
     1023u | 512u << 10 | 1u << 20 | 2u << 30},
    {PVG_WIRE_VERTEX_FORMAT_UCHAR4NORMALIZED_BGRA,
     WORD,
     4,
     1,
     {30 / 255.0f, 20 / 255.0f, 10 / 255.0f, 40 / 255.0f},
     0x281e140a},
    /* 1, 0.5, 2: exponents biased by 15, five bits; fractions of 6, 6 and 5 bits. */
    {PVG_WIRE_VERTEX_FORMAT_FLOATRG11B10,
     WORD,
     3,
     0,
     {1, 0.5f, 2, 1},
     15u << 6 | 14u << 17 | 16u << 27},
    /* Fractions of nine bits, exponent 16: times 2^(16 - 15 - 9). */
    {PVG_WIRE_VERTEX_FORMAT_FLOATRGB9E5,
     WORD,
     3,
     0,
     {1, 0.5f, 256 / 256.0f * 1.5f, 1},
     256u | 128u << 9 | 384u << 18 | 16u << 27},
};

/* The bytes of one vertex, and what its components are. */
static void compose(const struct vertex_case *c, uint8_t bytes[16], float want[4])
{
    static const double values[] = {3, 100, 250, 7};

    want[0] = want[1] = want[2] = 0;
    want[3] = 1;
    for (unsigned i = 0; i < c->components && c->kind != WORD; i++) {
        const unsigned size = kind_bytes[c->kind];
        const bool negative = (c->kind == I8 || c->kind == I16 || c->kind == I32) && i % 2;
        const double scale = c->kind == U8    ? 255
                             : c->kind == I8  ? 127
                             : c->kind == U16 ? 65535
                                              : 32767;
        const double value =
            (c->kind == I8 ? values[i] / 2 - (i != 1) * 0.5 + (i == 2) * 0.5 : values[i]) *
            (negative ? -1 : 1);
        const int64_t whole = (int64_t)value;
        const uint16_t half = pvg_half_from_float((float)value);
        const float single = (float)value;

        if (c->kind == HALF) {
            memcpy(bytes + i * size, &half, 2);
        } else if (c->kind == FLOAT) {
            memcpy(bytes + i * size, &single, 4);
        } else {
            memcpy(bytes + i * size, &whole, size);
        }
        want[i] = c->kind == HALF || c->kind == FLOAT ? single
                  : c->normalized                     ? (float)((double)whole / scale)
                                                      : (float)whole;
    }
    if (c->kind == WORD) {
        memcpy(bytes, &c->word, 4);
        memcpy(want, c->want, sizeof(c->want));
    }
}

static const char *function_for(const struct vertex_case *c)
{
    return c->normalized || c->kind == HALF || c->kind == FLOAT || c->kind == WORD ? "take_floats"
           : c->kind == I8 || c->kind == I16 || c->kind == I32                     ? "take_signed"
                                                               : "take_unsigned";
}

static void every_vertex_format_arrives_as_what_it_holds(void **state)
{
    const struct pvg_wire_texture_body body = stage_texture_2d(125, SIDE, SIDE);
    const struct kit_color color = {.format = 125};
    struct scene s = scene_begin(*state);
    const uint32_t fragment = stage_shader(s.stage, "show_value");

    target_of(&s, &body, 16);
    for (size_t i = 0; i < G_N_ELEMENTS(vertex_cases); i++) {
        const struct vertex_case *c = &vertex_cases[i];
        const struct kit_attribute attribute = {.format = c->format, .offset = 4};
        const struct kit_layout layout = {.stride = 32};
        const struct kit_render_pipeline pipeline = {
            .vertex_function = stage_shader(s.stage, function_for(c)),
            .fragment_function = fragment,
            .colors = &color,
            .color_count = 1,
            .attributes = &attribute,
            .attribute_count = 1,
            .layouts = &layout,
            .layout_count = 1,
        };
        float want[4], got[SIDE * SIDE][4];
        uint8_t bytes[16] = {0};

        if (c->format == PVG_WIRE_VERTEX_FORMAT_FLOATRGB9E5 && g_getenv("PVG_TEST_GPU")) {
            continue; /* lavapipe has it */
        }
        compose(c, bytes, want);
        for (unsigned vertex = 0; vertex < 3; vertex++) {
            stage_write(s.stage, &s.vertices, 32 * (uint64_t)vertex + 4, bytes, 16);
        }
        s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
        draw_whole(pass_begin(&s));
        pass_end(&s);
        stage_texture_read(s.stage, &s.target, 0, 0, SIDE, SIDE * 16, got);
        for (unsigned component = 0; component < 4; component++) {
            const float seen = got[SIDE + 1][component];

            if (!(fabsf(seen - want[component]) <= 1e-5f * fmaxf(fabsf(want[component]), 1))) {
                fail_msg("vertex format %u: component %u is %g, not %g", c->format, component,
                         (double)seen, (double)want[component]);
            }
        }
    }
}

/* ---- Targets ---- */

/* What the texel at the target's end holds: numbers of @width bytes, little end first. */
static void expect_texel(struct scene *s, uint16_t format, unsigned size, unsigned width,
                         const uint8_t *want, unsigned tolerance)
{
    uint8_t got[SIDE * SIDE * 16];

    stage_texture_read(s->stage, &s->target, 0, 0, SIDE, SIDE * size, got);
    for (unsigned b = 0; b < size; b += width) {
        const uint8_t *at = got + SIDE * SIDE * size - size + b;
        const int there = width == 2 ? at[0] | at[1] << 8 : at[0];
        const int wanted = width == 2 ? want[b] | want[b + 1] << 8 : want[b];

        if (abs(there - wanted) > (int)tolerance) {
            fail_msg("format %u: at byte %u is %#x, not %#x", format, b, there, wanted);
        }
    }
}

/* Beside those in test_draw.c. */
static void packed_and_wide_targets_hold_the_colour(void **state)
{
    /* (1, 0.5, 0.25, 1), or, where that would be a matter of rounding, (1, 0, 0, 1). */
    static const struct {
        uint16_t format;
        uint8_t size, channel, bytes[8], tolerance;
        bool red;
    } cases[] = {
        {22, 2, 2, {0xff, 0x7f}, 0, false},
        {32, 2, 1, {127, 64}, 1, false},
        {40, 2, 1, {0x00, 0xf8}, 0, true},
        {60, 4, 2, {0xff, 0xff, 0x00, 0x80}, 1, false},
        {62, 4, 2, {0xff, 0x7f, 0x00, 0x40}, 1, false},
        {90, 4, 1, {0xff, 0x03, 0x00, 0xc0}, 0, true},
        {92, 4, 1, {0xc0, 0x03, 0x1c, 0x68}, 0, false},
        {94, 4, 1, {0x00, 0x00, 0xf0, 0xff}, 0, true},
        {110, 8, 2, {0xff, 0xff, 0x00, 0x80, 0x00, 0x40, 0xff, 0xff}, 1, false},
        {112, 8, 2, {0xff, 0x7f, 0x00, 0x40, 0x00, 0x20, 0xff, 0x7f}, 1, false},
    };
    static const float colours[2][4] = {{1, 0.5f, 0.25f, 1}, {1, 0, 0, 1}};
    struct scene s = scene_begin(*state);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct pvg_wire_texture_body body = stage_texture_2d(cases[i].format, SIDE, SIDE);
        const struct kit_color color = {.format = cases[i].format};
        const struct kit_render_pipeline pipeline = pipeline_of(&s, &color);

        target_of(&s, &body, cases[i].size);
        s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
        stage_write(s.stage, &s.colours, 0, colours[cases[i].red], 16);
        draw_whole(pass_begin(&s));
        pass_end(&s);
        expect_texel(&s, cases[i].format, cases[i].size, cases[i].channel, cases[i].bytes,
                     cases[i].tolerance);
    }
}

static const struct whole_case {
    uint16_t format;
    uint8_t channels, bits; /* bits 10: RGB10A2 */
    bool is_signed;
} whole_cases[] = {
    {13, 1, 8, false},  {14, 1, 8, true},    {23, 1, 16, false}, {24, 1, 16, true},
    {33, 2, 8, false},  {34, 2, 8, true},    {53, 1, 32, false}, {54, 1, 32, true},
    {63, 2, 16, false}, {64, 2, 16, true},   {73, 4, 8, false},  {74, 4, 8, true},
    {91, 4, 10, false}, {103, 2, 32, false}, {104, 2, 32, true}, {113, 4, 16, false},
    {114, 4, 16, true}, {123, 4, 32, false}, {124, 4, 32, true},
};

static const int32_t whole_colour[4] = {77, 3, 99, 2}, signed_colour[4] = {77, -3, 99, -2};

/* The bytes of a texel of whole numbers. */
static unsigned whole_texel(const struct whole_case *c, uint8_t bytes[16])
{
    const int32_t *colour = c->is_signed ? signed_colour : whole_colour;
    const uint32_t packed = 77u | 3u << 10 | 99u << 20 | 2u << 30;

    if (c->bits == 10) {
        memcpy(bytes, &packed, 4);
        return 4;
    }
    for (unsigned i = 0; i < c->channels; i++) {
        memcpy(bytes + i * c->bits / 8, &colour[i], c->bits / 8);
    }
    return c->channels * c->bits / 8u;
}

static void targets_of_whole_numbers_hold_them(void **state)
{
    struct scene s = scene_begin(*state);

    for (size_t i = 0; i < G_N_ELEMENTS(whole_cases); i++) {
        const struct whole_case *c = &whole_cases[i];
        const struct pvg_wire_texture_body body = stage_texture_2d(c->format, SIDE, SIDE);
        const struct kit_color color = {.format = c->format};
        struct kit_render_pipeline pipeline = pipeline_of(&s, &color);
        uint8_t bytes[16];
        const unsigned size = whole_texel(c, bytes);

        target_of(&s, &body, size);
        pipeline.fragment_function =
            stage_shader(s.stage, c->is_signed ? "paint_signed" : "paint_unsigned");
        s.pipeline = kit_render_pipeline_create(&s.stage->kit, &s.stage->task, &pipeline);
        stage_write(s.stage, &s.colours, 0, c->is_signed ? signed_colour : whole_colour, 16);
        draw_whole(pass_begin(&s));
        pass_end(&s);
        expect_texel(&s, c->format, size, 1, bytes, 0);
    }
}

/* ---- Written textures ---- */

static void kernels_write_textures_of_every_format(void **state)
{
    static const struct {
        uint16_t format;
        uint8_t size, bytes[16];
        bool whole; /* numbers */
    } cases[] = {
        {10, 1, {255}, false},
        {25, 2, {0, 0x3c}, false},
        {30, 2, {255, 0}, false},
        {55, 4, {0, 0, 0x80, 0x3f}, false},
        {65, 4, {0, 0x3c, 0, 0}, false},
        {70, 4, {255, 0, 255, 0}, false},
        {72, 4, {127, 0, 127, 0}, false},
        {105, 8, {0, 0, 0x80, 0x3f}, false},
        {115, 8, {0, 0x3c, 0, 0, 0, 0x3c}, false},
        {125, 16, {0, 0, 0x80, 0x3f, 0, 0, 0, 0, 0, 0, 0x80, 0x3f}, false},
        {13, 1, {77}, true},
        {53, 4, {77}, true},
        {73, 4, {77, 3, 99, 2}, true},
        {113, 8, {77, 0, 3, 0, 99, 0, 2}, true},
        {123, 16, {77, 0, 0, 0, 3, 0, 0, 0, 99, 0, 0, 0, 2}, true},
    };
    static const float bright[4] = {1, 0, 1, 0};
    struct scene s = scene_begin(*state);
    struct stage *stage = s.stage;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct pvg_wire_texture_body body = stage_texture_2d(cases[i].format, SIDE, SIDE);
        const uint32_t pipeline = kit_compute_pipeline_create(
            &stage->kit, &stage->task,
            stage_shader(stage, cases[i].whole ? "store_unsigned" : "store_floats"));

        target_of(&s, &body, cases[i].size);
        stage_write(stage, &s.colours, 0,
                    cases[i].whole ? (const void *)whole_colour : (const void *)bright, 16);
        kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
        pvg_wire_set_compute_pipeline_encode(&stage->stream.w,
                                             &(struct pvg_wire_set_pipeline){pipeline});
        stage_bind_texture(stage, AT_KERNEL, 0, s.target.object);
        stage_bind_buffer(stage, AT_KERNEL, 0, s.colours.object, 0);
        pvg_wire_dispatch_threads_encode(
            &stage->stream.w,
            &(struct pvg_wire_dispatch){.grid = {SIDE, SIDE, 1}, .group = {SIDE, 1, 1}});
        kit_segment_end(&stage->stream);
        stage_run_with(stage, s.target.object, s.colours.object, pipeline);
        expect_texel(&s, cases[i].format, cases[i].size, 1, cases[i].bytes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_once(every_vertex_format_arrives_as_what_it_holds),
        scene_once(packed_and_wide_targets_hold_the_colour),
        scene_once(targets_of_whole_numbers_hold_them),
        scene_once(kernels_write_textures_of_every_format),
    };

    return run_scenes(tests);
}
