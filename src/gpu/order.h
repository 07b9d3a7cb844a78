/* SPDX-License-Identifier: MIT */
/* Barriers between the records of one blit encoder: only where a record touches what an earlier one
 * wrote, or writes what an earlier one read. */
#ifndef PVG_GPU_ORDER_H
#define PVG_GPU_ORDER_H

#include "gpu/run.h"

#define PVG_ORDER_MOST 64

struct pvg_order {
    struct pvg_gpu_run *run;
    const void *touched[PVG_ORDER_MOST]; /* since the last barrier; images and buffers */
    bool written[PVG_ORDER_MOST];
    unsigned count, settled; /* those from @settled on belong to the record being looked at */
    bool needed;
};

void pvg_order_init(struct pvg_order *order, struct pvg_gpu_run *run);

/* What the next record does. */
void pvg_order_reads(struct pvg_order *order, const void *what);
void pvg_order_writes(struct pvg_order *order, const void *what);

/* Records a barrier if the record must wait for earlier ones; then the record may be recorded. */
void pvg_order_settle(struct pvg_order *order);

/* The next record waits for everything. */
void pvg_order_break(struct pvg_order *order);

#endif
