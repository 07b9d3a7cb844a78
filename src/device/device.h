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
#include "device/channel.h"
#include "device/display.h"
#include "device/engine.h"
#include "device/firmware.h"
#include "device/interrupt.h"
#include "device/iosfc.h"
#include "device/registers.h"
#include "device/stamps.h"
#include "gpu/executor.h"
#include "memory/memory.h"
#include "trace/recorder.h"

#define PVG_MAX_CHANNELS 32 /* channel 0 is the root FIFO */

/* Work bits of the engine. */
#define PVG_WORK_CHANNEL(id) (1ull << (id))
#define PVG_WORK_CURSOR(n)   (1ull << (32 + (n)))
#define PVG_WORK_FIFO        (1ull << 40) /* the root FIFO was switched */
#define PVG_WORK_IOSFC       (1ull << 41) /* the iosfc producer moved */
#define PVG_WORK_EXECUTOR    (1ull << 43) /* the executor can go on with what it parked */
#define PVG_WORK_AGAIN       (1ull << 42) /* held packets may go on, displays have something to say */

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
        struct pvg_counter *packets;          /* retired */
        struct pvg_counter *ignored;          /* known, and nothing to do */
        struct pvg_counter *ignored_deletes;  /* of kinds that end elsewhere */
        struct pvg_counter *impossible_waits; /* counted as satisfied */
        struct pvg_counter *long_waits;
        struct pvg_counter *channels_stopped;
        struct pvg_counter *found_by_tick; /* packets that no doorbell told */
        struct pvg_counter *sessions;
        struct pvg_counter *bad_doorbells, *bad_accesses;
    } counts;

    struct pvg_memory memory;
    struct pvg_registers registers;
    struct pvg_interrupt_line gfx_line, iosfc_line;
    struct pvg_firmware firmware;
    struct pvg_display displays[PVG_MAX_DISPLAYS];
    struct pvg_iosfc iosfc;
    struct pvg_channel channels[PVG_MAX_CHANNELS];
    struct pvg_stamps stamps;
    struct pvg_executor *executor;
    struct pvg_engine engine;
    struct pvg_recorder *recorder; /* constant after create; NULL: the session is not recorded */

    /* Guards what completion threads share with the engine: queues and publication. Inside it, only
     * the RAM lock is taken. */
    pthread_mutex_t retire_lock;
    _Atomic uintptr_t stepping; /* the thread that is in a step, 0 if none */

    /* Engine. */
    uint64_t session;        /* of guest memory that the channels belong to */
    GPtrArray *held;         /* restored, and not fetched again yet: held.c; NULL: there are none */
    uint32_t status_to_raise; /* bits of status_gpu, told at the end of a round */
    bool try_held;           /* packets held for a time are tried at once in this step */
    bool stamps_moved;       /* waits may be satisfied now */
    uint32_t last_key_table; /* of the last GetDeviceInfo */
    int64_t firmware_due, scan_due;

    /* Control thread. */
    bool started;
};

/* Whether the caller runs inside the engine's step. Any thread. */
bool pvg_device_on_engine(struct pvg_device *device);

/* What all of the guest's drivers built is gone; registers stay. Engine thread, or control thread
 * with the engine parked. */
void pvg_device_forget_session(struct pvg_device *device);

/* For tests, benchmarks and replay: a device whose engine is stepped by hand on a clock of theirs. */
struct pvg_device_bench {
    bool stepped;
    int64_t (*clock)(void *owner); /* microseconds; NULL: the monotonic clock */
    void *owner;
    struct pvg_executor *(*executor)(const struct pvg_executor_setup *setup); /* NULL: by options */
    struct pvg_tape *tape; /* of a player; NULL: by options */
};

struct pvg_device *pvg_device_create_for_bench(const struct pvg_device_options *options,
                                               const struct pvg_device_bench *bench,
                                               struct pvg_error *error);

#endif
