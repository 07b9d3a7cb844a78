/* SPDX-License-Identifier: MIT */
/* The Vulkan executor's own state: what all its files share.
 *
 * A submission becomes a `struct pvg_gpu_run` (run.h) with one batch; objects come from the tables
 * (table.h); guest bytes go in and out in coherence.c. Everything here belongs to the engine thread
 * unless it says otherwise. */
#ifndef PVG_GPU_GPU_H
#define PVG_GPU_GPU_H

#include <stdatomic.h>

#include "gpu/executor.h"
#include "gpu/fetch_pass.h"
#include "gpu/host_format.h"
#include "gpu/kernels.h"
#include "gpu/sampler.h"
#include "shader/compiler.h"
#include "vulkan/queue.h"

struct pvg_gpu_counters {
    struct pvg_counter *submissions, *draws, *dispatches, *copies, *barriers, *passes;
    struct pvg_counter *uploaded, *written_back;           /* bytes */
    struct pvg_counter *presents, *shown;                  /* from host images; bytes */
    struct pvg_counter *buffers_in_place, *buffers_copied; /* made */
    struct pvg_counter *skipped;                           /* draws and dispatches not run */
    struct pvg_counter *variants;           /* pipelines built while a submission waited */
    struct pvg_counter *event_waits_passed; /* waits for what nobody had signalled */
    struct pvg_counter *device_losses;
    struct pvg_counter *not_saved; /* textures that a save had no form for */
};

struct pvg_gpu {
    struct pvg_executor base;
    struct pvg_memory *memory;
    struct pvg_vk *vk;
    struct pvg_vk_queue *queue;
    struct pvg_compiler *compiler;
    atomic_bool closing; /* the compiler is being shut down, with what waits for it */
    struct pvg_compiler_settings compiler_settings;
    struct pvg_host_formats formats;
    struct pvg_sampler_cache samplers;
    struct pvg_kernels kernels;
    struct pvg_fetch_passes fetch_passes;
    uint64_t shader_features; /* PVG_SHADER_FEATURE() of the device */
    GHashTable *tables;       /* space serial to struct pvg_table */
    GHashTable *surfaces;     /* images over surfaces, by (id, plane) */
    GHashTable *events;       /* event.h */
    uint32_t heap_slots;      /* of argument buffers' heaps; 0: the device cannot have any */
    struct pvg_handles *handles[PVG_MAX_TASKS]; /* handles.h */
    uint64_t submission_number;                 /* grows with each submission looked at */
    _Atomic uint64_t landed; /* serial of the last batch whose bytes are in guest memory */
    struct pvg_gpu_counters counts;
    GHashTable *saved;   /* textures of a restored machine, until they are used: saved_textures.c */
    uint64_t generation; /* of the device: grows with each that is opened */
    GMutex prepared_lock;
    GHashTable *prepared; /* all that `prepare` made and `unprepare` has not ended; prepared_lock */
    GQueue parked;        /* submissions whose pipelines are not ready; first in, first out */
};

/* A function could not be translated: the guest is told nothing, a person is. Any thread. */
void pvg_gpu_shader_failed(struct pvg_gpu *gpu, const struct pvg_shader *shader);

/* A pipeline became ready or failed: submissions that wait for it may go on. Any thread. */
void pvg_gpu_pipeline_settled(struct pvg_gpu *gpu);

/* A barrier that orders everything before it in @commands with everything after. */
void pvg_gpu_full_barrier(struct pvg_gpu *gpu, VkCommandBuffer commands);

/* A barrier after which the host sees what was written before, once the batch is done. */
void pvg_gpu_host_barrier(struct pvg_gpu *gpu, VkCommandBuffer commands);

#endif
