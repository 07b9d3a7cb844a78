/* SPDX-License-Identifier: MIT */
/* Every function of the spec's shader binaries translates and validates, or is refused for a
 * feature that is listed here by function. Skips loudly when the binaries are not there. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "shader/audit.h"
#include "shader/metallib.h"
#include "shader/translate.h"

/* Functions that do not translate, and what stands in the way. Both directions are checked: what is
 * not listed must translate, what is listed must be refused with these words. */
static const struct {
    const char *file, *entry, *words;
} wanting[] = {
    {"icb_mesh", "mesh_main", "an object or mesh function"},
    {"icb_object", "mesh_main", "an object or mesh function"},
    {"icb_object", "object_main", "an object or mesh function"},
    {"icb_tess_vtx", "tess_vertex", "a post-tessellation vertex function"},
    {"icb_ab_", "icb_ab_", "a texture out of an argument buffer"},
    {"own_argbuf", "own_argbuf", "a pointer out of memory"},
    {"own_bindless_fs", "own_bindless_fs", "a texture out of an argument buffer"},
    {"antinaho__3D-Engine__", "shape_fragment", "a texture out of an argument buffer"},
};

static const char *is_wanting(const char *file, const char *entry)
{
    for (size_t i = 0; i < G_N_ELEMENTS(wanting); i++) {
        if (g_str_has_prefix(file, wanting[i].file) && g_str_has_prefix(entry, wanting[i].entry)) {
            return wanting[i].words;
        }
    }
    return NULL;
}

struct tally {
    unsigned functions, translated, refused, failed;
    bool everything; /* a device that has all features */
};

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
    const char *device = tally->everything ? "everything" : "lavapipe";
    const char *words = is_wanting(file, entry->name);
    struct pvg_error error = {0};
    char verdict[512] = "";

    options->features = tally->everything ? EVERYTHING : LAVAPIPE;
    pvg_translate(&request, out);
    tally->functions++;
    if (out->status != PVG_TRANSLATE_DONE) {
        snprintf(verdict, sizeof(verdict), "%s: %s", pvg_translate_status_name(out->status),
                 out->reason);
    } else if (!pvg_shader_audit(out, options, &error)) {
        snprintf(verdict, sizeof(verdict), "audit: %.200s", error.message);
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

int main(void)
{
    const char *fixtures = g_getenv("PVG_FIXTURES");

    printf("1..2\n");
    if (!fixtures || !g_file_test(fixtures, G_FILE_TEST_IS_DIR)) {
        printf("ok 1 - all translate # SKIP no shader binaries at \"%s\"\n",
               fixtures ? fixtures : "");
        printf("ok 2 - all translate # SKIP no shader binaries\n");
        return 0;
    }
    for (int everything = 0; everything < 2; everything++) {
        struct tally tally = {.everything = everything};

        walk(&tally, fixtures);
        printf("%s %d - %u functions on %s: %u translated, %u refused as listed, %u failed\n",
               tally.failed || !tally.functions ? "not ok" : "ok", 1 + everything, tally.functions,
               everything ? "a device with everything" : "lavapipe", tally.translated,
               tally.refused, tally.failed);
    }
    return 0;
}
