/* SPDX-License-Identifier: MIT */
/* pvg-air run: a kernel on this machine's GPU, with buffers from the command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "air_request.h"
#include "runner.h"
#include "pvg_air.h"

#define MAX_BUFFER (UINT64_C(1) << 30)

enum element {
    ELEMENT_FLOAT,
    ELEMENT_INT,
    ELEMENT_UINT,
    ELEMENT_USHORT,
    ELEMENT_UCHAR,
};

static const struct {
    const char *name;
    size_t size;
} elements[] = {
    [ELEMENT_FLOAT] = {"float", 4},   [ELEMENT_INT] = {"int", 4},     [ELEMENT_UINT] = {"uint", 4},
    [ELEMENT_USHORT] = {"ushort", 2}, [ELEMENT_UCHAR] = {"uchar", 1},
};

struct bound {
    uint32_t index;
    struct runner_buffer buffer;
    enum element element;
};

struct run_request {
    char **files, *function, **buffers, **threadgroups, *threads, *group, *gpu;
    int limit;
    gboolean in_process;
    struct bound bound[PVG_SHADER_BUFFERS];
    uint32_t bound_count;
};

/* ---- values ---- */

static void put_value(struct bound *bound, size_t i, double value)
{
    uint8_t *at = (uint8_t *)bound->buffer.bytes + i * elements[bound->element].size;

    switch (bound->element) {
    case ELEMENT_FLOAT:
        memcpy(at, &(float){value}, 4);
        break;
    case ELEMENT_INT:
    case ELEMENT_UINT:
        memcpy(at, &(uint32_t){(int64_t)value}, 4);
        break;
    case ELEMENT_USHORT:
        memcpy(at, &(uint16_t){(int64_t)value}, 2);
        break;
    case ELEMENT_UCHAR:
        *at = (int64_t)value;
        break;
    }
}

static void print_value(const struct bound *bound, size_t i)
{
    const uint8_t *at = (uint8_t *)bound->buffer.bytes + i * elements[bound->element].size;
    union {
        float f;
        int32_t i;
        uint32_t u;
        uint16_t h;
    } value;

    memcpy(&value, at, elements[bound->element].size);
    switch (bound->element) {
    case ELEMENT_FLOAT:
        printf(" %.9g", value.f);
        break;
    case ELEMENT_INT:
        printf(" %d", value.i);
        break;
    case ELEMENT_UINT:
        printf(" %u", value.u);
        break;
    case ELEMENT_USHORT:
        printf(" %u", value.h);
        break;
    case ELEMENT_UCHAR:
        printf(" %u", *at);
        break;
    }
}

/* Between 0 and 1 for floats, any value for integers; the same in every run. */
static double random_value(enum element element, GRand *random)
{
    return element == ELEMENT_FLOAT ? g_rand_double(random) : g_rand_int(random);
}

/* ---- --buffer INDEX=SPEC ---- */

static bool parse_element(const char **text, enum element *out)
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

/* "[1024]", then nothing, ":ramp" or ":random". */
static bool fill_counted(struct bound *bound, const char *text)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    char *end;
    uint64_t count = g_ascii_strtoull(text + 1, &end, 10);
    bool ramp = !strcmp(end, "]:ramp"), noise = !strcmp(end, "]:random");

    if (!count || count > MAX_BUFFER / 4 || (strcmp(end, "]") != 0 && !ramp && !noise)) {
        return false;
    }
    bound->buffer.size = count * elements[bound->element].size;
    bound->buffer.bytes = g_malloc0(bound->buffer.size);
    for (uint64_t i = 0; (ramp || noise) && i < count; i++) {
        put_value(bound, i, ramp ? (double)i : random_value(bound->element, random));
    }
    return true;
}

/* ":1,2.5,-3" */
static bool fill_listed(struct bound *bound, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text + 1, ",", -1);
    guint count = g_strv_length(list);

    bound->buffer.size = count * elements[bound->element].size;
    bound->buffer.bytes = g_malloc0(MAX(bound->buffer.size, 1));
    for (guint i = 0; i < count; i++) {
        char *end;
        double value = g_ascii_strtod(list[i], &end);

        if (end == list[i] || *end) {
            return false;
        }
        put_value(bound, i, value);
    }
    return count > 0;
}

static bool parse_buffer(struct bound *bound, const char *text)
{
    char *end;
    uint64_t index = g_ascii_strtoull(text, &end, 10);

    if (end == text || *end != '=' || index >= PVG_SHADER_BUFFERS) {
        return false;
    }
    bound->index = index;
    text = end + 1;
    if (*text == '@') {
        bound->element = ELEMENT_UINT;
        return g_file_get_contents(text + 1, (char **)&bound->buffer.bytes, &bound->buffer.size,
                                   NULL);
    }
    if (!parse_element(&text, &bound->element)) {
        return false;
    }
    return *text == '[' ? fill_counted(bound, text) : *text == ':' && fill_listed(bound, text);
}

static bool parse_buffers(struct run_request *request)
{
    for (char **text = request->buffers; text && *text; text++) {
        if (request->bound_count == PVG_SHADER_BUFFERS ||
            !parse_buffer(&request->bound[request->bound_count++], *text)) {
            fprintf(stderr, "pvg-air run: \"%s\" is not a buffer; see --help\n", *text);
            return false;
        }
    }
    return true;
}

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

static void print_buffers(const struct run_request *request)
{
    for (uint32_t i = 0; i < request->bound_count; i++) {
        const struct bound *bound = &request->bound[i];
        size_t count = bound->buffer.size / elements[bound->element].size;
        size_t shown = MIN(count, (size_t)MAX(request->limit, 0));

        printf("buffer %u, %zu %s:", bound->index, count, elements[bound->element].name);
        for (size_t j = 0; j < shown; j++) {
            print_value(bound, j);
        }
        puts(shown < count ? " ..." : "");
    }
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
        fprintf(stderr, "pvg-air run: %s\n", error.message);
        return STATUS_UNUSABLE;
    }
    shader = air_compile(compiler, function, runner_features(runner));
    dispatch.kernel = &shader->translation;
    for (uint32_t i = 0; i < request->bound_count; i++) {
        dispatch.buffers[request->bound[i].index] = request->bound[i].buffer;
    }
    if (shader->translation.status != PVG_TRANSLATE_DONE) {
        fprintf(stderr, "pvg-air run: %s: %s\n",
                pvg_translate_status_words(shader->translation.status), shader->translation.reason);
    } else if (shader->translation.reflection.stage != PVG_STAGE_KERNEL) {
        fputs("pvg-air run: only kernels can be run\n", stderr);
    } else if (!runner_dispatch(runner, &dispatch, &error)) {
        fprintf(stderr, "pvg-air run: %s\n", error.message);
    } else {
        print_buffers(request);
        status = STATUS_DONE;
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
        fprintf(stderr, "pvg-air run: %s\n", error.message);
        return STATUS_UNUSABLE;
    }
    function = choose(file, request->function);
    if (!function || !parse_buffers(request)) {
        return STATUS_UNUSABLE;
    }
    runner = runner_create(request->gpu, &error);
    if (!runner) {
        fprintf(stderr, "pvg-air run: %s\n", error.message);
        return STATUS_UNUSABLE;
    }
    return run_on(runner, request, function);
}

static const char summary[] =
    "Runs a kernel on this machine's GPU and prints the buffers afterwards.\n"
    "\n"
    "A buffer is INDEX=SPEC, where SPEC is\n"
    "  float:1,2.5,3      values; float, int, uint, ushort or uchar\n"
    "  float[1024]        zeros; :ramp behind it counts up, :random is random\n"
    "  @FILE              the bytes of a file\n"
    "\n"
    "Example:\n"
    "  pvg-air run saxpy.metallib --buffer 0=float[8]:ramp --buffer 1=float[8] \\\n"
    "      --buffer 2=float:0.5 --threads 8\n"
    "\n"
    "Exit status: 0; 1 when the kernel is refused or does not run; 2 when something is not usable.";

int command_run(int argc, char **argv)
{
    struct run_request request = {.limit = 16};
    const GOptionEntry entries[] = {
        {"function", 'f', 0, G_OPTION_ARG_STRING, &request.function, "The kernel", "NAME"},
        {"buffer", 'b', 0, G_OPTION_ARG_STRING_ARRAY, &request.buffers, "Bind a buffer",
         "INDEX=SPEC"},
        {"threadgroup", 0, 0, G_OPTION_ARG_STRING_ARRAY, &request.threadgroups,
         "Length of a threadgroup argument", "INDEX=BYTES"},
        {"threads", 't', 0, G_OPTION_ARG_STRING, &request.threads, "The grid, in threads", "XxYxZ"},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &request.group, "A threadgroup", "XxYxZ"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &request.limit, "Values to print of a buffer: 16", "N"},
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
        g_free(request.bound[i].buffer.bytes);
    }
    g_strfreev(request.files);
    g_strfreev(request.buffers);
    g_strfreev(request.threadgroups);
    g_free(request.function);
    g_free(request.threads);
    g_free(request.group);
    g_free(request.gpu);
    return status;
}
