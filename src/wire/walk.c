/* SPDX-License-Identifier: MIT */
/* Framing of command streams: segments, and the records in them. */
#include "wire/walk.h"

#define UNEXPLAINED_MARK 0x0d9cu

/* The next @size bytes as a cursor of their own. */
static struct pvg_cursor take_part(struct pvg_cursor *from, size_t size)
{
    const uint8_t *bytes = pvg_take_bytes(from, size);

    return pvg_cursor_over(bytes, bytes ? size : 0);
}

bool pvg_wire_take_segment(struct pvg_cursor *stream, struct pvg_wire_segment *out)
{
    struct pvg_cursor start = *stream;
    struct pvg_wire_segment_header header;
    uint32_t size;

    if (stream->left == 0 || pvg_wire_segment_header_decode(stream, &header) != PVG_ACCEPTED) {
        return false;
    }
    *out = (struct pvg_wire_segment){
        .type = header.type, .continues = header.continues, .survives = header.survives};
    size = header.length;
    if (header.type == PVG_WIRE_SEGMENT_TYPE_PROTECTION && size < 16) {
        size = 16; /* its length was captured before the guest fills it in */
    }
    if (size < PVG_WIRE_SEGMENT_HEADER_SIZE || size > start.left) {
        struct pvg_cursor again = start;
        uint32_t mark = pvg_take_u32(&again);
        uint32_t behind = pvg_take_u32(&again);

        if (mark >> 16 != UNEXPLAINED_MARK || behind > again.left) {
            stream->refusal = PVG_REFUSED_SHORT;
            stream->left = 0;
            return false;
        }
        *stream = start;
        *out = (struct pvg_wire_segment){.type = PVG_WIRE_SEGMENT_UNEXPLAINED,
                                         .records = take_part(stream, 8 + (size_t)behind)};
        return true;
    }
    out->records = take_part(stream, size - PVG_WIRE_SEGMENT_HEADER_SIZE);
    return true;
}

bool pvg_wire_take_record(struct pvg_cursor *records, struct pvg_wire_record *out)
{
    struct pvg_wire_record_header header;

    if (records->left == 0 || pvg_wire_record_header_decode(records, &header) != PVG_ACCEPTED) {
        return false;
    }
    if (header.length < PVG_WIRE_RECORD_HEADER_SIZE ||
        header.length - PVG_WIRE_RECORD_HEADER_SIZE > records->left) {
        records->refusal = PVG_REFUSED_SHORT;
        records->left = 0;
        return false;
    }
    out->opcode = header.opcode;
    out->payload = take_part(records, header.length - PVG_WIRE_RECORD_HEADER_SIZE);
    return true;
}
