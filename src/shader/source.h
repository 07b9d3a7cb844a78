/* SPDX-License-Identifier: MIT */
/* One shader function as the guest sent it: a private copy of its bitcode, named and hashed once,
 * so that every later look-up is cheap. Spec: 02-errata-gpu 2.5, 70-air 1.1, 2.8. */
#ifndef PVG_SHADER_SOURCE_H
#define PVG_SHADER_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/refusal.h"
#include "shader/metallib.h"

#define PVG_SHA256_SIZE 32u

/* Immutable and counted; the counting is atomic, so any thread may hold one. */
struct pvg_shader_source {
    int references; /* pvg_shader_source_ref and _unref alone */
    enum pvg_metallib_type type;
    uint8_t hash[PVG_SHA256_SIZE]; /* SHA-256 of the bitcode; the container's own is not trusted */
    char *entry;                   /* AIR name, "" when the file does not say */
    uint8_t *bitcode;              /* unwrapped */
    size_t bitcode_size;
};

/* Takes the single function of the blob behind a guest's function object: @bytes is copied. The
 * caller unrefs @out; it is NULL after a refusal. Refuses what pvg_metallib_init does, and COUNT
 * for a library of several functions. */
PVG_NODISCARD enum pvg_refusal pvg_shader_source_from_blob(const void *bytes, size_t size,
                                                           struct pvg_shader_source **out);

/* The same for one function of a library that is already parsed, for tools and tests. @entry
 * replaces the function's name unless NULL. */
struct pvg_shader_source *pvg_shader_source_new(const struct pvg_metallib_function *function,
                                                const char *entry);

struct pvg_shader_source *pvg_shader_source_ref(struct pvg_shader_source *source);
void pvg_shader_source_unref(struct pvg_shader_source *source); /* may be NULL */

#endif
