/* SPDX-License-Identifier: MIT */
/* Blocks whose texels follow from the formats' specifications by hand. */
#include "gpu/block_codec.h"
#include "gpu/block_decode.h"

#include <string.h>

#include <glib.h>

#include "test.h"

static void expect(const uint8_t got[4], uint8_t r, uint8_t g, uint8_t b, uint8_t a)
{
    const uint8_t want[4] = {r, g, b, a};

    assert_memory_equal(got, want, 4);
}

static void an_astc_block_of_one_colour_is_that_colour(void **state)
{
    const uint8_t block[16] = {0xfc, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                               0xff, 0xff, 0x00, 0x80, 0x00, 0x00, 0x00, 0x40};
    uint8_t texels[144][4];
    uint16_t halves[144][4];

    pvg_astc_decode_8(block, 12, 10, false, texels);
    expect(texels[0], 255, 128, 0, 64);
    expect(texels[119], 255, 128, 0, 64);
    pvg_astc_decode_half(block, 12, 10, halves);
    assert_int_equal(halves[119][0], 0x3c00); /* 1 */
    assert_int_equal(halves[119][1], 0x3800); /* 0.5 */
    assert_int_equal(halves[119][3], 0x3400); /* 0.25 */
}

/* A 4x4 grid of one-bit weights, mode 0 (luminance), endpoints 0 and 255 in 8 bits: the weights lie
 * at the block's end, its last bit first. */
static void astc_weights_choose_between_endpoints(void **state)
{
    uint8_t block[16] = {0};
    uint8_t texels[16][4];

    /* Two-bit weights (range 4), 4x4: r = 4 -> m[1:0] = 2, m[4] = 0; a = 2, b = 0. */
    block[0] = 0x42;
    block[1] = 0x00;              /* one partition; endpoint mode 0 begins at bit 13 */
    block[2] = (uint8_t)(0 << 1); /* endpoint 0 at bit 17: 0 */
    block[3] = 0xfe;              /* endpoint 1 at bit 25: 255 */
    block[4] = 0x01;
    block[15] = 0xc0; /* texel 0: weight 3; all others 0 */
    pvg_astc_decode_8(block, 4, 4, false, texels);
    expect(texels[0], 255, 255, 255, 255);
    expect(texels[1], 0, 0, 0, 255);
    expect(texels[15], 0, 0, 0, 255);
}

static void a_reserved_astc_block_is_magenta(void **state)
{
    const uint8_t zeroes[16] = {0};
    uint8_t texels[16][4];

    pvg_astc_decode_8(zeroes, 4, 4, true, texels);
    expect(texels[7], 255, 0, 255, 255);
}

static void etc2_halves_have_their_own_colours(void **state)
{
    const uint8_t differential[8] = {0x80, 0x00, 0xf8, 0x02};
    const uint8_t individual[8] = {0xf0, 0x08, 0x00, 0x00};
    uint8_t texels[16][4];

    pvg_etc2_decode(differential, false, texels);
    expect(texels[5], 134, 2, 255, 255);
    pvg_etc2_decode(individual, false, texels);
    expect(texels[4], 255, 2, 2, 255);
    expect(texels[6], 2, 138, 2, 255);
}

static void etc2_planes_rise_from_their_origin(void **state)
{
    const uint8_t planar[8] = {0, 0, 0x04, 0x7f};
    uint8_t texels[16][4];

    pvg_etc2_decode(planar, false, texels);
    for (unsigned y = 0; y < 4; y++) {
        expect(texels[4 * y], 0, 0, 0, 255);
        expect(texels[4 * y + 1], 64, 0, 0, 255);
        expect(texels[4 * y + 2], 128, 0, 0, 255);
        expect(texels[4 * y + 3], 191, 0, 0, 255);
    }
}

/* T: red overflows. The first colour is 0xf.., the second 0x000 with distance 3. */
static void etc2_t_blocks_paint_with_four_colours(void **state)
{
    /* byte 0: five = 31, step = +3 -> overflow; R1 = 3 << 2 | 3 = 15. */
    const uint8_t t[8] = {0xfb, 0x00, 0x00, 0x02, 0x00, 0x06, 0x00, 0x05};
    uint8_t texels[16][4];

    pvg_etc2_decode(t, false, texels);
    expect(texels[0], 3, 3, 3, 255);    /* (0, 0): selector 1, second colour plus distance */
    expect(texels[4], 0, 0, 0, 255);    /* (0, 1): selector 2, second colour */
    expect(texels[8], 0, 0, 0, 255);    /* (0, 2): selector 3, second colour minus distance */
    expect(texels[12], 255, 0, 0, 255); /* (0, 3): selector 0, first colour */
}

static void etc2_punches_through(void **state)
{
    const uint8_t block[8] = {0x80, 0x00, 0xf8, 0x00, 0x00, 0x01, 0x00, 0x00};
    uint8_t texels[16][4];

    pvg_etc2_decode(block, true, texels);
    expect(texels[0], 0, 0, 0, 0);
    expect(texels[1], 132, 0, 255, 255);
}

static void eac_channels_change_around_their_base(void **state)
{
    const uint8_t alpha[8] = {100, 0x2d, 0xe0};
    const uint8_t level[8] = {100, 0x1d, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24};
    const uint8_t below[8] = {0x9c, 0x1d, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24};
    uint8_t texels[16][4] = {0};
    uint16_t plain[16];
    int16_t with_sign[16];

    pvg_eac_decode_alpha(alpha, texels);
    assert_int_equal(texels[0][3], 118);
    assert_int_equal(texels[1][3], 98);
    pvg_eac_decode_unsigned(level, plain);
    assert_int_equal(plain[9], 25740);
    pvg_eac_decode_signed(below, with_sign);
    assert_int_equal(with_sign[9], -25625);
}

/* Red and blue everywhere, so that only modulation differs. */
static void pvrtc_modulates_between_two_colours(void **state)
{
    uint8_t blocks[4][8], texels[64][4];

    for (unsigned i = 0; i < 4; i++) {
        const uint32_t colours = 0x8000001fu << 16 | 0x8000u | 31u << 10; /* blue; red */

        memset(blocks[i], 0, 4);
        blocks[i][0] = 0xe4; /* the first row: 0, 1, 2, 3 */
        memcpy(blocks[i] + 4,
               (const uint8_t[]){(uint8_t)colours, (uint8_t)(colours >> 8), 0x1f, 0x80}, 4);
    }
    pvg_pvrtc_decode(blocks[0], false, 8, 8, texels);
    expect(texels[0], 255, 0, 0, 255);
    expect(texels[1], 159, 0, 95, 255);
    expect(texels[2], 95, 0, 159, 255);
    expect(texels[3], 0, 0, 255, 255);
    expect(texels[7], 0, 0, 255, 255);
}

/* Anything is some picture, of every size, and nothing outside is touched: the sanitizers look. */
static void every_format_decodes_noise(void **state)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < pvg_pixel_format_count; i++) {
        const struct pvg_pixel_format *format = &pvg_pixel_formats[i];
        const struct pvg_texel_codec *codec = pvg_block_codec_find(format);

        for (uint32_t side = 1; codec && side < 40; side += 7) {
            const struct pvg_linear_layout layout =
                pvg_linear_layout(format, format->bytes, side, side + 3);
            const size_t size = layout.tight_row * layout.blocks_high;
            g_autofree uint8_t *guest = g_malloc(size);
            g_autofree uint8_t *host = g_malloc((size_t)side * (side + 3) * codec->host_bytes);

            for (size_t b = 0; b < size; b++) {
                seed = seed * 1664525 + 1013904223;
                guest[b] = (uint8_t)(seed >> 24);
            }
            codec->decode_blocks(format, guest, side, side + 3, host);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_astc_block_of_one_colour_is_that_colour),
        cmocka_unit_test(astc_weights_choose_between_endpoints),
        cmocka_unit_test(a_reserved_astc_block_is_magenta),
        cmocka_unit_test(etc2_halves_have_their_own_colours),
        cmocka_unit_test(etc2_planes_rise_from_their_origin),
        cmocka_unit_test(etc2_t_blocks_paint_with_four_colours),
        cmocka_unit_test(etc2_punches_through),
        cmocka_unit_test(eac_channels_change_around_their_base),
        cmocka_unit_test(pvrtc_modulates_between_two_colours),
        cmocka_unit_test(every_format_decodes_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
