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

/* Compiles @entry of a module. NULL with @error: not readable, or a built-in that reference.c does
 * not have. */
struct oracle *oracle_create(const uint8_t *bitcode, size_t size, const char *entry,
                             struct pvg_error *error);
void oracle_destroy(struct oracle *oracle);

/* Runs @threads threads, one after another: kernels with barriers are not for this. @buffers[i] is
 * bound to index i. */
void oracle_run(struct oracle *oracle, void *const buffers[31], uint32_t threads);

#endif
