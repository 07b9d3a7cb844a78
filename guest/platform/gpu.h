/* SPDX-License-Identifier: MIT
 * The GPU as its own driver uses it: the guest kit on Linux. Registers come from the machine's
 * windows or a PCI function's BAR, memory from huge pages, and waiting is polling. */
#ifndef GUEST_GPU_H
#define GUEST_GPU_H

#include "dma.h"
#include "report.h"
#include "window.h"

#include "kit/kit.h"
#include "kit/pool.h"

struct gpu {
    struct kit kit;
    struct window windows[2]; /* by enum kit_window */
    struct dma memory;
    struct kit_pool pool;
    double deadline; /* until then the kit waits */
    bool impatient;  /* by looking again at once, for those who measure */
};

/* Finds the device and makes @gpu's kit ready for kit_start, with @memory bytes for it: at most
 * DMA_MAX. What is missing goes to the report. There is one GPU: one user at a time. */
bool gpu_open(struct gpu *gpu, size_t memory, struct report *report);

/* Stops the device, and gives back what gpu_open took, for the next user. The display goes on
 * showing what it shows. */
void gpu_close(struct gpu *gpu);

/* From now on the kit waits for a minute in all before it gives up. */
void gpu_be_patient(struct gpu *gpu);

#endif
