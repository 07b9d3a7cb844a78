/* SPDX-License-Identifier: MIT */
/* Events as bytes. */
#include "trace/event.h"

#include <assert.h>

#define TAGGED 0x80

static const struct {
    const char *name;
    unsigned numbers;
    bool bytes;
} kinds[PVG_TRACE_KINDS] = {
    [PVG_TRACE_CONFIG] = {"config", 0, true},
    [PVG_TRACE_RAM_ADD] = {"ram-add", 3, false},
    [PVG_TRACE_RAM_CUT] = {"ram-cut", 2, false},
    [PVG_TRACE_START] = {"start", 0, false},
    [PVG_TRACE_STOP] = {"stop", 0, false},
    [PVG_TRACE_RESET] = {"reset", 0, false},
    [PVG_TRACE_PART] = {"part", 0, true},
    [PVG_TRACE_RESTORE] = {"restore", 0, false},
    [PVG_TRACE_CONNECT] = {"connect", 2, false},
    [PVG_TRACE_MODES] = {"modes", 1, true},
    [PVG_TRACE_STEP] = {"step", 2, false},
    [PVG_TRACE_FETCH] = {"fetch", 2, false},
    [PVG_TRACE_END] = {"end", 0, false},
    [PVG_TRACE_MEMORY] = {"memory", 1, true},
    [PVG_TRACE_PAGE] = {"page", 2, true},
    [PVG_TRACE_SAME_PAGE] = {"same-page", 2, false},
    [PVG_TRACE_FORGET] = {"forget", 0, false},
    [PVG_TRACE_VALUE] = {"value", 2, false},
    [PVG_TRACE_READ] = {"read", 4, false},
    [PVG_TRACE_WRITE] = {"write", 4, false},
    [PVG_TRACE_COMPLETE] = {"complete", 4, false},
    [PVG_TRACE_FRAME] = {"frame", 5, false},
    [PVG_TRACE_LOST] = {"lost", 1, false},
    [PVG_TRACE_CLOSE] = {"close", 2, false},
};

const char *pvg_trace_kind_name(enum pvg_trace_kind kind)
{
    return kinds[kind].name;
}

static void put_number(GByteArray *out, uint64_t value)
{
    uint8_t bytes[10];
    guint count = 0;

    do {
        bytes[count++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    g_byte_array_append(out, bytes, count);
}

/* Ten bytes at most; what does not fit 64 bits is refused. */
static uint64_t take_number(struct pvg_cursor *from)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = pvg_take_u8(from);

        if (shift == 63 && byte > 1) {
            break;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            return value;
        }
    }
    if (from->refusal == PVG_ACCEPTED) {
        from->refusal = PVG_REFUSED_VALUE;
    }
    return 0;
}

void pvg_trace_encode(GByteArray *out, const struct pvg_trace_event *event)
{
    uint8_t head = (uint8_t)(event->kind | (event->tagged ? TAGGED : 0));

    assert(event->size <= PVG_TRACE_BYTES_MAX);
    g_byte_array_append(out, &head, 1);
    if (event->tagged) {
        put_number(out, event->advance);
    }
    for (unsigned i = 0; i < kinds[event->kind].numbers; i++) {
        put_number(out, event->numbers[i]);
    }
    if (kinds[event->kind].bytes) {
        put_number(out, event->size);
        g_byte_array_append(out, event->bytes, (guint)event->size);
    }
}

enum pvg_refusal pvg_trace_decode(struct pvg_cursor *from, struct pvg_trace_event *out)
{
    uint8_t head = pvg_take_u8(from), kind = head & ~TAGGED;

    *out = (struct pvg_trace_event){.kind = kind, .tagged = head & TAGGED};
    if (from->refusal == PVG_ACCEPTED && (!kind || kind >= PVG_TRACE_KINDS)) {
        from->refusal = PVG_REFUSED_OPCODE;
    }
    if (from->refusal != PVG_ACCEPTED) {
        return from->refusal;
    }
    if (out->tagged) {
        out->advance = take_number(from);
    }
    for (unsigned i = 0; i < kinds[kind].numbers; i++) {
        out->numbers[i] = take_number(from);
    }
    if (kinds[kind].bytes) {
        uint64_t size = take_number(from);

        if (from->refusal == PVG_ACCEPTED && size > PVG_TRACE_BYTES_MAX) {
            from->refusal = PVG_REFUSED_LIMIT;
        } else {
            out->bytes = pvg_take_bytes(from, (size_t)size);
            out->size = (size_t)size;
        }
    }
    return from->refusal;
}
