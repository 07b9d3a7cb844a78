/* SPDX-License-Identifier: MIT */
/* Loops and branches of a compute encoder on values that the GPU wrote. The host waits for the
 * value and decides: nothing in Vulkan 1.3 could. No guest is told that they exist. Spec:
 * 50-compute-blit 3.10. */
#ifndef PVG_GPU_CONTROL_FLOW_H
#define PVG_GPU_CONTROL_FLOW_H

#include "base/attributes.h"
#include "base/cursor.h"
#include "wire/compute.h"

/* What device-info key 36 would say. */
#define PVG_CONTROL_FLOW_DEPTH 16

struct pvg_construct {
    enum pvg_wire_control_flow start; /* START_DO, START_WHILE, START_IF */
    struct pvg_wire_control_flow_record predicate;
    struct pvg_cursor body; /* what follows the start */
    bool runs;              /* the records being read are executed */
    bool taken;             /* an if's body ran: its else does not */
    bool otherwise;         /* behind the else */
};

struct pvg_control_flow {
    struct pvg_construct stack[PVG_CONTROL_FLOW_DEPTH];
    unsigned depth, too_deep; /* @too_deep: constructs inside the deepest, which are skipped */
    uint64_t iterations;
    bool renewed; /* set by a record: the run has another batch */
};

struct pvg_gpu_run;

/* Whether the records being read are executed. */
bool pvg_control_flow_runs(const struct pvg_control_flow *flow);

/* A record, executed or not. Refuses STATE (no construct fits), LIMIT (too deep; too many
 * iterations), and what the predicate's buffer is refused: its construct is skipped then. */
PVG_NODISCARD enum pvg_refusal
pvg_control_flow_record(struct pvg_control_flow *flow, struct pvg_gpu_run *run,
                        const struct pvg_wire_control_flow_record *rec);

#endif
