/* SPDX-License-Identifier: MIT */
/* A guest buffer on the host: one VkBuffer that spans its pages and nothing else, so that a stray
 * access of a guest's shader stays in what the guest bound (02-errata row 1).
 *
 * The VkBuffer is either a copy of the guest's bytes or the pages themselves (imported). Shaders,
 * descriptors and vertex binds cannot tell; coherence.c can. */
#ifndef PVG_GPU_BUFFER_H
#define PVG_GPU_BUFFER_H

#include "gpu/gpu.h"
#include "gpu/object.h"
#include "memory/mapping.h"

struct pvg_buffer {
    struct pvg_gpu_object base;
    struct pvg_vk *vk;
    struct pvg_memory *memory;
    struct pvg_vk_buffer host;
    uint64_t size; /* bytes that the guest may use; the host's is rounded up to its pages */
    bool in_place; /* imported: host and guest bytes are the same memory */
    struct pvg_mapping mapping; /* what was imported; empty for copies */

    /* Where the guest has it. */
    struct pvg_space space;
    struct pvg_gva at;

    /* Engine thread: the last batch that uploaded it, and the last that writes it. */
    uint64_t uploaded_in, written_in;
    uint64_t version; /* grows when its bytes may have changed: see overlay.c */
};

#define PVG_BUFFER_USAGE                                                                           \
    (VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |                         \
     VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT |                      \
     VK_BUFFER_USAGE_INDEX_BUFFER_BIT | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT |                      \
     VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT)

/* @size bytes at @at: in place where that can be, else a copy. Refuses VALUE (size 0), LIMIT,
 * HOST_MEMORY, HOST_DEVICE. */
PVG_NODISCARD enum pvg_refusal pvg_buffer_create(struct pvg_gpu *gpu, struct pvg_space space,
                                                 struct pvg_gva at, uint64_t size,
                                                 struct pvg_buffer **out);

/* The same, in place or NULL. */
struct pvg_buffer *pvg_buffer_create_in_place(struct pvg_gpu *gpu, struct pvg_space space,
                                              struct pvg_gva at, uint64_t size);

/* Whether it still shows the guest's pages: false when they were exchanged under a buffer that uses
 * them in place. */
bool pvg_buffer_holds(const struct pvg_buffer *buffer);

#endif
