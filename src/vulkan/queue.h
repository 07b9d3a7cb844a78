/* SPDX-License-Identifier: MIT */
/* Batches of recorded work, and the thread that sees them finish.
 *
 * A batch's life: begun and recorded by the engine, submitted, finished by the GPU, reported on the
 * queue's completion thread in submission order, then recycled with everything it carried: command
 * buffer, staging memory, descriptor and query pools. Steady state allocates nothing. */
#ifndef PVG_VULKAN_QUEUE_H
#define PVG_VULKAN_QUEUE_H

#include "vulkan/buffer.h"
#include "vulkan/set_cache.h"

struct pvg_vk_queue;

/* How long the GPU may work on one batch, from when it is the oldest one. A batch that takes longer
 * is given up: it and all behind it are reported as VK_ERROR_DEVICE_LOST, and the device counts as
 * lost. What such batches hold is kept until the GPU has really let go of it. */
#define PVG_VK_PATIENCE_US     10000000
#define PVG_VK_PATIENCE_CPU_US 60000000 /* drawing by the CPU is slow, and bounded by itself */

struct pvg_vk_batch {
    struct pvg_vk *vk;
    VkCommandBuffer commands; /* recording, from begin to submit */
    VkCommandBuffer before;   /* recording too, and executed before all of `commands`: uploads and
                                 first layouts, which must not interrupt a render pass */
    uint64_t serial;          /* grows with each batch of the queue; never 0 */

    /* Private to queue.c. */
    struct pvg_vk_queue *queue;
    VkCommandPool pool;
    uint64_t value;    /* of the timeline when finished; 0 before submission */
    GArray *chunks;    /* of struct pvg_vk_buffer: staging memory */
    size_t chunk;      /* the one in use */
    VkDeviceSize used; /* of that one */
    GPtrArray *pools;  /* of VkDescriptorPool */
    size_t pool_in_use;
    struct pvg_vk_set_cache sets;
    GPtrArray *query_pools; /* of VkQueryPool */
    uint32_t queries;       /* taken since the last recycling */
    GArray *kept;           /* what is let go when the batch has finished */
    void (*done)(void *user, VkResult result);
    void *user;
};

/* Part of a buffer that lives as long as its batch. */
struct pvg_vk_slice {
    VkBuffer buffer;
    VkDeviceSize offset;
    void *mapped; /* its first byte */
};

struct pvg_vk_queue_usage {
    uint64_t submissions;
    uint64_t waits; /* times the engine had to wait for the GPU */
};

/* Control thread. Returns when the last batch has been reported. */
void pvg_vk_queue_destroy(struct pvg_vk_queue *queue);
PVG_DEFINE_AUTO(pvg_vk_queue)
struct pvg_vk_queue *pvg_vk_queue_create(struct pvg_vk *vk, struct pvg_error *error);

/* ---- Engine thread. ---- */

/* A batch that records. NULL when the device is lost or memory is exhausted. */
struct pvg_vk_batch *pvg_vk_batch_begin(struct pvg_vk_queue *queue);

/* Gives @batch to the GPU; @done (may be NULL) is called on the completion thread when it has
 * finished, or could not be run: exactly once, and in the order of submission. */
void pvg_vk_batch_submit(struct pvg_vk_batch *batch, void (*done)(void *user, VkResult result),
                         void *user);

/* @size bytes for the host to fill or read. False when memory is exhausted. */
PVG_NODISCARD bool pvg_vk_batch_stage(struct pvg_vk_batch *batch, VkDeviceSize size,
                                      VkDeviceSize alignment, struct pvg_vk_slice *out);

/* A set that lives as long as the batch, or VK_NULL_HANDLE. */
VkDescriptorSet pvg_vk_batch_descriptor_set(struct pvg_vk_batch *batch,
                                            VkDescriptorSetLayout layout);

/* The same, filled as @content says: one that was filled so in this batch before, or an empty one,
 * and @empty. What the words of @content name must live as long as the batch. */
VkDescriptorSet pvg_vk_batch_set_with(struct pvg_vk_batch *batch,
                                      const struct pvg_vk_set_content *content, bool *empty);

/* An occlusion query that nobody has used in this batch. False when memory is exhausted. */
PVG_NODISCARD bool pvg_vk_batch_query(struct pvg_vk_batch *batch, VkQueryPool *pool,
                                      uint32_t *query);

/* Calls @release(@data) when the batch has finished. Completion thread. */
void pvg_vk_batch_keep(struct pvg_vk_batch *batch, GDestroyNotify release, void *data);

/* Waits until everything submitted has been reported. Not on the completion thread. */
void pvg_vk_queue_drain(struct pvg_vk_queue *queue);

/* The same, but what has not finished @within_us from now is given up. */
void pvg_vk_queue_drain_within(struct pvg_vk_queue *queue, int64_t within_us);

/* Whether the GPU has finished, or lost, everything that it was given: before that a lost device
 * cannot be destroyed. Does not wait. Any thread. */
bool pvg_vk_queue_is_idle(struct pvg_vk_queue *queue);

/* Instead of PVG_VK_PATIENCE_US. Any thread. */
void pvg_vk_queue_set_patience(struct pvg_vk_queue *queue, int64_t us);

struct pvg_vk_queue_usage pvg_vk_queue_usage(struct pvg_vk_queue *queue);

#endif
