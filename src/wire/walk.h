/* SPDX-License-Identifier: MIT */
/* Framing of command streams: segments, and the records in them.
 *
 *     while (pvg_wire_take_segment(&stream, &segment)) {
 *         while (pvg_wire_take_record(&segment.records, &record)) {
 *             ... pvg_wire_render_dispatch(..., record.opcode, &record.payload) ...
 *         }
 *     }
 *
 * A bad length ends the walk it occurs in and leaves its refusal in that cursor: of a segment, the
 * rest of the stream is lost; of a record, the rest of the segment. Spec: 30-resources 2, 3;
 * 01-errata-device 1. */
#ifndef PVG_WIRE_WALK_H
#define PVG_WIRE_WALK_H

#include "wire/stream.h"

/* The type of what looks like no segment, but has a size: bytes starting with a word of upper half
 * 0x0d9c, seen once on macOS 26 arm64. Execute nothing of it. Spec: 21-surfaces-arm64 15.6. */
#define PVG_WIRE_SEGMENT_UNEXPLAINED 0xd9c

struct pvg_wire_segment {
    uint32_t type; /* enum pvg_wire_segment_type, or PVG_WIRE_SEGMENT_UNEXPLAINED */
    bool continues;
    bool survives;
    struct pvg_cursor records; /* for type protection: the eight bytes of options */
};

struct pvg_wire_record {
    uint32_t opcode;
    struct pvg_cursor payload;
};

/* False at the end of @stream, or where it is refused. */
bool pvg_wire_take_segment(struct pvg_cursor *stream, struct pvg_wire_segment *out);

/* False at the end of @records, or where they are refused. Also reads the one record of a
 * descriptor. */
bool pvg_wire_take_record(struct pvg_cursor *records, struct pvg_wire_record *out);

#endif
