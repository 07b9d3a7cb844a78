/* SPDX-License-Identifier: MIT */
/* What passes between a device and the world, at the places where the world is not the device's to
 * decide: guest memory, registers that the engine looks at, completions, pictures. A recorder notes
 * it; a player (device/replay.c) puts back what a recorder noted. Without a tape all of it is free.
 *
 * What the engine read is the truth: not what the guest's memory held before or after, but the bytes
 * that came out of the copy. Calls come from any thread; those of a thread that is inside a block
 * (an engine step, or a control call that reads guest memory) are ordered with that block. */
#ifndef PVG_TRACE_TAPE_H
#define PVG_TRACE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"
#include "trace/page_hash.h"

/* What others change and the engine looks at. In the file: append only. */
enum pvg_tape_value {
    PVG_TAPE_FIFO_TAIL,
    PVG_TAPE_ROOT_PAGE,
    PVG_TAPE_WAITS,  /* whether the next packet's waits are satisfied */
    PVG_TAPE_BEHIND, /* whether the VMM has not fetched the last frame */
    PVG_TAPE_DIRECTORY,
    PVG_TAPE_IOSFC_BASE,
    PVG_TAPE_IOSFC_SIZE,
    PVG_TAPE_IOSFC_PRODUCER,
    PVG_TAPE_IOSFC_CONSUMER,
    PVG_TAPE_VALUES
};

enum pvg_tape_command { PVG_TAPE_PACKET, PVG_TAPE_STREAM };

struct pvg_tape_completion {
    void *work; /* struct pvg_work */
    enum pvg_refusal why;
    unsigned channel;
    uint16_t opcode;
    uint32_t stamp;
};

struct pvg_tape_picture {
    unsigned display;
    uint32_t width, height, stride;
    const void *pixels; /* 4 bytes each */
};

/* The same for the same picture, whatever its stride. */
struct pvg_hash pvg_tape_picture_hash(const struct pvg_tape_picture *picture);

struct pvg_tape;

/* Each is optional: without it nothing is noted, and what was found counts. */
struct pvg_tape_impl {
    /* The caller is about to look at something that others change. */
    void (*point)(struct pvg_tape *tape);
    /* As point, and the caller holds no lock: register accesses may take effect here. */
    void (*turn)(struct pvg_tape *tape);
    /* It read, or wrote, guest memory. */
    void (*read)(struct pvg_tape *tape, uint64_t gpa, const void *bytes, size_t size);
    void (*wrote)(struct pvg_tape *tape, uint64_t gpa, const void *bytes, size_t size);
    /* It found @live; returns what it is to go on with. */
    uint64_t (*value)(struct pvg_tape *tape, enum pvg_tape_value which, uint64_t live);
    /* It saw an effect of register accesses: those belong before this point. */
    void (*catch_up)(struct pvg_tape *tape);
    /* A packet is complete; false: hands off, the tape completes it again later. */
    bool (*completed)(struct pvg_tape *tape, const struct pvg_tape_completion *completion);
    /* For those who want to see it: a packet as it lay in the ring, a stream that it names. */
    void (*fetched)(struct pvg_tape *tape, enum pvg_tape_command what, unsigned channel,
                    const void *bytes, size_t size);
    /* A display shows a new picture. */
    void (*shown)(struct pvg_tape *tape, const struct pvg_tape_picture *picture);
};

struct pvg_tape {
    const struct pvg_tape_impl *impl;
};

static inline void pvg_tape_point(struct pvg_tape *tape)
{
    if (tape && tape->impl->point) {
        tape->impl->point(tape);
    }
}

static inline void pvg_tape_turn(struct pvg_tape *tape)
{
    if (tape && tape->impl->turn) {
        tape->impl->turn(tape);
    }
}

static inline void pvg_tape_read(struct pvg_tape *tape, uint64_t gpa, const void *bytes,
                                 size_t size)
{
    if (tape && tape->impl->read) {
        tape->impl->read(tape, gpa, bytes, size);
    }
}

static inline void pvg_tape_wrote(struct pvg_tape *tape, uint64_t gpa, const void *bytes,
                                  size_t size)
{
    if (tape && tape->impl->wrote) {
        tape->impl->wrote(tape, gpa, bytes, size);
    }
}

static inline uint64_t pvg_tape_value(struct pvg_tape *tape, enum pvg_tape_value which,
                                      uint64_t live)
{
    return tape && tape->impl->value ? tape->impl->value(tape, which, live) : live;
}

static inline void pvg_tape_catch_up(struct pvg_tape *tape)
{
    if (tape && tape->impl->catch_up) {
        tape->impl->catch_up(tape);
    }
}

static inline bool pvg_tape_completed(struct pvg_tape *tape,
                                      const struct pvg_tape_completion *completion)
{
    return !tape || !tape->impl->completed || tape->impl->completed(tape, completion);
}

static inline void pvg_tape_fetched(struct pvg_tape *tape, enum pvg_tape_command what,
                                    unsigned channel, const void *bytes, size_t size)
{
    if (tape && tape->impl->fetched) {
        tape->impl->fetched(tape, what, channel, bytes, size);
    }
}

static inline void pvg_tape_shown(struct pvg_tape *tape, const struct pvg_tape_picture *picture)
{
    if (tape && tape->impl->shown) {
        tape->impl->shown(tape, picture);
    }
}

#endif
