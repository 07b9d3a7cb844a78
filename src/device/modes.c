/* SPDX-License-Identifier: MIT */
/* Display modes. The grammar: mode {"," mode}; mode = width "x" height ["@" hertz]. */
#include "device/modes.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_REFRESH_MHZ 60000
#define MAX_REFRESH_MHZ     1000000

static bool mode_possible(const struct pvg_mode *mode)
{
    return mode->width >= 1 && mode->width <= PVG_MAX_SIDE && mode->height >= 1 &&
           mode->height <= PVG_MAX_SIDE && mode->refresh_mhz >= 1000 &&
           mode->refresh_mhz <= MAX_REFRESH_MHZ;
}

bool pvg_modes_check(const struct pvg_mode *modes, size_t count, struct pvg_error *error)
{
    if (count < 1 || count > PVG_MAX_MODES) {
        pvg_error_set(error, "a display has 1 to %d modes, not %zu", PVG_MAX_MODES, count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!mode_possible(&modes[i])) {
            pvg_error_set(error,
                          "mode %zu, %ux%u at %u.%03u Hz, is not possible: sides are 1 to %d "
                          "pixels, rates 1 to 1000 Hz",
                          i, modes[i].width, modes[i].height, modes[i].refresh_mhz / 1000,
                          modes[i].refresh_mhz % 1000, PVG_MAX_SIDE);
            return false;
        }
    }
    return true;
}

/* Digits only, at most 6 of them. */
static bool take_number(const char **at, uint32_t *out)
{
    const char *start = *at;

    *out = 0;
    while (g_ascii_isdigit(**at) && *at - start < 6) {
        *out = *out * 10 + (uint32_t)(*(*at)++ - '0');
    }
    return *at != start && !g_ascii_isdigit(**at);
}

/* "59.94" to 59940. More than three decimals are refused. */
static bool take_millihertz(const char **at, uint32_t *out)
{
    static const uint32_t weights[] = {100, 10, 1};

    if (!take_number(at, out) || *out > MAX_REFRESH_MHZ / 1000) {
        return false;
    }
    *out *= 1000;
    if (**at != '.') {
        return true;
    }
    (*at)++;
    for (size_t i = 0; g_ascii_isdigit(**at); i++) {
        if (i == G_N_ELEMENTS(weights)) {
            return false;
        }
        *out += weights[i] * (uint32_t)(*(*at)++ - '0');
    }
    return true;
}

static bool parse_mode(const char *text, struct pvg_mode *mode)
{
    mode->refresh_mhz = DEFAULT_REFRESH_MHZ;
    if (!take_number(&text, &mode->width) || *text++ != 'x' ||
        !take_number(&text, &mode->height)) {
        return false;
    }
    if (*text == '@') {
        text++;
        if (!take_millihertz(&text, &mode->refresh_mhz)) {
            return false;
        }
    }
    return *text == '\0' && mode_possible(mode);
}

size_t pvg_modes_parse(const char *text, struct pvg_mode *modes, size_t capacity,
                       struct pvg_error *error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    size_t count = g_strv_length(parts);

    if (count > capacity) {
        pvg_error_set(error, "\"%s\" lists %zu display modes, at most %zu are possible", text,
                      count, capacity);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (!parse_mode(g_strstrip(parts[i]), &modes[i])) {
            pvg_error_set(error,
                          "\"%s\" is not a display mode: write WIDTHxHEIGHT or "
                          "WIDTHxHEIGHT@HERTZ, as in 1920x1080@60 (sides 1 to %d, rates 1 to "
                          "1000)",
                          parts[i], PVG_MAX_SIDE);
            return 0;
        }
    }
    if (count == 0) {
        pvg_error_set(error, "the list of display modes is empty: write WIDTHxHEIGHT, ...");
    }
    return count;
}
