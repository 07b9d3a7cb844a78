/* SPDX-License-Identifier: MIT */
/* Command streams: segments of records, and their submission. Spec: 30-resources 1.1, 2; 10-device
 * 10.5.
 *
 *     kit_segment_begin(&stream, PVG_WIRE_SEGMENT_TYPE_BLIT);
 *     pvg_wire_fill_buffer_encode(&stream.w, &(struct pvg_wire_fill_buffer){ ... });
 *     kit_segment_end(&stream);
 *     stamp = kit_submit(kit, &stream, resources, count, NULL);
 */
#ifndef KIT_STREAM_H
#define KIT_STREAM_H

#include <stdint.h>

#include "wire/packets.h"
#include "wire/stream.h"
#include "wire/writer.h"

#include "kit/channel.h"
#include "kit/task.h"

#define KIT_STREAM_BYTES 0x10000

struct kit_stream {
    struct kit_task *task;
    uint64_t gva; /* where submissions of it lie, in turn */
    uint32_t used;
    uint32_t stamp; /* of the newest submission */
    size_t segment; /* where the open one begins */
    struct pvg_writer w;
    uint8_t bytes[KIT_STREAM_BYTES];
};

void kit_stream_init(struct kit *kit, struct kit_stream *stream, struct kit_task *task);

void kit_segment_begin(struct kit_stream *stream, enum pvg_wire_segment_type type);
void kit_segment_begin_flags(struct kit_stream *stream, enum pvg_wire_segment_type type,
                             bool continues, bool survives);
void kit_segment_end(struct kit_stream *stream);

/* Hands what was written over, with the table of what it uses, behind @after if that is not NULL,
 * and empties the stream. Returns the stamp on the exec channel. */
uint32_t kit_submit(struct kit *kit, struct kit_stream *stream,
                    const struct pvg_wire_exec_resource *resources, uint32_t count,
                    const struct kit_point *after);

#endif
