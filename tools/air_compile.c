/* SPDX-License-Identifier: MIT */
/* pvg-air compile: each function to SPIR-V and its record, or the reason why not. */
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "air_request.h"
#include "pvg_air.h"

struct request {
    char **files, *function, *folder, *features_text;
    gboolean json, in_process, optimize;
    uint64_t features;
    struct pvg_compiler *compiler;
    JsonBuilder *report; /* with --json */
    unsigned functions, done;
};

static const char *const stage_names[] = {"any",  "vertex", "fragment",  "kernel",
                                          "mesh", "object", "evaluation"};

static void put(JsonBuilder *to, const char *name, int64_t value)
{
    json_builder_set_member_name(to, name);
    json_builder_add_int_value(to, value);
}

static void put_text(JsonBuilder *to, const char *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    json_builder_set_member_name(to, name);
    json_builder_add_string_value(to, valid);
}

static void put_resources(JsonBuilder *to, const struct pvg_shader_reflection *record)
{
    json_builder_set_member_name(to, "buffers");
    json_builder_begin_array(to);
    for (uint32_t i = 0; i < record->buffer_count; i++) {
        json_builder_begin_object(to);
        put(to, "index", record->buffers[i].index);
        put(to, "binding", PVG_BINDING_BUFFER + record->buffers[i].index);
        put(to, "access", record->buffers[i].access);
        put(to, "size", record->buffers[i].size);
        json_builder_end_object(to);
    }
    json_builder_end_array(to);
    json_builder_set_member_name(to, "textures");
    json_builder_begin_array(to);
    for (uint32_t i = 0; i < record->texture_count; i++) {
        const struct pvg_shader_texture *texture = &record->textures[i];

        json_builder_begin_object(to);
        put(to, "index", texture->index);
        put(to, "binding",
            (texture->storage ? PVG_BINDING_STORAGE : PVG_BINDING_SAMPLED) + texture->index);
        put(to, "count", texture->count);
        put(to, "dimension", texture->dimension);
        put(to, "storage", texture->storage);
        json_builder_end_object(to);
    }
    json_builder_end_array(to);
    put(to, "samplers", record->sampler_count);
    put(to, "constant_samplers", record->constant_sampler_count);
}

static void put_interface(JsonBuilder *to, const struct pvg_shader_reflection *record)
{
    json_builder_set_member_name(to, "attributes");
    json_builder_begin_array(to);
    for (uint32_t i = 0; i < record->attribute_count; i++) {
        json_builder_begin_object(to);
        put(to, "location", record->attributes[i].location);
        put(to, "class", record->attributes[i].component_class);
        put(to, "components", record->attributes[i].components);
        json_builder_end_object(to);
    }
    json_builder_end_array(to);
    json_builder_set_member_name(to, "varyings");
    json_builder_begin_array(to);
    for (uint32_t i = 0; i < record->varyings.count; i++) {
        const struct pvg_varying *varying = &record->varyings.at[i];
        g_autofree char *name =
            g_strndup(record->varyings.names + varying->name, varying->name_length);

        json_builder_begin_object(to);
        put_text(to, "name", name);
        put(to, "location", varying->location);
        put(to, "components", varying->components);
        json_builder_end_object(to);
    }
    json_builder_end_array(to);
    json_builder_set_member_name(to, "colours");
    json_builder_begin_array(to);
    for (uint32_t i = 0; i < record->colour_count; i++) {
        json_builder_begin_object(to);
        put(to, "attachment", record->colours[i].attachment);
        put(to, "class", record->colours[i].component_class);
        put(to, "components", record->colours[i].components);
        json_builder_end_object(to);
    }
    json_builder_end_array(to);
}

/* The members of one function's object. */
static void put_shader(JsonBuilder *to, const char *path, const struct air_function *function,
                       const struct pvg_translation *translation)
{
    const struct pvg_shader_reflection *record = &translation->reflection;

    put_text(to, "file", path);
    put_text(to, "function", function->name);
    put_text(to, "stage", pvg_metallib_type_name(function->type));
    put_text(to, "status", pvg_translate_status_name(translation->status));
    if (translation->status != PVG_TRANSLATE_DONE) {
        put_text(to, "reason", translation->reason);
        return;
    }
    put(to, "words", translation->word_count);
    put_text(to, "translated_as", stage_names[record->stage]);
    put(to, "set", record->set);
    put(to, "features", record->features);
    put(to, "flags", record->flags);
    put(to, "threadgroup_bytes", record->threadgroup_bytes);
    put_resources(to, record);
    put_interface(to, record);
}

/* Where what is made of function @name goes. */
static char *result_path(const char *folder, const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);

    g_strdelimit(file, "/", '_');
    return g_build_filename(folder, file, NULL);
}

static bool write_file(const char *path, const void *bytes, size_t size)
{
    g_autoptr(GError) failure = NULL;

    if (!g_file_set_contents(path, bytes, size, &failure)) {
        fprintf(stderr, "pvg-air compile: cannot write: %s\n", failure->message);
        return false;
    }
    return true;
}

/* What a driver's own passes would leave, to look at: the audit takes none of it. */
static bool optimize(const char *path)
{
    const char *command[] = {"spirv-opt", "-O", "--target-env=vulkan1.3", path, "-o", path, NULL};
    g_autoptr(GError) failure = NULL;
    int status;

    if (!g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                      &status, &failure) ||
        !g_spawn_check_wait_status(status, &failure)) {
        fprintf(stderr,
                "pvg-air compile: spirv-opt (Debian package spirv-tools) cannot optimize: %s\n",
                failure->message);
        return false;
    }
    return true;
}

static char *print_json(JsonBuilder *builder)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    JsonNode *root = json_builder_get_root(builder);
    char *text;

    json_generator_set_pretty(generator, true);
    json_generator_set_root(generator, root);
    text = json_generator_to_data(generator, NULL);
    json_node_unref(root);
    return text;
}

static bool write_result(const struct request *request, const char *path,
                         const struct air_function *function,
                         const struct pvg_translation *translation)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;
    g_autofree char *words = result_path(request->folder, function->name, ".spv");
    g_autofree char *record = result_path(request->folder, function->name, ".json");

    json_builder_begin_object(builder);
    put_shader(builder, path, function, translation);
    json_builder_end_object(builder);
    text = print_json(builder);
    return write_file(words, translation->words, 4 * (size_t)translation->word_count) &&
           (!request->optimize || optimize(words)) && write_file(record, text, strlen(text));
}

static bool compile_function(struct request *request, const char *path,
                             const struct air_function *function)
{
    struct pvg_shader *shader = air_compile(request->compiler, function, request->features);
    const struct pvg_translation *translation = &shader->translation;
    bool done = translation->status == PVG_TRANSLATE_DONE, usable = true;

    request->functions++;
    request->done += done;
    if (request->report) {
        json_builder_begin_object(request->report);
        put_shader(request->report, path, function, translation);
        json_builder_end_object(request->report);
    } else if (done) {
        printf("ok       %s %s: %u words\n", pvg_metallib_type_name(function->type), function->name,
               translation->word_count);
    } else {
        printf("refused  %s %s: %s: %s\n", pvg_metallib_type_name(function->type), function->name,
               pvg_translate_status_words(translation->status), translation->reason);
    }
    if (done && request->folder) {
        usable = write_result(request, path, function, translation);
    }
    pvg_shader_unref(shader);
    return usable;
}

static bool compile_file(struct request *request, const char *path)
{
    struct pvg_error error = {0};
    PVG_AUTO(air_file) file = air_file_open(path, &error);

    if (!file) {
        fprintf(stderr, "pvg-air compile: %s\n", error.message);
        return false;
    }
    for (guint i = 0; i < file->functions->len; i++) {
        const struct air_function *function = air_file_at(file, i);

        if ((!request->function || !strcmp(request->function, function->name)) &&
            !compile_function(request, path, function)) {
            return false;
        }
    }
    return true;
}

static int finish(struct request *request, bool usable)
{
    if (request->report) {
        g_autofree char *text = NULL;

        json_builder_end_array(request->report);
        text = print_json(request->report);
        puts(text);
        g_object_unref(request->report);
    } else {
        printf("%u functions, %u ok, %u refused\n", request->functions, request->done,
               request->functions - request->done);
    }
    if (!usable || !request->functions) {
        return STATUS_UNUSABLE;
    }
    return request->done == request->functions ? STATUS_DONE : STATUS_REFUSED;
}

static bool prepare(struct request *request)
{
    struct pvg_error error = {0};

    if (!air_features_parse(request->features_text ?: "desktop", &request->features, &error)) {
        fprintf(stderr, "pvg-air compile: %s\n", error.message);
        return false;
    }
    if (request->folder && g_mkdir_with_parents(request->folder, 0777) < 0) {
        fprintf(stderr, "pvg-air compile: cannot make the folder %s\n", request->folder);
        return false;
    }
    request->compiler = air_compiler_create(request->in_process, &error);
    if (!request->compiler) {
        fprintf(stderr, "pvg-air compile: %s\n", error.message);
    }
    return request->compiler != NULL;
}

int command_compile(int argc, char **argv)
{
    struct request request = {0};
    const GOptionEntry entries[] = {
        {"function", 'f', 0, G_OPTION_ARG_STRING, &request.function, "Only this one", "NAME"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &request.folder,
         "Write NAME.spv and NAME.json there", "DIR"},
        {"optimize", 'O', 0, G_OPTION_ARG_NONE, &request.optimize,
         "Run what is written through spirv-opt -O", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &request.json, "Report as JSON", NULL},
        {"features", 0, 0, G_OPTION_ARG_STRING, &request.features_text,
         "What the device offers: desktop (default), cpu, none, or a list", "LIST"},
        {"in-process", 0, 0, G_OPTION_ARG_NONE, &request.in_process,
         "Translate here, not in a confined pvg-airc", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request.files, NULL, NULL},
        {0},
    };
    bool usable = true;

    if (!command_parse(
            "compile", "FILE...",
            "Compiles shader functions to SPIR-V for Vulkan 1.3: a line for each, \"ok\" "
            "or\n\"refused\" with the reason, and a summary.\n\n"
            "Exit status: 0 when all are ok; 1 when one is refused; 2 when there is "
            "nothing to\ncompile or it cannot be done.",
            entries, &argc, &argv) ||
        !request.files) {
        fputs("pvg-air compile: name a file\n", stderr);
        return STATUS_UNUSABLE;
    }
    if (!prepare(&request)) {
        return STATUS_UNUSABLE;
    }
    if (request.json) {
        request.report = json_builder_new();
        json_builder_begin_array(request.report);
    }
    for (char **path = request.files; *path; path++) {
        usable &= compile_file(&request, *path);
    }
    pvg_compiler_destroy(request.compiler);
    g_strfreev(request.files);
    g_free(request.function);
    g_free(request.folder);
    g_free(request.features_text);
    return finish(&request, usable);
}
