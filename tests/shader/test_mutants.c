/* SPDX-License-Identifier: MIT */
/* Damaged bitcode and the real compiler process: it may die or take too long; the caller has a
 * typed refusal in time, or a module that passed audit and validator, and the next request works.
 *
 * Usage: test-shader-mutants [MUTANTS [SEED]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "air_file.h"
#include "shader/compiler.h"

#define TIME_LIMIT 5000u /* milliseconds */

static struct pvg_shader *compile(struct pvg_compiler *compiler, const uint8_t *bitcode,
                                  size_t size, const char *entry)
{
    const struct pvg_shader_options options = {
        .features = (UINT64_C(1) << PVG_SHADER_FEATURE_COUNT) - 1, /* nothing is refused for them */
    };
    const struct pvg_metallib_function function = {
        .name = entry,
        .type = PVG_METALLIB_NONE,
        .bitcode = bitcode,
        .bitcode_size = size,
    };
    struct pvg_shader_source *source = pvg_shader_source_new(&function, NULL);
    struct pvg_shader *shader = pvg_compiler_compile(compiler, source, &options);

    pvg_shader_source_unref(source);
    return shader;
}

/* One to eight bits flipped, or a piece doubled, cut or zeroed. */
static void mutate(GRand *random, uint8_t *bytes, size_t size)
{
    size_t at = g_rand_int_range(random, 0, size), length = MIN(size - at, 64);

    switch (g_rand_int_range(random, 0, 4)) {
    case 0:
        memset(bytes + at, 0, length);
        break;
    case 1:
        memmove(bytes + at, bytes + g_rand_int_range(random, 0, size - length + 1), length);
        break;
    default:
        for (int i = g_rand_int_range(random, 1, 9); i > 0; i--) {
            bytes[g_rand_int_range(random, 4, size)] ^= 1u << g_rand_int_range(random, 0, 8);
        }
        break;
    }
}

int main(int argc, char **argv)
{
    const struct pvg_compiler_settings settings = {
        .cache_folder = "",
        .memory_cache = 1, /* keeps the last one alone: every request goes to the process */
        .threads = 1,
        .time_limit = TIME_LIMIT,
    };
    unsigned mutants = argc > 1 ? strtoul(argv[1], NULL, 0) : 300;
    g_autoptr(GRand) random = g_rand_new_with_seed(argc > 2 ? strtoul(argv[2], NULL, 0) : 1);
    unsigned counts[PVG_TRANSLATE_STATUS_COUNT] = {0}, late = 0, broken = 0;
    struct pvg_error error = {0};
    struct air_file *file = air_file_open(g_getenv("PVG_SHADERS") ?: "", &error);
    struct pvg_compiler *compiler = pvg_compiler_create(&settings, &error);

    if (!file || !compiler) {
        printf("Bail out! %s\n", error.message);
        return 1;
    }
    puts("1..2");
    for (unsigned i = 0; i < mutants; i++) {
        const struct air_function *from = air_file_at(file, i % file->functions->len);
        g_autofree uint8_t *copy = g_memdup2(from->bitcode, from->bitcode_size);
        gint64 start = g_get_monotonic_time();
        struct pvg_shader *shader;

        mutate(random, copy, from->bitcode_size);
        shader = compile(compiler, copy, from->bitcode_size, from->name);
        counts[shader->translation.status]++;
        late += g_get_monotonic_time() - start > (TIME_LIMIT + 3000) * INT64_C(1000);
        if (shader->translation.status == PVG_TRANSLATE_CRASHED ||
            shader->translation.status == PVG_TRANSLATE_TIMEOUT) {
            struct pvg_shader *next =
                compile(compiler, from->bitcode, from->bitcode_size, from->name);

            broken += next->translation.status != PVG_TRANSLATE_DONE;
            pvg_shader_unref(next);
        }
        pvg_shader_unref(shader);
    }
    for (unsigned i = 0; i < PVG_TRANSLATE_STATUS_COUNT; i++) {
        if (counts[i]) {
            printf("# %u: %s\n", counts[i], pvg_translate_status_words(i));
        }
    }
    printf("%s 1 each of %u damaged modules is answered within the limit\n", late ? "not ok" : "ok",
           mutants);
    printf("%s 2 after each that broke the compiler the next request works\n",
           broken || counts[PVG_TRANSLATE_HOST] ? "not ok" : "ok");
    pvg_compiler_destroy(compiler);
    air_file_destroy(file);
    return late || broken;
}
