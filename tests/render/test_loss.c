/* SPDX-License-Identifier: MIT */
/* A GPU that is lost, or that does not come to an end. The device's own calls of Vulkan are
 * exchanged for ones that fail as a driver does. */
#include "stage.h"

#include "gpu/gpu.h"

static struct pvg_gpu *gpu_of(struct stage *stage)
{
    return (struct pvg_gpu *)stage->device->executor;
}

static void fill(struct stage *stage, const struct kit_buffer *buffer, uint8_t value)
{
    stage_put_fill(stage, buffer, value);
    stage_run_with(stage, buffer->object);
}

static VkResult lose_submit(VkQueue queue, uint32_t count, const VkSubmitInfo2 *submits,
                            VkFence fence)
{
    return VK_ERROR_DEVICE_LOST;
}

static VkResult lose_wait(VkDevice device, const VkSemaphoreWaitInfo *info, uint64_t timeout)
{
    return VK_ERROR_DEVICE_LOST;
}

static VkResult never_ends(VkDevice device, const VkSemaphoreWaitInfo *info, uint64_t timeout)
{
    g_usleep(timeout / 1000);
    return VK_TIMEOUT;
}

static void expect_recovery(struct stage *stage, const struct kit_buffer *buffer, unsigned faulted)
{
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_HOST_DEVICE), faulted);
    stage_fill(stage, buffer, 1);
    fill(stage, buffer, 9); /* on a new device, and nothing refers to the old one */
    stage_expect(stage, buffer, 0, buffer->size, 9);
    assert_int_equal(stage_stat(stage, "gpu.device-losses"), 1);
    assert_int_equal(stage_refusals(stage, PVG_REFUSED_HOST_DEVICE), faulted);
}

static void a_loss_at_submission_faults_it_and_the_guest_goes_on(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x1000, 1);

    stage->may_refuse = true;
    fill(stage, &buffer, 2);
    gpu_of(stage)->vk->fn.vkQueueSubmit2 = lose_submit;
    fill(stage, &buffer, 3);
    stage_expect(stage, &buffer, 0, buffer.size, 2);
    expect_recovery(stage, &buffer, 1);
}

static void a_loss_while_work_runs_faults_it_and_the_guest_goes_on(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x1000, 1);

    stage->may_refuse = true;
    fill(stage, &buffer, 2);
    gpu_of(stage)->vk->fn.vkWaitSemaphores = lose_wait;
    fill(stage, &buffer, 3);
    expect_recovery(stage, &buffer, 1);
}

static void work_that_does_not_end_is_given_up_and_the_guest_goes_on_when_it_has(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x1000, 1);
    PFN_vkWaitSemaphores wait = gpu_of(stage)->vk->fn.vkWaitSemaphores;
    int64_t begun = g_get_monotonic_time();

    stage->may_refuse = true;
    pvg_vk_queue_set_patience(gpu_of(stage)->queue, 200000);
    gpu_of(stage)->vk->fn.vkWaitSemaphores = never_ends;
    fill(stage, &buffer, 2);
    assert_in_range(g_get_monotonic_time() - begun, 200000, 2000000);
    begun = g_get_monotonic_time();
    fill(stage, &buffer, 3); /* the GPU is still at it: nothing can be done, and nobody waits */
    assert_in_range(g_get_monotonic_time() - begun, 0, 150000);
    assert_int_equal(stage_stat(stage, "gpu.device-losses"), 0);
    gpu_of(stage)->vk->fn.vkWaitSemaphores = wait;
    expect_recovery(stage, &buffer, 2);
}

static void stopping_waits_two_seconds_at_most(void **state)
{
    struct stage *stage = *state;
    struct kit_buffer buffer = stage_buffer(stage, 0x1000, 1);
    PFN_vkWaitSemaphores wait = gpu_of(stage)->vk->fn.vkWaitSemaphores;
    int64_t begun;

    stage->may_refuse = true;
    gpu_of(stage)->vk->fn.vkWaitSemaphores = never_ends;
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
    pvg_wire_fill_buffer_encode(
        &stage->stream.w,
        &(struct pvg_wire_fill_buffer){.buffer = buffer.object, .size = buffer.size, .value = 2});
    kit_segment_end(&stage->stream);
    kit_submit(&stage->kit, &stage->stream, NULL, 0, NULL);
    while (!stage_stat(stage, "gpu.submissions")) {
        pvg_engine_step(&stage->device->engine);
    }
    begun = g_get_monotonic_time();
    pvg_device_stop(stage->device);
    assert_in_range(g_get_monotonic_time() - begun, 1900000, 2500000);
    gpu_of(stage)->vk->fn.vkWaitSemaphores = wait;
    pvg_device_start(stage->device);
    expect_recovery(stage, &buffer, 1);
}

/* The pipelines of what waits belong to the device that was lost. */
static void what_waited_for_its_pipelines_runs_on_the_new_device(void **state)
{
    struct stage *stage = *state;
    uint32_t pipeline = kit_compute_pipeline_create(
        &stage->kit, &stage->task, stage_function(stage, "air/reims/compute_mul3add1.mtlb", NULL));
    struct kit_buffer buffer = stage_buffer(stage, 0x1000, 1);
    struct pvg_writer *w = &stage->stream.w;
    uint32_t stamp, word;
    uint8_t entry[12];
    struct pvg_writer bind = pvg_writer_over(entry, sizeof(entry));

    pvg_put_u32(&bind, buffer.object);
    pvg_put_u64(&bind, 0);
    kit_segment_begin(&stage->stream, PVG_WIRE_SEGMENT_TYPE_COMPUTE);
    pvg_wire_set_compute_pipeline_encode(w, &(struct pvg_wire_set_pipeline){.pipeline = pipeline});
    pvg_wire_set_compute_buffers_encode(
        w, &(struct pvg_wire_set_buffers){.count = 1, .binds = {entry, 1}});
    pvg_wire_dispatch_threads_encode(
        w, &(struct pvg_wire_dispatch){.grid = {64, 1, 1}, .group = {64, 1, 1}});
    kit_segment_end(&stage->stream);
    atomic_store(&gpu_of(stage)->vk->lost, true); /* it is prepared before anybody looks */
    stamp = kit_submit(&stage->kit, &stage->stream, NULL, 0, NULL);
    kit_wait(&stage->kit, kit_exec_channel(&stage->kit), stamp);
    stage_read(stage, &buffer, 0, &word, sizeof(word));
    assert_int_equal(word, 0x01010101u * 3 + 1);
    assert_int_equal(stage_stat(stage, "gpu.device-losses"), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        scene(a_loss_at_submission_faults_it_and_the_guest_goes_on),
        scene(a_loss_while_work_runs_faults_it_and_the_guest_goes_on),
        scene(work_that_does_not_end_is_given_up_and_the_guest_goes_on_when_it_has),
        scene(stopping_waits_two_seconds_at_most),
        scene(what_waited_for_its_pipelines_runs_on_the_new_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
