/* SPDX-License-Identifier: MIT */
/* The one place that acts on a refusal: it counts, fires the probe, and logs the first of each
 * reason. Spec: 10-device 16.6 (errors are silent to the guest). */
#ifndef PVG_BASE_REFUSALS_H
#define PVG_BASE_REFUSALS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/counters.h"
#include "base/log.h"
#include "base/refusal.h"

/* Where it happened; what does not apply is 0. */
struct pvg_refusal_site {
    const char *what; /* "ExecIndirect2", "cursor glyph" */
    unsigned channel;
    uint32_t stamp;
    uint64_t detail; /* the number that was refused: a task, an address, an opcode */
};

struct pvg_refusals {
    const struct pvg_log *log;
    struct pvg_counter *count[PVG_REFUSAL_COUNT];
    atomic_bool logged[PVG_REFUSAL_COUNT];
};

/* Adds a counter "refused.NAME" for each reason. */
void pvg_refusals_init(struct pvg_refusals *refusals, const struct pvg_log *log,
                       struct pvg_counters *counters);

/* Any thread. Nothing happens for PVG_ACCEPTED. */
void pvg_refusals_note(struct pvg_refusals *refusals, enum pvg_refusal why,
                       const struct pvg_refusal_site *site);

#endif
