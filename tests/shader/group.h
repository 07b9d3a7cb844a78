/* SPDX-License-Identifier: MIT */
/* A threadgroup on the CPU: every thread on a stack of its own, and the built-ins through which
 * threads meet or share: barriers, SIMD-group and quad operations, atomics, textures. The oracle's
 * half, written from 70-air 8.2 to 8.9. */
#ifndef PVG_TESTS_SHADER_GROUP_H
#define PVG_TESTS_SHADER_GROUP_H

#include <stdint.h>

/* Runs @threads threads, SIMD groups of @width. All must meet at the same calls, as Metal asks. */
void group_run(void (*thread)(void *const *bound, uint32_t position), void *const *bound,
               uint32_t threads, uint32_t width);

/* The function behind a built-in such as "air.simd_sum.u.i32", or NULL. Texture handles are
 * struct runner_texture *. */
void *group_find(const char *name);

#endif
