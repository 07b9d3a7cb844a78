/* SPDX-License-Identifier: MIT */
/* The keeper: what the process that has the device knows of its GPU worker.
 *
 *   executor.c   the executor's door: what the device asks for becomes messages
 *   asked.c      what was asked for and is not answered yet
 *   pictures.c   presents of what the worker draws
 *   told.c       guest memory, as the worker is told of it
 *   line.c       sending, and the end of a worker that does not listen
 *   minder.c     the worker's life: it starts, is heard, dies, is replaced
 *
 * Threads: engine and control send and may wait for an answer; the minder is the only one that
 * reads what the worker says. It never takes send_lock while there is a worker: whoever holds that
 * may be waiting for a worker that waits to be heard. */
#ifndef PVG_REMOTE_KEEPER_H
#define PVG_REMOTE_KEEPER_H

#include "gpu/executor.h"
#include "remote/page.h"

/* Where the worker draws what a display shows. The keeper copies it: the worker may go on writing.
 */
struct pvg_keeper_picture {
    int fd;
    uint8_t *pixels; /* NULL: there is none */
    size_t size;
    bool busy;
    bool known; /* to the worker that there is now; under send_lock */
};

struct pvg_keeper {
    struct pvg_executor base;
    const struct pvg_host_ops *ops;
    void *host;

    /* Constant after create. */
    int page_fd;
    struct pvg_link_page *page;
    uint32_t limits[PVG_DEVICE_INFO_KEYS];
    struct pvg_counter *restarts, *hangs;
    struct pvg_counter *counters[PVG_LINK_COUNTERS_MAX]; /* that the worker counts too */
    unsigned counter_count;
    GThread *minder;

    /* Minder thread. */
    uint64_t counted[PVG_LINK_COUNTERS_MAX]; /* by this worker, and added to counters */
    bool useful;                             /* the worker has answered something */
    unsigned lines;                          /* that workers have logged */
    struct pvg_watch {
        uint64_t taken; /* messages of ours, when we looked last */
        int64_t looked; /* when that was */
        int64_t quiet;  /* microseconds without another, as far as we were there to see */
    } watch;

    _Atomic int64_t patience; /* microseconds that the worker may spend on one message */

    atomic_bool up;    /* there is a worker, and it is sent to */
    atomic_bool alive; /* its process may still touch guest memory */

    /* Held while sending, so that messages keep their order and a new worker's briefing is whole.
     * Taken before lock. */
    GMutex send_lock;
    int socket;    /* -1: no worker; the minder changes it, and reads it without the lock */
    _Atomic uint64_t sent; /* messages to this worker; the minder compares it with page->taken */
    GArray *spans; /* struct pvg_ram_span: what a worker has to be told of guest RAM */

    GMutex process_lock; /* innermost */
    int process;         /* the worker's pidfd, -1: none */

    GMutex lock; /* of everything below */
    GCond changed;
    bool stopping;
    int64_t down_since;

    /* asked.c */
    uint64_t last_id, last_turn;
    GHashTable *asked;   /* struct pvg_asked by id */
    uint64_t awaited_id; /* of what the control thread waits for; 0: nothing */
    bool answered;
    enum pvg_refusal answer;
    GByteArray *saved; /* by the worker, until the door takes it; NULL: nothing */

    /* pictures.c: a display shows one at a time. */
    struct pvg_keeper_picture pictures[PVG_MAX_DISPLAYS];
    uint64_t present_id; /* of the present whose taking the engine awaits; 0: none */
    bool present_answered, present_taken;
};

static inline struct pvg_keeper *pvg_keeper_of(struct pvg_executor *executor)
{
    return (struct pvg_keeper *)executor;
}

#endif
