/* SPDX-License-Identifier: MIT */
/* Views: parts of a texture, seen as another type, in another format, through swizzles. */
#include <math.h>

#include "probe.h"
#include "wire/formats.h"
#include "wire/metal.h"

#define ZERO  PVG_WIRE_SWIZZLE_ZERO
#define ONE   PVG_WIRE_SWIZZLE_ONE
#define RED   PVG_WIRE_SWIZZLE_RED
#define GREEN PVG_WIRE_SWIZZLE_GREEN
#define BLUE  PVG_WIRE_SWIZZLE_BLUE
#define ALPHA PVG_WIRE_SWIZZLE_ALPHA

static void look_at(struct probe *p, struct stage *stage, uint32_t view, uint32_t base)
{
    struct pvg_wire_sampler sampler = probe_sampler();

    probe_begin(p, stage);
    stage_sampler(stage, &sampler);
    p->texture = view;
    p->depends = base;
    p->sampler = sampler.object;
}

/* The texel at (@x, @y) of level 0. */
static void see(struct probe *p, unsigned x, unsigned y)
{
    p->count = 0;
    probe_at(p, (float)x, (float)y, 0, 0);
    probe_draw(p, "read_2d", false);
}

/* All of @base's @levels and @slices through a swizzle. */
static uint32_t swizzled(struct stage *stage, uint32_t base, uint16_t format, const uint8_t s[4])
{
    return stage_view(stage, base,
                      (struct pvg_wire_texture_view){
                          .format = format,
                          .type = PVG_WIRE_TEXTURE_TYPE_2D,
                          .level_count = 1,
                          .slice_count = 1,
                          .has_ranges = true,
                          .has_swizzle = true,
                          .swizzle_red = s[0],
                          .swizzle_green = s[1],
                          .swizzle_blue = s[2],
                          .swizzle_alpha = s[3],
                      });
}

/* A texture of one texel, whose bytes are @texel, that has @usage besides. */
static uint32_t one_texel_for(struct stage *stage, uint16_t format, const void *texel,
                              unsigned bytes, uint32_t usage)
{
    struct pvg_wire_texture_body body = stage_texture_2d(format, 1, 1);
    struct kit_texture texture;

    body.usage |= usage;
    kit_texture_create(&stage->kit, &stage->task, &texture, &body, bytes);
    stage_texture_write(stage, &texture, 0, 0, 1, bytes, texel);
    return texture.object;
}

static uint32_t one_texel(struct stage *stage, uint16_t format, const void *texel, unsigned bytes)
{
    return one_texel_for(stage, format, texel, bytes, 0);
}

/* Each of the six selectors stands once in each of the four places. */
static void every_selector_works_in_every_channel(void **state)
{
    static const uint16_t texel[4] = {0x4000, 0x4200, 0x4400, 0x4500}; /* 2, 3, 4, 5 */
    struct stage *stage = *state;
    const uint32_t base = one_texel(stage, PVG_WIRE_PIXEL_FORMAT_RGBA16FLOAT, texel, 8);
    struct probe p;

    look_at(&p, stage, 0, base);
    for (uint8_t first = 0; first < 6; first++) {
        const uint8_t s[4] = {first, (first + 1) % 6, (first + 2) % 6, (first + 3) % 6};

        p.texture = swizzled(stage, base, PVG_WIRE_PIXEL_FORMAT_RGBA16FLOAT, s);
        see(&p, 0, 0);
        probe_sees(&p, 0, 0, s[0], s[1], s[2], s[3]); /* selector n shows n */
    }
}

static void a_selector_that_is_none_spoils_the_view(void **state)
{
    static const uint32_t texel = ~0u;
    struct stage *stage = *state;
    const uint32_t base = one_texel(stage, PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM, &texel, 4);
    struct probe p;

    stage->may_refuse = true;
    look_at(&p, stage,
            swizzled(stage, base, PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM,
                     (const uint8_t[]){RED, GREEN, BLUE, ALPHA + 1}),
            base);
    see(&p, 0, 0);
    probe_sees(&p, 0, 0, 0, 0, 0, p.got[0][3]);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_VALUE), 1);
}

/* Also where the view has another format than what it is a view of. */
static void a_view_of_a_swizzled_view_chooses_from_what_that_shows(void **state)
{
    static const uint8_t texel[4] = {0, 51, 102, 255};
    struct stage *stage = *state;
    const uint32_t base = one_texel_for(stage, PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM, texel, 4,
                                        PVG_WIRE_TEXTURE_USAGE_PIXEL_FORMAT_VIEW);
    const uint32_t turned = swizzled(stage, base, PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM,
                                     (const uint8_t[]){BLUE, GREEN, RED, ONE});
    const uint32_t again = swizzled(stage, turned, PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM,
                                    (const uint8_t[]){GREEN, RED, ZERO, ALPHA});
    const uint32_t integers = stage_view(
        stage, turned, (struct pvg_wire_texture_view){.format = PVG_WIRE_PIXEL_FORMAT_RGBA8UINT});
    struct probe p;

    look_at(&p, stage, again, base);
    see(&p, 0, 0);
    probe_sees(&p, 0, 0.001f, 0.2f, 0.4f, 0, 1);
    p.texture = integers;
    probe_run(&p, "read_2d_u");
    assert_int_equal(p.words[0][0], 102);
    assert_int_equal(p.words[0][1], 51);
    assert_int_equal(p.words[0][2], 0);
    assert_int_equal(p.words[0][3], 1);
}

/* A texture that was not made for it has views in its own format and its sRGB twin alone. */
static void a_view_in_another_format_wants_a_texture_made_for_views(void **state)
{
    static const uint8_t texel[4] = {51, 0, 0, 255};
    static const struct pvg_wire_texture_view twin = {.format =
                                                          PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM_SRGB};
    static const struct pvg_wire_texture_view other = {.format = PVG_WIRE_PIXEL_FORMAT_RGBA8UINT};
    struct stage *stage = *state;
    const uint32_t plain = one_texel(stage, PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM, texel, 4);
    const uint32_t made = one_texel_for(stage, PVG_WIRE_PIXEL_FORMAT_RGBA8UNORM, texel, 4,
                                        PVG_WIRE_TEXTURE_USAGE_PIXEL_FORMAT_VIEW);
    struct probe p;

    stage->may_refuse = true;
    look_at(&p, stage, stage_view(stage, plain, twin), plain);
    see(&p, 0, 0);
    probe_sees(&p, 0, 0.001f, 0.0331f, 0, 0, 1);
    p.texture = stage_view(stage, made, other);
    p.depends = made;
    probe_run(&p, "read_2d_u");
    assert_int_equal(p.words[0][0], 51);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_FORMAT), 0);
    p.texture = stage_view(stage, plain, other);
    p.depends = plain;
    probe_run(&p, "read_2d_u");
    assert_int_equal(p.words[0][0], 0);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_FORMAT), 1);
}

/* The host has no A8: its red is moved, in views of that format alone. */
static void alpha_alone_is_red_alone_in_a_view(void **state)
{
    static const uint8_t texel = 51;
    struct stage *stage = *state;
    const uint32_t alpha = one_texel(stage, PVG_WIRE_PIXEL_FORMAT_A8UNORM, &texel, 1);
    const uint32_t red = one_texel(stage, PVG_WIRE_PIXEL_FORMAT_R8UNORM, &texel, 1);
    struct probe p;

    look_at(&p, stage, alpha, alpha);
    see(&p, 0, 0);
    probe_sees(&p, 0, 0.001f, 0, 0, 0, 0.2f);
    p.texture = stage_view(stage, alpha,
                           (struct pvg_wire_texture_view){.format = PVG_WIRE_PIXEL_FORMAT_R8UNORM});
    see(&p, 0, 0);
    probe_sees(&p, 0, 0.001f, 0.2f, 0, 0, 1);
    p.depends = red;
    p.texture = swizzled(stage, red, PVG_WIRE_PIXEL_FORMAT_A8UNORM,
                         (const uint8_t[]){ALPHA, RED, ONE, ALPHA});
    see(&p, 0, 0);
    probe_sees(&p, 0, 0.001f, 0.2f, 0, 1, 0.2f);
}

/* ---- Parts, and other types ---- */

static void a_view_of_one_slice_and_level_shows_just_that(void **state)
{
    struct stage *stage = *state;
    struct kit_texture base =
        probe_texture(stage, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 32, 32, 1, 5, true);
    struct probe p;

    look_at(&p, stage, 0, base.object);
    for (unsigned slice = 0; slice < 5; slice++) {
        for (unsigned level = 0; level < 5; level++) {
            const unsigned x = 13 >> level, y = 27 >> level;

            p.texture = stage_view(stage, base.object,
                                   (struct pvg_wire_texture_view){
                                       .type = PVG_WIRE_TEXTURE_TYPE_2D,
                                       .first_level = level,
                                       .level_count = 1,
                                       .first_slice = slice,
                                       .slice_count = 1,
                                       .has_ranges = true,
                                   });
            see(&p, x, y);
            probe_sees(&p, 0, 0, x, y, slice, level);
        }
    }
}

/* Ranges count from where the base's begin. */
static void a_view_of_a_view_counts_from_its_first_slice_and_level(void **state)
{
    struct stage *stage = *state;
    struct kit_texture base =
        probe_texture(stage, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 32, 32, 1, 5, true);
    const struct pvg_wire_texture_view from = {
        .type = PVG_WIRE_TEXTURE_TYPE_2D_ARRAY,
        .first_level = 1,
        .level_count = 4,
        .first_slice = 2,
        .slice_count = 3,
        .has_ranges = true,
    };
    const struct pvg_wire_texture_view deeper = {
        .type = PVG_WIRE_TEXTURE_TYPE_2D,
        .first_level = 2,
        .level_count = 1,
        .first_slice = 1,
        .slice_count = 1,
        .has_ranges = true,
    };
    struct probe p;

    look_at(&p, stage, stage_view(stage, stage_view(stage, base.object, from), deeper),
            base.object);
    see(&p, 2, 1);
    probe_sees(&p, 0, 0, 2, 1, 3, 3);
}

static void ranges_outside_of_the_base_are_refused(void **state)
{
    static const struct pvg_wire_texture_view outside[] = {
        {.level_count = 7, .slice_count = 1},
        {.first_level = 6, .level_count = 1, .slice_count = 1},
        {.first_level = 1, .level_count = UINT64_MAX, .slice_count = 1},
        {.level_count = 1, .slice_count = 6},
        {.level_count = 1, .first_slice = 5, .slice_count = 1},
        {.level_count = 1, .first_slice = UINT64_MAX, .slice_count = 1},
    };
    struct stage *stage = *state;
    struct kit_texture base =
        probe_texture(stage, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 32, 32, 1, 5, true);
    struct probe p;

    stage->may_refuse = true;
    look_at(&p, stage, 0, base.object);
    for (size_t i = 0; i < G_N_ELEMENTS(outside); i++) {
        struct pvg_wire_texture_view view = outside[i];

        view.type = PVG_WIRE_TEXTURE_TYPE_2D_ARRAY;
        view.has_ranges = true;
        p.texture = stage_view(stage, base.object, view);
        see(&p, 0, 0);
        assert_int_equal(stage_refusals(stage, PVG_REFUSED_LEVEL), i + 1);
    }
}

/* Slices of an array are the faces of a cube, and the other way round. */
static void an_array_is_seen_as_a_cube_and_a_cube_as_an_array(void **state)
{
    struct stage *stage = *state;
    struct kit_texture array =
        probe_texture(stage, PVG_WIRE_TEXTURE_TYPE_2D_ARRAY, 4, 4, 1, 8, false);
    struct kit_texture cube = probe_texture(stage, PVG_WIRE_TEXTURE_TYPE_CUBE, 4, 4, 1, 1, false);
    struct probe p;

    look_at(&p, stage,
            stage_view(stage, array.object,
                       (struct pvg_wire_texture_view){.type = PVG_WIRE_TEXTURE_TYPE_CUBE,
                                                      .level_count = 1,
                                                      .first_slice = 2,
                                                      .slice_count = 6,
                                                      .has_ranges = true}),
            array.object);
    probe_at(&p, 1, 0, 0, 0);  /* the first face */
    probe_at(&p, 0, 0, -1, 0); /* the last */
    probe_draw(&p, "cube", false);
    assert_int_equal(p.got[0][2], 2);
    assert_int_equal(p.got[1][2], 7);

    p.texture = stage_view(stage, cube.object,
                           (struct pvg_wire_texture_view){.type = PVG_WIRE_TEXTURE_TYPE_2D_ARRAY,
                                                          .level_count = 1,
                                                          .first_slice = 1,
                                                          .slice_count = 4,
                                                          .has_ranges = true});
    p.depends = cube.object;
    p.count = 0;
    probe_at(&p, 3, 1, 2, 0);
    probe_draw(&p, "read_2d_array", false);
    probe_sees(&p, 0, 0, 3, 1, 3, 0);
}

int main(void)
{
    const struct CMUnitTest scenes[] = {
        scene_once(every_selector_works_in_every_channel),
        scene_once(a_selector_that_is_none_spoils_the_view),
        scene_once(a_view_of_a_swizzled_view_chooses_from_what_that_shows),
        scene_once(a_view_in_another_format_wants_a_texture_made_for_views),
        scene_once(alpha_alone_is_red_alone_in_a_view),
        scene_once(a_view_of_one_slice_and_level_shows_just_that),
        scene_once(a_view_of_a_view_counts_from_its_first_slice_and_level),
        scene_once(ranges_outside_of_the_base_are_refused),
        scene_once(an_array_is_seen_as_a_cube_and_a_cube_as_an_array),
    };

    return run_scenes(scenes);
}
