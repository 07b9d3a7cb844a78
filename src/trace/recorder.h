/* SPDX-License-Identifier: MIT */
/* Records a session while it runs.
 *
 * vCPUs put register accesses into a ring that never blocks. All others append events under a lock
 * that is held for one event. A thread of the recorder's own compresses and writes. Memory is
 * bounded: before a step and a packet the engine waits while the disk is far behind, and nobody else
 * ever does.
 * When the disk fails, or the file has its full size, recording ends and the device goes on. */
#ifndef PVG_TRACE_RECORDER_H
#define PVG_TRACE_RECORDER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"
#include "trace/access_ring.h"
#include "trace/file.h"
#include "trace/shadow.h"
#include "trace/tape.h"

/* Bytes that wait for the disk: then the engine waits, too. */
#define PVG_RECORDER_QUEUED_MAX 0x4000000

struct pvg_recorder {
    struct pvg_tape tape;
    const struct pvg_log *log;
    uint64_t limit; /* bytes of the file */

    struct pvg_access_ring accesses;
    _Atomic uintptr_t blocker; /* the thread that is inside a block, 0 if none */
    uint64_t point;            /* its points so far; that thread's */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct pvg_shadow shadow;  /* lock, and what follows */
    uint64_t tagged_at;        /* point of the last tagged event */
    uint64_t values[PVG_TAPE_VALUES];
    uint64_t lost_told;
    uint64_t packets, frames;
    GByteArray *chunk;         /* being filled */
    GQueue full;               /* of GBytes, to be written */
    size_t queued;             /* bytes in `full` */
    bool quit, ended;          /* ended: takes no more */

    struct pvg_trace_file file; /* the recorder's thread */
    pthread_t thread;
    bool threaded;
};

/* NULL and @error when the file cannot be made. @limit: bytes of the file, 0: 4 GiB. */
struct pvg_recorder *pvg_recorder_create(const char *path, uint64_t limit,
                                         const struct pvg_log *log, struct pvg_error *error);
/* Ends the file properly; nothing is taken any more. NULL is allowed. */
void pvg_recorder_finish(struct pvg_recorder *recorder);

/* Finishes first. NULL is allowed. */
void pvg_recorder_destroy(struct pvg_recorder *recorder);

/* ---- Each accepts NULL: nobody records. ---- */

/* vCPU threads: before a write has its effect, after a read. Never waits. */
void pvg_recorder_access(struct pvg_recorder *recorder, const struct pvg_access *access);

/* What the caller does up to pvg_recorder_end, and the guest memory it reads, belongs together.
 * @event opens the block. May wait for the disk. */
void pvg_recorder_begin(struct pvg_recorder *recorder, const struct pvg_trace_event *event);
void pvg_recorder_end(struct pvg_recorder *recorder);

/* Something that the VMM did, outside any block. */
void pvg_recorder_note(struct pvg_recorder *recorder, const struct pvg_trace_event *event);

/* The saved state that a RESTORE block takes over. */
void pvg_recorder_parts(struct pvg_recorder *recorder, const void *bytes, size_t size);

static inline struct pvg_tape *pvg_recorder_tape(struct pvg_recorder *recorder)
{
    return recorder ? &recorder->tape : NULL;
}

#endif
