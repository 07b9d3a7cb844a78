/* SPDX-License-Identifier: MIT */
/* A texture from the command line: its size, and numbers or a picture for its texels. */
#include "air_texture.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

#define MAX_SIDE 16384u

static bool is_picture(const char *path)
{
    return g_str_has_suffix(path, ".ppm");
}

/* "16x16]" and what stands behind it; the rest is 1. */
static bool take_extent(const char **text, uint32_t out[3])
{
    char *end = (char *)*text - 1;

    for (unsigned i = 0; i < 3 && (i == 0 || *end == 'x'); i++) {
        const char *start = end + 1;
        uint64_t value = g_ascii_strtoull(start, &end, 10);

        if (end == start || !value || value > MAX_SIDE) {
            return false;
        }
        out[i] = (uint32_t)value;
    }
    *text = end + 1;
    return *end == ']';
}

bool air_texture_parse(struct air_texture *texture, const char *text)
{
    char *end;
    uint64_t index = g_ascii_strtoull(text, &end, 10);

    *texture = (struct air_texture){.index = (uint32_t)index, .extent = {1, 1, 1}};
    if (end == text || *end != '=' || index >= RUNNER_TEXTURES) {
        return false;
    }
    text = end + 1;
    if (*text == '@') {
        texture->extent[0] = 0;
        texture->how = text;
        return is_picture(text);
    }
    if (!air_element_take(&text, &texture->values.element) || *text++ != '[' ||
        air_element_size(texture->values.element) != 4 || !take_extent(&text, texture->extent)) {
        return false;
    }
    texture->how = text;
    return true;
}

/* ---- Portable pixmaps: "P6 WIDTH HEIGHT 255", a white space, red, green and blue in bytes ---- */

/* The next number of the header, behind white space and comments; 0: there is none. */
static uint32_t next_number(const char **at, const char *end)
{
    uint32_t value = 0;

    while (*at < end && (g_ascii_isspace(**at) || **at == '#')) {
        bool comment = **at == '#';

        while (comment && *at < end && **at != '\n') {
            ++*at;
        }
        *at += *at < end;
    }
    while (*at < end && g_ascii_isdigit(**at) && value <= MAX_SIDE) {
        value = 10 * value + (uint32_t)(*(*at)++ - '0');
    }
    return value;
}

static bool load_picture(struct air_texture *texture, const char *path, struct pvg_error *error)
{
    struct air_values file = {0};
    const char *at, *end;
    uint32_t width, height, most;
    size_t texels;

    if (!air_values_load(&file, path, error)) {
        return false;
    }
    at = file.bytes;
    end = at + file.size;
    if (file.size < 2 || memcmp(at, "P6", 2) != 0) {
        pvg_error_set(error, "%s is no portable pixmap (P6)", path);
        air_values_finish(&file);
        return false;
    }
    at += 2;
    width = next_number(&at, end);
    height = next_number(&at, end);
    most = next_number(&at, end);
    at += at < end;
    texels = (size_t)width * height;
    if (!texels || width > MAX_SIDE || height > MAX_SIDE || most != 255 ||
        (size_t)(end - at) < 3 * texels || !air_values_make(&texture->values, 4 * texels, "")) {
        pvg_error_set(error, "%s is damaged, too large or has no bytes for colours", path);
        air_values_finish(&file);
        return false;
    }
    for (size_t i = 0; i < 4 * texels; i++) {
        air_values_put(&texture->values, i,
                       i % 4 == 3 ? 1 : (uint8_t)at[i / 4 * 3 + i % 4] / 255.0);
    }
    texture->extent[0] = width;
    texture->extent[1] = height;
    air_values_finish(&file);
    return true;
}

static bool save_picture(const struct air_texture *texture, const char *path,
                         struct pvg_error *error)
{
    const uint32_t rows = texture->extent[1] * texture->extent[2];
    const float *value = texture->values.bytes;
    const size_t texels = (size_t)texture->extent[0] * rows;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) failure = NULL;

    if (texture->values.element != AIR_FLOAT || texture->components != 4) {
        pvg_error_set(error, "texture %u has no colours for %s", texture->index, path);
        return false;
    }
    g_string_printf(out, "P6\n%u %u\n255\n", texture->extent[0], rows);
    for (size_t i = 0; i < 4 * texels; i++) {
        if (i % 4 != 3) {
            g_string_append_c(out, (char)(uint8_t)(CLAMP(value[i], 0.0f, 1.0f) * 255.0f + 0.5f));
        }
    }
    if (!g_file_set_contents(path, out->str, (gssize)out->len, &failure)) {
        pvg_error_set(error, "%s", failure->message);
    }
    return !failure;
}

/* ---- Texels ---- */

static const struct pvg_shader_texture *find(const struct pvg_shader_reflection *function,
                                             uint32_t index)
{
    for (uint32_t i = 0; i < function->texture_count; i++) {
        const struct pvg_shader_texture *t = &function->textures[i];

        if (index >= t->index && index < t->index + t->count) {
            return t;
        }
    }
    return NULL;
}

bool air_texture_fill(struct air_texture *texture, const struct pvg_shader_reflection *function,
                      struct runner_texture *out, struct pvg_error *error)
{
    static const enum air_element elements[] = {
        [PVG_CLASS_NONE] = AIR_FLOAT,
        [PVG_CLASS_FLOAT] = AIR_FLOAT,
        [PVG_CLASS_SIGNED] = AIR_INT,
        [PVG_CLASS_UNSIGNED] = AIR_UINT,
    };
    const struct pvg_shader_texture *t = find(function, texture->index);
    size_t count;
    bool filled;

    if (!t) {
        pvg_error_set(error, "the function has no texture %u", texture->index);
        return false;
    }
    if (elements[t->component_class] != texture->values.element) {
        pvg_error_set(error, "the texels of texture %u are of type %s", texture->index,
                      air_element_name(elements[t->component_class]));
        return false;
    }
    texture->components = t->atomic || t->dimension == PVG_TEXTURE_TEXEL_BUFFER ? 1 : 4;
    if (!texture->extent[0]) {
        filled = load_picture(texture, texture->how + 1, error);
    } else {
        count = (size_t)texture->extent[0] * texture->extent[1] * texture->extent[2] *
                texture->components;
        if (*texture->how == '@') {
            filled = air_values_load(&texture->values, texture->how + 1, error);
            if (filled && texture->values.size != 4 * count) {
                pvg_error_set(error, "%s has %zu bytes, texture %u has %zu", texture->how + 1,
                              texture->values.size, texture->index, 4 * count);
                filled = false;
            }
        } else {
            filled = air_values_make(&texture->values, count, texture->how);
            if (!filled) {
                pvg_error_set(error, "texture %u cannot be made so: \"%s\"", texture->index,
                              texture->how);
            }
        }
    }
    *out = (struct runner_texture){.texels = texture->values.bytes,
                                   .width = texture->extent[0],
                                   .height = texture->extent[1],
                                   .layers = texture->extent[2]};
    return filled;
}

bool air_texture_save(const struct air_texture *texture, const char *path, struct pvg_error *error)
{
    return is_picture(path) ? save_picture(texture, path, error)
                            : air_values_save(&texture->values, path, error);
}
