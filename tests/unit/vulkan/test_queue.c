/* SPDX-License-Identifier: MIT */
#include "vulkan_fixture.h"

#include <string.h>

#include "vulkan/queue.h"

#define BATCHES 20

struct log {
    unsigned count;
    unsigned order[BATCHES];
    VkResult results[BATCHES];
    unsigned released;
};

struct entry {
    struct log *log;
    unsigned number;
};

static void on_done(void *user, VkResult result)
{
    struct entry *entry = user;

    entry->log->order[entry->log->count] = entry->number;
    entry->log->results[entry->log->count++] = result;
}

static void on_release(void *user)
{
    struct entry *entry = user;

    /* Only after the report of the batch that kept it. */
    assert_int_equal(entry->log->order[entry->log->count - 1], entry->number);
    entry->log->released++;
}

static void barrier(struct pvg_vk_batch *batch)
{
    pvg_vk_barrier(batch->vk, batch->commands, VK_PIPELINE_STAGE_2_TRANSFER_BIT,
                   VK_PIPELINE_STAGE_2_TRANSFER_BIT | VK_PIPELINE_STAGE_2_HOST_BIT);
}

static void batches_are_reported_once_and_in_order(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk_queue *queue = pvg_vk_queue_create(fixture->vk, NULL);
    struct entry entries[BATCHES];
    struct log log = {0};

    assert_non_null(queue);
    for (unsigned i = 0; i < BATCHES; i++) {
        struct pvg_vk_batch *batch = pvg_vk_batch_begin(queue);
        struct pvg_vk_slice slice;

        entries[i] = (struct entry){&log, i};
        assert_true(pvg_vk_batch_stage(batch, 1 << 20, 4, &slice));
        fixture->vk->fn.vkCmdFillBuffer(batch->commands, slice.buffer, slice.offset, 1 << 20, i);
        pvg_vk_batch_keep(batch, on_release, &entries[i]);
        pvg_vk_batch_submit(batch, on_done, &entries[i]);
    }
    pvg_vk_queue_drain(queue);
    assert_int_equal(log.count, BATCHES);
    assert_int_equal(log.released, BATCHES);
    for (unsigned i = 0; i < BATCHES; i++) {
        assert_int_equal(log.order[i], i);
        assert_int_equal(log.results[i], VK_SUCCESS);
    }
    assert_int_equal(pvg_vk_queue_usage(queue).submissions, BATCHES);
    pvg_vk_queue_destroy(queue);
}

static void what_the_gpu_wrote_to_a_slice_is_there_when_the_batch_is_reported(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk_queue *queue = pvg_vk_queue_create(fixture->vk, NULL);
    struct pvg_vk_batch *batch = pvg_vk_batch_begin(queue);
    struct pvg_vk_slice from, to;

    assert_true(pvg_vk_batch_stage(batch, 5, 1, &from));
    assert_true(pvg_vk_batch_stage(batch, 100, 256, &to));
    assert_int_equal(to.offset % 256, 0);
    memcpy(from.mapped, "hello", 5);
    memset(to.mapped, 0, 100);
    fixture->vk->fn.vkCmdCopyBuffer(
        batch->commands, from.buffer, to.buffer, 1,
        &(VkBufferCopy){.srcOffset = from.offset, .dstOffset = to.offset + 7, .size = 5});
    barrier(batch);
    pvg_vk_batch_submit(batch, NULL, NULL);
    pvg_vk_queue_drain(queue);
    assert_memory_equal((char *)to.mapped + 6, "\0hello\0", 7);
    pvg_vk_queue_destroy(queue);
}

static void steady_state_allocates_nothing(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk_queue *queue = pvg_vk_queue_create(fixture->vk, NULL);
    struct pvg_vk_slice slice;
    uint64_t after_first = 0;

    for (unsigned i = 0; i < BATCHES; i++) {
        struct pvg_vk_batch *batch = pvg_vk_batch_begin(queue);

        for (unsigned j = 0; j < 10; j++) { /* over a chunk's size in all */
            assert_true(pvg_vk_batch_stage(batch, 1 << 20, 4, &slice));
        }
        pvg_vk_batch_submit(batch, NULL, NULL);
        pvg_vk_queue_drain(queue);
        if (i == 0) {
            after_first = pvg_vk_memory_usage(fixture->vk).allocations;
        }
    }
    assert_int_equal(pvg_vk_memory_usage(fixture->vk).allocations, after_first);
    pvg_vk_queue_destroy(queue);
}

static void a_slice_larger_than_a_chunk_is_served(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk_queue *queue = pvg_vk_queue_create(fixture->vk, NULL);
    struct pvg_vk_batch *batch = pvg_vk_batch_begin(queue);
    struct pvg_vk_slice small, large, after;

    assert_true(pvg_vk_batch_stage(batch, 16, 4, &small));
    assert_true(pvg_vk_batch_stage(batch, 20 << 20, 4, &large));
    assert_true(pvg_vk_batch_stage(batch, 16, 4, &after));
    memset(large.mapped, 0xa5, 20 << 20);
    memset(after.mapped, 0, 16);
    assert_int_equal(((uint8_t *)large.mapped)[(20 << 20) - 1], 0xa5);
    pvg_vk_batch_submit(batch, NULL, NULL);
    pvg_vk_queue_destroy(queue);
}

static void descriptor_sets_outgrow_one_pool(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk *vk = fixture->vk;
    struct pvg_vk_queue *queue = pvg_vk_queue_create(vk, NULL);
    struct pvg_vk_batch *batch = pvg_vk_batch_begin(queue);
    VkDescriptorSetLayout layout;

    assert_int_equal(vk->fn.vkCreateDescriptorSetLayout(
                         vk->device,
                         &(VkDescriptorSetLayoutCreateInfo){
                             .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                             .bindingCount = 1,
                             .pBindings =
                                 &(VkDescriptorSetLayoutBinding){
                                     .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                     .descriptorCount = 1,
                                     .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                                 },
                         },
                         NULL, &layout),
                     VK_SUCCESS);
    for (unsigned i = 0; i < 1300; i++) {
        assert_true(pvg_vk_batch_descriptor_set(batch, layout));
    }
    pvg_vk_batch_submit(batch, NULL, NULL);
    pvg_vk_queue_drain(queue);
    batch = pvg_vk_batch_begin(queue);
    assert_true(pvg_vk_batch_descriptor_set(batch, layout));
    pvg_vk_batch_submit(batch, NULL, NULL);
    pvg_vk_queue_destroy(queue);
    vk->fn.vkDestroyDescriptorSetLayout(vk->device, layout, NULL);
}

static void after_a_loss_batches_are_refused(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk_queue *queue = pvg_vk_queue_create(fixture->vk, NULL);
    struct pvg_vk_batch *batch = pvg_vk_batch_begin(queue);

    assert_non_null(batch);
    pvg_vk_batch_submit(batch, NULL, NULL);
    pvg_vk_queue_drain(queue);
    pvg_vk_check(fixture->vk, VK_ERROR_DEVICE_LOST);
    assert_null(pvg_vk_batch_begin(queue));
    pvg_vk_queue_destroy(queue);
}

static void sets_filled_alike_are_one_within_a_batch(void **state)
{
    struct vulkan_fixture *fixture = *state;
    struct pvg_vk *vk = fixture->vk;
    struct pvg_vk_queue *queue = pvg_vk_queue_create(vk, NULL);
    struct pvg_vk_batch *batch = pvg_vk_batch_begin(queue);
    const uint64_t one[] = {1, 2, 3}, other[] = {1, 2, 4};
    struct pvg_vk_set_content content = {.words = one, .count = 3};
    VkDescriptorSet first;
    bool empty;

    assert_int_equal(
        vk->fn.vkCreateDescriptorSetLayout(
            vk->device,
            &(VkDescriptorSetLayoutCreateInfo){
                .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO},
            NULL, &content.layout),
        VK_SUCCESS);
    first = pvg_vk_batch_set_with(batch, &content, &empty);
    assert_non_null(first);
    assert_true(empty);
    assert_ptr_equal(pvg_vk_batch_set_with(batch, &content, &empty), first);
    assert_false(empty);
    content.words = other;
    assert_ptr_not_equal(pvg_vk_batch_set_with(batch, &content, &empty), first);
    assert_true(empty);
    content.count = 2; /* the same beginning */
    assert_ptr_not_equal(pvg_vk_batch_set_with(batch, &content, &empty), first);
    assert_true(empty);
    for (uint64_t i = 0; i < 10000; i++) { /* more than are kept */
        content.words = &i;
        content.count = 1;
        assert_non_null(pvg_vk_batch_set_with(batch, &content, &empty));
        assert_true(empty);
    }
    pvg_vk_batch_submit(batch, NULL, NULL);
    pvg_vk_queue_drain(queue);
    batch = pvg_vk_batch_begin(queue);
    content.words = one;
    content.count = 3;
    assert_non_null(pvg_vk_batch_set_with(batch, &content, &empty));
    assert_true(empty);
    pvg_vk_batch_submit(batch, NULL, NULL);
    pvg_vk_queue_destroy(queue);
    vk->fn.vkDestroyDescriptorSetLayout(vk->device, content.layout, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        vulkan_test(sets_filled_alike_are_one_within_a_batch),
        vulkan_test(batches_are_reported_once_and_in_order),
        vulkan_test(what_the_gpu_wrote_to_a_slice_is_there_when_the_batch_is_reported),
        vulkan_test(steady_state_allocates_nothing),
        vulkan_test(a_slice_larger_than_a_chunk_is_served),
        vulkan_test(descriptor_sets_outgrow_one_pool),
        vulkan_test(after_a_loss_batches_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
