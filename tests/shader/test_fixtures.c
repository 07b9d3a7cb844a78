/* SPDX-License-Identifier: MIT */
/* Every function of the spec's shader binaries translates, validates, passes the audit and makes a
 * pipeline, or is refused for a feature listed here by function. Skips loudly when the binaries are
 * not there; pipelines need a Vulkan device. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "runner.h"
#include "shader/audit.h"
#include "shader/metallib.h"
#include "shader/translate.h"

/* Functions that need a feature not every device has. Both directions are checked: where the device
 * lacks it they must be refused with these words, everything else must translate. */
static const struct {
    const char *file, *entry;
    uint64_t feature;
    const char *words;
} wanting[] = {
    {"icb_mesh", "mesh_main", PVG_SHADER_FEATURE(MESH), "VK_EXT_mesh_shader"},
    {"icb_object", "mesh_main", PVG_SHADER_FEATURE(MESH), "VK_EXT_mesh_shader"},
    {"icb_object", "object_main", PVG_SHADER_FEATURE(MESH), "VK_EXT_mesh_shader"},
    {"icb_ab_", "icb_ab_", PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING), "descriptor indexing"},
    {"own_argbuf", "own_argbuf", PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING), "descriptor indexing"},
    {"own_bindless_fs", "own_bindless_fs", PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING),
     "descriptor indexing"},
    {"antinaho__3D-Engine__", "shape_fragment", PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING),
     "descriptor indexing"},
};

static const char *is_wanting(const char *file, const char *entry, uint64_t features)
{
    for (size_t i = 0; i < G_N_ELEMENTS(wanting); i++) {
        if (g_str_has_prefix(file, wanting[i].file) && g_str_has_prefix(entry, wanting[i].entry) &&
            !(features & wanting[i].feature)) {
            return wanting[i].words;
        }
    }
    return NULL;
}

/* The other half of a fragment function's pipeline. */
static struct pvg_translation quad_vertex;

struct tally {
    struct runner *runner; /* NULL: no pipelines */
    unsigned functions, translated, refused, failed;
    bool everything; /* a device that has all features */
    uint64_t words, nanoseconds;
};

static bool makes_pipeline(struct tally *tally, const struct pvg_translation *t,
                           struct pvg_error *error)
{
    switch (t->reflection.stage) {
    case PVG_STAGE_KERNEL:
        return runner_makes_compute(tally->runner, t, error);
    case PVG_STAGE_VERTEX:
        return runner_makes_graphics(tally->runner, NULL, t, NULL, error);
    case PVG_STAGE_MESH:
        return runner_makes_graphics(tally->runner, NULL, t, NULL, error);
    case PVG_STAGE_FRAGMENT:
        return runner_makes_graphics(tally->runner, NULL, &quad_vertex, t, error);
    default:
        return true;
    }
}

static void translate_entry(struct tally *tally, const char *file,
                            const struct pvg_metallib_function *function,
                            const struct pvg_air_entry *entry)
{
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    g_autofree struct pvg_translation *out = g_new0(struct pvg_translation, 1);
    struct pvg_translate_request request = {.air = function->bitcode,
                                            .air_size = function->bitcode_size,
                                            .entry = entry->name,
                                            .options = options};
    const char *device = tally->runner ? runner_device_name(tally->runner) : "everything", *words;
    struct pvg_error error = {0};
    char verdict[512] = "";

    options->features = tally->runner ? runner_features(tally->runner)
                        : tally->everything ? EVERYTHING : LAVAPIPE;
    options->heap_slots = RUNNER_SLOTS;
    words = is_wanting(file, entry->name, options->features);
    if (tally->runner) {
        options->has_varyings = 1;
        options->varyings = quad_vertex.reflection.varyings;
    }
    pvg_translate(&request, out);
    tally->functions++;
    if (out->status != PVG_TRANSLATE_DONE) {
        snprintf(verdict, sizeof(verdict), "%s: %s", pvg_translate_status_name(out->status),
                 out->reason);
    } else if (!pvg_shader_audit(out, options, &error)) {
        snprintf(verdict, sizeof(verdict), "audit: %.200s", error.message);
    } else if (tally->runner && !makes_pipeline(tally, out, &error)) {
        snprintf(verdict, sizeof(verdict), "pipeline: %.200s", error.message);
    } else {
        tally->words += out->word_count;
        for (unsigned i = 0; i < G_N_ELEMENTS(out->nanoseconds); i++) {
            tally->nanoseconds += out->nanoseconds[i];
        }
    }
    if (verdict[0]) {
        printf("# %s: %s %s: %s\n", device, file, entry->name, verdict);
    }
    if (words ? strstr(verdict, words) != NULL : !verdict[0]) {
        *(words ? &tally->refused : &tally->translated) += 1;
    } else {
        tally->failed++;
    }
    pvg_translation_finish(out);
}

static void translate_file(struct tally *tally, const char *path)
{
    g_autofree char *bytes = NULL, *name = g_path_get_basename(path);
    size_t size;
    struct pvg_metallib library;

    if (!g_file_get_contents(path, &bytes, &size, NULL) ||
        pvg_metallib_init(&library, bytes, size) != PVG_ACCEPTED) {
        printf("# %s cannot be read\n", name);
        tally->failed++;
        return;
    }
    for (uint32_t i = 0; i < library.count; i++) {
        struct pvg_air_entry entries[16];
        char reason[256];
        size_t count = pvg_air_entries(library.functions[i].bitcode,
                                       library.functions[i].bitcode_size, entries,
                                       G_N_ELEMENTS(entries), reason);

        for (size_t e = 0; e < MIN(count, G_N_ELEMENTS(entries)); e++) {
            if (!library.functions[i].name[0] ||
                strcmp(library.functions[i].name, entries[e].name) == 0) {
                translate_entry(tally, name, &library.functions[i], &entries[e]);
            }
        }
    }
    pvg_metallib_finish(&library);
}

static void walk(struct tally *tally, const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);

    if (folder) {
        for (const char *name; (name = g_dir_read_name(folder));) {
            g_autofree char *inner = g_build_filename(path, name, NULL);

            walk(tally, inner);
        }
    } else if (g_str_has_suffix(path, ".air") || g_str_has_suffix(path, ".metallib") ||
               g_str_has_suffix(path, ".mtlb")) {
        translate_file(tally, path);
    }
}

static void translate_quad(const char *fixtures)
{
    g_autofree char *path = g_build_filename(fixtures, "air", "own", "own_quad_vs.air", NULL);
    g_autofree char *bytes = NULL;
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);
    struct pvg_translate_request request = {.entry = "own_quad_vs", .options = options};

    options->features = LAVAPIPE;
    if (g_file_get_contents(path, &bytes, &request.air_size, NULL)) {
        request.air = bytes;
        pvg_translate(&request, &quad_vertex);
    }
}

int main(void)
{
    const char *fixtures = g_getenv("PVG_FIXTURES");
    struct runner *runner;
    struct pvg_error error;

    printf("1..2\n");
    if (!fixtures || !g_file_test(fixtures, G_FILE_TEST_IS_DIR)) {
        printf("ok 1 - all translate # SKIP no shader binaries at \"%s\"\n",
               fixtures ? fixtures : "");
        printf("ok 2 - all translate # SKIP no shader binaries\n");
        return 0;
    }
    translate_quad(fixtures);
    runner = runner_create(NULL, &error);
    if (!runner) {
        printf("# pipelines are not made: %s\n", error.message);
    }
    for (int everything = 0; everything < 2; everything++) {
        struct tally tally = {.everything = everything, .runner = everything ? NULL : runner};

        walk(&tally, fixtures);
        printf("%s %d - %u functions on %s: %u translated, %u refused as listed, %u failed\n",
               tally.failed || !tally.functions ? "not ok" : "ok", 1 + everything, tally.functions,
               tally.runner ? runner_device_name(tally.runner) : "a device with everything", tally.translated,
               tally.refused, tally.failed);
        printf("# %.2f ms and %.0f words a function on average\n",
               (double)tally.nanoseconds / 1e6 / MAX(tally.translated, 1u),
               (double)tally.words / MAX(tally.translated, 1u));
    }
    pvg_translation_finish(&quad_vertex);
    runner_destroy(runner);
    return 0;
}
