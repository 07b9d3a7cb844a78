/* SPDX-License-Identifier: MIT */
/* Keeps the stack of open constructs, and reads predicates. */
#include "gpu/control_flow.h"

#include "base/range.h"
#include "gpu/run.h"
#include "gpu/table.h"
#include "memory/memory.h"
#include "wire/metal.h"

/* A loop may run for ever; each iteration waits for the GPU, for which there is a limit of time
 * too: pvg_gpu_run_read. */
#define MOST_ITERATIONS 65536

bool pvg_control_flow_runs(const struct pvg_control_flow *flow)
{
    return !flow->too_deep && (!flow->depth || flow->stack[flow->depth - 1].runs);
}

static bool compare(uint32_t how, uint32_t value, uint32_t reference)
{
    switch ((enum pvg_wire_compare)how) {
    case PVG_WIRE_COMPARE_NEVER:
        return false;
    case PVG_WIRE_COMPARE_LESS:
        return value < reference;
    case PVG_WIRE_COMPARE_EQUAL:
        return value == reference;
    case PVG_WIRE_COMPARE_LESS_EQUAL:
        return value <= reference;
    case PVG_WIRE_COMPARE_GREATER:
        return value > reference;
    case PVG_WIRE_COMPARE_NOT_EQUAL:
        return value != reference;
    case PVG_WIRE_COMPARE_GREATER_EQUAL:
        return value >= reference;
    case PVG_WIRE_COMPARE_ALWAYS:
        break;
    }
    return true;
}

/* @holds is false when refused. */
static enum pvg_refusal evaluate(struct pvg_control_flow *flow, struct pvg_gpu_run *run,
                                 const struct pvg_wire_control_flow_record *p, bool *holds)
{
    uint32_t value;
    enum pvg_refusal why;

    *holds = false;
    if (p->compare > PVG_WIRE_COMPARE_ALWAYS) {
        return PVG_REFUSED_VALUE;
    }
    flow->renewed = true;
    why = pvg_gpu_run_read(run, p->buffer, p->offset, &value, sizeof(value));
    if (why == PVG_ACCEPTED) {
        *holds = compare(p->compare, value, p->reference);
    }
    return why;
}

static enum pvg_refusal start(struct pvg_control_flow *flow, struct pvg_gpu_run *run,
                              const struct pvg_wire_control_flow_record *rec)
{
    const bool outside = pvg_control_flow_runs(flow);
    struct pvg_construct *construct = &flow->stack[flow->depth];
    enum pvg_refusal why = PVG_ACCEPTED;

    if (flow->depth == PVG_CONTROL_FLOW_DEPTH) {
        flow->too_deep++;
        return PVG_REFUSED_LIMIT;
    }
    *construct = (struct pvg_construct){
        .start = rec->construct,
        .predicate = *rec,
        .body = *run->records,
        .runs = outside,
    };
    flow->depth++;
    if (outside && rec->construct != PVG_WIRE_CONTROL_FLOW_START_DO) {
        why = evaluate(flow, run, rec, &construct->runs);
        construct->taken = construct->runs || why != PVG_ACCEPTED; /* nor the else, then */
    }
    return why;
}

/* The end of a loop: once more, if the predicate holds. */
static enum pvg_refusal again(struct pvg_control_flow *flow, struct pvg_gpu_run *run,
                              const struct pvg_wire_control_flow_record *predicate)
{
    const struct pvg_construct *construct = &flow->stack[flow->depth - 1];
    enum pvg_refusal why;
    bool holds;

    if (construct->body.at + construct->body.left != run->records->at + run->records->left) {
        return PVG_REFUSED_STATE; /* begun in another segment */
    }
    why = evaluate(flow, run, predicate, &holds);
    if (!holds) {
        return why;
    }
    if (++flow->iterations > MOST_ITERATIONS) {
        return PVG_REFUSED_LIMIT;
    }
    *run->records = construct->body;
    return PVG_ACCEPTED;
}

static enum pvg_refusal end(struct pvg_control_flow *flow, struct pvg_gpu_run *run,
                            enum pvg_wire_control_flow begins,
                            const struct pvg_wire_control_flow_record *rec)
{
    struct pvg_construct *construct = flow->depth ? &flow->stack[flow->depth - 1] : NULL;
    const uint8_t *here = run->records->at;
    enum pvg_refusal why = PVG_ACCEPTED;

    if (flow->too_deep) {
        flow->too_deep--;
        return PVG_ACCEPTED; /* the start was refused */
    }
    if (!construct || construct->start != begins) {
        return PVG_REFUSED_STATE;
    }
    if (construct->runs && begins != PVG_WIRE_CONTROL_FLOW_START_IF) {
        why = again(flow, run,
                    begins == PVG_WIRE_CONTROL_FLOW_START_DO ? rec : &construct->predicate);
    }
    if (run->records->at == here) {
        flow->depth--;
    }
    return why;
}

static enum pvg_refusal otherwise(struct pvg_control_flow *flow)
{
    struct pvg_construct *construct = flow->depth ? &flow->stack[flow->depth - 1] : NULL;
    bool outside = flow->depth < 2 || flow->stack[flow->depth - 2].runs;

    if (flow->too_deep) {
        return PVG_ACCEPTED;
    }
    if (!construct || construct->start != PVG_WIRE_CONTROL_FLOW_START_IF || construct->otherwise) {
        return PVG_REFUSED_STATE;
    }
    construct->otherwise = true;
    construct->runs = outside && !construct->taken;
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_control_flow_record(struct pvg_control_flow *flow, struct pvg_gpu_run *run,
                                         const struct pvg_wire_control_flow_record *rec)
{
    switch ((enum pvg_wire_control_flow)rec->construct) {
    case PVG_WIRE_CONTROL_FLOW_START_DO:
    case PVG_WIRE_CONTROL_FLOW_START_WHILE:
    case PVG_WIRE_CONTROL_FLOW_START_IF:
        return start(flow, run, rec);
    case PVG_WIRE_CONTROL_FLOW_END_DO:
        return end(flow, run, PVG_WIRE_CONTROL_FLOW_START_DO, rec);
    case PVG_WIRE_CONTROL_FLOW_END_WHILE:
        return end(flow, run, PVG_WIRE_CONTROL_FLOW_START_WHILE, rec);
    case PVG_WIRE_CONTROL_FLOW_END_IF:
        return end(flow, run, PVG_WIRE_CONTROL_FLOW_START_IF, rec);
    case PVG_WIRE_CONTROL_FLOW_START_ELSE:
        break;
    }
    return otherwise(flow);
}
