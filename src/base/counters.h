/* SPDX-License-Identifier: MIT */
/* How often things happened: named counters, added at start, counted from any thread, read by
 * pvg_stats. */
#ifndef PVG_BASE_COUNTERS_H
#define PVG_BASE_COUNTERS_H

#include <glib.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/attributes.h"

struct pvg_counter {
    char *name;
    _Atomic uint64_t value;
};

struct pvg_counters {
    GPtrArray *all; /* struct pvg_counter, in the order of adding */
};

void pvg_counters_init(struct pvg_counters *counters);
void pvg_counters_finish(struct pvg_counters *counters);

/* Before the second thread starts. Borrowed: it lives as long as @counters. */
PVG_PRINTF(2, 3)
struct pvg_counter *pvg_counters_add(struct pvg_counters *counters, const char *format, ...);

/* Any thread. */
static inline void pvg_count(struct pvg_counter *counter, uint64_t by)
{
    atomic_fetch_add_explicit(&counter->value, by, memory_order_relaxed);
}

static inline uint64_t pvg_counter_value(const struct pvg_counter *counter)
{
    return atomic_load_explicit(&((struct pvg_counter *)counter)->value, memory_order_relaxed);
}

#endif
