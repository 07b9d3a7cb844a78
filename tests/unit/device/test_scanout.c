/* SPDX-License-Identifier: MIT */
/* Every kind of surface format, one pixel at a time. Spec: 60-formats 3.7, 6. */
#include "device/scanout.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "device/gamma.h"

#include "test.h"

#define SIZE 0x10000

#define CODE(text)                                                                                 \
    ((uint32_t)(text)[0] << 24 | (uint32_t)(text)[1] << 16 | (uint32_t)(text)[2] << 8 |            \
     (uint32_t)(text)[3])

/* Shows a surface of @width x 2 whose planes begin with the given bytes; returns pixel (0, 0). */
static uint32_t show(uint32_t code, unsigned planes, const uint8_t *const bytes[3],
                     const uint8_t sizes[3], enum pvg_pixels *format)
{
    struct pvg_surface surface = {.format = code, .plane_count = planes, .size = SIZE};
    struct pvg_picture picture = {0};
    struct pvg_view view = {0};
    struct pvg_ram_span span = {.gpa = 0x1000, .size = SIZE, .fd = -1};
    const struct pvg_scanout_format *found;
    struct pvg_ram ram = {0};
    uint32_t pixel;

    assert_int_equal(posix_memalign(&span.host, 4096, SIZE), 0);
    memset(span.host, 0, SIZE);
    pvg_ram_init(&ram);
    assert_true(pvg_ram_insert(&ram, &span, NULL));
    pvg_view_append(&view, (struct pvg_gpa){0x1000}, SIZE);
    for (unsigned i = 0; i < planes; i++) {
        surface.planes[i] = (struct pvg_plane){
            .start = 0x1000 * i, .width = 2, .height = 2, .bytes_per_row = 256};
        memcpy((uint8_t *)span.host + 0x1000 * i, bytes[i], sizes[i]);
    }
    found = pvg_scanout_format_find(&surface);
    assert_non_null(found);
    assert_true(pvg_picture_resize(&picture, 2, 2, PVG_PIXELS_BGRX8888, NULL));
    assert_int_equal(pvg_scanout_read(found, &surface, &view, &ram, &picture), PVG_ACCEPTED);
    memcpy(&pixel, picture.pixels, sizeof(pixel));
    *format = picture.format;
    pvg_picture_finish(&picture);
    pvg_view_finish(&view);
    pvg_ram_finish(&ram);
    free(span.host);
    return GUINT32_FROM_LE(pixel) & (*format == PVG_PIXELS_BGRX8888 ? 0xffffff : 0x3fffffff);
}

static void one_plane(uint32_t code, const void *bytes, uint8_t size, enum pvg_pixels format,
                      uint32_t pixel)
{
    enum pvg_pixels found;

    assert_int_equal(show(code, 1, (const uint8_t *const[3]){bytes}, (const uint8_t[3]){size},
                          &found),
                     pixel);
    assert_int_equal(found, format);
}

static void eight_bit_colours_keep_their_channels(void **state)
{
    one_plane(CODE("BGRA"), "\x11\x22\x33\xff", 4, PVG_PIXELS_BGRX8888, 0x332211);
    one_plane(CODE("ARGB"), "\x11\x22\x33\xff", 4, PVG_PIXELS_BGRX8888, 0x332211);
    one_plane(80, "\x11\x22\x33\xff", 4, PVG_PIXELS_BGRX8888, 0x332211);
    one_plane(CODE("RGBA"), "\x11\x22\x33\xff", 4, PVG_PIXELS_BGRX8888, 0x112233);
    one_plane(CODE("ABGR"), "\xff\x33\x22\x11", 4, PVG_PIXELS_BGRX8888, 0x112233);
    one_plane(CODE("L008"), "\x44", 1, PVG_PIXELS_BGRX8888, 0x444444);
    one_plane(40, "\x00\xf8", 2, PVG_PIXELS_BGRX8888, 0xff0000);
}

static void ten_bit_colours_stay_ten_bits(void **state)
{
    one_plane(CODE("l10r"), "\xff\x07\x00\x00", 4, PVG_PIXELS_BGR10X2, 0x7ff);
    one_plane(90, "\xff\x03\x00\x00", 4, PVG_PIXELS_BGR10X2, 0x3ff00000);
    one_plane(CODE("R10k"), "\xff\xc0\x00\x00", 4, PVG_PIXELS_BGR10X2, 0x3ff00000);
    /* Extended range: 384 is dark, 894 is full. B 384, G 894, R 1023 (clamped). */
    one_plane(CODE("w30r"), "\x80\xf9\xfd\x3f", 4, PVG_PIXELS_BGR10X2, 0x3ff00000 | 0x3ff << 10);
}

static void wide_colours_are_clamped_to_eight_bits(void **state)
{
    /* Halves: 1, 0.5, -1, 1 */
    one_plane(CODE("RGhA"), "\x00\x3c\x00\x38\x00\xbc\x00\x3c", 8, PVG_PIXELS_BGRX8888, 0xff8000);
    one_plane(CODE("RGfA"), "\x00\x00\x80\x3f\x00\x00\x00\x3f\x00\x00\xc0\x7f\x00\x00\x80\x3f", 16,
              PVG_PIXELS_BGRX8888, 0xff8000); /* blue is NaN */
    one_plane(CODE("l64r"), "\x00\x12\x00\x34\x00\x56\x00\x00", 8, PVG_PIXELS_BGRX8888, 0x123456);
    one_plane(CODE("b64a"), "\x00\x00\x12\x00\x34\x00\x56\x00", 8, PVG_PIXELS_BGRX8888, 0x123456);
}

static void video_is_shown_in_its_colours(void **state)
{
    enum pvg_pixels format;

    /* White and black of both ranges. */
    assert_int_equal(show(CODE("420f"), 2, (const uint8_t *const[3]){(const uint8_t *)"\xff",
                                                               (const uint8_t *)"\x80\x80"},
                          (const uint8_t[3]){1, 2}, &format),
                     0xffffff);
    assert_int_equal(show(CODE("420v"), 2, (const uint8_t *const[3]){(const uint8_t *)"\xeb",
                                                               (const uint8_t *)"\x80\x80"},
                          (const uint8_t[3]){1, 2}, &format),
                     0xffffff);
    assert_int_equal(show(CODE("420v"), 2, (const uint8_t *const[3]){(const uint8_t *)"\x10",
                                                               (const uint8_t *)"\x80\x80"},
                          (const uint8_t[3]){1, 2}, &format),
                     0x000000);
    assert_int_equal(show(CODE("f420"), 3, (const uint8_t *const[3]){(const uint8_t *)"\x80",
                                                               (const uint8_t *)"\x80",
                                                               (const uint8_t *)"\x80"},
                          (const uint8_t[3]){1, 1, 1}, &format),
                     0x808080);
    /* Pure red of BT.709, full range: Y 54, Cb 99, Cr 255. */
    assert_in_range(show(CODE("444f"), 2, (const uint8_t *const[3]){(const uint8_t *)"\x36",
                                                              (const uint8_t *)"\x63\xff"},
                         (const uint8_t[3]){1, 2}, &format) >> 16,
                    0xfc, 0xff);
    one_plane(CODE("yuvf"), "\x80\x80\x80\x80", 4, PVG_PIXELS_BGRX8888, 0x808080);
    one_plane(CODE("2vuy"), "\x80\xeb\x80\xeb", 4, PVG_PIXELS_BGRX8888, 0xffffff);
}

static void surfaces_that_cannot_be_shown_have_no_format(void **state)
{
    struct pvg_surface surface = {
        .format = CODE("BGRA"), .plane_count = 1, .size = 0x1000,
        .planes = {{.width = 16, .height = 16, .bytes_per_row = 256}}};

    assert_non_null(pvg_scanout_format_find(&surface));
    surface.planes[0].start = 1; /* the last row ends past the backing by a byte: 15 * 256 + 65 */
    surface.size = 15 * 256 + 64;
    assert_null(pvg_scanout_format_find(&surface));
    surface.size++;
    assert_non_null(pvg_scanout_format_find(&surface));
    surface.planes[0].bytes_per_row = 63;
    assert_null(pvg_scanout_format_find(&surface));
    surface.planes[0].bytes_per_row = 256;
    surface.format = CODE("&BGA");
    assert_null(pvg_scanout_format_find(&surface));
    surface.format = CODE("420f"); /* needs a second plane */
    assert_null(pvg_scanout_format_find(&surface));
}

static void gamma_changes_levels_and_identity_changes_nothing(void **state)
{
    uint8_t pixels[4] = {0x80, 0x40, 0xff, 0};
    struct pvg_picture picture = {
        .pixels = pixels, .width = 1, .height = 1, .stride = 4, .format = PVG_PIXELS_BGRX8888};
    struct pvg_gamma gamma = {0};

    pvg_gamma_apply(&gamma, &picture);
    assert_memory_equal(pixels, "\x80\x40\xff\x00", 4);
    gamma.active = true;
    for (unsigned level = 0; level < 1024; level++) {
        gamma.levels[0][level] = (uint16_t)(1023 - level);
        gamma.levels[1][level] = (uint16_t)level;
        gamma.levels[2][level] = (uint16_t)(level / 2);
    }
    pvg_gamma_apply(&gamma, &picture);
    assert_memory_equal(pixels, "\x40\x40\x00\x00", 4);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_bit_colours_keep_their_channels),
        cmocka_unit_test(ten_bit_colours_stay_ten_bits),
        cmocka_unit_test(wide_colours_are_clamped_to_eight_bits),
        cmocka_unit_test(video_is_shown_in_its_colours),
        cmocka_unit_test(surfaces_that_cannot_be_shown_have_no_format),
        cmocka_unit_test(gamma_changes_levels_and_identity_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
