/* SPDX-License-Identifier: MIT */
/* How long shaders take: through the confined compiler, cold, function by function; and out of the
 * cache. Prints a JSON object a line, as bench/run wants it.
 *
 * Usage: bench-shader CACHE-FOLDER FILE... */
#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

#include "air_file.h"
#include "shader/compiler.h"

/* What a desktop GPU has: nothing is emulated, nothing refused for want of a feature. */
static const struct pvg_shader_options desktop = {
    .features = ((UINT64_C(1) << PVG_SHADER_FEATURE_COUNT) - 1) & ~PVG_SHADER_FEATURE(CPU),
};

enum part {
    PART_READ,
    PART_PASSES,
    PART_EMIT,
    PART_VALIDATE,
    PART_WHOLE,
    PARTS,
};

struct measured {
    GArray *parts[PARTS]; /* double, milliseconds */
    unsigned functions, refused;
};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double quantile(GArray *values, double q)
{
    g_array_sort(values, ascending);
    return values->len ? g_array_index(values, double, (guint)(q * (values->len - 1) + 0.5)) : 0;
}

static void report(const char *name, double value, const char *unit, double goal,
                   const char *reference)
{
    printf("{\"name\": \"shader.%s\", \"value\": %.4f, \"unit\": \"%s\", \"goal\": ", name, value,
           unit);
    if (goal > 0) {
        printf("%g", goal);
    } else {
        printf("null");
    }
    printf(", \"better\": \"lower\", \"reference\": \"%s\"}\n", reference);
}

static struct pvg_compiler *create(const char *folder)
{
    const struct pvg_compiler_settings settings = {.cache_folder = folder, .threads = 1};
    struct pvg_error error = {0};
    struct pvg_compiler *compiler = pvg_compiler_create(&settings, &error);

    if (!compiler) {
        fprintf(stderr, "bench-shader: %s\n", error.message);
        exit(77);
    }
    return compiler;
}

/* The same function lies in several files; only its first translation would be cold. */
static void add_once(GPtrArray *sources, GHashTable *seen, struct pvg_shader_source *source)
{
    GString *key = g_string_new(source->entry);

    for (unsigned i = 0; i < PVG_SHA256_SIZE; i++) {
        g_string_append_printf(key, "%02x", source->hash[i]);
    }
    if (g_hash_table_add(seen, g_string_free(key, FALSE))) {
        g_ptr_array_add(sources, source);
    } else {
        pvg_shader_source_unref(source);
    }
}

static double milliseconds_since(gint64 start)
{
    return (g_get_monotonic_time() - start) / 1000.0;
}

static void measure(struct measured *measured, struct pvg_compiler *compiler,
                    struct pvg_shader_source *source)
{
    gint64 start = g_get_monotonic_time();
    struct pvg_shader *shader = pvg_compiler_compile(compiler, source, &desktop);
    double whole = milliseconds_since(start);

    measured->functions++;
    if (shader->translation.status != PVG_TRANSLATE_DONE) {
        measured->refused++;
    } else {
        for (unsigned i = 0; i < 4; i++) {
            double part = shader->translation.nanoseconds[i] / 1e6;

            g_array_append_val(measured->parts[i], part);
        }
        g_array_append_val(measured->parts[PART_WHOLE], whole);
    }
    pvg_shader_unref(shader);
}

/* The median over the sources, in microseconds, of asking for what is there. */
static double hit(struct pvg_compiler *compiler, GPtrArray *sources)
{
    g_autoptr(GArray) times = g_array_new(false, false, sizeof(double));

    for (guint i = 0; i < sources->len; i++) {
        gint64 start = g_get_monotonic_time();
        double time;

        pvg_shader_unref(pvg_compiler_compile(compiler, sources->pdata[i], &desktop));
        time = 1000 * milliseconds_since(start);
        g_array_append_val(times, time);
    }
    return quantile(times, 0.5);
}

/* A look-up takes less than the clock's grain: many at a time. */
static double memory_hit(struct pvg_compiler *compiler, GPtrArray *sources)
{
    gint64 start = g_get_monotonic_time();

    for (unsigned round = 0; round < 100; round++) {
        for (guint i = 0; i < sources->len; i++) {
            struct pvg_shader *shader = pvg_compiler_find(compiler, sources->pdata[i], &desktop);

            pvg_shader_unref(shader);
        }
    }
    return 1000 * milliseconds_since(start) / (100.0 * sources->len);
}

/* Starts the process: what it is asked for is refused. */
static void warm_up(struct pvg_compiler *compiler)
{
    static const uint8_t nothing[] = {0x42, 0x43, 0xc0, 0xde};
    const struct air_function function = {
        .name = (char *)"nothing", .bitcode = nothing, .bitcode_size = sizeof(nothing)};
    struct pvg_shader_source *source = air_function_source(&function);

    pvg_shader_unref(pvg_compiler_compile(compiler, source, &desktop));
    pvg_shader_source_unref(source);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "";
    GPtrArray *sources = g_ptr_array_new();
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    struct pvg_compiler *compiler = create(folder);
    struct measured measured = {0};
    g_autofree char *what = NULL;

    for (unsigned i = 0; i < PARTS; i++) {
        measured.parts[i] = g_array_new(false, false, sizeof(double));
    }
    for (int i = 2; i < argc; i++) {
        struct air_file *file = air_file_open(argv[i], NULL);

        for (guint j = 0; file && j < file->functions->len; j++) {
            add_once(sources, seen, air_function_source(air_file_at(file, j)));
        }
        air_file_destroy(file);
    }
    if (!sources->len) {
        fputs("no shader files to compile\n", stderr);
        return 77;
    }
    warm_up(compiler);
    for (guint i = 0; i < sources->len; i++) {
        measure(&measured, compiler, sources->pdata[i]);
    }
    what = g_strdup_printf("%u functions, %u refused", measured.functions, measured.refused);
    report("compile.median_ms", quantile(measured.parts[PART_WHOLE], 0.5), "ms", 5, what);
    report("compile.p95_ms", quantile(measured.parts[PART_WHOLE], 0.95), "ms", 40, what);
    report("compile.read_ms", quantile(measured.parts[PART_READ], 0.5), "ms", 0, "median");
    report("compile.passes_ms", quantile(measured.parts[PART_PASSES], 0.5), "ms", 0, "median");
    report("compile.emit_ms", quantile(measured.parts[PART_EMIT], 0.5), "ms", 0, "median");
    report("compile.validate_ms", quantile(measured.parts[PART_VALIDATE], 0.5), "ms", 0, "median");
    report("cache.memory_us", memory_hit(compiler, sources), "us", 20, what);
    pvg_compiler_destroy(compiler);
    compiler = create(folder);
    report("cache.disk_us", hit(compiler, sources), "us", 300, what);
    pvg_compiler_destroy(compiler);
    return 0;
}
