/* SPDX-License-Identifier: MIT */
/* Arrays of numbers: from the command line or a file, to the screen or a file. */
#include "air_values.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

static const struct {
    const char *name;
    size_t size;
} elements[] = {
    [AIR_FLOAT] = {"float", 4},   [AIR_INT] = {"int", 4},     [AIR_UINT] = {"uint", 4},
    [AIR_USHORT] = {"ushort", 2}, [AIR_UCHAR] = {"uchar", 1},
};

const char *air_element_name(enum air_element element)
{
    return elements[element].name;
}

size_t air_element_size(enum air_element element)
{
    return elements[element].size;
}

bool air_element_take(const char **text, enum air_element *out)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(elements); i++) {
        if (g_str_has_prefix(*text, elements[i].name)) {
            *text += strlen(elements[i].name);
            *out = i;
            return true;
        }
    }
    return false;
}

void air_values_finish(struct air_values *values)
{
    g_clear_pointer(&values->bytes, g_free);
    values->size = 0;
}

/* ---- In ---- */

void air_values_put(struct air_values *values, size_t i, double value)
{
    uint8_t *at = (uint8_t *)values->bytes + i * elements[values->element].size;

    switch (values->element) {
    case AIR_FLOAT:
        memcpy(at, &(float){value}, 4);
        break;
    case AIR_INT:
    case AIR_UINT:
        memcpy(at, &(uint32_t){(int64_t)value}, 4);
        break;
    case AIR_USHORT:
        memcpy(at, &(uint16_t){(int64_t)value}, 2);
        break;
    case AIR_UCHAR:
        *at = (int64_t)value;
        break;
    }
}

static double random_value(enum air_element element, GRand *random)
{
    return element == AIR_FLOAT ? g_rand_double(random) : g_rand_int(random);
}

bool air_values_make(struct air_values *values, size_t count, const char *how)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    bool ramp = !strcmp(how, ":ramp"), noise = !strcmp(how, ":random");

    if (!count || count > AIR_VALUES_MAX / 4 || (*how && !ramp && !noise)) {
        return false;
    }
    values->size = count * elements[values->element].size;
    values->bytes = g_malloc0(values->size);
    for (size_t i = 0; (ramp || noise) && i < count; i++) {
        air_values_put(values, i, ramp ? (double)i : random_value(values->element, random));
    }
    return true;
}

bool air_values_list(struct air_values *values, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text, ",", -1);
    guint count = g_strv_length(list);

    if (!count || !air_values_make(values, count, "")) {
        return false;
    }
    for (guint i = 0; i < count; i++) {
        char *end;
        double value = g_ascii_strtod(list[i], &end);

        if (end == list[i] || *end) {
            return false;
        }
        air_values_put(values, i, value);
    }
    return true;
}

bool air_values_load(struct air_values *values, const char *path, struct pvg_error *error)
{
    g_autoptr(GError) failure = NULL;

    if (!g_file_get_contents(path, (char **)&values->bytes, &values->size, &failure)) {
        pvg_error_set(error, "%s", failure->message);
    }
    return !failure;
}

/* ---- Out ---- */

static void print_value(const struct air_values *values, size_t i)
{
    const uint8_t *at = (uint8_t *)values->bytes + i * elements[values->element].size;
    union {
        float f;
        int32_t i;
        uint32_t u;
        uint16_t h;
    } value;

    memcpy(&value, at, elements[values->element].size);
    switch (values->element) {
    case AIR_FLOAT:
        printf(" %.9g", value.f);
        break;
    case AIR_INT:
        printf(" %d", value.i);
        break;
    case AIR_UINT:
        printf(" %u", value.u);
        break;
    case AIR_USHORT:
        printf(" %u", value.h);
        break;
    case AIR_UCHAR:
        printf(" %u", *at);
        break;
    }
}

void air_values_print(const struct air_values *values, size_t limit)
{
    size_t count = values->size / elements[values->element].size, shown = MIN(count, limit);

    for (size_t i = 0; i < shown; i++) {
        print_value(values, i);
    }
    puts(shown < count ? " ..." : "");
}

bool air_values_save(const struct air_values *values, const char *path, struct pvg_error *error)
{
    g_autoptr(GError) failure = NULL;

    if (!g_file_set_contents(path, values->bytes, (gssize)values->size, &failure)) {
        pvg_error_set(error, "%s", failure->message);
    }
    return !failure;
}
