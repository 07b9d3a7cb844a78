/* SPDX-License-Identifier: MIT */
/* pvg-metallib: makes shader libraries without Apple's tools. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Core.h>
#include <llvm-c/IRReader.h>

#include "annotated.h"
#include "base/installed.h"
#include "shader/metallib_writer.h"
#include "stages.h"

static const char summary[] =
    "Makes a Metal library from\n"
    "  .cl .c   shaders in OpenCL C or C with metal.h, compiled by clang\n"
    "  .ll      LLVM IR with AIR metadata, opaque pointers\n"
    "  .bc .air bitcode of the same, wrapped or not\n"
    "\n"
    "Each entry point of each file becomes a function of the library.\n"
    "\n"
    "Example:\n"
    "  pvg-metallib -o saxpy.metallib saxpy.cl && pvg-air list saxpy.metallib\n"
    "\n"
    "Exit status: 0 when the library was written, 1 otherwise.";

struct options {
    char *output;
    gboolean precise, text, split;
    char **files, **defines;
};

/* ---- from a file to a module ---- */

/* metal.h, installed or built with us. */
static char *header_path(void)
{
    const char *folder = g_getenv("PVG_METAL_H");

    if (folder) {
        return g_build_filename(folder, "metal.h", NULL);
    }
    return pvg_installed_data("metal.h") ?: pvg_built_file("tools/metal.h") ?: g_strdup("metal.h");
}

/* Runs clang without passes of its own, so that the notes are where metal.h put them. */
static bool run_clang(const char *path, const struct options *options, const char *output,
                      struct pvg_error *error)
{
    g_autoptr(GStrvBuilder) command = g_strv_builder_new();
    g_auto(GStrv) arguments = NULL;
    g_autofree char *header = header_path();
    g_autoptr(GError) failure = NULL;
    bool opencl = g_str_has_suffix(path, ".cl");
    const char *const common[] = {
        PVG_CLANG,      "-target",
        "spir64",       "-O1",
        "-Xclang",      "-disable-llvm-passes",
        "-emit-llvm",   "-c",
        "-o",           output,
        "-include",     header,
        "-fno-builtin", "-ffp-contract=off",
    };
    static const char *const as_opencl[] = {"-x", "cl", "-cl-std=CL1.2", "-cl-no-stdinc"};
    static const char *const as_c[] = {"-x", "c", "-std=gnu11", "-ffreestanding"};
    int status;

    for (size_t i = 0; i < G_N_ELEMENTS(common); i++) {
        g_strv_builder_add(command, common[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(as_opencl); i++) {
        g_strv_builder_add(command, opencl ? as_opencl[i] : as_c[i]);
    }
    if (!options->precise) {
        g_strv_builder_add(command, opencl ? "-cl-fast-relaxed-math" : "-ffast-math");
        g_strv_builder_add(command, "-DMETAL_FAST_MATH");
    }
    for (char **define = options->defines; define && *define; define++) {
        g_strv_builder_add(command, "-D");
        g_strv_builder_add(command, *define);
    }
    g_strv_builder_add(command, path);
    arguments = g_strv_builder_end(command);
    if (!g_spawn_sync(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status,
                      &failure)) {
        pvg_error_set(error, "cannot run %s: %s; install the Debian package " PVG_CLANG, PVG_CLANG,
                      failure->message);
        return false;
    }
    if (status) {
        pvg_error_set(error, "%s does not compile; see above", path);
        return false;
    }
    return true;
}

static LLVMModuleRef read_module(LLVMContextRef context, const char *path, struct pvg_error *error)
{
    LLVMMemoryBufferRef bytes;
    LLVMModuleRef module;
    char *message;

    if (LLVMCreateMemoryBufferWithContentsOfFile(path, &bytes, &message) ||
        LLVMParseIRInContext(context, bytes, &module, &message)) {
        pvg_error_set(error, "cannot read %s: %s", path, message);
        LLVMDisposeMessage(message);
        return NULL;
    }
    return module;
}

static LLVMModuleRef compile(LLVMContextRef context, const char *path,
                             const struct options *options, struct pvg_error *error)
{
    g_autofree char *scratch = NULL;
    struct pvg_error reason = {0};
    LLVMModuleRef module = NULL;
    int fd = g_file_open_tmp("pvg-metallib-XXXXXX.bc", &scratch, NULL);

    if (fd < 0) {
        pvg_error_set(error, "cannot make a temporary file in %s", g_get_tmp_dir());
        return NULL;
    }
    close(fd);
    if (run_clang(path, options, scratch, error)) {
        module = read_module(context, scratch, error);
    }
    unlink(scratch);
    if (module && !annotated_to_air(module, options->precise, &reason)) {
        pvg_error_set(error, "%s: %s", path, reason.message);
        LLVMDisposeModule(module);
        return NULL;
    }
    return module;
}

static LLVMModuleRef load(LLVMContextRef context, const char *path, const struct options *options,
                          struct pvg_error *error)
{
    if (g_str_has_suffix(path, ".cl") || g_str_has_suffix(path, ".c")) {
        return compile(context, path, options, error);
    }
    return read_module(context, path, error);
}

/* ---- from a module to the functions of a library ---- */

/* The library under construction; owns the strings and bitcode of its sources. */
struct library {
    GArray *sources; /* struct pvg_metallib_source */
    GPtrArray *owned;
};

static void *own(struct library *library, void *memory)
{
    g_ptr_array_add(library->owned, memory);
    return memory;
}

static void add_entry(struct library *library, LLVMValueRef node, enum pvg_metallib_type type,
                      const uint8_t *bitcode, size_t size)
{
    struct pvg_metallib_source source = {
        .function = {.type = type,
                     .air = {2, 6},
                     .language = {3, 1},
                     .bitcode = bitcode,
                     .bitcode_size = size},
    };
    LLVMValueRef function = air_stage_function(node);
    size_t name_size;

    if (function) {
        source.function.name = own(library, g_strdup(LLVMGetValueName2(function, &name_size)));
        g_array_append_val(library->sources, source);
    }
}

static void add_module(struct library *library, LLVMModuleRef module)
{
    LLVMMemoryBufferRef bytes = LLVMWriteBitcodeToMemoryBuffer(module);
    size_t size = LLVMGetBufferSize(bytes);
    const uint8_t *bitcode = own(library, g_memdup2(LLVMGetBufferStart(bytes), size));

    LLVMDisposeMemoryBuffer(bytes);
    for (size_t i = 0; i < G_N_ELEMENTS(air_stages); i++) {
        unsigned count = LLVMGetNamedMetadataNumOperands(module, air_stages[i].list);
        g_autofree LLVMValueRef *nodes = g_new0(LLVMValueRef, count + 1);

        LLVMGetNamedMetadataOperands(module, air_stages[i].list, nodes);
        for (unsigned j = 0; j < count; j++) {
            add_entry(library, nodes[j], air_stages[i].type, bitcode, size);
        }
    }
}

static bool write_functions(const struct pvg_metallib_source *sources, uint32_t count,
                            const char *path, struct pvg_error *error)
{
    g_autoptr(GError) failure = NULL;
    GByteArray *bytes = pvg_metallib_write(sources, count);
    bool written = g_file_set_contents(path, (char *)bytes->data, bytes->len, &failure);

    g_byte_array_unref(bytes);
    if (!written) {
        pvg_error_set(error, "cannot write: %s", failure->message);
    }
    return written;
}

/* One library for each function, named after it, in a folder. */
static bool write_split(const struct library *library, const char *folder, struct pvg_error *error)
{
    bool written = true;

    if (g_mkdir_with_parents(folder, 0777) != 0) {
        pvg_error_set(error, "cannot make the folder %s: %s", folder, g_strerror(errno));
        return false;
    }
    for (guint i = 0; written && i < library->sources->len; i++) {
        const struct pvg_metallib_source *source =
            &g_array_index(library->sources, struct pvg_metallib_source, i);
        g_autofree char *name = g_strconcat(source->function.name, ".metallib", NULL);
        g_autofree char *path = g_build_filename(folder, name, NULL);

        written = write_functions(source, 1, path, error);
    }
    return written;
}

static bool write_library(const struct library *library, const struct options *options,
                          struct pvg_error *error)
{
    if (!library->sources->len || library->sources->len > PVG_METALLIB_MAX_FUNCTIONS) {
        pvg_error_set(error, "there are %u entry points in these files", library->sources->len);
        return false;
    }
    if (options->split) {
        return write_split(library, options->output, error);
    }
    return write_functions((struct pvg_metallib_source *)library->sources->data,
                           library->sources->len, options->output, error);
}

static bool add_file(struct library *library, const char *path, const struct options *options,
                     struct pvg_error *error)
{
    LLVMContextRef context = LLVMContextCreate();
    LLVMModuleRef module = load(context, path, options, error);

    if (module) {
        if (options->text) {
            char *text = LLVMPrintModuleToString(module);

            fputs(text, stdout);
            LLVMDisposeMessage(text);
        }
        add_module(library, module);
        LLVMDisposeModule(module);
    }
    LLVMContextDispose(context);
    return module != NULL;
}

static bool make(const struct options *options, struct pvg_error *error)
{
    struct library library = {g_array_new(false, false, sizeof(struct pvg_metallib_source)),
                              g_ptr_array_new_with_free_func(g_free)};
    bool made = true;

    for (char **file = options->files; made && *file; file++) {
        made = add_file(&library, *file, options, error);
    }
    if (made && options->output) {
        made = write_library(&library, options, error);
    }
    g_array_unref(library.sources);
    g_ptr_array_unref(library.owned);
    return made;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "The library to write", "FILE"},
        {"split", 0, 0, G_OPTION_ARG_NONE, &options.split,
         "A library for each function, as guests send them; -o names the folder", NULL},
        {"precise", 0, 0, G_OPTION_ARG_NONE, &options.precise,
         "Arithmetic as written, and the precise functions", NULL},
        {"define", 'D', 0, G_OPTION_ARG_STRING_ARRAY, &options.defines, "For the preprocessor",
         "NAME[=VALUE]"},
        {"text", 0, 0, G_OPTION_ARG_NONE, &options.text, "Print the AIR as text too", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.files, NULL, "FILE..."},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) failure = NULL;
    struct pvg_error error = {0};
    bool made;

    setlocale(LC_ALL, "");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context, summary);
    if (!g_option_context_parse(context, &argc, &argv, &failure)) {
        fprintf(stderr, "pvg-metallib: %s\n", failure->message);
        return 1;
    }
    if (!options.files || (!options.output && !options.text)) {
        fputs("pvg-metallib: name a file to read and, with -o, one to write; see --help\n", stderr);
        return 1;
    }
    made = make(&options, &error);
    if (!made) {
        fprintf(stderr, "pvg-metallib: %s\n", error.message);
    }
    g_free(options.output);
    g_strfreev(options.files);
    g_strfreev(options.defines);
    return !made;
}
