/*
 * The firmware's screen on apple-gfx, for qtests: what is painted is seen
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef APPLE_GFX_SCREEN_H
#define APPLE_GFX_SCREEN_H

#include "qemu/bswap.h"
#include "qemu/units.h"
#include "vmapple-test.h"

/* Registers, from the window's start */
enum {
    EFI_MODE_COUNT = 0x1204, EFI_MODE_SIZE = 0x120c, EFI_FB_START = 0x1210,
    EFI_FB_LENGTH = 0x1214, EFI_FB_DEPTH = 0x1218, EFI_FB_STRIDE = 0x1228,
    EFI_DISPLAY_IRQ = 0x1220, EFI_DISPLAY_PORTS = 0x122c,
};

#define SCREEN_WIDTH    640
#define SCREEN_HEIGHT   480
#define SCREEN_PIXELS   (SCREEN_WIDTH * SCREEN_HEIGHT)
#define SCREEN_BYTES    (SCREEN_PIXELS * 4)

/* Says to the window at @gfx that the screen is at @at, as firmware does. */
static inline void screen_announce(QTestState *qts, uint64_t gfx, uint64_t at)
{
    qtest_writel(qts, gfx + EFI_FB_START, at);
    qtest_writel(qts, gfx + EFI_FB_LENGTH, SCREEN_BYTES);
    qtest_writel(qts, gfx + EFI_FB_DEPTH, 32);
    qtest_writel(qts, gfx + EFI_FB_STRIDE, SCREEN_WIDTH * 4);
}

/* The picture as a PPM file has it: after its header, 3 bytes a pixel */
static inline char *screenshot(QTestState *qts, size_t *size)
{
    g_autofree char *path = temporary_file("screen", 0);
    char *bytes;

    qtest_qmp_assert_success(qts, "{ 'execute': 'screendump',"
                             " 'arguments': { 'filename': %s } }", path);
    g_assert_true(g_file_get_contents(path, &bytes, size, NULL));
    unlink(path);
    return bytes;
}

static inline void screen_expect(QTestState *qts, uint8_t red, uint8_t green,
                                 uint8_t blue)
{
    const char header[] = "P6\n640 480\n255\n";
    size_t size;
    g_autofree char *picture = screenshot(qts, &size);
    const uint8_t *pixel = (uint8_t *)picture + strlen(header);

    g_assert_cmpuint(size, ==, strlen(header) + SCREEN_PIXELS * 3);
    g_assert_cmpmem(picture, strlen(header), header, strlen(header));
    for (int i = 0; i < SCREEN_PIXELS; i++, pixel += 3) {
        const uint8_t want[] = { red, green, blue };

        g_assert_cmpmem(pixel, 3, want, 3);
    }
}

static inline void screen_paint(QTestState *qts, uint64_t at, uint32_t pixel)
{
    g_autofree uint32_t *pixels = g_new(uint32_t, SCREEN_PIXELS);

    for (int i = 0; i < SCREEN_PIXELS; i++) {
        pixels[i] = cpu_to_le32(pixel);
    }
    qtest_bufwrite(qts, at, pixels, SCREEN_BYTES);
}

#endif
