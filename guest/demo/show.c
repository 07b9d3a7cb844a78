/* SPDX-License-Identifier: MIT */
#include "demo/show.h"

#include <string.h>

#include "demo/vector.h"
#include "wire/devinfo.h"

#define CURSOR     24 /* pixels wide and high */
#define STEADY_FOR 30 /* pictures over which the rate is told */

/* An arrow. */
static void make_cursor(struct kit *kit)
{
    static uint32_t pixels[CURSOR * CURSOR];

    for (unsigned y = 0; y < CURSOR; y++) {
        for (unsigned x = 0; x <= y && x + y < CURSOR * 4 / 3; x++) {
            const bool edge = x == 0 || x == y || x + y >= CURSOR * 4 / 3 - 1;

            pixels[y * CURSOR + x] = edge ? 0xff000000 : 0xffffffff;
        }
    }
    kit_cursor_image(kit, 0, pixels, CURSOR, CURSOR, 0, 0);
}

static void move_cursor(struct show *show, float seconds)
{
    const float x = 0.5f + 0.35f * sine(seconds * 0.9f), y = 0.5f + 0.3f * sine(seconds * 1.7f);

    kit_cursor_move(show->kit, 0, (uint16_t)(x * (float)show->scene.width),
                    (uint16_t)(y * (float)show->scene.height), true);
}

/* How many times there are. */
static unsigned known(const struct show *show)
{
    const unsigned between = show->pictures ? show->pictures - 1 : 0;

    return between < SHOW_TIMES ? between : SHOW_TIMES;
}

static double mean_of_newest(const struct show *show, unsigned count)
{
    double sum = 0;

    for (unsigned i = 0; i < count; i++) {
        sum += show->times[(show->pictures - 2 - i) % SHOW_TIMES];
    }
    return count ? sum / count : 0;
}

static void write_text(const struct show *show, struct text *text)
{
    const struct kit *kit = show->kit;
    const uint32_t air = kit->info[PVG_WIRE_DEVICE_INFO_AIR_VERSION];
    const double mean = mean_of_newest(show, known(show) < STEADY_FOR ? known(show) : STEADY_FOR);

    text_add(text, "vmapple: a guest draws through apple-gfx (");
    text_add(text, kit->machine == KIT_ARM64 ? "MMIO)\n" : "PCI)\n");
    text_add_number(text, show->scene.width);
    text_add(text, " x ");
    text_add_number(text, show->scene.height);
    text_add(text, ", 4 samples a pixel, ");
    text_add_tenths(text, mean > 0 ? 1 / mean : 0);
    text_add(text, " frames/s, ");
    text_add_tenths(text, mean * 1e3);
    text_add(text, " ms\nprotocol ");
    text_add_number(text, kit->version);
    text_add(text, ", AIR ");
    text_add_number(text, air >> 16);
    text_add(text, ".");
    text_add_number(text, air & 0xffff);
    text_add(text, ", up to ");
    text_add_number(text, kit->info[PVG_WIRE_DEVICE_INFO_MAX_SAMPLE_COUNT]);
    text_add(text, " samples");
}

static void note_time(struct show *show)
{
    const double now = show->now();

    if (show->pictures) {
        show->times[(show->pictures - 1) % SHOW_TIMES] = now - show->last;
    } else {
        show->started = now;
    }
    show->last = now;
    show->pictures++;
}

void show_start(struct show *show, struct kit *kit, double (*now)(void), uint32_t width,
                uint32_t height, const struct scene_apple *apple)
{
    show->kit = kit;
    show->now = now;
    kit_start(kit);
    kit_display_start(kit, 0);
    kit_display_wait_online(kit, 0);
    if (width == 0) {
        width = kit->displays[0].width;
        height = kit->displays[0].height;
    }
    scene_start(&show->scene, kit, width, height, apple);
    make_cursor(kit);
}

void show_picture(struct show *show, float seconds)
{
    struct kit *kit = show->kit;
    const unsigned slot = show->pictures % SCENE_FRAMES;
    const struct scene_frame *frame;
    struct kit_point drawn = {.channel = kit_exec_channel(kit)};
    struct text text = {.length = 0};

    write_text(show, &text);
    frame = scene_draw(&show->scene, seconds, 1.0f / 60, text.bytes);
    drawn.stamp = frame->stamp;
    show->presented[slot] = kit_present(kit, 0, frame->surface.id, &drawn);
    move_cursor(show, seconds);
    if (show->pictures >= 1) {
        kit_wait(kit, kit_display_channel(kit, 0),
                 show->presented[(show->pictures - 1) % SCENE_FRAMES]);
    }
    kit_interrupt(kit);
    note_time(show);
}

static void sort(double *times, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        const double time = times[i];
        unsigned at = i;

        for (; at > 0 && times[at - 1] > time; at--) {
            times[at] = times[at - 1];
        }
        times[at] = time;
    }
}

void show_summary(struct show *show, struct text *text)
{
    const unsigned count = known(show);
    const double mean = mean_of_newest(show, count);

    sort(show->times, count);
    text_add_number(text, show->pictures);
    text_add(text, " of ");
    text_add_number(text, show->scene.width);
    text_add(text, " x ");
    text_add_number(text, show->scene.height);
    text_add(text, " in ");
    text_add_tenths(text, show->last - show->started);
    text_add(text, " s, ");
    text_add_tenths(text, mean * 1e3);
    text_add(text, " ms each, 95 % within ");
    text_add_tenths(text, count ? show->times[count * 95 / 100] * 1e3 : 0);
    text_add(text, " ms; ");
    text_add_number(text, show->pictures * (SCENE_DRAWS + (uint64_t)(show->scene.apple != 0)));
    text_add(text, " draws");
}
