/* SPDX-License-Identifier: MIT */
/* Opens shader files. A bare module does not say what its functions are: its metadata does. */
#include "air_file.h"

#include <string.h>

#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/IRReader.h>

#include "stages.h"

void air_file_destroy(struct air_file *file)
{
    if (!file) {
        return;
    }
    for (guint i = 0; i < file->functions->len; i++) {
        g_free(air_file_at(file, i)->name);
    }
    g_array_unref(file->functions);
    pvg_metallib_finish(&file->library);
    g_free(file->bytes);
    g_free(file);
}

/* LLVM's default handler ends the process at a parse error. */
static void keep_message(LLVMDiagnosticInfoRef info, void *user)
{
    char *description = LLVMGetDiagInfoDescription(info);

    pvg_error_set(user, "not readable as bitcode: %s", description);
    LLVMDisposeMessage(description);
}

LLVMModuleRef air_module_read(LLVMContextRef context, const uint8_t *bitcode, size_t size,
                              struct pvg_error *error)
{
    LLVMMemoryBufferRef bytes =
        LLVMCreateMemoryBufferWithMemoryRangeCopy((const char *)bitcode, size, "");
    LLVMModuleRef module = NULL;

    LLVMContextSetDiagnosticHandler(context, keep_message, error);
    if (LLVMParseBitcodeInContext2(context, bytes, &module)) {
        module = NULL;
    }
    LLVMDisposeMemoryBuffer(bytes);
    LLVMContextSetDiagnosticHandler(context, NULL, NULL);
    return module;
}

typedef bool visit_entry(LLVMValueRef node, const char *name, enum pvg_metallib_type type,
                         void *user);

/* Calls @visit for each entry point until it returns true. */
static void each_entry(LLVMModuleRef module, visit_entry *visit, void *user)
{
    for (size_t i = 0; i < G_N_ELEMENTS(air_stages); i++) {
        unsigned count = LLVMGetNamedMetadataNumOperands(module, air_stages[i].list);
        g_autofree LLVMValueRef *nodes = g_new0(LLVMValueRef, count + 1);

        LLVMGetNamedMetadataOperands(module, air_stages[i].list, nodes);
        for (unsigned j = 0; j < count; j++) {
            LLVMValueRef function = air_stage_function(nodes[j]);
            size_t size;

            if (function &&
                visit(nodes[j], LLVMGetValueName2(function, &size), air_stages[i].type, user)) {
                return;
            }
        }
    }
}

struct search {
    const char *name;
    LLVMValueRef found;
    enum pvg_metallib_type *type;
};

static bool is_searched(LLVMValueRef node, const char *name, enum pvg_metallib_type type,
                        void *user)
{
    struct search *search = user;

    if (*search->name && strcmp(search->name, name) != 0) {
        return false;
    }
    search->found = node;
    if (search->type) {
        *search->type = type;
    }
    return true;
}

LLVMValueRef air_module_entry(LLVMModuleRef module, const char *name, enum pvg_metallib_type *type)
{
    struct search search = {.name = name, .type = type};

    each_entry(module, is_searched, &search);
    return search.found;
}

struct listing {
    struct air_file *file;
    const struct pvg_metallib_function *from;
};

static bool add_entry(LLVMValueRef node, const char *name, enum pvg_metallib_type type, void *user)
{
    struct listing *listing = user;
    struct air_function function = {
        .name = g_strdup(name),
        .type = type,
        .bitcode = listing->from->bitcode,
        .bitcode_size = listing->from->bitcode_size,
    };

    g_array_append_val(listing->file->functions, function);
    return false;
}

/* A bare module: its entry points are the functions. One that cannot be read stays as one function
 * without a name, for the compiler to refuse. */
static void add_bare(struct air_file *file, const struct pvg_metallib_function *from)
{
    struct listing listing = {file, from};
    LLVMContextRef context = LLVMContextCreate();
    struct pvg_error unread = {0};
    LLVMModuleRef module = air_module_read(context, from->bitcode, from->bitcode_size, &unread);

    if (module) {
        each_entry(module, add_entry, &listing);
        LLVMDisposeModule(module);
    }
    LLVMContextDispose(context);
    if (!file->functions->len) {
        add_entry(NULL, "", PVG_METALLIB_NONE, &listing);
    }
}

static bool read_text(struct air_file *file, const char *path, size_t *size,
                      struct pvg_error *error)
{
    LLVMContextRef context = LLVMContextCreate();
    LLVMMemoryBufferRef text, bitcode;
    LLVMModuleRef module;
    char *message;
    bool failed = LLVMCreateMemoryBufferWithContentsOfFile(path, &text, &message) ||
                  LLVMParseIRInContext(context, text, &module, &message);

    if (failed) {
        pvg_error_set(error, "cannot read %s: %s", path, message);
        LLVMDisposeMessage(message);
    } else {
        bitcode = LLVMWriteBitcodeToMemoryBuffer(module);
        *size = LLVMGetBufferSize(bitcode);
        file->bytes = g_memdup2(LLVMGetBufferStart(bitcode), *size);
        LLVMDisposeMemoryBuffer(bitcode);
        LLVMDisposeModule(module);
    }
    LLVMContextDispose(context);
    return !failed;
}

static bool read_bytes(struct air_file *file, const char *path, size_t *size,
                       struct pvg_error *error)
{
    g_autoptr(GError) failure = NULL;

    if (!g_file_get_contents(path, (char **)&file->bytes, size, &failure)) {
        pvg_error_set(error, "cannot read %s", failure->message);
        return false;
    }
    return true;
}

struct air_file *air_file_open(const char *path, struct pvg_error *error)
{
    PVG_AUTO(air_file) file = g_new0(struct air_file, 1);
    bool text = g_str_has_suffix(path, ".ll");
    enum pvg_refusal refusal;
    size_t size;

    file->functions = g_array_new(false, true, sizeof(struct air_function));
    if (text ? !read_text(file, path, &size, error) : !read_bytes(file, path, &size, error)) {
        return NULL;
    }
    refusal = pvg_metallib_init(&file->library, file->bytes, size);
    if (refusal) {
        pvg_error_set(error, "%s is not a shader library: %s", path, pvg_refusal_words(refusal));
        return NULL;
    }
    for (uint32_t i = 0; i < file->library.count; i++) {
        const struct pvg_metallib_function *from = &file->library.functions[i];
        struct air_function function = {
            .name = g_strdup(from->name),
            .type = from->type,
            .air = from->air,
            .language = from->language,
            .bitcode = from->bitcode,
            .bitcode_size = from->bitcode_size,
        };

        if (!*from->name) {
            g_free(function.name);
            add_bare(file, from);
        } else {
            g_array_append_val(file->functions, function);
        }
    }
    return g_steal_pointer(&file);
}

struct pvg_shader_source *air_function_source(const struct air_function *function)
{
    const struct pvg_metallib_function from = {
        .name = function->name,
        .type = function->type,
        .bitcode = function->bitcode,
        .bitcode_size = function->bitcode_size,
    };
    return pvg_shader_source_new(&from, NULL);
}
