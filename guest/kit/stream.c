/* SPDX-License-Identifier: MIT */
/* Command streams: segments of records, and their submission. */
#include "kit/stream.h"

#include "wire/packets_encode.h"
#include "wire/stream_encode.h"

#include "kit/kit.h"

#define JUNK_BYTES 4096

void kit_stream_init(struct kit *kit, struct kit_stream *stream, struct kit_task *task)
{
    stream->task = task;
    stream->gva = kit_task_alloc(kit, task, KIT_STREAM_BYTES);
    stream->used = 0;
    stream->stamp = 0;
    stream->w = pvg_writer_over(stream->bytes, sizeof(stream->bytes));
    kit_fill_junk(kit, stream->bytes, JUNK_BYTES);
}

void kit_segment_begin_flags(struct kit_stream *stream, enum pvg_wire_segment_type type,
                             bool continues, bool survives)
{
    struct pvg_wire_segment_header header = {
        .type = (uint8_t)type, .continues = continues, .survives = survives};

    stream->segment = stream->w.size;
    pvg_wire_segment_header_encode(&stream->w, &header);
}

void kit_segment_begin(struct kit_stream *stream, enum pvg_wire_segment_type type)
{
    kit_segment_begin_flags(stream, type, false, false);
}

void kit_segment_end(struct kit_stream *stream)
{
    struct pvg_writer length;

    if (!stream->w.overflow) {
        length = pvg_writer_over(stream->bytes + stream->segment, 4);
        pvg_put_u32(&length, (uint32_t)(stream->w.size - stream->segment));
    }
}

/* Room for @size bytes that no earlier submission still uses. */
static uint64_t place(struct kit *kit, struct kit_stream *stream, uint32_t size)
{
    uint64_t gva;

    if (size > KIT_STREAM_BYTES - stream->used) {
        kit_wait(kit, kit_exec_channel(kit), stream->stamp);
        stream->used = 0;
    }
    gva = stream->gva + stream->used;
    stream->used += (size + 63) & ~63u;
    return gva;
}

uint32_t kit_submit(struct kit *kit, struct kit_stream *stream,
                    const struct pvg_wire_exec_resource *resources, uint32_t count,
                    const struct kit_point *after)
{
    struct pvg_wire_exec_indirect packet = {
        .task = stream->task->id, .resource_count = count, .buffer_count = 1};
    struct pvg_wire_exec_buffer buffer = {.length = (uint32_t)stream->w.size};

    if (stream->w.overflow) {
        kit_fail(kit, "a stream too long for the kit");
    }
    if (kit->failure) {
        return 0;
    }
    buffer.address.value = place(kit, stream, buffer.length);
    kit_task_write(kit, stream->task, buffer.address.value, stream->bytes, buffer.length);
    kit_packet(kit, PVG_WIRE_PACKET_EXEC_INDIRECT);
    if (after) {
        kit_packet_after(kit, *after);
    }
    /* The packet's tables are written behind its head, which knows them as bytes only. */
    pvg_wire_exec_indirect_encode(&kit->packet, &packet);
    for (uint32_t i = 0; i < count; i++) {
        pvg_wire_exec_resource_encode(&kit->packet, &resources[i]);
    }
    pvg_wire_exec_buffer_encode(&kit->packet, &buffer);
    stream->stamp = kit_send(kit, kit_exec_channel(kit));
    stream->w = pvg_writer_over(stream->bytes, sizeof(stream->bytes));
    kit_fill_junk(kit, stream->bytes, JUNK_BYTES);
    return stream->stamp;
}
