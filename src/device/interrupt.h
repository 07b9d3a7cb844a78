/* SPDX-License-Identifier: MIT */
/* The two interrupt lines: held while their cause is unread, with a new edge for each new event.
 *
 * Spec: 10-device 8.3, 8.4; 21-surfaces-arm64 4.4; errata row "a line held while status is
 * non-zero gives no new edge". */
#ifndef PVG_DEVICE_INTERRUPT_H
#define PVG_DEVICE_INTERRUPT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <pvg/pvg.h>

#include "base/counters.h"

struct pvg_interrupt_line {
    const struct pvg_host_ops *ops;
    void *host;
    enum pvg_interrupt which;
    atomic_bool high;
    pthread_mutex_t eventfd_lock; /* so that a descriptor is not closed while it is written */
    int eventfd;                  /* -1: none; eventfd_lock */
    struct pvg_counter *raised;
};

void pvg_interrupt_init(struct pvg_interrupt_line *line, const struct pvg_host_ops *ops, void *host,
                        enum pvg_interrupt which, struct pvg_counters *counters);
void pvg_interrupt_finish(struct pvg_interrupt_line *line);

/* Makes an edge; the line stays high. Any thread, no lock held. */
void pvg_interrupt_raise(struct pvg_interrupt_line *line);

/* Any thread, no lock held. The caller looks again for a cause afterwards, and raises if there is
 * one: raising and dropping may cross. */
void pvg_interrupt_drop(struct pvg_interrupt_line *line);

static inline bool pvg_interrupt_is_high(const struct pvg_interrupt_line *line)
{
    return atomic_load_explicit(&((struct pvg_interrupt_line *)line)->high, memory_order_acquire);
}

/* Takes @fd; -1 removes. Control thread. */
void pvg_interrupt_take_eventfd(struct pvg_interrupt_line *line, int fd);

#endif
