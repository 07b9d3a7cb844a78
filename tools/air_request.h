/* SPDX-License-Identifier: MIT */
/* What the commands that compile have in common: which device is meant, and who translates. */
#ifndef PVG_TOOLS_AIR_REQUEST_H
#define PVG_TOOLS_AIR_REQUEST_H

#include <glib.h>

#include <pvg/error.h>

#include "air_file.h"
#include "shader/compiler.h"

/* The features that a name stands for: "desktop" (all that a desktop GPU has), "cpu" (what a
 * software device of Debian has), "none", or a list such as "INT64,FLOAT16". False with @error. */
bool air_features_parse(const char *text, uint64_t *out, struct pvg_error *error);

/* A compiler without a disk cache. @in_process: here, not in pvg-airc. */
struct pvg_compiler *air_compiler_create(bool in_process, struct pvg_error *error);

/* Compiles one function; the caller unrefs. */
struct pvg_shader *air_compile(struct pvg_compiler *compiler, const struct air_function *function,
                               uint64_t features);

#endif
