/* SPDX-License-Identifier: MIT */
/* Where the bytes of an image lie in guest memory: linear pages of a task, one plane of a surface,
 * part of a buffer, or nowhere. Spec: 30-resources 9.2 to 9.6; 20-memory 6.5, 8, 10.1. */
#ifndef PVG_GPU_BACKING_H
#define PVG_GPU_BACKING_H

#include "gpu/image.h"
#include "memory/surface.h"

#define PVG_BACKING_LEVELS 16

enum pvg_backing_kind {
    PVG_BACKING_NONE,
    PVG_BACKING_PAGES,
    PVG_BACKING_SURFACE,
};

struct pvg_backing {
    enum pvg_backing_kind kind;
    struct pvg_space space; /* PAGES */
    struct pvg_gva at;
    uint64_t size;             /* PAGES: bytes */
    struct pvg_surface surface; /* SURFACE */
    unsigned plane;
    struct {
        uint64_t offset; /* of the first texel, from @at or the surface's first byte */
        uint64_t row_stride;
        uint64_t image_stride; /* from slice to slice, or plane to plane of a 3D level */
    } levels[PVG_BACKING_LEVELS];
};

/* One level and slice, or one plane of a 3D level, between guest memory and @host: rows of blocks,
 * tight, as the host has them. Reading and writing convert where the format has a codec. The first
 * refusal ends a read; a write goes on with the other rows (20-memory 11.6 R8). @session: in which
 * the writing work was given. */
PVG_NODISCARD enum pvg_refusal pvg_backing_read(const struct pvg_backing *backing,
                                                struct pvg_memory *memory,
                                                const struct pvg_image *image, uint32_t level,
                                                uint32_t slice, uint8_t *host);
PVG_NODISCARD enum pvg_refusal pvg_backing_write(const struct pvg_backing *backing,
                                                 struct pvg_memory *memory, uint64_t session,
                                                 const struct pvg_image *image, uint32_t level,
                                                 uint32_t slice, const uint8_t *host);

/* Bytes of one level and slice (or plane) at the host, tight. */
uint64_t pvg_image_host_size(const struct pvg_image *image, uint32_t level);

#endif
