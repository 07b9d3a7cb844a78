/* SPDX-License-Identifier: MIT
 * The test picture. It shows nothing that changes from run to run: tests compare every pixel. */
#include "picture.h"

#include "checks.h"
#include "font.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

enum {
    NIGHT = 0x0b1026,
    DUSK = 0x5b2a6e,
    DAWN = 0xf08a5d,
    GLOW = 0xffd9a0,
    HILL = 0x161a36,
    TEXT = 0xffffff,
    FAINT = 0xb9b6d3,
    GOOD = 0x7be495,
    BAD = 0xff6b6b,
};

static void paint_sky(const struct canvas *canvas)
{
    int horizon = canvas->height * 3 / 4, half = horizon / 2;

    for (int y = 0; y < canvas->height; y++) {
        uint32_t colour = y < half      ? canvas_mix(NIGHT, DUSK, y, half)
                          : y < horizon ? canvas_mix(DUSK, DAWN, y - half, horizon - half)
                                        : DAWN;

        canvas_fill(canvas, 0, y, canvas->width, 1, colour);
    }
}

static void paint_sun(const struct canvas *canvas)
{
    int x = canvas->width * 3 / 4, y = canvas->height * 3 / 4, radius = canvas->height / 5;

    for (int ring = 4; ring > 0; ring--) {
        uint32_t halo = canvas_mix(DAWN, GLOW, 5 - ring, 8);

        canvas_disc(canvas, x, y, radius + ring * canvas->height / 40, halo);
    }
    canvas_disc(canvas, x, y, radius, GLOW);
    canvas_disc(canvas, canvas->width / 5, canvas->height * 8 / 5, canvas->height * 9 / 10, HILL);
    canvas_disc(canvas, canvas->width * 4 / 5, canvas->height * 7 / 4, canvas->height * 9 / 10,
                canvas_mix(HILL, NIGHT, 1, 2));
}

/* Bars of full and half colours, and a ramp of greys: a wrong channel order, a lost bit or a
 * wrong stride shows at once. */
static void paint_bars(const struct canvas *canvas)
{
    static const uint32_t bars[] = { 0xffffff, 0xffff00, 0x00ffff, 0x00ff00, 0xff00ff, 0xff0000,
                                     0x0000ff, 0x000000, 0x808080, 0x808000, 0x008080, 0x008000,
                                     0x800080, 0x800000, 0x000080, 0x404040 };
    int height = canvas->height / 27, top = canvas->height - 2 * height;

    for (int i = 0; i < COUNT(bars); i++) {
        int left = canvas->width * i / COUNT(bars);

        canvas_fill(canvas, left, top, canvas->width * (i + 1) / COUNT(bars) - left, height,
                    bars[i]);
    }
    for (int x = 0; x < canvas->width; x++) {
        canvas_fill(canvas, x, top + height, 1, height,
                    canvas_mix(0x000000, 0xffffff, x, canvas->width - 1));
    }
}

static void paint_reports(const struct canvas *canvas, int x, int y, int scale)
{
    int line = (FONT_HEIGHT + 2) * scale, top = y;
    const struct report *reports;
    unsigned count;

    reports = checks_reports(&count);
    for (unsigned i = 0; i < count; i++) {
        const char *verdict = reports[i].failed ? "FAILED" : "ok";

        canvas_text(canvas, x, y, scale, TEXT, reports[i].name);
        canvas_text(canvas, x + 16 * (FONT_WIDTH + 1) * scale, y, scale,
                    reports[i].failed ? BAD : GOOD, verdict);
        y += line;
        if (i == (count - 1) / 2) {
            x += 26 * (FONT_WIDTH + 1) * scale;
            y = top;
        }
    }
}

/* One pixel at the very edge, all round: a picture cut or moved by one shows. */
static void paint_frame(const struct canvas *canvas)
{
    canvas_fill(canvas, 0, 0, canvas->width, 1, TEXT);
    canvas_fill(canvas, 0, canvas->height - 1, canvas->width, 1, TEXT);
    canvas_fill(canvas, 0, 0, 1, canvas->height, TEXT);
    canvas_fill(canvas, canvas->width - 1, 0, 1, canvas->height, TEXT);
}

void picture_paint(const struct canvas *canvas, const char *subtitle)
{
    int dot = canvas->height / 270 > 0 ? canvas->height / 270 : 1; /* 4 pixels at 1080 lines */
    int left = 12 * dot;

    paint_sky(canvas);
    paint_sun(canvas);
    canvas_text(canvas, left, 10 * dot, 6 * dot, TEXT, "vmapple");
    canvas_text(canvas, left, 66 * dot, dot, FAINT, subtitle);
    paint_reports(canvas, left, 86 * dot, dot);
    paint_bars(canvas);
    paint_frame(canvas);
}
