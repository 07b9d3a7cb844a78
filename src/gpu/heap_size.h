/* SPDX-License-Identifier: MIT */
/* How much of a heap a texture takes, when nobody knows better: as much as its texels. */
#ifndef PVG_GPU_HEAP_SIZE_H
#define PVG_GPU_HEAP_SIZE_H

#include "base/attributes.h"
#include "base/cursor.h"

/* @descriptor: narrow texture descriptor. Larger than needed is safe, smaller would corrupt
 * neighbours: each level is rounded up. Refuses SHORT, FORMAT, LIMIT. Spec: 30-resources 7.1, 8.6.
 */
PVG_NODISCARD enum pvg_refusal pvg_heap_texture_size(struct pvg_cursor descriptor, uint64_t *size,
                                                     uint64_t *alignment);

#endif
