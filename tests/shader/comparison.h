/* SPDX-License-Identifier: MIT */
/* One kernel on both sides: lavapipe with our SPIR-V, and the oracle. */
#ifndef PVG_TESTS_SHADER_COMPARISON_H
#define PVG_TESTS_SHADER_COMPARISON_H

#include <glib.h>

#include "runner.h"
#include "shader/translate.h"

/* Bitcode of a module given as text; NULL with @error. */
GBytes *comparison_assemble(const char *text, struct pvg_error *error);

/* Translates, audits and runs kernel @entry on @device; the dispatch says all but the kernel. */
bool comparison_on_device(struct runner *device, GBytes *bitcode, const char *entry,
                          struct runner_dispatch *dispatch, struct pvg_error *error);

/* Runs it by the oracle: one threadgroup of dispatch->local[0] threads, SIMD groups of @width. */
bool comparison_on_oracle(GBytes *bitcode, const char *entry, struct runner_dispatch *dispatch,
                          uint32_t width, struct pvg_error *error);

#endif
