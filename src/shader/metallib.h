/* SPDX-License-Identifier: MIT */
/* Finds the functions, and the bitcode of each, in what a guest calls a shader library: an MTLB
 * container, a wrapped LLVM bitcode file, or raw bitcode. Spec: 70-air 2, 3, 14. */
#ifndef PVG_SHADER_METALLIB_H
#define PVG_SHADER_METALLIB_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/refusal.h"

#define PVG_METALLIB_MAX_SIZE      (16u << 20) /* bytes; the largest container seen is 653 KiB */
#define PVG_METALLIB_MAX_FUNCTIONS 4096u

/* The container's own numbers (70-air 2.3, tag TYPE). */
enum pvg_metallib_type {
    PVG_METALLIB_VERTEX = 0,
    PVG_METALLIB_FRAGMENT = 1,
    PVG_METALLIB_KERNEL = 2,
    PVG_METALLIB_UNQUALIFIED = 3,
    PVG_METALLIB_VISIBLE = 4,
    PVG_METALLIB_EXTERN = 5,
    PVG_METALLIB_INTERSECTION = 6,
    PVG_METALLIB_MESH = 7,
    PVG_METALLIB_OBJECT = 8,
    PVG_METALLIB_NONE = 255, /* bare bitcode: the module's metadata says */
};

/* "vertex" */
const char *pvg_metallib_type_name(enum pvg_metallib_type type);

struct pvg_metallib_version {
    uint16_t major;
    uint16_t minor;
};

/* Everything in it is borrowed from the blob that was parsed. */
struct pvg_metallib_function {
    const char *name; /* "" when the file does not say, as in bare bitcode */
    enum pvg_metallib_type type;
    struct pvg_metallib_version air;      /* 0.0 when the file does not say */
    struct pvg_metallib_version language; /* the same */
    const uint8_t *bitcode;               /* unwrapped: begins 42 43 c0 de; any alignment */
    size_t bitcode_size;                  /* bytes, a multiple of 4 */
};

/* A parsed library. It borrows the blob, which must outlive it, and owns the array. */
struct pvg_metallib {
    struct pvg_metallib_function *functions;
    uint32_t count; /* at least 1 after a successful parse */
};

/* Parses @size bytes at @blob: a private copy of what the guest wrote. Any thread. On refusal @out
 * is empty and needs no finish. Refuses SHORT and RANGE (something lies outside the blob), VALUE (a
 * field without meaning), COUNT and LIMIT (too many functions, too large), HOST_MEMORY. */
PVG_NODISCARD enum pvg_refusal pvg_metallib_init(struct pvg_metallib *out, const void *blob,
                                                 size_t size);

/* Accepts an empty library. */
void pvg_metallib_finish(struct pvg_metallib *library);

/* The function of that name, or NULL. */
const struct pvg_metallib_function *pvg_metallib_find(const struct pvg_metallib *library,
                                                      const char *name);

#endif
