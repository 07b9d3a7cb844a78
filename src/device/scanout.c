/* SPDX-License-Identifier: MIT */
/* The table of formats that can be shown, and a row converter for each. */
#include "device/scanout.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "gpu/texel.h"

/* 'BGRA' as the guest writes it: the first character in the top byte. */
#define CODE(a, b, c, d)                                                                           \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* One row: @in is a row of each plane, @out gets @width pixels. */
typedef void row_fn(const struct pvg_scanout_format *format, const uint8_t *const in[3],
                    uint32_t *out, uint32_t width);

struct pvg_scanout_format {
    uint32_t code; /* FourCC, or MTLPixelFormat */
    row_fn *row;   /* NULL: the bytes are what is shown */
    enum pvg_pixels pixels;
    uint8_t planes;
    uint8_t bytes[3];         /* of an element, for each plane */
    uint8_t shift_x, shift_y; /* of chroma planes: 1 for half */
    uint8_t order[3];         /* where R, G, B (or Cb, Cr) are, in the row's own unit */
    bool full;                /* luma and chroma use the full range */
};

/* ---- Numbers ---- */

static uint32_t load16(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t load16be(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t load32(const uint8_t *at)
{
    return load16(at) | load16(at + 2) << 16;
}

static uint32_t load32be(const uint8_t *at)
{
    return load16be(at) << 16 | load16be(at + 2);
}

static uint32_t to_byte(float value)
{
    return value > 0 ? (uint32_t)(MIN(value, 1.0f) * 255 + 0.5f) : 0; /* NaN is black */
}

static uint32_t bgrx(uint32_t r, uint32_t g, uint32_t b)
{
    return GUINT32_TO_LE(r << 16 | g << 8 | b);
}

static uint32_t bgr10(uint32_t r, uint32_t g, uint32_t b)
{
    return GUINT32_TO_LE(r << 20 | g << 10 | b);
}

/* Extended range: 384 is 0, 894 is 1. Spec: 60-formats 3.7 note g. */
static uint32_t from_extended(uint32_t value)
{
    int32_t light = ((int32_t)value - 384) * 1023 / 510;

    return (uint32_t)CLAMP(light, 0, 1023);
}

/* Video range of 10 bits. */
static uint32_t from_video(uint32_t value)
{
    int32_t light = ((int32_t)value - 64) * 1023 / 876;

    return (uint32_t)CLAMP(light, 0, 1023);
}

/* ---- RGB rows ---- */

static void row_bytes(const struct pvg_scanout_format *f, const uint8_t *const in[3], uint32_t *out,
                      uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        const uint8_t *at = in[0] + (size_t)x * f->bytes[0];

        out[x] = bgrx(at[f->order[0]], at[f->order[1]], at[f->order[2]]);
    }
}

static void row_565(const struct pvg_scanout_format *f, const uint8_t *const in[3], uint32_t *out,
                    uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        uint32_t v = load16(in[0] + 2 * (size_t)x);

        out[x] = bgrx((v >> 11) * 255 / 31, (v >> 5 & 63) * 255 / 63, (v & 31) * 255 / 31);
    }
}

static void row_rgb10(const struct pvg_scanout_format *f, const uint8_t *const in[3], uint32_t *out,
                      uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        uint32_t v = load32(in[0] + 4 * (size_t)x);

        out[x] = bgr10(v & 1023, v >> 10 & 1023, v >> 20 & 1023);
    }
}

static void row_extended10(const struct pvg_scanout_format *f, const uint8_t *const in[3],
                           uint32_t *out, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        uint32_t v = load32(in[0] + 4 * (size_t)x);

        out[x] = bgr10(from_extended(v >> 20 & 1023), from_extended(v >> 10 & 1023),
                       from_extended(v & 1023));
    }
}

static void row_r10k(const struct pvg_scanout_format *f, const uint8_t *const in[3], uint32_t *out,
                     uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        uint32_t v = load32be(in[0] + 4 * (size_t)x);

        out[x] = bgr10(v >> 22, v >> 12 & 1023, v >> 2 & 1023);
    }
}

static void row_r210(const struct pvg_scanout_format *f, const uint8_t *const in[3], uint32_t *out,
                     uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        uint32_t v = load32be(in[0] + 4 * (size_t)x);

        out[x] = bgr10(from_video(v >> 20 & 1023), from_video(v >> 10 & 1023), from_video(v & 1023));
    }
}

static void row_extended16(const struct pvg_scanout_format *f, const uint8_t *const in[3],
                           uint32_t *out, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        const uint8_t *at = in[0] + 8 * (size_t)x;

        out[x] = bgr10(from_extended(load16(at + 4) >> 6), from_extended(load16(at + 2) >> 6),
                       from_extended(load16(at) >> 6));
    }
}

static void row_half(const struct pvg_scanout_format *f, const uint8_t *const in[3], uint32_t *out,
                     uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        const uint8_t *at = in[0] + (size_t)x * f->bytes[0];

        out[x] = bgrx(to_byte(pvg_half_to_float((uint16_t)load16(at + 2 * f->order[0]))),
                      to_byte(pvg_half_to_float((uint16_t)load16(at + 2 * f->order[1]))),
                      to_byte(pvg_half_to_float((uint16_t)load16(at + 2 * f->order[2]))));
    }
}

static float load_float(const uint8_t *at)
{
    uint32_t bits = load32(at);
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static void row_float(const struct pvg_scanout_format *f, const uint8_t *const in[3], uint32_t *out,
                      uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        const uint8_t *at = in[0] + (size_t)x * f->bytes[0];

        out[x] = bgrx(to_byte(load_float(at + 4 * f->order[0])),
                      to_byte(load_float(at + 4 * f->order[1])),
                      to_byte(load_float(at + 4 * f->order[2])));
    }
}

/* 16 bits a channel; @order counts them. The top byte is the colour. */
static void row_words(const struct pvg_scanout_format *f, const uint8_t *const in[3], uint32_t *out,
                      uint32_t width)
{
    unsigned top = f->full ? 1 : 0; /* little-endian: the top byte comes second */

    for (uint32_t x = 0; x < width; x++) {
        const uint8_t *at = in[0] + (size_t)x * f->bytes[0] + top;

        out[x] = bgrx(at[2 * f->order[0]], at[2 * f->order[1]], at[2 * f->order[2]]);
    }
}

/* ---- Luma and chroma: BT.709, as HD video is. 10- and 16-bit samples by their top byte. ---- */

static uint32_t from_ycc(const struct pvg_scanout_format *f, int32_t y, int32_t cb, int32_t cr)
{
    /* 16.16 fixed point. */
    int32_t light = f->full ? y * 65536 : (y - 16) * 76309;
    int32_t scale = f->full ? 65536 : 74606; /* of the chroma: 255 / 224 */
    int64_t b = cb - 128, r = cr - 128;
    int32_t red = light + (int32_t)(r * 103206 * scale / 65536);
    int32_t green =
        light - (int32_t)((b * 12276 + r * 30679) * scale / 65536);
    int32_t blue = light + (int32_t)(b * 121609 * scale / 65536);

    return bgrx((uint32_t)CLAMP((red + 32768) >> 16, 0, 255),
                (uint32_t)CLAMP((green + 32768) >> 16, 0, 255),
                (uint32_t)CLAMP((blue + 32768) >> 16, 0, 255));
}

static void row_biplanar(const struct pvg_scanout_format *f, const uint8_t *const in[3],
                         uint32_t *out, uint32_t width)
{
    const unsigned unit = f->bytes[0], top = unit - 1;

    for (uint32_t x = 0; x < width; x++) {
        const uint8_t *chroma = in[1] + (size_t)(x >> f->shift_x) * f->bytes[1] + top;

        out[x] = from_ycc(f, in[0][(size_t)x * unit + top], chroma[0], chroma[unit]);
    }
}

static void row_planar(const struct pvg_scanout_format *f, const uint8_t *const in[3],
                       uint32_t *out, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        out[x] = from_ycc(f, in[0][x], in[1][x >> f->shift_x], in[2][x >> f->shift_x]);
    }
}

/* Two pixels in four bytes; @order tells where the first luma, Cb and Cr are. */
static void row_packed422(const struct pvg_scanout_format *f, const uint8_t *const in[3],
                          uint32_t *out, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        const uint8_t *pair = in[0] + (size_t)(x & ~1u) * 2;

        out[x] = from_ycc(f, pair[f->order[0] + 2 * (x & 1)], pair[f->order[1]],
                          pair[f->order[2]]);
    }
}

/* ---- The table ---- */

#define X8  PVG_PIXELS_BGRX8888
#define X10 PVG_PIXELS_BGR10X2

#define BIPLANAR(code, full, x, y, one, two)                                                       \
    {code, row_biplanar, X8, 2, {one, two}, x, y, {0}, full}

static const struct pvg_scanout_format formats[] = {
    {CODE('B', 'G', 'R', 'A'), NULL, X8, 1, {4}},
    {CODE('A', 'R', 'G', 'B'), NULL, X8, 1, {4}}, /* a native word: B, G, R, A in memory */
    {80, NULL, X8, 1, {4}},
    {81, NULL, X8, 1, {4}},
    {CODE('R', 'G', 'B', 'A'), row_bytes, X8, 1, {4}, .order = {0, 1, 2}},
    {70, row_bytes, X8, 1, {4}, .order = {0, 1, 2}},
    {71, row_bytes, X8, 1, {4}, .order = {0, 1, 2}},
    {CODE('A', 'B', 'G', 'R'), row_bytes, X8, 1, {4}, .order = {3, 2, 1}},
    {CODE('L', '0', '0', '8'), row_bytes, X8, 1, {1}, .order = {0, 0, 0}},
    {40, row_565, X8, 1, {2}},
    {CODE('l', '1', '0', 'r'), NULL, X10, 1, {4}},
    {94, NULL, X10, 1, {4}},
    {90, row_rgb10, X10, 1, {4}},
    {CODE('w', '3', '0', 'r'), row_extended10, X10, 1, {4}},
    {554, row_extended10, X10, 1, {4}},
    {555, row_extended10, X10, 1, {4}},
    {CODE('R', '1', '0', 'k'), row_r10k, X10, 1, {4}},
    {CODE('r', '2', '1', '0'), row_r210, X10, 1, {4}},
    {CODE('w', '4', '0', 'a'), row_extended16, X10, 1, {8}},
    {CODE('w', '4', '0', 'm'), row_extended16, X10, 1, {8}},
    {552, row_extended16, X10, 1, {8}},
    {553, row_extended16, X10, 1, {8}},
    {CODE('R', 'G', 'h', 'A'), row_half, X8, 1, {8}, .order = {0, 1, 2}},
    {CODE('A', 'h', 'G', 'R'), row_half, X8, 1, {8}, .order = {0, 1, 2}},
    {115, row_half, X8, 1, {8}, .order = {0, 1, 2}},
    {CODE('R', 'G', 'f', 'A'), row_float, X8, 1, {16}, .order = {0, 1, 2}},
    {125, row_float, X8, 1, {16}, .order = {0, 1, 2}},
    {CODE('l', '6', '4', 'r'), row_words, X8, 1, {8}, .order = {0, 1, 2}, .full = true},
    {110, row_words, X8, 1, {8}, .order = {0, 1, 2}, .full = true},
    {CODE('b', '6', '4', 'a'), row_words, X8, 1, {8}, .order = {1, 2, 3}},
    {CODE('b', '4', '8', 'r'), row_words, X8, 1, {6}, .order = {0, 1, 2}},
    BIPLANAR(CODE('4', '2', '0', 'v'), false, 1, 1, 1, 2),
    BIPLANAR(CODE('4', '2', '0', 'f'), true, 1, 1, 1, 2),
    BIPLANAR(CODE('4', '2', '2', 'v'), false, 1, 0, 1, 2),
    BIPLANAR(CODE('4', '2', '2', 'f'), true, 1, 0, 1, 2),
    BIPLANAR(CODE('4', '4', '4', 'v'), false, 0, 0, 1, 2),
    BIPLANAR(CODE('4', '4', '4', 'f'), true, 0, 0, 1, 2),
    BIPLANAR(CODE('x', '4', '2', '0'), false, 1, 1, 2, 4),
    BIPLANAR(CODE('x', 'f', '2', '0'), true, 1, 1, 2, 4),
    BIPLANAR(CODE('x', '4', '2', '2'), false, 1, 0, 2, 4),
    BIPLANAR(CODE('x', 'f', '2', '2'), true, 1, 0, 2, 4),
    BIPLANAR(CODE('x', '4', '4', '4'), false, 0, 0, 2, 4),
    BIPLANAR(CODE('x', 'f', '4', '4'), true, 0, 0, 2, 4),
    BIPLANAR(CODE('s', 'v', '2', '2'), false, 1, 0, 2, 4),
    BIPLANAR(CODE('s', 'v', '4', '4'), false, 0, 0, 2, 4),
    {CODE('y', '4', '2', '0'), row_planar, X8, 3, {1, 1, 1}, 1, 1},
    {CODE('f', '4', '2', '0'), row_planar, X8, 3, {1, 1, 1}, 1, 1, .full = true},
    {CODE('2', 'v', 'u', 'y'), row_packed422, X8, 1, {2}, .order = {1, 0, 2}},
    {CODE('y', 'u', 'v', 's'), row_packed422, X8, 1, {2}, .order = {0, 1, 3}},
    {CODE('y', 'u', 'v', 'f'), row_packed422, X8, 1, {2}, .order = {0, 1, 3}, .full = true},
};

static uint32_t halved(uint32_t value, unsigned shift)
{
    return (value + (1u << shift) - 1) >> shift;
}

/* Bytes of a row of plane @i for a picture of @width pixels. */
static uint64_t row_size(const struct pvg_scanout_format *format, unsigned i, uint32_t width)
{
    if (format->row == row_packed422) {
        return (uint64_t)halved(width, 1) * 4;
    }
    return (uint64_t)(i ? halved(width, format->shift_x) : width) * format->bytes[i];
}

/* Whether every row that will be read lies within its plane, whatever the guest said about the
 * element size: the bytes count. */
static bool fits(const struct pvg_scanout_format *format, const struct pvg_surface *surface)
{
    const uint32_t width = surface->planes[0].width, height = surface->planes[0].height;

    for (unsigned i = 0; i < format->planes; i++) {
        const struct pvg_plane *plane = &surface->planes[i];
        uint64_t rows = i ? halved(height, format->shift_y) : height;
        uint64_t row = row_size(format, i, width);

        if (plane->bytes_per_row < row ||
            plane->start + (rows - 1) * plane->bytes_per_row + row > surface->size) {
            return false; /* start and products are below 2^48 */
        }
    }
    return true;
}

const struct pvg_scanout_format *pvg_scanout_format_find(const struct pvg_surface *surface)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        const struct pvg_scanout_format *format = &formats[i];

        if (format->code == surface->format) {
            return surface->plane_count >= format->planes && fits(format, surface) ? format : NULL;
        }
    }
    return NULL;
}

static enum pvg_refusal read_converted(const struct pvg_scanout_format *format,
                                       const struct pvg_surface *surface,
                                       const struct pvg_view *view, struct pvg_ram *ram,
                                       struct pvg_picture *picture)
{
    uint8_t *rows[3] = {NULL, NULL, NULL};
    enum pvg_refusal why = PVG_ACCEPTED;

    for (uint32_t y = 0; why == PVG_ACCEPTED && y < picture->height; y++) {
        for (unsigned i = 0; why == PVG_ACCEPTED && i < format->planes; i++) {
            const struct pvg_plane *plane = &surface->planes[i];
            size_t size = (size_t)row_size(format, i, picture->width);
            uint32_t row = i ? y >> format->shift_y : y;

            rows[i] = rows[i] ? rows[i] : g_malloc(size);
            why = pvg_view_read(view, ram,
                                plane->start + (uint64_t)plane->bytes_per_row * row, rows[i],
                                size);
        }
        if (why == PVG_ACCEPTED) {
            format->row(format, (const uint8_t *const[3]){rows[0], rows[1], rows[2]},
                        (uint32_t *)(void *)(picture->pixels + (size_t)picture->stride * y),
                        picture->width);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_free(rows[i]);
    }
    return why;
}

enum pvg_refusal pvg_scanout_read(const struct pvg_scanout_format *format,
                                  const struct pvg_surface *surface, const struct pvg_view *view,
                                  struct pvg_ram *ram, struct pvg_picture *picture)
{
    const struct pvg_plane *plane = &surface->planes[0];
    enum pvg_refusal why = PVG_ACCEPTED;

    picture->format = format->pixels;
    if (format->row) {
        return read_converted(format, surface, view, ram, picture);
    }
    if (plane->bytes_per_row == picture->stride) {
        return pvg_view_read(view, ram, plane->start, picture->pixels,
                             (size_t)picture->stride * picture->height);
    }
    for (uint32_t y = 0; why == PVG_ACCEPTED && y < picture->height; y++) {
        why = pvg_view_read(view, ram, plane->start + (uint64_t)plane->bytes_per_row * y,
                            picture->pixels + (size_t)picture->stride * y, picture->stride);
    }
    return why;
}
