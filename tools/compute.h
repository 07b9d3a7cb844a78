/* SPDX-License-Identifier: MIT */
/* Runs a translated kernel on Vulkan, the simplest way: for pvg-air run and for tests that compare
 * results. */
#ifndef PVG_TOOLS_COMPUTE_H
#define PVG_TOOLS_COMPUTE_H

#include <stdint.h>

#include "shader/translate.h"
#include "vulkan/queue.h"

/* A device with a queue, and buffers that are kept from run to run. */
struct compute;

/* @gpu as in struct pvg_vk_options. NULL with @error. */
struct compute *compute_create(const char *gpu, struct pvg_error *error);
void compute_destroy(struct compute *compute);
PVG_DEFINE_AUTO(compute)

/* PVG_SHADER_FEATURE() bits. */
uint64_t compute_features(const struct compute *compute);

/* "llvmpipe (LLVM 15.0.6, 256 bits)" */
const char *compute_device_name(const struct compute *compute);

/* What is bound to a buffer index: copied to the device before, and back after the run. */
struct compute_buffer {
    uint32_t index;
    void *bytes;
    size_t size;
};

struct compute_dispatch {
    uint32_t threads[3]; /* multiples of the group's */
    uint32_t group[3];
    uint32_t threadgroup_bytes[PVG_SHADER_BUFFERS]; /* of each threadgroup argument */
    const struct compute_buffer *buffers;
    uint32_t buffer_count;
};

/* Runs and waits. Buffers that the kernel has and the dispatch does not are null. False with
 * @error. */
bool compute_run(struct compute *compute, const struct pvg_translation *kernel,
                 const struct compute_dispatch *dispatch, struct pvg_error *error);

#endif
