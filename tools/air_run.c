/* SPDX-License-Identifier: MIT */
/* pvg-air run: a kernel on this machine's GPU, with buffers and textures from the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "air_request.h"
#include "air_texture.h"
#include "air_values.h"
#include "pvg_air.h"
#include "runner.h"

struct bound {
    uint32_t index;
    struct air_values values;
};

struct run_request {
    char **files, *function, **buffers, **textures, **saves, **threadgroups, *threads, *group, *gpu;
    int limit;
    gboolean in_process;
    struct bound bound[PVG_SHADER_BUFFERS];
    uint32_t bound_count;
    struct air_texture bound_textures[RUNNER_TEXTURES];
    uint32_t texture_count;
};

static bool complain(const struct pvg_error *error)
{
    fprintf(stderr, "pvg-air run: %s\n", error->message);
    return false;
}

/* ---- --buffer INDEX=SPEC, --texture INDEX=SPEC ---- */

/* "[1024]", then nothing, ":ramp" or ":random". */
static bool fill_counted(struct air_values *values, const char *text)
{
    char *end;
    uint64_t count = g_ascii_strtoull(text + 1, &end, 10);

    return *end == ']' && air_values_make(values, count, end + 1);
}

static bool parse_buffer(struct bound *bound, const char *text)
{
    struct pvg_error error;
    char *end;
    uint64_t index = g_ascii_strtoull(text, &end, 10);

    if (end == text || *end != '=' || index >= PVG_SHADER_BUFFERS) {
        return false;
    }
    bound->index = index;
    text = end + 1;
    if (*text == '@') {
        bound->values.element = AIR_UINT;
        return air_values_load(&bound->values, text + 1, &error) || complain(&error);
    }
    if (!air_element_take(&text, &bound->values.element)) {
        return false;
    }
    return *text == '['   ? fill_counted(&bound->values, text)
           : *text == ':' ? air_values_list(&bound->values, text + 1)
                          : false;
}

static bool parse_bound(struct run_request *request)
{
    for (char **text = request->buffers; text && *text; text++) {
        if (request->bound_count == PVG_SHADER_BUFFERS ||
            !parse_buffer(&request->bound[request->bound_count++], *text)) {
            fprintf(stderr, "pvg-air run: \"%s\" is not a buffer; see --help\n", *text);
            return false;
        }
    }
    for (char **text = request->textures; text && *text; text++) {
        if (request->texture_count == RUNNER_TEXTURES ||
            !air_texture_parse(&request->bound_textures[request->texture_count++], *text)) {
            fprintf(stderr, "pvg-air run: \"%s\" is not a texture; see --help\n", *text);
            return false;
        }
    }
    return true;
}

/* ---- the grid ---- */

/* "64" or "16x16" or "4x4x4"; the rest is 1. */
static bool parse_extent(const char *text, uint32_t out[3])
{
    g_auto(GStrv) list = g_strsplit(text, "x", 4);

    out[0] = out[1] = out[2] = 1;
    for (guint i = 0; list[i]; i++) {
        uint64_t value = g_ascii_strtoull(list[i], NULL, 10);

        if (i == 3 || !value || value > UINT32_MAX) {
            return false;
        }
        out[i] = value;
    }
    return true;
}

static bool parse_dispatch(struct run_request *request, struct runner_dispatch *out)
{
    uint32_t threads[3];

    if (!parse_extent(request->threads ?: "1", threads) ||
        !parse_extent(request->group ?: "1", out->local)) {
        fputs("pvg-air run: --threads and --group are numbers such as 64 or 16x16\n", stderr);
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (threads[i] % out->local[i]) {
            fputs("pvg-air run: --threads must be a multiple of --group\n", stderr);
            return false;
        }
        out->groups[i] = threads[i] / out->local[i];
    }
    for (char **text = request->threadgroups; text && *text; text++) {
        char *end;
        uint64_t index = g_ascii_strtoull(*text, &end, 10);

        if (*end != '=' || index >= PVG_SHADER_BUFFERS) {
            fprintf(stderr, "pvg-air run: \"%s\" is not INDEX=BYTES\n", *text);
            return false;
        }
        out->threadgroup_bytes[index] = MIN(g_ascii_strtoull(end + 1, NULL, 10), 65536);
    }
    return true;
}

/* ---- the run ---- */

static const struct air_function *choose(const struct air_file *file, const char *name)
{
    const struct air_function *found = NULL;

    for (guint i = 0; i < file->functions->len; i++) {
        const struct air_function *function = air_file_at(file, i);

        if (name ? !strcmp(function->name, name) : function->type == PVG_METALLIB_KERNEL) {
            if (found) {
                fputs("pvg-air run: there are several kernels; choose with --function\n", stderr);
                return NULL;
            }
            found = function;
        }
    }
    if (!found) {
        fprintf(stderr, "pvg-air run: there is no kernel%s%s\n", name ? " " : "", name ?: "");
    }
    return found;
}

static void print_bound(const struct run_request *request)
{
    size_t limit = (size_t)MAX(request->limit, 0);

    for (uint32_t i = 0; i < request->bound_count; i++) {
        const struct air_values *values = &request->bound[i].values;

        printf("buffer %u, %zu %s:", request->bound[i].index,
               values->size / air_element_size(values->element), air_element_name(values->element));
        air_values_print(values, limit);
    }
    for (uint32_t i = 0; i < request->texture_count; i++) {
        const struct air_texture *t = &request->bound_textures[i];

        printf("texture %u, %ux%ux%u of %u %s:", t->index, t->extent[0], t->extent[1],
               t->extent[2], t->components, air_element_name(t->values.element));
        air_values_print(&t->values, limit);
    }
}

/* "buffer:INDEX=FILE" or "texture:INDEX=FILE" */
static bool save_one(const struct run_request *request, const char *text, struct pvg_error *error)
{
    bool texture = g_str_has_prefix(text, "texture:");
    const char *number = strchr(text, ':');
    char *end = NULL;
    uint64_t index = number ? g_ascii_strtoull(number + 1, &end, 10) : 0;

    if (!end || end == number + 1 || *end != '=' ||
        (!texture && !g_str_has_prefix(text, "buffer:"))) {
        pvg_error_set(error, "\"%s\" is not buffer:INDEX=FILE or texture:INDEX=FILE", text);
        return false;
    }
    for (uint32_t i = 0; texture && i < request->texture_count; i++) {
        if (request->bound_textures[i].index == index) {
            return air_texture_save(&request->bound_textures[i], end + 1, error);
        }
    }
    for (uint32_t i = 0; !texture && i < request->bound_count; i++) {
        if (request->bound[i].index == index) {
            return air_values_save(&request->bound[i].values, end + 1, error);
        }
    }
    pvg_error_set(error, "nothing was bound that \"%s\" could save", text);
    return false;
}

static bool save_bound(const struct run_request *request, struct pvg_error *error)
{
    for (char **text = request->saves; text && *text; text++) {
        if (!save_one(request, *text, error)) {
            return false;
        }
    }
    return true;
}

static bool bind(struct run_request *request, struct runner_dispatch *dispatch,
                 struct pvg_error *error)
{
    for (uint32_t i = 0; i < request->bound_count; i++) {
        struct bound *bound = &request->bound[i];

        dispatch->buffers[bound->index] =
            (struct runner_buffer){bound->values.bytes, bound->values.size, 0, 0};
    }
    for (uint32_t i = 0; i < request->texture_count; i++) {
        struct air_texture *texture = &request->bound_textures[i];

        if (!air_texture_fill(texture, &dispatch->kernel->reflection,
                              &dispatch->textures[texture->index], error)) {
            return false;
        }
    }
    return true;
}

static int run_on(struct runner *runner, struct run_request *request,
                  const struct air_function *function)
{
    struct runner_dispatch dispatch = {0};
    struct pvg_error error = {0};
    struct pvg_compiler *compiler;
    struct pvg_shader *shader;
    int status = STATUS_REFUSED;

    if (!parse_dispatch(request, &dispatch)) {
        return STATUS_UNUSABLE;
    }
    compiler = air_compiler_create(request->in_process, &error);
    if (!compiler) {
        (void)complain(&error);
        return STATUS_UNUSABLE;
    }
    shader = air_compile(compiler, function, runner_features(runner));
    dispatch.kernel = &shader->translation;
    if (shader->translation.status != PVG_TRANSLATE_DONE) {
        fprintf(stderr, "pvg-air run: %s: %s\n",
                pvg_translate_status_words(shader->translation.status), shader->translation.reason);
    } else if (shader->translation.reflection.stage != PVG_STAGE_KERNEL) {
        fputs("pvg-air run: only kernels can be run\n", stderr);
    } else if (!bind(request, &dispatch, &error)) {
        (void)complain(&error);
        status = STATUS_UNUSABLE;
    } else if (!runner_dispatch(runner, &dispatch, &error)) {
        (void)complain(&error);
    } else {
        print_bound(request);
        status = save_bound(request, &error) || complain(&error) ? STATUS_DONE : STATUS_UNUSABLE;
    }
    pvg_shader_unref(shader);
    pvg_compiler_destroy(compiler);
    return status;
}

static int run(struct run_request *request)
{
    struct pvg_error error = {0};
    PVG_AUTO(air_file) file = air_file_open(request->files[0], &error);
    PVG_AUTO(runner) runner = NULL;
    const struct air_function *function;

    if (!file) {
        (void)complain(&error);
        return STATUS_UNUSABLE;
    }
    function = choose(file, request->function);
    if (!function || !parse_bound(request)) {
        return STATUS_UNUSABLE;
    }
    runner = runner_create(request->gpu, &error);
    if (!runner) {
        (void)complain(&error);
        return STATUS_UNUSABLE;
    }
    return run_on(runner, request, function);
}

static const char summary[] =
    "Runs a kernel on this machine's GPU and prints buffers and textures afterwards.\n"
    "\n"
    "A buffer is INDEX=SPEC, where SPEC is\n"
    "  float:1,2.5,3      values; float, int, uint, ushort or uchar\n"
    "  float[1024]        zeros; :ramp behind it counts up, :random is random\n"
    "  @FILE              the bytes of a file\n"
    "A texture is INDEX=SPEC, where SPEC is\n"
    "  float[64x64]       width, height, and depth, layers or faces; float, int or uint, four a\n"
    "                     texel (one in texture buffers and under atomics); zeros, or :ramp,\n"
    "                     :random or @FILE behind it\n"
    "  @FILE.ppm          a picture\n"
    "Samplers take the nearest texel and clamp to the edge.\n"
    "\n"
    "Examples:\n"
    "  pvg-air run saxpy.metallib --buffer 0=float[8]:ramp --buffer 1=float[8] \\\n"
    "      --buffer 2=float:0.5 --threads 8\n"
    "  pvg-air run blur.metallib --texture 0=@in.ppm --texture 1=float[640x400] \\\n"
    "      --threads 640x400 --group 8x8 --save texture:1=out.ppm\n"
    "\n"
    "Exit status: 0; 1 when the kernel is refused or does not run; 2 when something is not usable.";

int command_run(int argc, char **argv)
{
    struct run_request request = {.limit = 16};
    const GOptionEntry entries[] = {
        {"function", 'f', 0, G_OPTION_ARG_STRING, &request.function, "The kernel", "NAME"},
        {"buffer", 'b', 0, G_OPTION_ARG_STRING_ARRAY, &request.buffers, "Bind a buffer",
         "INDEX=SPEC"},
        {"texture", 'x', 0, G_OPTION_ARG_STRING_ARRAY, &request.textures, "Bind a texture",
         "INDEX=SPEC"},
        {"save", 's', 0, G_OPTION_ARG_STRING_ARRAY, &request.saves,
         "Write it to a file: buffer:INDEX=FILE, texture:INDEX=FILE, texture:INDEX=FILE.ppm",
         "WHAT=FILE"},
        {"threadgroup", 0, 0, G_OPTION_ARG_STRING_ARRAY, &request.threadgroups,
         "Length of a threadgroup argument", "INDEX=BYTES"},
        {"threads", 't', 0, G_OPTION_ARG_STRING, &request.threads, "The grid, in threads", "XxYxZ"},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &request.group, "A threadgroup", "XxYxZ"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &request.limit, "Values to print of each: 16", "N"},
        {"gpu", 0, 0, G_OPTION_ARG_STRING, &request.gpu, "Part of its name, or its number", "NAME"},
        {"in-process", 0, 0, G_OPTION_ARG_NONE, &request.in_process,
         "Translate here, not in a confined pvg-airc", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request.files, NULL, NULL},
        {0},
    };
    int status;

    if (!command_parse("run", "FILE", summary, entries, &argc, &argv) || !request.files ||
        request.files[1]) {
        fputs("pvg-air run: name one file\n", stderr);
        return STATUS_UNUSABLE;
    }
    status = run(&request);
    for (uint32_t i = 0; i < request.bound_count; i++) {
        air_values_finish(&request.bound[i].values);
    }
    for (uint32_t i = 0; i < request.texture_count; i++) {
        air_values_finish(&request.bound_textures[i].values);
    }
    g_strfreev(request.files);
    g_strfreev(request.buffers);
    g_strfreev(request.textures);
    g_strfreev(request.saves);
    g_strfreev(request.threadgroups);
    g_free(request.function);
    g_free(request.threads);
    g_free(request.group);
    g_free(request.gpu);
    return status;
}
