/* SPDX-License-Identifier: MIT */
/* Executes a submission: its streams in order, segment by segment, into one batch. */
#include "gpu/run.h"

#include <stdatomic.h>
#include <string.h>

#include "base/range.h"
#include "gpu/encoders.h"
#include "gpu/heaps.h"
#include "gpu/overlay.h"
#include "gpu/table.h"
#include "memory/memory.h"
#include "wire/walk.h"

/* Of one submission: bytes of our own, and microseconds in which the engine may wait for it. */
#define MOST_SCRATCH (UINT64_C(1) << 31)
#define MOST_WAITING 1000000

void pvg_gpu_full_barrier(struct pvg_gpu *gpu, VkCommandBuffer commands)
{
    pvg_vk_barrier(gpu->vk, commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                   VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT);
    pvg_count(gpu->counts.barriers, 1);
}

void pvg_gpu_host_barrier(struct pvg_gpu *gpu, VkCommandBuffer commands)
{
    pvg_vk_barrier(gpu->vk, commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                   VK_PIPELINE_STAGE_2_HOST_BIT);
    pvg_count(gpu->counts.barriers, 1);
}

void pvg_gpu_run_barrier(struct pvg_gpu_run *run)
{
    if (run->pass.open) {
        run->pass.open = run->in_pass = false;
        run->tail_open = true;
        run->gpu->vk->fn.vkCmdEndRendering(run->commands);
    }
    if (run->tail_open) {
        run->tail_open = false;
        pvg_gpu_full_barrier(run->gpu, run->commands);
    }
}

static void scratch_free(void *data)
{
    struct pvg_buffer *scratch = data;

    pvg_vk_buffer_finish(scratch->vk, &scratch->host);
    g_free(scratch);
}

bool pvg_gpu_run_may_take(struct pvg_gpu_run *run, uint64_t bytes)
{
    if (bytes > MOST_SCRATCH - run->scratch) {
        return false;
    }
    run->scratch += bytes;
    return true;
}

VkBuffer pvg_gpu_run_scratch(struct pvg_gpu_run *run, uint64_t bytes)
{
    struct pvg_buffer *scratch;

    if (!pvg_gpu_run_may_take(run, bytes)) {
        return VK_NULL_HANDLE;
    }
    scratch = g_new0(struct pvg_buffer, 1);
    scratch->vk = run->gpu->vk;
    if (pvg_vk_buffer_init(run->gpu->vk, bytes, PVG_BUFFER_USAGE, PVG_VK_HOME_GPU,
                           &scratch->host) != VK_SUCCESS) {
        g_free(scratch);
        return VK_NULL_HANDLE;
    }
    pvg_vk_batch_keep(run->batch, scratch_free, scratch);
    return scratch->host.handle;
}

void pvg_gpu_run_refuse(struct pvg_gpu_run *run, enum pvg_refusal why, uint32_t opcode)
{
    pvg_refusals_note(run->gpu->base.setup.refusals, why,
                      &(struct pvg_refusal_site){.what = "command stream", .detail = opcode});
}

/* ---- Segments ---- */

struct encoder {
    const struct pvg_encoder_impl *impl; /* NULL: none is open */
    void *state;
    uint32_t type;
};

static const struct pvg_encoder_impl *const encoders[] = {
    [PVG_WIRE_SEGMENT_TYPE_RENDER] = &pvg_render_encoder,
    [PVG_WIRE_SEGMENT_TYPE_COMPUTE] = &pvg_compute_encoder,
    [PVG_WIRE_SEGMENT_TYPE_BLIT] = &pvg_blit_encoder,
    [PVG_WIRE_SEGMENT_TYPE_EVENT] = &pvg_event_encoder,
    [PVG_WIRE_SEGMENT_TYPE_INFO] = &pvg_info_encoder,
};

static void encoder_end(struct pvg_gpu_run *run, struct encoder *encoder)
{
    if (encoder->impl) {
        encoder->impl->end(encoder->state);
        if (!run->pass.open && !run->lost) {
            pvg_overlays_settle(run, NULL, NULL);
            pvg_gpu_run_barrier(run); /* the next encoder sees what this one did */
        }
    }
    encoder->impl = NULL;
}

/* What a bad segment leaves behind is decided in 01-errata-device ("30 2.3, 2.5"): what ran before
 * stays, a bad record ends its segment, a bad continuation is skipped. */
static void run_segment(struct pvg_gpu_run *run, struct encoder *encoder,
                        struct pvg_wire_segment *segment)
{
    struct pvg_wire_record record;

    if (segment->type == PVG_WIRE_SEGMENT_TYPE_PROTECTION) {
        return;
    }
    if (segment->type >= G_N_ELEMENTS(encoders) || !encoders[segment->type]) {
        pvg_gpu_run_refuse(run, PVG_REFUSED_OPCODE, segment->type);
        return;
    }
    if (segment->continues && (!encoder->impl || encoder->type != segment->type)) {
        pvg_gpu_run_refuse(run, PVG_REFUSED_STATE, segment->type);
        return;
    }
    if (!segment->continues) {
        encoder_end(run, encoder);
        if (segment->type != PVG_WIRE_SEGMENT_TYPE_RENDER) {
            pvg_gpu_run_barrier(run);
        }
        encoder->impl = encoders[segment->type];
        encoder->type = segment->type;
        encoder->state = encoder->impl->begin(run);
    }
    run->records = &segment->records;
    while (!run->lost && pvg_wire_take_record(&segment->records, &record)) {
        pvg_gpu_run_refuse(run,
                           encoder->impl->record(encoder->state, record.opcode, &record.payload),
                           record.opcode);
    }
    run->records = NULL;
    pvg_gpu_run_refuse(run, segment->records.refusal, 0);
    if (!segment->survives || segment->records.refusal != PVG_ACCEPTED) {
        encoder_end(run, encoder);
    }
}

static void run_streams(struct pvg_gpu_run *run)
{
    struct encoder encoder = {.impl = NULL};

    for (uint32_t i = 0; i < run->submission->buffer_count; i++) {
        struct pvg_cursor stream =
            pvg_cursor_over(run->submission->buffers[i].data, run->submission->buffers[i].size);
        struct pvg_wire_segment segment;

        while (!run->lost && pvg_wire_take_segment(&stream, &segment)) {
            run_segment(run, &encoder, &segment);
        }
        pvg_gpu_run_refuse(run, stream.refusal, 0);
    }
    encoder_end(run, &encoder);
}

/* ---- In parts ---- */

/* What a batch wrote goes to guest memory. Before anybody is told: from then on the guest may write
 * there, and its bytes are the newest. Completion thread. */
static enum pvg_refusal land(struct pvg_gpu_run *run, VkResult result)
{
    enum pvg_refusal why =
        result == VK_SUCCESS ? pvg_gpu_run_scatter(run) : PVG_REFUSED_HOST_DEVICE;

    atomic_store_explicit(&run->gpu->landed, run->batch->serial, memory_order_release);
    return why;
}

/* Completion thread; the engine waits. */
static void part_done(void *user, VkResult result)
{
    struct pvg_gpu_run *run = user;
    enum pvg_refusal why = land(run, result);

    run->why = run->why == PVG_ACCEPTED ? why : run->why;
}

bool pvg_gpu_run_sync(struct pvg_gpu_run *run)
{
    pvg_gpu_run_gather(run);
    pvg_vk_batch_submit(run->batch, part_done, run);
    pvg_vk_queue_drain(run->gpu->queue);
    g_array_set_size(run->write_backs, 0);
    g_array_set_size(run->replies, 0);
    g_ptr_array_set_size(run->written, 0);
    g_ptr_array_set_size(run->overlays, 0);
    g_array_set_size(run->heap_sets, 0);
    run->batch = pvg_vk_batch_begin(run->gpu->queue);
    run->commands = run->batch ? run->batch->commands : VK_NULL_HANDLE;
    run->uploads = run->tail_open = false;
    run->lost = !run->batch;
    return !run->lost;
}

struct pvg_buffer *pvg_gpu_run_find_words(struct pvg_gpu_run *run, uint32_t ref, uint64_t offset,
                                          uint64_t size, enum pvg_refusal *why)
{
    struct pvg_buffer *buffer =
        (struct pvg_buffer *)pvg_table_find(run->gpu, run->submission, ref, PVG_GPU_BUFFER, why);

    if (buffer && offset % 4) {
        *why = PVG_REFUSED_VALUE;
    } else if (buffer && !pvg_range_fits((struct pvg_range){offset, size}, buffer->size)) {
        *why = PVG_REFUSED_RANGE;
    }
    return *why == PVG_ACCEPTED ? buffer : NULL;
}

enum pvg_refusal pvg_gpu_run_read(struct pvg_gpu_run *run, uint32_t ref, uint64_t offset, void *out,
                                  uint64_t size)
{
    enum pvg_refusal why;
    const struct pvg_buffer *buffer = pvg_gpu_run_find_words(run, ref, offset, size, &why);

    if (!buffer) {
        return why;
    }
    if (!run->synced_since) {
        run->synced_since = g_get_monotonic_time();
    }
    if (g_get_monotonic_time() - run->synced_since > MOST_WAITING) {
        return PVG_REFUSED_LIMIT;
    }
    if (!pvg_gpu_run_sync(run)) {
        return PVG_REFUSED_HOST_DEVICE;
    }
    return pvg_space_read(run->gpu->memory, buffer->space,
                          (struct pvg_gva){buffer->at.value + offset}, out, size);
}

enum pvg_refusal pvg_gpu_run_reply(struct pvg_gpu_run *run, uint32_t ref, uint64_t offset,
                                   const void *bytes, uint32_t size)
{
    struct pvg_reply answer = {.size = size};
    enum pvg_refusal why;
    struct pvg_buffer *buffer =
        (struct pvg_buffer *)pvg_table_find(run->gpu, run->submission, ref, PVG_GPU_BUFFER, &why);

    if (!buffer) {
        return why;
    }
    if (!pvg_range_fits((struct pvg_range){offset, size}, buffer->size)) {
        return PVG_REFUSED_RANGE;
    }
    answer.space = buffer->space;
    answer.at = (struct pvg_gva){buffer->at.value + offset};
    memcpy(answer.bytes, bytes, size);
    g_array_append_val(run->replies, answer);
    return PVG_ACCEPTED;
}

/* ---- The whole ---- */

static void run_free(struct pvg_gpu_run *run)
{
    g_array_unref(run->write_backs);
    g_array_unref(run->replies);
    g_ptr_array_unref(run->overlays);
    g_array_unref(run->heap_sets);
    g_ptr_array_unref(run->written);
    g_free(run);
}

/* Completion thread. */
static void run_done(void *user, VkResult result)
{
    struct pvg_gpu_run *run = user;
    struct pvg_work *work = run->work;
    enum pvg_refusal why = land(run, result); /* what the streams were refused is counted already */

    why = run->why == PVG_ACCEPTED ? why : run->why;
    run_free(run);
    pvg_work_complete(work, why);
}

/* NULL, and @work is complete, when the GPU cannot take any. */
static struct pvg_gpu_run *run_new(struct pvg_gpu *gpu, struct pvg_work *work, uint64_t session)
{
    struct pvg_vk_batch *batch = pvg_vk_batch_begin(gpu->queue);
    struct pvg_gpu_run *run;

    if (!batch) {
        pvg_work_complete(work, PVG_REFUSED_HOST_DEVICE);
        return NULL;
    }
    run = g_new0(struct pvg_gpu_run, 1);
    run->gpu = gpu;
    run->work = work;
    run->session = session;
    run->batch = batch;
    run->commands = batch->commands;
    run->write_backs = pvg_gpu_run_write_backs_new();
    run->replies = g_array_new(FALSE, FALSE, sizeof(struct pvg_reply));
    run->written = g_ptr_array_new();
    run->overlays = g_ptr_array_new();
    run->heap_sets = pvg_heap_sets_new();
    return run;
}

void pvg_gpu_run_submission(struct pvg_gpu *gpu, struct pvg_submission *submission)
{
    struct pvg_gpu_run *run = run_new(gpu, &submission->work, submission->session);

    gpu->submission_number++;
    pvg_count(gpu->counts.submissions, 1);
    if (!run) {
        return;
    }
    run->submission = submission;
    run_streams(run);
    if (run->lost) {
        run_free(run);
        pvg_work_complete(&submission->work, PVG_REFUSED_HOST_DEVICE);
        return;
    }
    pvg_gpu_run_gather(run);
    pvg_vk_batch_submit(run->batch, run_done, run);
}

void pvg_gpu_write_back(struct pvg_gpu *gpu, GPtrArray *images, struct pvg_work *work)
{
    struct pvg_gpu_run *run = run_new(gpu, work, pvg_ram_session(&gpu->memory->ram));

    if (!run) {
        return;
    }
    for (guint i = 0; i < images->len; i++) {
        pvg_gpu_run_ask_image(run, g_ptr_array_index(images, i));
    }
    if (run->written->len) {
        pvg_gpu_full_barrier(gpu, run->commands); /* after the batches that drew */
    }
    pvg_gpu_run_gather(run);
    pvg_vk_batch_submit(run->batch, run_done, run);
}
