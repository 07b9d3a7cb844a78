/* SPDX-License-Identifier: MIT */
/* Packets that give work and questions to the executor. Spec: 10-device 10.3, 10.5, 12. */
#include <glib.h>

#include "base/range.h"
#include "device/device.h"
#include "device/handlers.h"
#include "device/held.h"
#include "wire/devinfo.h"
#include "wire/devinfo_encode.h"

/* ---- Submissions ---- */

static enum pvg_refusal make_submission(struct pvg_packet *packet,
                                        const struct pvg_wire_exec_indirect *rec)
{
    struct pvg_device *device = packet->device;
    struct pvg_space space;
    enum pvg_refusal why = pvg_task_space(&device->memory, rec->task, &space);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    packet->submission = pvg_held_take(device, packet->channel_id, packet->position);
    if (packet->submission) {
        packet->submission->session = pvg_ram_session(&device->memory.ram);
        packet->submission->space = space;
    } else {
        packet->submission = pvg_submission_create(&device->memory, space, rec, &why);
    }
    pvg_executor_prepare(device->executor, packet->submission);
    for (uint32_t i = 0; packet->submission && i < packet->submission->buffer_count; i++) {
        pvg_tape_fetched(device->memory.ram.tape, PVG_TAPE_STREAM, packet->channel_id,
                         packet->submission->buffers[i].data, packet->submission->buffers[i].size);
    }
    return why;
}

static void drop_submission(struct pvg_packet *packet)
{
    if (packet->submission) {
        pvg_executor_unprepare(packet->device->executor, packet->submission);
        pvg_submission_destroy(packet->submission);
        packet->submission = NULL;
    }
}

enum pvg_refusal pvg_exec_decode(const struct pvg_packet *packet,
                                 struct pvg_wire_exec_indirect *rec)
{
    struct pvg_cursor payload = pvg_packet_payload(packet);
    enum pvg_refusal why;

    if (packet->opcode != PVG_WIRE_PACKET_EXEC_INDIRECT_3) {
        return pvg_wire_exec_indirect_decode(&payload, rec);
    }
    why = pvg_wire_exec_indirect_3_decode(&payload, rec);
    /* With more behind it, it has another layout than the one we know: errata 21 15.4 */
    return why == PVG_ACCEPTED && payload.left ? PVG_REFUSED_OPCODE : why;
}

/* Copied when it is fetched, for the guest clears slots and page tables right after sending. A task
 * that another channel still has to define is no fault yet: it is tried again when it runs. */
void pvg_exec_fetched(struct pvg_packet *packet)
{
    struct pvg_wire_exec_indirect rec;
    enum pvg_refusal why = pvg_exec_decode(packet, &rec);

    if (why != PVG_ACCEPTED) {
        packet->early = why;
        return;
    }
    packet->incomplete = make_submission(packet, &rec);
}

static void submission_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct pvg_submission *submission = (struct pvg_submission *)work;

    pvg_work_complete(submission->owner, why);
}

enum pvg_refusal pvg_exec_indirect(void *ctx, const struct pvg_wire_exec_indirect *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_packet *packet = execution->packet;

    if (packet->incomplete != PVG_ACCEPTED && packet->incomplete != PVG_REFUSED_LIMIT) {
        drop_submission(packet);
        packet->incomplete = make_submission(packet, rec);
    }
    if (!packet->submission) {
        return packet->incomplete;
    }
    pvg_refusals_note(&execution->device->refusals, packet->incomplete,
                      &(struct pvg_refusal_site){.what = "a command stream",
                                                 .channel = packet->channel_id,
                                                 .stamp = packet->stamp,
                                                 .detail = rec->task});
    packet->submission->owner = &packet->work;
    packet->submission->work.completed = submission_completed;
    execution->handed_over = true;
    pvg_executor_submit(execution->device->executor, packet->submission);
    return PVG_ACCEPTED;
}

/* ---- Coherence ---- */

enum pvg_refusal pvg_invalidate(void *ctx, const struct pvg_wire_invalidate_resources *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_space space;
    enum pvg_refusal why = pvg_task_space(&execution->device->memory, rec->task, &space);

    if (why == PVG_ACCEPTED) {
        pvg_executor_invalidate(execution->device->executor, space, rec->objects);
    }
    return why;
}

enum pvg_refusal pvg_synchronize(void *ctx, const struct pvg_wire_synchronize_resources *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_packet *packet = execution->packet;
    struct pvg_space space;
    enum pvg_refusal why = pvg_task_space(&execution->device->memory, rec->task, &space);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    execution->handed_over = true;
    pvg_executor_synchronize(execution->device->executor, space, rec->objects,
                             packet->opcode == PVG_WIRE_PACKET_SYNCHRONIZE_AND_DISCARD,
                             &packet->work);
    return PVG_ACCEPTED;
}

/* ---- Questions ---- */

#define COMPUTE_INFO_PAIRS   4 /* three answers and the end */
#define DEFAULT_MAX_THREADS  1024
#define DEFAULT_WIDTH        32

/* Writes the answer into the guest; never a width of 0, which the guest divides by. */
static void compute_info_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct pvg_packet *packet =
        (struct pvg_packet *)((uint8_t *)work - offsetof(struct pvg_packet, request.compute.work));
    const struct pvg_compute_query *query = &packet->request.compute;
    const struct pvg_wire_info_pair pairs[COMPUTE_INFO_PAIRS] = {
        {PVG_WIRE_COMPUTE_INFO_MAX_TOTAL_THREADS, query->max_threads},
        {PVG_WIRE_COMPUTE_INFO_EXECUTION_WIDTH, MAX(1, query->width)},
        {PVG_WIRE_COMPUTE_INFO_STATIC_THREADGROUP_MEMORY, query->static_memory},
    };
    uint8_t bytes[COMPUTE_INFO_PAIRS * PVG_WIRE_INFO_PAIR_SIZE] = {0};
    struct pvg_writer writer = pvg_writer_over(bytes, sizeof(bytes));
    enum pvg_refusal wrote = PVG_ACCEPTED;

    for (uint32_t i = 0; i < COMPUTE_INFO_PAIRS && writer.size / PVG_WIRE_INFO_PAIR_SIZE <
                                                       packet->limit; i++) {
        if (pairs[i].key < packet->key_table_length) {
            pvg_wire_info_pair_encode(&writer, &pairs[i]);
        }
    }
    wrote = pvg_space_write(&packet->device->memory, query->space, packet->reply, bytes,
                            writer.size);
    pvg_work_complete(&packet->work, why != PVG_ACCEPTED ? why : wrote);
}

enum pvg_refusal pvg_get_compute_info(void *ctx, const struct pvg_wire_get_compute_info *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_packet *packet = execution->packet;
    struct pvg_compute_query *query = &packet->request.compute;
    enum pvg_refusal why;

    *query = (struct pvg_compute_query){
        .work = {compute_info_completed},
        .pipeline = rec->pipeline,
        .max_threads = DEFAULT_MAX_THREADS,
        .width = DEFAULT_WIDTH,
    };
    why = pvg_task_space(&execution->device->memory, rec->task, &query->space);
    if (why != PVG_ACCEPTED || !rec->reply.value || !rec->pair_count) {
        return why;
    }
    packet->reply = rec->reply;
    packet->limit = rec->pair_count;
    packet->key_table_length = rec->key_table_length;
    execution->handed_over = true;
    pvg_executor_compute_info(execution->device->executor, query);
    return PVG_ACCEPTED;
}

#define HEAP_RECORD_OPCODE 0x16
#define HEAP_RECORD_LENGTH 40
#define HEAP_REPLY_LENGTH  16

enum pvg_refusal pvg_get_heap_texture_size(void *ctx, const struct pvg_wire_heap_texture_size *rec)
{
    struct pvg_execution *execution = ctx;
    struct pvg_device *device = execution->device;
    struct pvg_cursor record = pvg_cursor_over(rec->record.data, rec->record.size);
    struct pvg_space space;
    uint64_t reply[2];
    enum pvg_refusal why = pvg_task_space(&device->memory, rec->task, &space);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (!rec->reply.value || rec->reply_length < HEAP_REPLY_LENGTH ||
        rec->record_length != HEAP_RECORD_LENGTH || rec->record.size != HEAP_RECORD_LENGTH ||
        pvg_take_u32(&record) != HEAP_RECORD_OPCODE ||
        pvg_take_u32(&record) != HEAP_RECORD_LENGTH) {
        return PVG_REFUSED_VALUE;
    }
    why = pvg_executor_heap_texture_size(device->executor, record, &reply[0], &reply[1]);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    reply[0] = GUINT64_TO_LE(reply[0]);
    reply[1] = GUINT64_TO_LE(reply[1]);
    return pvg_space_write(&device->memory, space, rec->reply, reply, sizeof(reply));
}
