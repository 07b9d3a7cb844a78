/* SPDX-License-Identifier: MIT */
/* A guest that draws, on a device in this process whose engine is stepped by hand: what its CPU
 * spends is what executing command streams costs. */
#ifndef PVG_BENCH_GPU_GUEST_H
#define PVG_BENCH_GPU_GUEST_H

#include "device/device.h"
#include "gpu/gpu.h"
#include "kit/kit.h"
#include "kit/object.h"
#include "kit/pipeline.h"
#include "kit/stream.h"
#include "kit/surface.h"
#include "plain/plain.h"

#define GUEST_STREAM_BYTES 0x200000

struct guest {
    struct pvg_device *device;
    uint8_t *ram;
    struct plain plain;
    struct kit kit;
    struct kit_task task;
    uint64_t stream; /* where streams lie in the task */
    struct pvg_writer w;
    size_t segment;
    uint8_t *bytes;
};

/* With a display of @width x @height. Ends the process with a sentence when there is no such GPU, or anything fails. */
struct guest *guest_start(const char *gpu, uint32_t width, uint32_t height);
void guest_end(struct guest *guest);

static inline struct pvg_gpu *guest_gpu(const struct guest *guest)
{
    return (struct pvg_gpu *)guest->device->executor;
}

/* A function of the library at @path. */
uint32_t guest_function(struct guest *guest, const char *path, const char *name);

void guest_segment(struct guest *guest, enum pvg_wire_segment_type type);
void guest_segment_end(struct guest *guest);

/* Sends the stream; returns the CPU time, in nanoseconds, that the engine spent on it until it was
 * with the GPU. */
int64_t guest_submit(struct guest *guest, uint32_t *stamp);
void guest_wait(struct guest *guest, uint32_t stamp);

uint64_t guest_stat(const struct guest *guest, const char *name);
int64_t guest_cpu_ns(void);

#endif
