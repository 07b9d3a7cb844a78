/* SPDX-License-Identifier: MIT */
/* Something that was asked for and will be done: its asker waits without blocking. */
#ifndef PVG_GPU_WORK_H
#define PVG_GPU_WORK_H

#include "base/refusal.h"

/* Embedded in what was asked for. The asker sets @completed; it may free the work. */
struct pvg_work {
    void (*completed)(struct pvg_work *work, enum pvg_refusal why);
};

/* Exactly once, from any thread, with no lock held that an operation of the executor takes. @why
 * tells what was refused of it; the guest sees it as done in any case. NULL is allowed. */
static inline void pvg_work_complete(struct pvg_work *work, enum pvg_refusal why)
{
    if (work) {
        work->completed(work, why);
    }
}

#endif
