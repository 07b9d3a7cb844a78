/* SPDX-License-Identifier: MIT */
/* Edges on the interrupt lines. */
#include "device/interrupt.h"

#include <unistd.h>

#include "base/probe.h"

void pvg_interrupt_init(struct pvg_interrupt_line *line, const struct pvg_host_ops *ops, void *host,
                        enum pvg_interrupt which, struct pvg_counters *counters)
{
    line->ops = ops;
    line->host = host;
    line->which = which;
    line->eventfd = -1;
    pthread_mutex_init(&line->eventfd_lock, NULL);
    line->raised = pvg_counters_add(
        counters, "interrupts.%s", which == PVG_INTERRUPT_GFX ? "gfx" : "iosfc");
}

void pvg_interrupt_finish(struct pvg_interrupt_line *line)
{
    pvg_interrupt_take_eventfd(line, -1);
    pthread_mutex_destroy(&line->eventfd_lock);
}

static void signal_eventfd(struct pvg_interrupt_line *line)
{
    pthread_mutex_lock(&line->eventfd_lock);
    if (line->eventfd >= 0) {
        /* Fails only when the counter is about to wrap: then it is readable anyway. */
        (void)!write(line->eventfd, &(uint64_t){1}, sizeof(uint64_t));
    }
    pthread_mutex_unlock(&line->eventfd_lock);
}

void pvg_interrupt_raise(struct pvg_interrupt_line *line)
{
    pvg_count(line->raised, 1);
    PVG_PROBE1(interrupt, line->which);
    signal_eventfd(line);
    if (atomic_exchange(&line->high, true)) {
        line->ops->set_interrupt(line->host, line->which, false);
    }
    line->ops->set_interrupt(line->host, line->which, true);
    /* A drop between the exchange and here was told first, and the line would stay high for ever. */
    if (!atomic_load(&line->high)) {
        line->ops->set_interrupt(line->host, line->which, false);
    }
}

void pvg_interrupt_drop(struct pvg_interrupt_line *line)
{
    if (atomic_exchange(&line->high, false)) {
        line->ops->set_interrupt(line->host, line->which, false);
    }
}

void pvg_interrupt_take_eventfd(struct pvg_interrupt_line *line, int fd)
{
    int old;

    pthread_mutex_lock(&line->eventfd_lock);
    old = line->eventfd;
    line->eventfd = fd;
    pthread_mutex_unlock(&line->eventfd_lock);
    if (old >= 0) {
        close(old);
    }
}
