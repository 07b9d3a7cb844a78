/* SPDX-License-Identifier: MIT */
/* One kernel on both sides: lavapipe with our SPIR-V, and the oracle. */
#ifndef PVG_TESTS_SHADER_COMPARISON_H
#define PVG_TESTS_SHADER_COMPARISON_H

#include <glib.h>

#include "runner.h"
#include "shader/translate.h"

/* Bitcode of a module given as text; NULL with @error. */
GBytes *comparison_assemble(const char *text, struct pvg_error *error);

/* Translates, audits and runs kernel @entry on @device, with buffers 0 to @count - 1. */
bool comparison_on_device(struct runner *device, GBytes *bitcode, const char *entry,
                          const struct runner_buffer *buffers, uint32_t count, uint32_t threads,
                          struct pvg_error *error);

/* Runs it by the oracle. */
bool comparison_on_oracle(GBytes *bitcode, const char *entry, const struct compute_buffer *buffers,
                          uint32_t count, uint32_t threads, struct pvg_error *error);

#endif
