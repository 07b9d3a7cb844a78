/* SPDX-License-Identifier: MIT */
/* The engine: the one thread that runs what the guest asked for.
 *
 * Others mark work, in bits of one word, and wake it; that never blocks. It runs its `step` while
 * there is work or a deadline has passed, and sleeps otherwise. The control thread can park it: a
 * parked engine touches nothing, and what belongs to the engine thread is then the control
 * thread's. A stepped engine has no thread: whoever made it calls pvg_engine_step. */
#ifndef PVG_DEVICE_ENGINE_H
#define PVG_DEVICE_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <pvg/error.h>

#include "base/attributes.h"

/* Microseconds on a clock that never goes back. */
#define PVG_ENGINE_NEVER INT64_MAX

struct pvg_engine {
    /* Does the work of the bits @work at time @now; returns the next deadline. */
    int64_t (*step)(void *owner, uint64_t work, int64_t now);
    int64_t (*clock)(void *clock_owner);
    void *owner, *clock_owner;

    _Atomic uint64_t work; /* set by anyone, taken by the engine: pairs with `asleep` */
    atomic_bool asleep;
    int wake_fd; /* eventfd; -1 for a stepped engine */

    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool quit;          /* lock */
    unsigned parkers;   /* lock; above 0 the engine must park */
    bool parked;        /* lock */
    _Atomic bool asked; /* copy of quit or parkers > 0, read without the lock */
};

/* @clock NULL: the monotonic clock. */
PVG_NODISCARD bool pvg_engine_init(struct pvg_engine *engine, bool stepped,
                                   int64_t (*step)(void *, uint64_t, int64_t), void *owner,
                                   int64_t (*clock)(void *), void *clock_owner,
                                   struct pvg_error *error);
/* Accepts an engine whose init failed. */
void pvg_engine_finish(struct pvg_engine *engine);

/* Any thread; never blocks. */
void pvg_engine_mark(struct pvg_engine *engine, uint64_t work);

/* Park and unpark nest. A new engine is parked once. Control thread. */
void pvg_engine_park(struct pvg_engine *engine);
void pvg_engine_unpark(struct pvg_engine *engine);

static inline int64_t pvg_engine_now(const struct pvg_engine *engine)
{
    return engine->clock(engine->clock_owner);
}

/* For a stepped engine, unless parked: does what is marked and due. Returns the next deadline. */
int64_t pvg_engine_step(struct pvg_engine *engine);

#endif
