/* SPDX-License-Identifier: MIT */
/* Executes AIR kernels on the CPU: the module through LLVM's JIT for this machine, built-ins by
 * reference.c. It shares nothing with the translator but LLVM's reader. */
#ifndef PVG_TESTS_SHADER_ORACLE_H
#define PVG_TESTS_SHADER_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pvg/error.h>

struct oracle;

#define ORACLE_TEXTURES 31 /* bound: 31 buffers, then textures */
#define ORACLE_BOUND    64

/* Compiles @entry of a module. NULL with @error: not readable, or a built-in that neither
 * reference.c nor group.c has. */
struct oracle *oracle_create(const uint8_t *bitcode, size_t size, const char *entry,
                             struct pvg_error *error);
void oracle_destroy(struct oracle *oracle);

/* Runs one threadgroup of @threads threads in SIMD groups of @width. @bound has ORACLE_BOUND places:
 * buffers' bytes by index, and struct runner_texture * from ORACLE_TEXTURES on. */
void oracle_run(struct oracle *oracle, void *const *bound, uint32_t threads, uint32_t width);

#endif
