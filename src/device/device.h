/* SPDX-License-Identifier: MIT */
/* The whole device: its parts, and the engine's round.
 *
 * Each part lives in its own file; this one only puts them together. */
#ifndef PVG_DEVICE_DEVICE_H
#define PVG_DEVICE_DEVICE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <pvg/pvg.h>

#include "base/counters.h"
#include "base/log.h"
#include "base/refusals.h"
#include "device/display.h"
#include "device/engine.h"
#include "device/firmware.h"
#include "device/interrupt.h"
#include "device/registers.h"
#include "memory/memory.h"

#define PVG_MAX_CHANNELS 32 /* channel 0 is the root FIFO */

/* Work bits of the engine. */
#define PVG_WORK_CHANNEL(id) (1ull << (id))
#define PVG_WORK_CURSOR(n)   (1ull << (32 + (n)))
#define PVG_WORK_FIFO        (1ull << 40) /* the root FIFO was switched */

struct pvg_device {
    /* Constant after create. */
    enum pvg_variant variant;
    const struct pvg_host_ops *ops;
    void *host;
    struct pvg_log log;
    struct pvg_counters counters;
    struct pvg_refusals refusals;
    unsigned display_count;
    int display_eventfd;
    struct {
        struct pvg_counter *bad_doorbells, *bad_accesses;
    } counts;

    struct pvg_memory memory;
    struct pvg_registers registers;
    struct pvg_interrupt_line gfx_line, iosfc_line;
    struct pvg_firmware firmware;
    struct pvg_display displays[PVG_MAX_DISPLAYS];
    struct pvg_engine engine;

    int64_t firmware_due; /* engine */

    /* Control thread. */
    bool started;
};

/* For tests and benchmarks: a device whose engine is stepped by hand on a clock of theirs. */
struct pvg_device_bench {
    bool stepped;
    int64_t (*clock)(void *owner); /* microseconds; NULL: the monotonic clock */
    void *owner;
};

struct pvg_device *pvg_device_create_for_bench(const struct pvg_device_options *options,
                                               const struct pvg_device_bench *bench,
                                               struct pvg_error *error);

#endif
