/* SPDX-License-Identifier: MIT */
/* The events of a recorded session, one after another in its chunks. docs/tracing.md is the table.
 *
 * An event is its kind, some numbers and perhaps bytes; numbers are LEB128. What happens while the
 * engine runs a step (or the control thread does something that reads guest memory) is *tagged* with
 * how many points that step had passed: a point is any place where the device looks at something
 * that others change. Replay applies a tagged event at the same point of the same step. */
#ifndef PVG_TRACE_EVENT_H
#define PVG_TRACE_EVENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/cursor.h"

#define PVG_TRACE_NUMBERS 6 /* of an event, at most */

/* Bytes of one event, at most. */
#define PVG_TRACE_BYTES_MAX 0x10000

/* In the file: append only. */
enum pvg_trace_kind {
    PVG_TRACE_CONFIG = 1, /* bytes: the device; once, first */
    PVG_TRACE_RAM_ADD,    /* address, size, read-only */
    PVG_TRACE_RAM_CUT,    /* address, size; FORGET is part of it */
    PVG_TRACE_START,
    PVG_TRACE_STOP,
    PVG_TRACE_RESET,
    PVG_TRACE_PART,       /* bytes: more of the saved state for RESTORE */
    PVG_TRACE_RESTORE,    /* opens a block */
    PVG_TRACE_CONNECT,    /* display, whether */
    PVG_TRACE_MODES,      /* display; bytes: their count, then width, height, millihertz of each */
    PVG_TRACE_STEP,       /* work bits, clock in us; opens a block */
    PVG_TRACE_FETCH,      /* display, clock in us: of the firmware's picture; opens a block */
    PVG_TRACE_END,        /* closes the block */
    PVG_TRACE_MEMORY,     /* address; bytes: what was read there, within one page of 4 KiB */
    PVG_TRACE_PAGE,       /* address, slot; bytes: a whole page, from now on in that slot */
    PVG_TRACE_SAME_PAGE,  /* address, slot: the page has the content of the slot */
    PVG_TRACE_FORGET,     /* all pages that were not read again are zero from here on */
    PVG_TRACE_VALUE,      /* enum pvg_tape_value, what was found there */
    PVG_TRACE_READ,       /* window, offset, value, size: a register access by the guest */
    PVG_TRACE_WRITE,      /* likewise */
    PVG_TRACE_COMPLETE,   /* channel, opcode, stamp, refusal: a packet is complete */
    PVG_TRACE_FRAME,      /* display, width, height, two words of its hash */
    PVG_TRACE_LOST,       /* register accesses that the recorder had no room for */
    PVG_TRACE_CLOSE,      /* packets, frames: the session's end */
    PVG_TRACE_KINDS
};

struct pvg_trace_event {
    enum pvg_trace_kind kind;
    bool tagged;
    uint64_t advance; /* tagged: points since the last tagged event of the block */
    uint64_t numbers[PVG_TRACE_NUMBERS];
    const uint8_t *bytes; /* borrowed */
    size_t size;
};

/* "memory" */
const char *pvg_trace_kind_name(enum pvg_trace_kind kind);

void pvg_trace_encode(GByteArray *out, const struct pvg_trace_event *event);

/* Refuses OPCODE (no such kind), SHORT, LIMIT (more bytes than an event may have), VALUE. */
PVG_NODISCARD enum pvg_refusal pvg_trace_decode(struct pvg_cursor *from,
                                                struct pvg_trace_event *out);

#endif
