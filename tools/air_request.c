/* SPDX-License-Identifier: MIT */
#include "air_request.h"

#include <string.h>

static const char *const names[] = {
#define FEATURE_NAME(name, words) #name,
    PVG_SHADER_FEATURES(FEATURE_NAME)
#undef FEATURE_NAME
};

#define ALL     (PVG_SHADER_FEATURE_COUNT < 64 ? (UINT64_C(1) << PVG_SHADER_FEATURE_COUNT) - 1 : ~0ull)
#define F(name) PVG_SHADER_FEATURE(name)

static bool feature_named(const char *name, uint64_t *out)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!g_ascii_strcasecmp(name, names[i])) {
            *out |= UINT64_C(1) << i;
            return true;
        }
    }
    return false;
}

bool air_features_parse(const char *text, uint64_t *out, struct pvg_error *error)
{
    g_auto(GStrv) list = g_strsplit(text, ",", -1);

    *out = 0;
    if (!strcmp(text, "desktop")) {
        *out = ALL & ~F(CPU);
        return true;
    }
    if (!strcmp(text, "cpu")) { /* 02-errata-gpu 2.8, the column of lavapipe 22.3 */
        *out = ALL &
               ~(F(READ_WITHOUT_FORMAT) | F(SAMPLED_DYNAMIC) | F(DESCRIPTOR_INDEXING) |
                 F(MIN_LOD) | F(MESH) | F(BARYCENTRICS) | F(FLOAT_ATOMIC_ADD));
        return true;
    }
    for (char **name = list; strcmp(text, "none") != 0 && *name; name++) {
        if (!feature_named(*name, out)) {
            pvg_error_set(error,
                          "there is no shader feature \"%s\"; known are desktop, cpu, none "
                          "and those of src/shader/translate.h",
                          *name);
            return false;
        }
    }
    return true;
}

struct pvg_compiler *air_compiler_create(bool in_process, struct pvg_error *error)
{
    const struct pvg_compiler_settings settings = {
        .translator = in_process ? &pvg_in_process_translator : &pvg_process_translator,
        .cache_folder = "",
        .threads = 1,
    };

    return pvg_compiler_create(&settings, error);
}

struct pvg_shader *air_compile(struct pvg_compiler *compiler, const struct air_function *function,
                               uint64_t features)
{
    const struct pvg_shader_options options = {.features = features};
    struct pvg_shader_source *source = air_function_source(function);
    struct pvg_shader *shader = pvg_compiler_compile(compiler, source, &options);

    pvg_shader_source_unref(source);
    return shader;
}
