/* SPDX-License-Identifier: MIT */
#include "demo/data.h"

#include <string.h>

#include "demo/image.h"
#include "platform/font.h"

#define TEXT_SCALE  2
#define TEXT_MARGIN 16

static void place_camera(struct frame *frame, float seconds)
{
    const float around = 0.6f + 0.22f * seconds;
    const struct vec3 eye = {7.8f * sine(around), 2.9f + 0.7f * sine(seconds * 0.37f),
                             7.8f * cosine(around)};
    const struct vec3 sun = vec3_unit((struct vec3){4, 6, 3});
    const struct mat4 view = mat4_look(eye, (struct vec3){0, 1.25f, 0});
    const struct mat4 projection = mat4_perspective(0.85f, frame->width / frame->height, 0.1f, 100);

    frame->view_projection = mat4_times(&projection, &view);
    memcpy(frame->eye, (const float[4]){eye.x, eye.y, eye.z, 1}, sizeof(frame->eye));
    memcpy(frame->light, (const float[4]){sun.x, sun.y, sun.z, 0}, sizeof(frame->light));
}

/* @index of @count things on a ring of @radius, each with a colour of its own. */
static struct instance on_ring(float seconds, unsigned index, unsigned count, float radius,
                               float scale)
{
    const float share = (float)index / (float)count, angle = TURN * share + seconds * 0.35f;
    const struct vec3 at = {radius * sine(angle),
                            1.3f * scale + 0.5f + 0.45f * sine(seconds * 1.3f + TURN * share * 2),
                            radius * cosine(angle)};
    struct instance instance = {
        .model = mat4_place(vec3_unit((struct vec3){1, 2, sine(angle)}), seconds + TURN * share,
                            scale, at),
        .tint = {0.62f + 0.38f * cosine(TURN * share),
                 0.62f + 0.38f * cosine(TURN * (share + 0.33f)),
                 0.62f + 0.38f * cosine(TURN * (share + 0.67f)), 0.8f},
    };

    return instance;
}

static void place_things(struct scene_data *data, float seconds)
{
    const struct vec3 up = {0, 1, 0};

    data->ground = (struct instance){mat4_place(up, 0, 1, (struct vec3){0, 0, 0}), {1, 1, 1, 0}};
    data->knot = (struct instance){
        mat4_place(vec3_unit((struct vec3){sine(seconds * 0.3f), 1.5f, cosine(seconds * 0.3f)}),
                   seconds * 0.7f, 0.95f, (struct vec3){0, 1.75f, 0}),
        {1.0f, 0.78f, 0.42f, 1}};
    for (unsigned i = 0; i < SCENE_CUBES; i++) {
        data->cubes[i] = on_ring(seconds, i, SCENE_CUBES, 3.4f, 0.38f);
    }
    for (unsigned i = 0; i < SCENE_BALLS; i++) {
        data->balls[i] = on_ring(-1.6f * seconds, i, SCENE_BALLS, 2.3f, 0.26f);
    }
}

/* Returns how many glyphs the text takes: a shadow and a face for each character. */
static unsigned lay_out_text(struct glyph glyphs[SCENE_GLYPHS], const char *text)
{
    static const float shadow[4] = {0, 0, 0, 0.6f}, face[4] = {1, 1, 1, 1};
    float x = TEXT_MARGIN, y = TEXT_MARGIN;
    unsigned count = 0;

    for (; *text && count + 2 <= SCENE_GLYPHS; text++) {
        if (*text == '\n') {
            x = TEXT_MARGIN;
            y += (FONT_HEIGHT + 2) * TEXT_SCALE;
            continue;
        }
        for (unsigned i = 0; i < 2; i++) {
            struct glyph *glyph = &glyphs[count++];

            *glyph = (struct glyph){x + (i ? 0 : 2), y + (i ? 0 : 2), CELL_WIDTH * TEXT_SCALE,
                                    CELL_HEIGHT * TEXT_SCALE, .cell = (uint8_t)*text};
            memcpy(glyph->color, i ? face : shadow, sizeof(face));
        }
        x += (FONT_WIDTH + 1) * TEXT_SCALE;
    }
    return count;
}

/* A bar at the lower edge that fills once in four seconds. */
static void place_bar(struct scene_data *data, float seconds)
{
    const float full = seconds / 4 - (float)(long)(seconds / 4), right = -0.96f + 1.92f * full;
    const float corners[4][4] = {{-0.96f, -0.96f, 0, 1},
                                 {-0.96f, -0.94f, 0, 1},
                                 {right, -0.96f, 0, 1},
                                 {right, -0.94f, 0, 1}};
    const float color[4] = {1, 0.55f + 0.35f * full, 0.2f, 1};

    memcpy(data->bar, corners, sizeof(corners));
    memcpy(data->bar_color, color, sizeof(color));
}

unsigned scene_data_compute(struct scene_data *data, uint32_t width, uint32_t height, float seconds,
                            float step, const char *text)
{
    data->frame.width = (float)width;
    data->frame.height = (float)height;
    data->frame.seconds = seconds;
    data->frame.step = step;
    data->particle_count = SCENE_PARTICLES;
    place_camera(&data->frame, seconds);
    place_things(data, seconds);
    place_bar(data, seconds);
    return lay_out_text(data->glyphs, text);
}

void scene_particle(unsigned index, float particle[8])
{
    const float at[8] = {0, -10, 0, 3 * (float)index / SCENE_PARTICLES, 0, 0, 0, 0};

    memcpy(particle, at, sizeof(at));
}
