/* SPDX-License-Identifier: MIT */
/* The iosfc window: where an arm64 guest announces its IOSurfaces.
 *
 * vCPUs write registers and ring the doorbell; the engine serves the request ring, never behind GPU
 * work. The directory that descriptors are found in belongs to memory/surface.h.
 * Spec: 21-surfaces-arm64 2 to 4, 9. */
#ifndef PVG_DEVICE_IOSFC_H
#define PVG_DEVICE_IOSFC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/counters.h"
#include "base/attributes.h"
#include "base/section.h"

struct pvg_device;

struct pvg_iosfc {
    /* vCPU writes, engine reads. */
    _Atomic uint64_t ring_base, ring_size, producer, enable, directory2;
    _Atomic uint32_t resets; /* times that ring_base was written */
    _Atomic uint32_t consumer; /* engine writes, vCPU reads */

    /* Engine. */
    uint32_t resets_seen;
    bool owed;       /* restored with its line high: raise it once more */
    int64_t drop_at; /* when a line that nobody answered goes low */
    struct {
        struct pvg_counter *requests, *tests, *unknown, *unread;
    } counts;
};

void pvg_iosfc_init(struct pvg_device *device);
/* Control thread, engine parked. */
void pvg_iosfc_reset(struct pvg_device *device);

/* vCPU threads. */
uint64_t pvg_iosfc_read(struct pvg_device *device, uint64_t offset, unsigned size);
void pvg_iosfc_write(struct pvg_device *device, uint64_t offset, uint64_t value, unsigned size);

/* Serves what is in the ring. Engine thread. */
void pvg_iosfc_service(struct pvg_device *device, int64_t now);
/* Returns when to be called again. Engine thread. */
int64_t pvg_iosfc_tick(struct pvg_device *device, int64_t now);

/* Control thread, engine parked. Restoring follows a reset. */
void pvg_iosfc_save(struct pvg_device *device, struct pvg_saver *saver);
PVG_NODISCARD enum pvg_refusal pvg_iosfc_restore(struct pvg_device *device,
                                                 struct pvg_cursor *from);

#endif
