/* SPDX-License-Identifier: MIT */
/* One submission being executed: its batch, what it has touched so far, and what must happen when
 * the GPU is done. Lives from `submit` to the report of its batch. Engine thread until it is handed
 * to the queue, completion thread afterwards. */
#ifndef PVG_GPU_RUN_H
#define PVG_GPU_RUN_H

#include "base/cursor.h"
#include "gpu/backing.h"
#include "gpu/buffer.h"
#include "gpu/gpu.h"
#include "gpu/pipeline_description.h"
#include "gpu/texture.h"

/* The answer to a query, written to a guest buffer when the batch is done. */
struct pvg_reply {
    struct pvg_space space;
    struct pvg_gva at;
    uint32_t size;
    uint8_t bytes[32];
};

/* A pass that its encoder left open, so that the next one may go on with it: see rendering.c. */
struct pvg_open_pass {
    bool open;
    VkImageView views[PVG_MAX_COLOURS + 2]; /* colours, depth, stencil */
    uint32_t width, height, layers, samples;
};

struct pvg_gpu_run {
    struct pvg_gpu *gpu;
    struct pvg_submission *submission; /* NULL: write-backs only */
    struct pvg_work *work;             /* completed with it; may be NULL */
    uint64_t session;                  /* of guest memory, in which the work was given */
    struct pvg_vk_batch *batch;
    VkCommandBuffer commands;   /* batch->commands */
    GArray *write_backs;        /* of struct pvg_write_back */
    GArray *replies;            /* of struct pvg_reply */
    GPtrArray *written;         /* of struct pvg_gpu_object: buffers and images, not owned */
    GPtrArray *overlays;        /* of struct pvg_image, shared ones, that it has used; not owned */
    bool in_pass;               /* between vkCmdBeginRendering and vkCmdEndRendering */
    bool uploads;               /* batch->before has commands */
    bool tail_open;             /* work was recorded since the last full barrier */
    uint64_t scratch;           /* bytes taken that no object of the guest has */
    int64_t synced_since;       /* the first sync; microseconds, 0: none yet */
    bool lost;                  /* the device went in the middle: nothing more can be recorded */
    enum pvg_refusal why;       /* of the batches before this one: what could not be written back */
    struct pvg_cursor *records; /* those that follow the one being executed; NULL: none is */
    struct pvg_open_pass pass;
    GArray *heap_sets; /* of this batch: heaps.c's own */
};

/* ---- coherence.c ---- */

/* Makes @buffer's or @image's host bytes what the guest's are, before the run's first command, and
 * keeps it until the batch is done. Call it for everything that a command touches. */
void pvg_gpu_run_use_buffer(struct pvg_gpu_run *run, struct pvg_buffer *buffer);
void pvg_gpu_run_use_image(struct pvg_gpu_run *run, struct pvg_image *image);
void pvg_gpu_run_use_texture(struct pvg_gpu_run *run, struct pvg_texture *texture);

/* The same, and some command writes it: its bytes are in guest memory before the work completes. */
void pvg_gpu_run_write_buffer(struct pvg_gpu_run *run, struct pvg_buffer *buffer);
void pvg_gpu_run_write_texture(struct pvg_gpu_run *run, struct pvg_texture *texture, uint32_t level,
                               uint32_t levels);

/* What is newer in @image than in guest memory is written there by the end of the run. */
void pvg_gpu_run_ask_image(struct pvg_gpu_run *run, struct pvg_image *image);

/* ---- write_back.c ---- */

GArray *pvg_gpu_run_write_backs_new(void);

/* After the last command: records the copies that write-backs need. */
void pvg_gpu_run_gather(struct pvg_gpu_run *run);

/* Completion thread, after the GPU: puts the bytes where the guest looks. */
enum pvg_refusal pvg_gpu_run_scatter(struct pvg_gpu_run *run);

/* ---- run.c ---- */

/* Executes all streams of @submission and completes it when the GPU is done. */
void pvg_gpu_run_submission(struct pvg_gpu *gpu, struct pvg_submission *submission);

/* Writes to guest memory what is newer in @images (of struct pvg_image), behind all work that was
 * given before, then completes @work, which may be NULL. */
void pvg_gpu_write_back(struct pvg_gpu *gpu, GPtrArray *images, struct pvg_work *work);

/* Orders what was recorded before with what follows; cheap when nothing was. Ends the pass that was
 * left open. */
void pvg_gpu_run_barrier(struct pvg_gpu_run *run);

/* Waits until all that was recorded has run and guest memory holds its results, and goes on with a
 * new batch, outside a pass. What is bound must be used again. False: the device is lost. For
 * records that cannot be understood without what the GPU wrote; guests are not told of any. */
PVG_NODISCARD bool pvg_gpu_run_sync(struct pvg_gpu_run *run);

/* A guest's buffer of which @size bytes at @offset are words that a command takes. NULL: refused
 * what its look-up refuses, VALUE (@offset is no multiple of 4), RANGE. */
struct pvg_buffer *pvg_gpu_run_find_words(struct pvg_gpu_run *run, uint32_t ref, uint64_t offset,
                                          uint64_t size, enum pvg_refusal *why);

/* Syncs, and copies such words out of guest memory, once. Refuses as the look-up, LIMIT (the
 * submission has waited for a second), HOST_DEVICE, and as pvg_space_read. */
PVG_NODISCARD enum pvg_refusal pvg_gpu_run_read(struct pvg_gpu_run *run, uint32_t ref,
                                                uint64_t offset, void *out, uint64_t size);

/* Answers a query: @size bytes, at most those of a struct pvg_reply, to a guest's buffer. Refuses
 * what its look-up refuses, RANGE. */
PVG_NODISCARD enum pvg_refusal pvg_gpu_run_reply(struct pvg_gpu_run *run, uint32_t ref,
                                                 uint64_t offset, const void *bytes, uint32_t size);

/* Whether the run may take @bytes of GPU memory more that no object of the guest's has: what a
 * guest can make us take for one submission is bounded. */
PVG_NODISCARD bool pvg_gpu_run_may_take(struct pvg_gpu_run *run, uint64_t bytes);

/* A buffer in GPU memory of its own for what a slice of a larger one will not do for; freed with
 * the batch. VK_NULL_HANDLE: there is no memory. */
VkBuffer pvg_gpu_run_scratch(struct pvg_gpu_run *run, uint64_t bytes);

/* Counts what a record was refused, and logs the first of each reason. */
void pvg_gpu_run_refuse(struct pvg_gpu_run *run, enum pvg_refusal why, uint32_t opcode);

#endif
