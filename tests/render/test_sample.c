/* SPDX-License-Identifier: MIT */
/* Every type of texture and every state of a sampler, in fragment functions and kernels. Texels say
 * where they are (probe.h), so what a point should see is arithmetic. Exact but where a filter
 * mixes texels: devices may weigh in steps of 1/256. */
#include <math.h>

#include "probe.h"

#define MIX 0.02f

static struct probe *begin(struct probe *p, struct stage *stage, uint32_t texture,
                           struct pvg_wire_sampler sampler)
{
    probe_begin(p, stage);
    stage_sampler(stage, &sampler);
    p->texture = texture;
    p->sampler = sampler.object;
    return p;
}

/* An 8x8 texture with four levels, through @sampler. */
static struct probe *begin_2d(struct probe *p, struct stage *stage, struct pvg_wire_sampler sampler)
{
    struct kit_texture texture = probe_texture(stage, PVG_WIRE_TEXTURE_TYPE_2D, 8, 8, 1, 1, true);

    return begin(p, stage, texture.object, sampler);
}

/* ---- Texture types: every texel is where it should be ---- */

struct kind {
    const char *probe;
    enum pvg_wire_texture_type type;
    unsigned width, height, depth, layers, levels; /* levels: that the probe can choose from */
};

static void face_direction(unsigned face, float s, float t, float out[3])
{
    const float directions[6][3] = {{1, -t, -s}, {-1, -t, s}, {s, 1, t},
                                    {s, -1, -t}, {s, -t, 1},  {-s, -t, -1}};

    memcpy(out, directions[face], sizeof(directions[face]));
}

/* Adds the point that looks at the middle of a texel. */
static void aim(struct probe *p, const struct kind *k, unsigned x, unsigned y, unsigned piece,
                unsigned level)
{
    const float u = (x + 0.5f) / MAX(k->width >> level, 1u);
    const float v = (y + 0.5f) / MAX(k->height >> level, 1u);
    float d[3];

    switch (k->type) {
    case PVG_WIRE_TEXTURE_TYPE_1D:
        probe_at(p, u, 0, 0, level);
        break;
    case PVG_WIRE_TEXTURE_TYPE_1D_ARRAY:
        probe_at(p, u, piece, 0, level);
        break;
    case PVG_WIRE_TEXTURE_TYPE_3D:
        probe_at(p, u, v, (piece + 0.5f) / MAX(k->depth >> level, 1u), level);
        break;
    case PVG_WIRE_TEXTURE_TYPE_CUBE:
        face_direction(piece, 2 * u - 1, 2 * v - 1, d);
        probe_at(p, d[0], d[1], d[2], level);
        break;
    case PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY:
        face_direction(piece % 6, 2 * u - 1, 2 * v - 1, d);
        probe_at(p, d[0], d[1], d[2], piece / 6);
        break;
    default: /* 2D and its arrays */
        probe_at(p, u, v, piece, level);
    }
}

static void expect_texels(struct probe *p, const char *name, const float (*want)[4])
{
    probe_draw(p, name, false);
    for (unsigned i = 0; i < p->count; i++) {
        probe_expect(p, i, want[i], 0);
    }
    probe_run(p, name);
    for (unsigned i = 0; i < p->count; i++) {
        probe_expect(p, i, want[i], 0);
    }
}

/* Walks over all texels of all levels in strides that end with PROBE_POINTS of them. */
static void show_texels(struct stage *stage, const struct kind *k)
{
    const bool cube =
        k->type == PVG_WIRE_TEXTURE_TYPE_CUBE || k->type == PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY;
    struct kit_texture texture =
        probe_texture(stage, k->type, k->width, k->height, k->depth, k->layers, k->levels > 1);
    struct pvg_wire_sampler sampler = probe_sampler();
    float want[PROBE_POINTS][4];
    struct probe p;

    sampler.mip = PVG_WIRE_MIP_FILTER_NEAREST;
    begin(&p, stage, texture.object, sampler);
    for (unsigned i = 0; i < PROBE_POINTS; i++) {
        const unsigned level = i % k->levels;
        const unsigned w = MAX(k->width >> level, 1u), h = MAX(k->height >> level, 1u);
        const unsigned pieces = MAX(k->depth >> level, 1u) * k->layers * (cube ? 6 : 1);
        const unsigned x = i * 5 % w, y = i * 3 % h, piece = i * 7 % pieces;
        const float texel[4] = {x, y, piece, level};

        aim(&p, k, x, y, piece, level);
        memcpy(want[i], texel, sizeof(texel));
    }
    expect_texels(&p, k->probe, want);
}

#define SHOWS(name, ...)                                                                           \
    static void name(void **state)                                                                 \
    {                                                                                              \
        show_texels(*state, &(const struct kind){__VA_ARGS__});                                    \
    }
SHOWS(a_1d_texture_is_sampled, "1d", PVG_WIRE_TEXTURE_TYPE_1D, 8, 1, 1, 1, 4)
SHOWS(a_1d_array_is_sampled, "1d_array", PVG_WIRE_TEXTURE_TYPE_1D_ARRAY, 8, 1, 1, 5, 4)
SHOWS(a_2d_texture_is_sampled, "2d", PVG_WIRE_TEXTURE_TYPE_2D, 8, 4, 1, 1, 4)
SHOWS(a_2d_array_is_sampled, "2d_array", PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 8, 4, 1, 3, 4)
SHOWS(a_3d_texture_is_sampled, "3d", PVG_WIRE_TEXTURE_TYPE_3D, 8, 4, 4, 1, 4)
SHOWS(a_cube_is_sampled_by_direction, "cube", PVG_WIRE_TEXTURE_TYPE_CUBE, 4, 4, 1, 1, 3)
SHOWS(a_cube_array_is_sampled_by_direction, "cube_array", PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY, 4, 4, 1,
      2, 1)

static void texels_are_read_by_their_position(void **state)
{
    static const struct kind kinds[] = {
        {"read_1d", PVG_WIRE_TEXTURE_TYPE_1D, 16, 1, 1, 1, 1},
        {"read_1d_array", PVG_WIRE_TEXTURE_TYPE_1D_ARRAY, 16, 1, 1, 3, 1},
        {"read_2d", PVG_WIRE_TEXTURE_TYPE_2D, 8, 8, 1, 1, 4},
        {"read_2d_array", PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 8, 8, 1, 3, 1},
        {"read_3d", PVG_WIRE_TEXTURE_TYPE_3D, 4, 4, 4, 1, 1},
    };

    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        const struct kind *kind = &kinds[k];
        struct kit_texture texture = probe_texture(*state, kind->type, kind->width, kind->height,
                                                   kind->depth, kind->layers, kind->levels > 1);
        float want[PROBE_POINTS][4];
        struct probe p;

        begin(&p, *state, texture.object, probe_sampler());
        for (unsigned i = 0; i < PROBE_POINTS; i++) {
            const unsigned level = i % kind->levels;
            const unsigned x = i * 5 % (kind->width >> level);
            const unsigned y = i * 3 % MAX(kind->height >> level, 1u);
            const unsigned piece = i * 7 % (kind->depth * kind->layers);
            const float texel[4] = {x, y, piece, level};

            if (kind->type == PVG_WIRE_TEXTURE_TYPE_1D_ARRAY) {
                probe_at(&p, x, piece, 0, 0);
            } else {
                probe_at(&p, x, y, piece, level);
            }
            memcpy(want[i], texel, sizeof(texel));
        }
        expect_texels(&p, kind->probe, want);
    }
}

/* Outside, reads give zero or what lies at the edge; never what the guest did not bind. Without a
 * texture they give zeroes, and (0, 0, 0, 1) on devices whose null descriptors lack alpha. */
static void without_a_texture_there_is_nothing_to_see(void **state)
{
    struct probe p;

    begin(&p, *state, 0, probe_sampler());
    probe_at(&p, 0.5f, 0.5f, 0, 0);
    probe_draw(&p, "2d", false);
    probe_sees(&p, 0, 0, 0, 0, 0, p.got[0][3]);
    probe_run(&p, "2d");
    probe_sees(&p, 0, 0, 0, 0, 0, p.got[0][3]);
    probe_run(&p, "read_2d");
    probe_sees(&p, 0, 0, 0, 0, 0, p.got[0][3]);
    probe_run(&p, "queries_2d");
    probe_sees(&p, 0, 0, 0, 0, p.got[0][2], 0.5f);
}

static void a_texture_of_another_type_is_bound_as_none(void **state)
{
    struct stage *stage = *state;
    struct kit_texture texture =
        probe_texture(stage, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 8, 8, 1, 3, false);
    struct probe p;

    stage->may_refuse = true;
    begin(&p, stage, texture.object, probe_sampler());
    probe_at(&p, 0.9f, 0.9f, 0, 0);
    probe_draw(&p, "2d", false);
    probe_sees(&p, 0, 0, 0, 0, 0, p.got[0][3]);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_KIND), 1);
    probe_run(&p, "read_2d_u"); /* and one of floats where integers are read */
    assert_int_equal(p.words[0][0], 0);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_KIND), 2);
}

static void without_a_sampler_texels_are_taken_as_they_are(void **state)
{
    struct probe p;

    begin_2d(&p, *state, probe_sampler());
    p.sampler = 0;
    probe_at(&p, 0.45f, 0.1f, 0, 0);
    probe_at(&p, 7.0f, -3.0f, 0, 0);
    probe_draw(&p, "2d", false);
    probe_sees(&p, 0, 0, 3, 0, 0, 0);
    probe_sees(&p, 1, 0, 7, 0, 0, 0);
}

/* ---- Filters ---- */

static float between(float v, float low, float high)
{
    return fminf(fmaxf(v, low), high);
}

static void nearest_takes_the_texel_under_the_point(void **state)
{
    struct probe p;

    begin_2d(&p, *state, probe_sampler());
    for (unsigned i = 0; i < 32; i++) {
        probe_at(&p, (i + 0.5f) / 32, (31.5f - i) / 32, 0, 0);
    }
    probe_draw(&p, "2d", false);
    for (unsigned i = 0; i < 32; i++) {
        probe_sees(&p, i, 0, i / 4, (31 - i) / 4, 0, 0);
    }
}

static void linear_mixes_the_texels_around_the_point(void **state)
{
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    sampler.mag = PVG_WIRE_FILTER_LINEAR;
    begin_2d(&p, *state, sampler);
    for (unsigned i = 0; i < 41; i++) {
        probe_at(&p, i / 40.0f, 1 - i / 40.0f, 0, 0);
    }
    probe_draw(&p, "2d", false);
    for (unsigned i = 0; i < 41; i++) {
        probe_sees(&p, i, MIX, between(i / 5.0f - 0.5f, 0, 7), between(7.5f - i / 5.0f, 0, 7), 0,
                   0);
    }
}

static void linear_mixes_planes_of_3d_textures_but_not_layers(void **state)
{
    struct kit_texture solid = probe_texture(*state, PVG_WIRE_TEXTURE_TYPE_3D, 4, 4, 4, 1, false);
    struct kit_texture layers =
        probe_texture(*state, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 4, 4, 1, 4, false);
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    sampler.min = sampler.mag = PVG_WIRE_FILTER_LINEAR;
    begin(&p, *state, solid.object, sampler);
    for (unsigned i = 0; i < 16; i++) {
        probe_at(&p, 0.5f, 0.5f, (i + 0.5f) / 16, 0);
    }
    probe_draw(&p, "3d", false);
    for (unsigned i = 0; i < 16; i++) {
        probe_sees(&p, i, MIX, 1.5f, 1.5f, between((i + 0.5f) / 4 - 0.5f, 0, 3), 0);
    }
    p.texture = layers.object;
    p.count = 0;
    probe_at(&p, 0.5f, 0.5f, 2, 0);
    probe_at(&p, 0.5f, 0.5f, 9, 0); /* above the last: the last */
    probe_draw(&p, "2d_array", false);
    probe_sees(&p, 0, MIX, 1.5f, 1.5f, 2, 0);
    probe_sees(&p, 1, MIX, 1.5f, 1.5f, 3, 0);
}

/* The point (0.3, 0.3) lies in no texel's middle, so that the two filters differ at every level. */
static void minifying_and_magnifying_have_filters_of_their_own(void **state)
{
    for (unsigned which = 0; which < 4; which++) {
        struct pvg_wire_sampler sampler = probe_sampler();
        const bool min = which & 1, mag = which & 2;
        struct probe p;

        sampler.min = min;
        sampler.mag = mag;
        sampler.mip = PVG_WIRE_MIP_FILTER_NEAREST;
        begin_2d(&p, *state, sampler);
        probe_at(&p, 0.3f, 0.3f, 0, 0);
        probe_at(&p, 0.3f, 0.3f, 0, 1);
        probe_draw(&p, "2d", false);
        probe_sees(&p, 0, MIX, mag ? 1.9f : 2, mag ? 1.9f : 2, 0, 0);
        probe_sees(&p, 1, MIX, min ? 0.7f : 1, min ? 0.7f : 1, 0, 1);
    }
}

/* ---- Levels ---- */

static void the_mip_filter_chooses_or_mixes_levels(void **state)
{
    for (unsigned mip = 0; mip < 3; mip++) {
        struct pvg_wire_sampler sampler = probe_sampler();
        struct probe p;

        sampler.mip = (uint8_t)mip;
        begin_2d(&p, *state, sampler);
        for (unsigned i = 0; i < 16; i++) {
            probe_at(&p, 0.01f, 0.01f, 0, i * 0.3f + 0.05f);
        }
        probe_draw(&p, "2d", false);
        for (unsigned i = 0; i < 16; i++) {
            const float level = between(i * 0.3f + 0.05f, 0, 3);
            const float want[3] = {0, ceilf(level + 0.5f) - 1, level};

            probe_sees(&p, i, mip == 2 ? MIX : 0, 0, 0, 0, want[mip]);
        }
    }
}

static void a_sampler_keeps_levels_between_its_clamps(void **state)
{
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    sampler.mip = PVG_WIRE_MIP_FILTER_LINEAR;
    sampler.lod_min = 0.5f;
    sampler.lod_max = 2.25f;
    begin_2d(&p, *state, sampler);
    for (unsigned i = 0; i < 16; i++) {
        probe_at(&p, 0.01f, 0.01f, 0, i * 0.25f);
    }
    probe_draw(&p, "2d", false);
    for (unsigned i = 0; i < 16; i++) {
        probe_sees(&p, i, MIX, 0, 0, 0, between(i * 0.25f, 0.5f, 2.25f));
    }
}

static void clamps_of_a_bind_replace_the_samplers_own(void **state)
{
    static const struct {
        float min, max, low, high;
    } rows[] = {
        {1, 2, 1, 2}, {NAN, 2, 0.5f, 2}, {1.5f, NAN, 1.5f, 2.5f}, {-4, 0, 0, 0}, {2, 1, 2, 2},
    };

    for (size_t r = 0; r < G_N_ELEMENTS(rows); r++) {
        struct pvg_wire_sampler sampler = probe_sampler();
        struct probe p;

        sampler.mip = PVG_WIRE_MIP_FILTER_LINEAR;
        sampler.lod_min = 0.5f;
        sampler.lod_max = 2.5f;
        begin_2d(&p, *state, sampler);
        p.clamped = true;
        p.lod_min = rows[r].min;
        p.lod_max = rows[r].max;
        probe_at(&p, 0.01f, 0.01f, 0, 0);
        probe_at(&p, 0.01f, 0.01f, 0, 3);
        probe_draw(&p, "2d", false);
        probe_sees(&p, 0, MIX, 0, 0, 0, rows[r].low);
        probe_sees(&p, 1, MIX, 0, 0, 0, rows[r].high);
        probe_run(&p, "2d");
        probe_sees(&p, 0, MIX, 0, 0, 0, rows[r].low);
    }
}

/* A step of 2^n texels a column and row is level n. */
static void derivatives_choose_the_level(void **state)
{
    for (unsigned n = 0; n < 4; n++) {
        struct pvg_wire_sampler sampler = probe_sampler();
        const float step = (float)(1u << n) / 8;
        struct probe p;

        sampler.mip = PVG_WIRE_MIP_FILTER_LINEAR;
        sampler.address_s = sampler.address_t = PVG_WIRE_ADDRESS_MODE_REPEAT;
        begin_2d(&p, *state, sampler);
        probe_at(&p, 0.001f, 0.001f, step, step);
        probe_at(&p, 1, 0, 0, 0); /* the bias */
        probe_draw(&p, "implicit", false);
        assert_float_equal(p.got[5][3], n, 0.1f);
        probe_draw(&p, "biased", false);
        assert_float_equal(p.got[5][3], fminf(n + 1, 3), 0.1f);
        probe_draw(&p, "at_least", false);
        assert_float_equal(p.got[5][3], fmaxf(n, 2), 0.1f);
        probe_draw(&p, "level", false);
        assert_float_equal(p.got[5][0], n, 0.1f);
        assert_float_equal(p.got[5][1], n, 0.1f);
    }
}

static void gradients_choose_the_level(void **state)
{
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    sampler.mip = PVG_WIRE_MIP_FILTER_LINEAR;
    begin_2d(&p, *state, sampler);
    for (unsigned n = 0; n < 4; n++) {
        probe_at(&p, 0.01f, 0.01f, (float)(1u << n) / 8, 0.01f);
        probe_at(&p, 0.01f, 0.01f, 0.01f, (float)(1u << n) / 8);
    }
    probe_draw(&p, "grad_2d", false);
    for (unsigned i = 0; i < 8; i++) {
        assert_float_equal(p.got[i][3], (float)(i / 2), 0.1f);
    }
    probe_run(&p, "grad_2d");
    for (unsigned i = 0; i < 8; i++) {
        assert_float_equal(p.got[i][3], (float)(i / 2), 0.1f);
    }
}

/* Gradients that are no numbers, or immense, must not keep a device busy. */
static void a_footprint_without_end_is_sampled_in_time(void **state)
{
    static const float far[] = {1, 1e6f, 1e30f, INFINITY, NAN};
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    sampler.min = sampler.mag = PVG_WIRE_FILTER_LINEAR;
    sampler.mip = PVG_WIRE_MIP_FILTER_LINEAR;
    sampler.max_anisotropy = 16;
    sampler.address_s = sampler.address_t = PVG_WIRE_ADDRESS_MODE_REPEAT;
    begin_2d(&p, *state, sampler);
    for (unsigned i = 0; i < G_N_ELEMENTS(far); i++) {
        probe_at(&p, 0.5f, 0.5f, far[i], 0.125f);
        probe_at(&p, 0.5f, 0.5f, 1e-30f, far[i]);
    }
    probe_draw(&p, "grad_2d", false);
}

/* Eight texels one way and one the other: without anisotropy level 3; with sixteen taps level 0.
 * CPU devices have none: the demo's floor kept llvmpipe busy for minutes. */
static void anisotropy_keeps_stretched_footprints_sharp(void **state)
{
    const bool cpu = !g_getenv("PVG_TEST_GPU");

    for (unsigned most = 1; most <= 16; most *= 16) {
        struct pvg_wire_sampler sampler = probe_sampler();
        struct probe p;

        sampler.min = sampler.mag = PVG_WIRE_FILTER_LINEAR;
        sampler.mip = PVG_WIRE_MIP_FILTER_LINEAR;
        sampler.max_anisotropy = (uint8_t)most;
        sampler.address_s = sampler.address_t = PVG_WIRE_ADDRESS_MODE_REPEAT;
        begin_2d(&p, *state, sampler);
        probe_at(&p, 0.5f, 0.5f, 1, 0.125f);
        probe_draw(&p, "grad_2d", false);
        if (most == 1 || cpu) {
            assert_float_equal(p.got[0][3], 3, 0.1f);
        } else {
            assert_true(p.got[0][3] < 1);
        }
    }
}

/* Without a mip filter there is one level, but the minification filter still applies. */
static void without_mipmaps_small_pictures_are_still_minified(void **state)
{
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    sampler.min = PVG_WIRE_FILTER_LINEAR;
    begin_2d(&p, *state, sampler);
    probe_at(&p, 0.3f, 0.3f, 0.5f, 0.5f);
    probe_at(&p, 0.3f, 0.3f, 0.01f, 0.01f);
    probe_draw(&p, "grad_2d", false);
    probe_sees(&p, 0, MIX, 1.9f, 1.9f, 0, 0);
    probe_sees(&p, 1, 0, 2, 2, 0, 0);
}

/* ---- Outside of the texture ---- */

/* The texel that @i addresses in @mode, of @n; -1: the border. */
static int addressed(enum pvg_wire_address_mode mode, int i, int n)
{
    const int round = ((i % (2 * n)) + 2 * n) % (2 * n);

    switch (mode) {
    case PVG_WIRE_ADDRESS_MODE_CLAMP_TO_EDGE:
        return CLAMP(i, 0, n - 1);
    case PVG_WIRE_ADDRESS_MODE_MIRROR_CLAMP_TO_EDGE:
        return MIN(i < 0 ? -1 - i : i, n - 1);
    case PVG_WIRE_ADDRESS_MODE_REPEAT:
        return round % n;
    case PVG_WIRE_ADDRESS_MODE_MIRROR_REPEAT:
        return round < n ? round : 2 * n - 1 - round;
    case PVG_WIRE_ADDRESS_MODE_CLAMP_TO_ZERO:
    case PVG_WIRE_ADDRESS_MODE_CLAMP_TO_BORDER_COLOR:
        break;
    }
    return i >= 0 && i < n ? i : -1;
}

static void every_address_mode_wraps_as_its_name_says(void **state)
{
    struct kit_texture texture = probe_texture(*state, PVG_WIRE_TEXTURE_TYPE_3D, 4, 4, 4, 1, false);

    for (unsigned mode = 0; mode <= PVG_WIRE_ADDRESS_MODE_CLAMP_TO_BORDER_COLOR; mode++) {
        for (unsigned axis = 0; axis < 3; axis++) {
            struct pvg_wire_sampler sampler = probe_sampler();
            struct probe p;

            *(uint8_t *[]){&sampler.address_s, &sampler.address_t, &sampler.address_r}[axis] =
                (uint8_t)mode;
            begin(&p, *state, texture.object, sampler);
            for (int i = -10; i < 14; i++) {
                float at[3] = {0.3f, 0.3f, 0.3f};

                at[axis] = (i + 0.5f) / 4;
                probe_at(&p, at[0], at[1], at[2], 0);
            }
            probe_draw(&p, "3d", false);
            for (int i = -10; i < 14; i++) {
                const int texel = addressed(mode, i, 4);
                float want[4] = {1, 1, 1, 0};

                want[axis] = (float)texel;
                probe_expect(&p, (unsigned)(i + 10), texel < 0 ? (const float[4]){0} : want, 0);
            }
        }
    }
}

static void the_border_has_one_of_three_colours(void **state)
{
    static const float colours[][4] = {{0, 0, 0, 0}, {0, 0, 0, 1}, {1, 1, 1, 1}};

    for (unsigned border = 0; border < 3; border++) {
        struct pvg_wire_sampler sampler = probe_sampler();
        struct probe p;

        sampler.address_s = PVG_WIRE_ADDRESS_MODE_CLAMP_TO_BORDER_COLOR;
        sampler.border = (uint8_t)border;
        begin_2d(&p, *state, sampler);
        probe_at(&p, -0.1f, 0.5f, 0, 0);
        probe_at(&p, 1.1f, 0.5f, 0, 0);
        probe_at(&p, 0.99f, 0.51f, 0, 0);
        probe_draw(&p, "2d", false);
        probe_expect(&p, 0, colours[border], 0);
        probe_expect(&p, 1, colours[border], 0);
        probe_sees(&p, 2, 0, 7, 4, 0, 0);
    }
}

/* ---- Pixel coordinates ---- */

static void pixel_coordinates_count_texels(void **state)
{
    for (unsigned linear = 0; linear < 2; linear++) {
        struct pvg_wire_sampler sampler = probe_sampler();
        struct probe p;

        sampler.normalized = false;
        sampler.min = sampler.mag = (uint8_t)linear;
        begin_2d(&p, *state, sampler);
        for (unsigned i = 0; i < 16; i++) {
            probe_at(&p, i / 2.0f + 0.25f, 7.75f - i / 2.0f, 0, 0);
        }
        for (unsigned kernel = 0; kernel < 2; kernel++) {
            if (kernel) {
                probe_run(&p, "2d");
            } else {
                probe_draw(&p, "2d", false);
            }
            for (unsigned i = 0; i < 16; i++) {
                const float x = i / 2.0f + 0.25f, y = 7.75f - i / 2.0f;

                if (linear) {
                    probe_sees(&p, i, MIX, between(x - 0.5f, 0, 7), between(y - 0.5f, 0, 7), 0, 0);
                } else {
                    probe_sees(&p, i, 0, floorf(x), floorf(y), 0, 0);
                }
            }
        }
    }
}

/* One shader, two samplers after each other: the mask in the push constants follows the bind. */
static void pixel_and_unit_coordinates_alternate(void **state)
{
    struct pvg_wire_sampler unit = probe_sampler(), pixel = probe_sampler();
    struct probe p;

    pixel.normalized = false;
    begin_2d(&p, *state, unit);
    stage_sampler(*state, &pixel);
    probe_at(&p, 0.9f, 0.9f, 0, 0);
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t ours = p.sampler;

        p.sampler = i & 1 ? pixel.object : ours;
        probe_draw(&p, "2d", false);
        probe_sees(&p, 0, 0, i & 1 ? 0 : 7, i & 1 ? 0 : 7, 0, 0);
        p.sampler = ours;
    }
}

/* ---- Gathering and offsets ---- */

static void gathering_takes_four_texels_in_metals_order(void **state)
{
    struct kit_texture layers =
        probe_texture(*state, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 8, 8, 1, 3, false);
    struct probe p;

    begin_2d(&p, *state, probe_sampler());
    probe_at(&p, 3.0f / 8, 5.0f / 8, 1, 0); /* the corner of texels 2 and 3, 4 and 5 */
    probe_draw(&p, "gather_red", false);
    probe_sees(&p, 0, 0, 2, 3, 3, 2);
    probe_draw(&p, "gather_green", false);
    probe_sees(&p, 0, 0, 5, 5, 4, 4);
    probe_run(&p, "gather_alpha");
    probe_sees(&p, 0, 0, 0, 0, 0, 0);
    probe_run(&p, "gather_offset");
    probe_sees(&p, 0, 0, 4, 5, 5, 4);
    p.texture = layers.object;
    probe_run(&p, "gather_2d_array");
    probe_sees(&p, 0, 0, 2, 3, 3, 2);
}

static void offsets_are_texels(void **state)
{
    struct probe p;

    begin_2d(&p, *state, probe_sampler());
    probe_at(&p, 2.5f / 8, 5.5f / 8, 0, 0);
    probe_draw(&p, "offset_2d", false);
    probe_sees(&p, 0, 0, 5, 3, 0, 0);
    probe_run(&p, "offset_2d");
    probe_sees(&p, 0, 0, 5, 3, 0, 0);
}

static void shaders_can_ask_how_large_a_texture_is(void **state)
{
    struct kit_texture flat = probe_texture(*state, PVG_WIRE_TEXTURE_TYPE_2D, 16, 4, 1, 1, true);
    struct kit_texture layers =
        probe_texture(*state, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 8, 4, 1, 5, true);
    struct kit_texture solid = probe_texture(*state, PVG_WIRE_TEXTURE_TYPE_3D, 8, 4, 2, 1, true);
    struct probe p;

    begin(&p, *state, flat.object, probe_sampler());
    for (unsigned level = 0; level < 3; level++) { /* lavapipe wants one for all threads */
        p.count = 0;
        for (unsigned i = 0; i < PROBE_POINTS; i++) {
            probe_at(&p, level, 0, 0, 0);
        }
        p.texture = flat.object;
        probe_draw(&p, "queries_2d", false);
        probe_sees(&p, 0, 0, 16 >> level, 4 >> level, 5, level);
        p.texture = layers.object;
        probe_run(&p, "queries_2d_array");
        probe_sees(&p, 0, 0, 8 >> level, 4 >> level, 5, 4);
        p.texture = solid.object;
        probe_run(&p, "queries_3d");
        probe_sees(&p, 0, 0, 8 >> level, 4 >> level, level ? 1 : 2, 4);
    }
}

/* ---- Depth ---- */

static struct kit_texture depth_texture(struct stage *stage, enum pvg_wire_texture_type type,
                                        unsigned slices, const float *values)
{
    struct pvg_wire_texture_body body = stage_texture_2d(252, 2, 2);
    struct kit_texture texture;

    body.type = type;
    body.array_length = type == PVG_WIRE_TEXTURE_TYPE_CUBE ? 1 : slices;
    kit_texture_create(&stage->kit, &stage->task, &texture, &body, 4);
    for (unsigned i = 0; i < slices; i++) {
        stage_texture_write(stage, &texture, 0, i, 2, 8, values + 4 * i);
    }
    return texture;
}

static bool passes(enum pvg_wire_compare compare, float reference, float value)
{
    switch (compare) {
    case PVG_WIRE_COMPARE_NEVER:
        return false;
    case PVG_WIRE_COMPARE_LESS:
        return reference < value;
    case PVG_WIRE_COMPARE_EQUAL:
        return reference == value;
    case PVG_WIRE_COMPARE_LESS_EQUAL:
        return reference <= value;
    case PVG_WIRE_COMPARE_GREATER:
        return reference > value;
    case PVG_WIRE_COMPARE_NOT_EQUAL:
        return reference != value;
    case PVG_WIRE_COMPARE_GREATER_EQUAL:
        return reference >= value;
    case PVG_WIRE_COMPARE_ALWAYS:
        break;
    }
    return true;
}

static void every_comparison_of_a_sampler_compares(void **state)
{
    static const float values[4] = {0.25f, 0.5f, 0.75f, 1};
    struct kit_texture texture = depth_texture(*state, PVG_WIRE_TEXTURE_TYPE_2D, 1, values);

    for (unsigned compare = 0; compare <= PVG_WIRE_COMPARE_ALWAYS; compare++) {
        struct pvg_wire_sampler sampler = probe_sampler();
        struct probe p;

        sampler.compare = (uint8_t)compare;
        begin(&p, *state, texture.object, sampler);
        for (unsigned i = 0; i < 4; i++) {
            probe_at(&p, i & 1 ? 0.75f : 0.25f, i & 2 ? 0.75f : 0.25f, 0, 0.5f);
        }
        probe_draw(&p, "compare_2d", false);
        for (unsigned i = 0; i < 4; i++) {
            const float want = passes(compare, 0.5f, values[i]);

            probe_sees(&p, i, 0, want, want, want, want);
        }
        probe_run(&p, "depth_2d"); /* the same sampler without its comparison */
        for (unsigned i = 0; i < 4; i++) {
            probe_sees(&p, i, 0, values[i], values[i], values[i], values[i]);
        }
        probe_run(&p, "gather_compare");
        probe_sees(&p, 0, 0, p.got[0][0], p.got[0][1], p.got[0][2], p.got[0][3]);
    }
}

/* Where the device cannot, the nearest texel is taken; the layers say nothing. */
static void a_sampler_filters_depth_where_the_device_can(void **state)
{
    static const float values[4] = {0.25f, 0.5f, 0.75f, 1};
    struct kit_texture texture = depth_texture(*state, PVG_WIRE_TEXTURE_TYPE_2D, 1, values);
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    sampler.min = sampler.mag = PVG_WIRE_FILTER_LINEAR;
    sampler.mip = PVG_WIRE_MIP_FILTER_LINEAR;
    sampler.max_anisotropy = 4;
    for (unsigned clamped = 0; clamped < 2; clamped++) {
        begin(&p, *state, texture.object, sampler);
        p.clamped = clamped;
        p.lod_max = 8;
        for (unsigned i = 0; i < 4; i++) { /* in the middle of texels both are the same */
            probe_at(&p, i & 1 ? 0.75f : 0.25f, i & 2 ? 0.75f : 0.25f, 0, 0);
        }
        probe_draw(&p, "depth_2d", false);
        for (unsigned i = 0; i < 4; i++) {
            probe_sees(&p, i, MIX, values[i], values[i], values[i], values[i]);
        }
    }
}

static void comparisons_are_mixed_and_gathered(void **state)
{
    static const float values[4] = {0.25f, 0.5f, 0.75f, 1};
    struct kit_texture texture = depth_texture(*state, PVG_WIRE_TEXTURE_TYPE_2D, 1, values);
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    sampler.compare = PVG_WIRE_COMPARE_LESS;
    sampler.min = sampler.mag = PVG_WIRE_FILTER_LINEAR;
    begin(&p, *state, texture.object, sampler);
    probe_at(&p, 0.5f, 0.5f, 0, 0.6f);
    probe_draw(&p, "compare_2d", false);
    probe_sees(&p, 0, MIX, 0.5f, 0.5f, 0.5f, 0.5f);
    probe_run(&p, "gather_compare");
    probe_sees(&p, 0, 0, 1, 1, 0, 0);
    sampler = probe_sampler(); /* lavapipe does not filter depth */
    stage_sampler(*state, &sampler);
    p.sampler = sampler.object;
    probe_run(&p, "gather_depth");
    probe_sees(&p, 0, 0, 0.75f, 1, 0.5f, 0.25f);
    p.count = 0;
    probe_at(&p, 1, 0, 0, 0);
    probe_run(&p, "read_depth");
    probe_sees(&p, 0, 0, 0.5f, 0.5f, 0.5f, 0.5f);
}

static void layers_and_faces_of_depth_are_compared(void **state)
{
    float values[24];
    struct pvg_wire_sampler sampler = probe_sampler();
    struct kit_texture layers, cube;
    struct probe p;

    for (unsigned i = 0; i < 24; i++) {
        values[i] = (float)(i / 4) / 8;
    }
    layers = depth_texture(*state, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 6, values);
    cube = depth_texture(*state, PVG_WIRE_TEXTURE_TYPE_CUBE, 6, values);
    sampler.compare = PVG_WIRE_COMPARE_GREATER_EQUAL;
    begin(&p, *state, layers.object, sampler);
    for (unsigned i = 0; i < 6; i++) {
        probe_at(&p, 0.5f, 0.5f, i, 0.3f);
    }
    probe_draw(&p, "compare_2d_array", false);
    for (unsigned i = 0; i < 6; i++) {
        probe_sees(&p, i, 0, i < 3, i < 3, i < 3, i < 3);
    }
    p.count = 0;
    p.texture = cube.object;
    for (unsigned i = 0; i < 6; i++) {
        float d[3];

        face_direction(i, 0.1f, 0.1f, d);
        probe_at(&p, d[0], d[1], d[2], 0.3f);
    }
    probe_run(&p, "compare_cube");
    for (unsigned i = 0; i < 6; i++) {
        probe_sees(&p, i, 0, i < 3, i < 3, i < 3, i < 3);
    }
}

/* ---- Texture buffers ---- */

static void a_texture_buffer_shows_its_buffers_texels(void **state)
{
    struct stage *stage = *state;
    struct pvg_wire_texture_body body = stage_texture_2d(125, 32, 1);
    struct kit_buffer buffer;
    struct probe p;
    float texels[64][4];

    body.type = PVG_WIRE_TEXTURE_TYPE_TEXTURE_BUFFER;
    for (unsigned i = 0; i < 64; i++) {
        memcpy(texels[i], (const float[4]){i, i * 2, i * 3, i * 4}, 16);
    }
    kit_buffer_create(&stage->kit, &stage->task, &buffer, sizeof(texels));
    stage_write(stage, &buffer, 0, texels, sizeof(texels));
    begin(&p, stage, stage_texture_over(stage, buffer.object, 256, 0, &body), probe_sampler());
    p.depends = buffer.object;
    for (unsigned i = 0; i < 40; i++) {
        probe_at(&p, i, 0, 0, 0);
    }
    probe_draw(&p, "read_buffer", false);
    for (unsigned i = 0; i < 32; i++) {
        probe_expect(&p, i, texels[16 + i], 0);
    }
    for (unsigned i = 32; i < 40; i++) { /* outside of the view, though inside the buffer */
        probe_sees(&p, i, 0, 0, 0, 0, p.got[i][3]);
    }
    body.format = 123;
    p.texture = stage_texture_over(stage, buffer.object, 0, 0, &body);
    probe_run(&p, "read_buffer_u");
    for (unsigned i = 0; i < 32; i++) {
        assert_memory_equal(p.words[i], texels[i], 16);
    }
}

/* ---- Levels made by the GPU ---- */

static void generated_levels_are_sampled(void **state)
{
    struct stage *stage = *state;
    struct kit_texture texture = probe_texture(stage, PVG_WIRE_TEXTURE_TYPE_2D, 8, 8, 1, 1, true);
    struct pvg_wire_sampler sampler = probe_sampler();
    struct probe p;

    sampler.mip = PVG_WIRE_MIP_FILTER_NEAREST;
    begin(&p, stage, texture.object, sampler);
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_generate_mipmaps_encode(&stage->stream.w,
                                     &(struct pvg_wire_generate_mipmaps){texture.object});
    kit_segment_end(&stage->stream);
    for (unsigned level = 1; level < 4; level++) {
        probe_at(&p, 0.01f, 0.99f, 0, level);
    }
    probe_draw(&p, "2d", false); /* the same submission */
    for (unsigned level = 1; level < 4; level++) {
        const float side = (float)(1u << level);

        probe_sees(&p, level - 1, MIX, (side - 1) / 2, 7 - (side - 1) / 2, 0, 0);
    }
}

/* ---- Formats that the host may have to decode ---- */

/* One colour in every block, from guest memory and by way of a buffer. */
static void compressed_textures_show_their_colours(void **state)
{
    static const struct {
        uint16_t format;
        uint8_t block_bytes;
        uint8_t block[16];
        float colour[4];
    } rows[] = {
        {204,
         16,
         {0xfc, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x80, 0, 0, 0, 0x40},
         {1, 128 / 255.0f, 0, 64 / 255.0f}},
        {222,
         16,
         {0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x44, 0, 0x3c, 0, 0, 0, 0x38},
         {4, 1, 0, 0.5f}},
        {180, 8, {0x80, 0x00, 0xf8, 0x02}, {134 / 255.0f, 2 / 255.0f, 1, 1}},
        {178,
         16,
         {98, 0x1d, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x80, 0x00, 0xf8, 0x02},
         {134 / 255.0f, 2 / 255.0f, 1, 98 / 255.0f}},
        {170, 8, {100, 0x1d, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24}, {25740 / 65535.0f, 0, 0, 1}},
        {166, 8, {0, 0, 0, 0, 0, 0xfc, 0x1f, 0x80}, {1, 0, 0, 1}},
        {130, 8, {0x00, 0xf8, 0x00, 0xf8}, {1, 0, 0, 1}}, /* BC1, which hosts have */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct stage *stage = *state;
        struct pvg_wire_texture_body body = stage_texture_2d(rows[i].format, 8, 8);
        const unsigned bytes = rows[i].block_bytes;
        struct kit_texture textures[2];
        struct kit_buffer buffer;
        uint8_t level[64];
        struct probe p;

        body.usage = PVG_WIRE_TEXTURE_USAGE_SHADER_READ;
        for (unsigned b = 0; b < 4; b++) {
            memcpy(level + b * bytes, rows[i].block, bytes);
        }
        kit_texture_create(&stage->kit, &stage->task, &textures[0], &body, bytes);
        kit_texture_create(&stage->kit, &stage->task, &textures[1], &body, bytes);
        stage_texture_write(stage, &textures[0], 0, 0, 2, 2 * bytes, level);
        kit_buffer_create(&stage->kit, &stage->task, &buffer, sizeof(level));
        stage_write(stage, &buffer, 0, level, sizeof(level));
        kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
        pvg_wire_copy_buffer_to_texture_encode(&stage->stream.w,
                                               &(struct pvg_wire_copy_buffer_to_texture){
                                                   .source = buffer.object,
                                                   .destination = textures[1].object,
                                                   .bytes_per_row = 2 * bytes,
                                                   .size = {8, 8, 1},
                                               });
        kit_segment_end(&stage->stream);
        stage_run_with(stage, buffer.object);
        for (unsigned t = 0; t < 2; t++) {
            begin(&p, stage, textures[t].object, probe_sampler());
            probe_at(&p, 0.1f, 0.1f, 0, 0);
            probe_at(&p, 0.9f, 0.6f, 0, 0);
            if (t) { /* its own guest memory says nothing */
                p.depends = p.points.object;
            }
            probe_draw(&p, "2d", false);
            probe_expect(&p, 0, rows[i].colour, 0.001f);
            probe_expect(&p, 1, rows[i].colour, 0.001f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene(a_1d_texture_is_sampled),
        scene(a_1d_array_is_sampled),
        scene(a_2d_texture_is_sampled),
        scene(a_2d_array_is_sampled),
        scene(a_3d_texture_is_sampled),
        scene(a_cube_is_sampled_by_direction),
        scene(a_cube_array_is_sampled_by_direction),
        scene(texels_are_read_by_their_position),
        scene_once(without_a_texture_there_is_nothing_to_see),
        scene_once(a_texture_of_another_type_is_bound_as_none),
        scene_once(without_a_sampler_texels_are_taken_as_they_are),
        scene_once(nearest_takes_the_texel_under_the_point),
        scene_once(linear_mixes_the_texels_around_the_point),
        scene_once(linear_mixes_planes_of_3d_textures_but_not_layers),
        scene_once(minifying_and_magnifying_have_filters_of_their_own),
        scene_once(the_mip_filter_chooses_or_mixes_levels),
        scene_once(a_sampler_keeps_levels_between_its_clamps),
        scene_once(clamps_of_a_bind_replace_the_samplers_own),
        scene_once(derivatives_choose_the_level),
        scene_once(gradients_choose_the_level),
        scene_once(a_footprint_without_end_is_sampled_in_time),
        scene_once(anisotropy_keeps_stretched_footprints_sharp),
        scene_once(without_mipmaps_small_pictures_are_still_minified),
        scene_once(every_address_mode_wraps_as_its_name_says),
        scene_once(the_border_has_one_of_three_colours),
        scene_once(pixel_coordinates_count_texels),
        scene_once(pixel_and_unit_coordinates_alternate),
        scene_once(gathering_takes_four_texels_in_metals_order),
        scene_once(offsets_are_texels),
        scene_once(shaders_can_ask_how_large_a_texture_is),
        scene_once(every_comparison_of_a_sampler_compares),
        scene_once(a_sampler_filters_depth_where_the_device_can),
        scene_once(comparisons_are_mixed_and_gathered),
        scene_once(layers_and_faces_of_depth_are_compared),
        scene(a_texture_buffer_shows_its_buffers_texels),
        scene(generated_levels_are_sampled),
        scene(compressed_textures_show_their_colours),
    };

    return run_scenes(tests);
}
