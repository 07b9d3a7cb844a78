/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>
#include <string.h>

#include "gpu/texel.h"

static const struct pvg_texel_codec *codec(uint32_t ordinal)
{
    const struct pvg_texel_codec *found = pvg_texel_codec_find(pvg_pixel_format_find(ordinal));

    assert_non_null(found);
    return found;
}

static void every_half_survives_a_round_trip(void **state)
{
    for (uint32_t i = 0; i < 0x10000; i++) {
        float value = pvg_half_to_float((uint16_t)i);

        if (isnan(value)) {
            assert_true(isnan(pvg_half_to_float(pvg_half_from_float(value))));
        } else {
            assert_int_equal(pvg_half_from_float(value), i);
        }
    }
}

static void halves_round_to_nearest_even_and_overflow_to_infinity(void **state)
{
    assert_int_equal(pvg_half_from_float(1 + 1 / 2048.0f), 0x3c00);
    assert_int_equal(pvg_half_from_float(1 + 3 / 2048.0f), 0x3c02);
    assert_int_equal(pvg_half_from_float(65519), 0x7bff);
    assert_int_equal(pvg_half_from_float(65520), 0x7c00);
    assert_int_equal(pvg_half_from_float(-1e30f), 0xfc00);
    assert_int_equal(pvg_half_from_float(ldexpf(1, -25)), 0);
    assert_int_equal(pvg_half_from_float(ldexpf(1.5f, -25)), 1);
}

static void expect_halves(const uint8_t *host, float r, float g, float b, float a)
{
    const float want[4] = {r, g, b, a};
    uint16_t halves[4];

    memcpy(halves, host, sizeof(halves));
    for (int i = 0; i < 4; i++) {
        assert_true(fabsf(pvg_half_to_float(halves[i]) - want[i]) < 0.0008f);
    }
}

/* Spec: 60-formats 10.1. */
static void extended_range_texels_are_those_of_the_specification(void **state)
{
    static const uint8_t bgr10[] = {0x80, 0x01, 0xe6, 0x37, 0x00, 0xfc, 0xff, 0x27};
    static const uint8_t bgra10[] = {0x00, 0x60, 0x80, 0xdf, 0x00, 0x60, 0x80, 0xdf};
    uint8_t host[16];

    codec(554)->decode(bgr10, host, 2);
    /* 384 is 0 and 894 is 1: the first word has red 894, the second blue 0, green 1023, red 639. */
    expect_halves(host, 1.0f, 0.0f, 0.0f, 1);
    expect_halves(host + 8, 0.5f, 1.253f, -0.753f, 1);
    codec(552)->decode(bgra10, host, 1);
    expect_halves(host, 0, 1, 0, 1);
}

static void packed_444_4_is_widened_exactly(void **state)
{
    static const uint8_t guest[] = {0x0f, 0xf0}, want[] = {255, 0, 0, 255};
    uint8_t host[4];

    codec(42)->decode(guest, host, 1);
    assert_memory_equal(host, want, 4);
}

static void packed_422_reads_as_cr_y_cb(void **state)
{
    static const uint8_t guest[] = {0x10, 0x80, 0xeb, 0x90};
    static const uint8_t want[] = {0x90, 0x10, 0x80, 255, 0x90, 0xeb, 0x80, 255};
    static const uint8_t swapped[] = {0x80, 0x10, 0x90, 0xeb};
    uint8_t host[8];

    codec(240)->decode(guest, host, 2);
    assert_memory_equal(host, want, 8);
    codec(241)->decode(swapped, host, 2);
    assert_memory_equal(host, want, 8);
}

static void what_was_decoded_encodes_to_the_same_bytes(void **state)
{
    unsigned tried = 0;

    for (size_t f = 0; f < pvg_pixel_format_count; f++) {
        const struct pvg_pixel_format *format = &pvg_pixel_formats[f];
        const struct pvg_texel_codec *c = pvg_texel_codec_find(format);
        uint8_t guest[1024], host[4096], again[1024];
        uint32_t width = 256 / format->bytes * format->block_width, seed = 1;

        if (!c || c->decode_blocks) { /* nothing leads back */
            continue;
        }
        tried++;
        for (size_t i = 0; i < sizeof(guest); i++) {
            seed = seed * 1664525 + 1013904223;
            guest[i] = (uint8_t)(seed >> 24);
        }
        if (format->ordinal == 554 || format->ordinal == 555) { /* bits that mean nothing */
            for (size_t i = 3; i < sizeof(guest); i += 4) {
                guest[i] &= 0x3f;
            }
        }
        if (format->ordinal == 552 || format->ordinal == 553) {
            for (size_t i = 0; i < sizeof(guest); i += 2) {
                guest[i] &= 0xc0;
                guest[i + 1] = i % 8 == 6 ? 0x80 : guest[i + 1]; /* alpha is clamped to 0..1 */
            }
        }
        c->decode(guest, host, width);
        memset(again, 0, sizeof(again));
        c->encode(host, again, width);
        assert_memory_equal(guest, again, 256);
    }
    assert_int_equal(tried, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_survives_a_round_trip),
        cmocka_unit_test(halves_round_to_nearest_even_and_overflow_to_infinity),
        cmocka_unit_test(extended_range_texels_are_those_of_the_specification),
        cmocka_unit_test(packed_444_4_is_widened_exactly),
        cmocka_unit_test(packed_422_reads_as_cr_y_cb),
        cmocka_unit_test(what_was_decoded_encodes_to_the_same_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
