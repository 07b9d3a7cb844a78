/* SPDX-License-Identifier: MIT */
/* The shader functions of a file, whatever its form: .metallib, .air, .bc or .ll. */
#ifndef PVG_TOOLS_AIR_FILE_H
#define PVG_TOOLS_AIR_FILE_H

#include <stdbool.h>

#include <glib.h>
#include <llvm-c/Core.h>

#include <pvg/error.h>

#include "base/attributes.h"
#include "shader/metallib.h"
#include "shader/source.h"

struct air_function {
    char *name;
    enum pvg_metallib_type type;
    struct pvg_metallib_version air, language;
    const uint8_t *bitcode; /* borrowed from the file */
    size_t bitcode_size;
};

struct air_file {
    uint8_t *bytes;
    struct pvg_metallib library;
    GArray *functions; /* struct air_function */
};

struct air_file *air_file_open(const char *path, struct pvg_error *error);
void air_file_destroy(struct air_file *file);
PVG_DEFINE_AUTO(air_file)

static inline struct air_function *air_file_at(const struct air_file *file, unsigned i)
{
    return &g_array_index(file->functions, struct air_function, i);
}

/* Reads bitcode into @context, without upgrades that a person would not see; NULL with @error. */
LLVMModuleRef air_module_read(LLVMContextRef context, const uint8_t *bitcode, size_t size,
                              struct pvg_error *error);

/* The metadata node of an entry point of a module; "" for the only one. NULL when there is none.
 * @type, if not NULL, receives its stage. */
LLVMValueRef air_module_entry(LLVMModuleRef module, const char *name, enum pvg_metallib_type *type);

/* Its bitcode as the compiler takes it; the caller unrefs it. */
struct pvg_shader_source *air_function_source(const struct air_function *function);

#endif
