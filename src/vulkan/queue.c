/* SPDX-License-Identifier: MIT */
/* Records in batches, submits them with a timeline value each, reports them in order. */
#include "vulkan/queue.h"

#include <string.h>

#define CHUNK_SIZE ((VkDeviceSize)4 << 20)
#define SPARE_LIFE 64 /* batches */
#define CHUNK_USAGE                                                                                \
    (VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |                         \
     VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_INDEX_BUFFER_BIT |                       \
     VK_BUFFER_USAGE_VERTEX_BUFFER_BIT | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT)
#define SETS_PER_POOL    512
#define QUERIES_PER_POOL 256

struct kept {
    GDestroyNotify release;
    void *data;
};

struct spare {
    struct pvg_vk_buffer chunk;
    uint64_t since; /* value of pvg_vk_queue.recycled */
};

struct pvg_vk_queue {
    struct pvg_vk *vk;
    VkSemaphore timeline;
    GThread *thread;
    uint64_t serial;           /* of the last batch begun; engine thread */
    _Atomic int64_t patience;  /* microseconds */
    _Atomic int64_t deadline;  /* monotonic: nothing is waited for longer; INT64_MAX: none */

    GMutex lock; /* for all below */
    GCond changed;
    uint64_t submitted; /* timeline value of the last submission */
    GQueue in_flight;   /* of batches, oldest first */
    GQueue idle;        /* of batches to be used again */
    GArray *spares;     /* of struct spare */
    uint64_t recycled;  /* batches, since the start; completion thread */
    GQueue given_up;    /* of batches that the GPU may still work on */
    bool busy;          /* the completion thread holds a batch that is in neither queue */
    bool stopping;
    struct pvg_vk_queue_usage usage;
};

static void batch_destroy(struct pvg_vk_batch *batch)
{
    struct pvg_vk *vk = batch->vk;

    for (guint i = 0; i < batch->chunks->len; i++) {
        pvg_vk_buffer_finish(vk, &g_array_index(batch->chunks, struct pvg_vk_buffer, i));
    }
    for (guint i = 0; i < batch->pools->len; i++) {
        vk->fn.vkDestroyDescriptorPool(vk->device, g_ptr_array_index(batch->pools, i), NULL);
    }
    for (guint i = 0; i < batch->query_pools->len; i++) {
        vk->fn.vkDestroyQueryPool(vk->device, g_ptr_array_index(batch->query_pools, i), NULL);
    }
    if (batch->pool) {
        vk->fn.vkDestroyCommandPool(vk->device, batch->pool, NULL);
    }
    g_array_unref(batch->chunks);
    g_array_unref(batch->kept);
    g_ptr_array_unref(batch->pools);
    pvg_vk_set_cache_finish(&batch->sets);
    g_ptr_array_unref(batch->query_pools);
    g_free(batch);
}

static struct pvg_vk_batch *batch_create(struct pvg_vk_queue *queue)
{
    struct pvg_vk *vk = queue->vk;
    struct pvg_vk_batch *batch = g_new0(struct pvg_vk_batch, 1);
    VkCommandBuffer buffers[2];
    VkResult result;

    batch->vk = vk;
    batch->queue = queue;
    batch->chunks = g_array_new(FALSE, TRUE, sizeof(struct pvg_vk_buffer));
    batch->kept = g_array_new(FALSE, FALSE, sizeof(struct kept));
    batch->pools = g_ptr_array_new();
    batch->query_pools = g_ptr_array_new();
    pvg_vk_set_cache_init(&batch->sets);
    result = vk->fn.vkCreateCommandPool(vk->device,
                                        &(VkCommandPoolCreateInfo){
                                            .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                            .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                            .queueFamilyIndex = vk->family,
                                        },
                                        NULL, &batch->pool);
    if (result == VK_SUCCESS) {
        result = vk->fn.vkAllocateCommandBuffers(
            vk->device,
            &(VkCommandBufferAllocateInfo){
                .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                .commandPool = batch->pool,
                .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                .commandBufferCount = G_N_ELEMENTS(buffers),
            },
            buffers);
    }
    if (pvg_vk_check(vk, result) != VK_SUCCESS) {
        batch_destroy(batch);
        return NULL;
    }
    batch->before = buffers[0];
    batch->commands = buffers[1];
    return batch;
}

/* ---- Chunks made for one large request: kept for the next one, which often comes with the next
 * frame, and ended when SPARE_LIFE other batches have had no use for them. ---- */

static void spare_put(struct pvg_vk_queue *queue, const struct pvg_vk_buffer *chunk)
{
    struct spare spare = {*chunk, queue->recycled};

    g_mutex_lock(&queue->lock);
    g_array_append_val(queue->spares, spare);
    g_mutex_unlock(&queue->lock);
}

/* The smallest that is large enough, and not absurdly larger. */
static bool spare_take(struct pvg_vk_queue *queue, VkDeviceSize size, struct pvg_vk_buffer *out)
{
    guint best = UINT_MAX;

    g_mutex_lock(&queue->lock);
    for (guint i = 0; i < queue->spares->len; i++) {
        const VkDeviceSize has = g_array_index(queue->spares, struct spare, i).chunk.size;

        if (has >= size && has / 4 <= size &&
            (best == UINT_MAX ||
             has < g_array_index(queue->spares, struct spare, best).chunk.size)) {
            best = i;
        }
    }
    if (best != UINT_MAX) {
        *out = g_array_index(queue->spares, struct spare, best).chunk;
        g_array_remove_index_fast(queue->spares, best);
    }
    g_mutex_unlock(&queue->lock);
    return best != UINT_MAX;
}

/* Completion thread, which is the only one that counts. */
static void spares_age(struct pvg_vk_queue *queue)
{
    g_mutex_lock(&queue->lock);
    queue->recycled++;
    for (guint i = queue->spares->len; i-- > 0;) {
        struct spare *spare = &g_array_index(queue->spares, struct spare, i);

        if (queue->recycled - spare->since > SPARE_LIFE) {
            pvg_vk_buffer_finish(queue->vk, &spare->chunk);
            g_array_remove_index_fast(queue->spares, i);
        }
    }
    g_mutex_unlock(&queue->lock);
}

static void batch_report(struct pvg_vk_batch *batch, VkResult result)
{
    if (batch->done) {
        batch->done(batch->user, result);
    }
}

/* Makes a reported batch, which the GPU has finished, ready for the next use. */
static void batch_recycle(struct pvg_vk_batch *batch)
{
    struct pvg_vk *vk = batch->vk;

    for (guint i = 0; i < batch->kept->len; i++) {
        struct kept *kept = &g_array_index(batch->kept, struct kept, i);

        kept->release(kept->data);
    }
    g_array_set_size(batch->kept, 0);
    for (size_t i = 0; i < batch->pools->len && i <= batch->pool_in_use; i++) {
        vk->fn.vkResetDescriptorPool(vk->device, g_ptr_array_index(batch->pools, i), 0);
    }
    pvg_vk_set_cache_clear(&batch->sets);
    for (guint i = batch->chunks->len; i-- > 0;) {
        struct pvg_vk_buffer *chunk = &g_array_index(batch->chunks, struct pvg_vk_buffer, i);

        if (chunk->size != CHUNK_SIZE) {
            spare_put(batch->queue, chunk);
            g_array_remove_index(batch->chunks, i);
        }
    }
    batch->chunk = batch->pool_in_use = 0;
    batch->used = 0;
    batch->queries = 0;
    batch->value = 0;
    batch->done = NULL;
}

static VkResult wait_a_moment(struct pvg_vk_queue *queue, uint64_t value, uint64_t nanoseconds)
{
    struct pvg_vk *vk = queue->vk;

    return pvg_vk_check(vk,
                        vk->fn.vkWaitSemaphores(vk->device,
                                                &(VkSemaphoreWaitInfo){
                                                    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                                    .semaphoreCount = 1,
                                                    .pSemaphores = &queue->timeline,
                                                    .pValues = &value,
                                                },
                                                nanoseconds));
}

/* VK_TIMEOUT when the GPU is given up. */
static VkResult wait_for(struct pvg_vk_queue *queue, uint64_t value)
{
    const int64_t begun = g_get_monotonic_time();
    VkResult result = VK_TIMEOUT;
    int64_t waited = 0;

    while (result == VK_TIMEOUT && !pvg_vk_lost(queue->vk) && waited < atomic_load(&queue->patience) &&
           begun + waited < atomic_load(&queue->deadline)) {
        result = wait_a_moment(queue, value, 50000000);
        waited = g_get_monotonic_time() - begun;
    }
    if (result == VK_TIMEOUT) {
        result = wait_a_moment(queue, value, 0); /* lost meanwhile; this one may be well */
    }
    return result;
}

static gpointer completion_main(gpointer data)
{
    struct pvg_vk_queue *queue = data;
    struct pvg_vk_batch *batch;
    VkResult result;
    bool given_up;

    g_mutex_lock(&queue->lock);
    for (;;) {
        while (!(batch = g_queue_pop_head(&queue->in_flight)) && !queue->stopping) {
            g_cond_wait(&queue->changed, &queue->lock);
        }
        if (!batch) {
            break;
        }
        queue->busy = true;
        g_mutex_unlock(&queue->lock);
        result = batch->value ? wait_for(queue, batch->value) : VK_ERROR_DEVICE_LOST;
        given_up = result == VK_TIMEOUT;
        batch_report(batch, given_up ? pvg_vk_check(queue->vk, VK_ERROR_DEVICE_LOST) : result);
        if (!given_up) {
            batch_recycle(batch);
            spares_age(queue);
        }
        g_mutex_lock(&queue->lock);
        queue->busy = false;
        g_queue_push_tail(given_up ? &queue->given_up : &queue->idle, batch);
        g_cond_broadcast(&queue->changed);
    }
    g_mutex_unlock(&queue->lock);
    return NULL;
}

void pvg_vk_queue_destroy(struct pvg_vk_queue *queue)
{
    struct pvg_vk_batch *batch;

    if (!queue) {
        return;
    }
    if (queue->thread) {
        g_mutex_lock(&queue->lock);
        queue->stopping = true;
        g_cond_broadcast(&queue->changed);
        g_mutex_unlock(&queue->lock);
        g_thread_join(queue->thread); /* once the last batch has been reported */
    }
    if (pvg_vk_lost(queue->vk)) { /* what was reported need not be over */
        queue->vk->fn.vkDeviceWaitIdle(queue->vk->device);
    }
    while ((batch = g_queue_pop_head(&queue->given_up))) {
        batch_recycle(batch);
        g_queue_push_tail(&queue->idle, batch);
    }
    while ((batch = g_queue_pop_head(&queue->idle))) {
        batch_destroy(batch);
    }
    for (guint i = 0; i < queue->spares->len; i++) {
        pvg_vk_buffer_finish(queue->vk, &g_array_index(queue->spares, struct spare, i).chunk);
    }
    g_array_unref(queue->spares);
    if (queue->timeline) {
        queue->vk->fn.vkDestroySemaphore(queue->vk->device, queue->timeline, NULL);
    }
    g_cond_clear(&queue->changed);
    g_mutex_clear(&queue->lock);
    g_free(queue);
}

struct pvg_vk_queue *pvg_vk_queue_create(struct pvg_vk *vk, struct pvg_error *error)
{
    PVG_AUTO(pvg_vk_queue) queue = g_new0(struct pvg_vk_queue, 1);
    VkResult result;

    queue->vk = vk;
    queue->spares = g_array_new(FALSE, FALSE, sizeof(struct spare));
    atomic_init(&queue->patience,
                pvg_vk_is_cpu(vk) ? PVG_VK_PATIENCE_CPU_US : PVG_VK_PATIENCE_US);
    atomic_init(&queue->deadline, INT64_MAX);
    g_mutex_init(&queue->lock);
    g_cond_init(&queue->changed);
    result =
        vk->fn.vkCreateSemaphore(vk->device,
                                 &(VkSemaphoreCreateInfo){
                                     .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
                                     .pNext =
                                         &(VkSemaphoreTypeCreateInfo){
                                             .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                             .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
                                         },
                                 },
                                 NULL, &queue->timeline);
    if (pvg_vk_check(vk, result) != VK_SUCCESS) {
        pvg_error_set(error, "cannot create a Vulkan semaphore: %s", pvg_vk_result_name(result));
        return NULL;
    }
    pvg_vk_name(vk, VK_OBJECT_TYPE_SEMAPHORE, (uint64_t)queue->timeline, "completion timeline");
    queue->thread = g_thread_try_new("pvg-complete", completion_main, queue, NULL);
    if (!queue->thread) {
        pvg_error_set(error, "cannot start the thread that reports finished GPU work");
        return NULL;
    }
    return g_steal_pointer(&queue);
}

struct pvg_vk_batch *pvg_vk_batch_begin(struct pvg_vk_queue *queue)
{
    const VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
    };
    struct pvg_vk *vk = queue->vk;
    struct pvg_vk_batch *batch;
    VkResult result;

    if (pvg_vk_lost(vk)) {
        return NULL;
    }
    g_mutex_lock(&queue->lock);
    batch = g_queue_pop_head(&queue->idle);
    g_mutex_unlock(&queue->lock);
    if (!batch) {
        batch = batch_create(queue);
    }
    if (!batch) {
        return NULL;
    }
    batch->serial = ++queue->serial;
    result = vk->fn.vkResetCommandPool(vk->device, batch->pool, 0);
    if (result == VK_SUCCESS) {
        result = vk->fn.vkBeginCommandBuffer(batch->before, &begin);
    }
    if (result == VK_SUCCESS) {
        result = vk->fn.vkBeginCommandBuffer(batch->commands, &begin);
    }
    if (pvg_vk_check(vk, result) != VK_SUCCESS) {
        batch_destroy(batch);
        return NULL;
    }
    return batch;
}

void pvg_vk_batch_submit(struct pvg_vk_batch *batch, void (*done)(void *user, VkResult result),
                         void *user)
{
    struct pvg_vk_queue *queue = batch->queue;
    struct pvg_vk *vk = batch->vk;
    VkCommandBufferSubmitInfo commands[2] = {
        {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, .commandBuffer = batch->before},
        {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, .commandBuffer = batch->commands},
    };
    VkResult result = vk->fn.vkEndCommandBuffer(batch->before);
    uint64_t value;

    if (result == VK_SUCCESS) {
        result = vk->fn.vkEndCommandBuffer(batch->commands);
    }
    batch->done = done;
    batch->user = user;
    g_mutex_lock(&queue->lock);
    value = queue->submitted + 1;
    if (result == VK_SUCCESS) {
        g_mutex_lock(&vk->queue_lock);
        result =
            vk->fn.vkQueueSubmit2(vk->queue, 1,
                                  &(VkSubmitInfo2){
                                      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
                                      .commandBufferInfoCount = G_N_ELEMENTS(commands),
                                      .pCommandBufferInfos = commands,
                                      .signalSemaphoreInfoCount = 1,
                                      .pSignalSemaphoreInfos =
                                          &(VkSemaphoreSubmitInfo){
                                              .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
                                              .semaphore = queue->timeline,
                                              .value = value,
                                              .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                                          },
                                  },
                                  VK_NULL_HANDLE);
        g_mutex_unlock(&vk->queue_lock);
    }
    if (pvg_vk_check(vk, result) == VK_SUCCESS) {
        batch->value = queue->submitted = value;
        queue->usage.submissions++;
    } /* else value stays 0, and the completion thread reports it, in its turn, as failed */
    g_queue_push_tail(&queue->in_flight, batch);
    g_cond_broadcast(&queue->changed);
    g_mutex_unlock(&queue->lock);
}

static VkDeviceSize round_up(VkDeviceSize value, VkDeviceSize alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

bool pvg_vk_batch_stage(struct pvg_vk_batch *batch, VkDeviceSize size, VkDeviceSize alignment,
                        struct pvg_vk_slice *out)
{
    struct pvg_vk_buffer *chunk;
    VkDeviceSize start = round_up(batch->used, alignment);

    /* The chunks before batch->chunk are full, those after it unused since the last recycling. */
    while (batch->chunk < batch->chunks->len) {
        chunk = &g_array_index(batch->chunks, struct pvg_vk_buffer, batch->chunk);
        if (start <= chunk->size && size <= chunk->size - start) {
            break;
        }
        batch->chunk++;
        start = 0;
    }
    if (batch->chunk == batch->chunks->len) {
        struct pvg_vk_buffer fresh;

        start = 0;
        if (size <= CHUNK_SIZE || !spare_take(batch->queue, size, &fresh)) {
            if (pvg_vk_buffer_init(batch->vk, MAX(size, CHUNK_SIZE), CHUNK_USAGE,
                                   PVG_VK_HOME_SHARED, &fresh) != VK_SUCCESS) {
                return false;
            }
            memset(fresh.mapped, 0, fresh.size); /* nothing of anybody's: 02-errata row 12 */
        }
        pvg_vk_name(batch->vk, VK_OBJECT_TYPE_BUFFER, (uint64_t)fresh.handle, "staging chunk");
        g_array_append_val(batch->chunks, fresh);
    }
    chunk = &g_array_index(batch->chunks, struct pvg_vk_buffer, batch->chunk);
    batch->used = start + size;
    *out = (struct pvg_vk_slice){
        .buffer = chunk->handle,
        .offset = start,
        .mapped = (char *)chunk->mapped + start,
    };
    return true;
}

static VkDescriptorPool descriptor_pool_create(struct pvg_vk *vk)
{
    static const VkDescriptorPoolSize sizes[] = {
        {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, SETS_PER_POOL * 8},
        {VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, SETS_PER_POOL * 8},
        {VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, SETS_PER_POOL * 2},
        {VK_DESCRIPTOR_TYPE_SAMPLER, SETS_PER_POOL * 4},
        {VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, SETS_PER_POOL},
        {VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER, SETS_PER_POOL},
        {VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT, SETS_PER_POOL},
    };
    VkDescriptorPool pool = VK_NULL_HANDLE;

    if (pvg_vk_check(vk, vk->fn.vkCreateDescriptorPool(
                             vk->device,
                             &(VkDescriptorPoolCreateInfo){
                                 .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                 .maxSets = SETS_PER_POOL,
                                 .poolSizeCount = G_N_ELEMENTS(sizes),
                                 .pPoolSizes = sizes,
                             },
                             NULL, &pool)) != VK_SUCCESS) {
        return VK_NULL_HANDLE;
    }
    return pool;
}

VkDescriptorSet pvg_vk_batch_descriptor_set(struct pvg_vk_batch *batch,
                                            VkDescriptorSetLayout layout)
{
    struct pvg_vk *vk = batch->vk;
    bool fresh = false;

    for (;;) {
        VkDescriptorSet set = VK_NULL_HANDLE;
        VkResult result;

        if (batch->pool_in_use == batch->pools->len) {
            VkDescriptorPool pool = descriptor_pool_create(vk);

            if (!pool) {
                return VK_NULL_HANDLE;
            }
            g_ptr_array_add(batch->pools, pool);
            fresh = true;
        }
        result = vk->fn.vkAllocateDescriptorSets(
            vk->device,
            &(VkDescriptorSetAllocateInfo){
                .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                .descriptorPool = g_ptr_array_index(batch->pools, batch->pool_in_use),
                .descriptorSetCount = 1,
                .pSetLayouts = &layout,
            },
            &set);
        if (result == VK_SUCCESS) {
            return set;
        }
        if (fresh ||
            (result != VK_ERROR_OUT_OF_POOL_MEMORY && result != VK_ERROR_FRAGMENTED_POOL)) {
            pvg_vk_check(vk, result);
            return VK_NULL_HANDLE;
        }
        batch->pool_in_use++; /* full until the batch is recycled */
    }
}

VkDescriptorSet pvg_vk_batch_set_with(struct pvg_vk_batch *batch,
                                      const struct pvg_vk_set_content *content, bool *empty)
{
    VkDescriptorSet set = pvg_vk_set_cache_find(&batch->sets, content);

    *empty = !set;
    if (!set) {
        set = pvg_vk_batch_descriptor_set(batch, content->layout);
        if (set) {
            pvg_vk_set_cache_add(&batch->sets, content, set);
        }
    }
    return set;
}

bool pvg_vk_batch_query(struct pvg_vk_batch *batch, VkQueryPool *pool, uint32_t *query)
{
    struct pvg_vk *vk = batch->vk;
    const uint32_t number = batch->queries / QUERIES_PER_POOL;

    if (number == batch->query_pools->len) {
        VkQueryPool fresh = VK_NULL_HANDLE;

        if (pvg_vk_check(
                vk, vk->fn.vkCreateQueryPool(vk->device,
                                             &(VkQueryPoolCreateInfo){
                                                 .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                                 .queryType = VK_QUERY_TYPE_OCCLUSION,
                                                 .queryCount = QUERIES_PER_POOL,
                                             },
                                             NULL, &fresh)) != VK_SUCCESS) {
            return false;
        }
        g_ptr_array_add(batch->query_pools, fresh);
    }
    *pool = g_ptr_array_index(batch->query_pools, number);
    *query = batch->queries++ % QUERIES_PER_POOL;
    if (!*query) { /* not allowed inside a pass */
        vk->fn.vkCmdResetQueryPool(batch->before, *pool, 0, QUERIES_PER_POOL);
    }
    return true;
}

void pvg_vk_batch_keep(struct pvg_vk_batch *batch, GDestroyNotify release, void *data)
{
    struct kept kept = {release, data};

    g_array_append_val(batch->kept, kept);
}

void pvg_vk_queue_drain(struct pvg_vk_queue *queue)
{
    g_mutex_lock(&queue->lock);
    while (queue->busy || !g_queue_is_empty(&queue->in_flight)) {
        queue->usage.waits++;
        g_cond_wait(&queue->changed, &queue->lock);
    }
    g_mutex_unlock(&queue->lock);
}

void pvg_vk_queue_drain_within(struct pvg_vk_queue *queue, int64_t within_us)
{
    atomic_store(&queue->deadline, g_get_monotonic_time() + within_us);
    pvg_vk_queue_drain(queue);
    atomic_store(&queue->deadline, INT64_MAX);
}

bool pvg_vk_queue_is_idle(struct pvg_vk_queue *queue)
{
    uint64_t last;

    g_mutex_lock(&queue->lock);
    last = queue->submitted;
    g_mutex_unlock(&queue->lock);
    return wait_a_moment(queue, last, 0) != VK_TIMEOUT;
}

void pvg_vk_queue_set_patience(struct pvg_vk_queue *queue, int64_t us)
{
    atomic_store(&queue->patience, us);
}

struct pvg_vk_queue_usage pvg_vk_queue_usage(struct pvg_vk_queue *queue)
{
    struct pvg_vk_queue_usage usage;

    g_mutex_lock(&queue->lock);
    usage = queue->usage;
    g_mutex_unlock(&queue->lock);
    return usage;
}
