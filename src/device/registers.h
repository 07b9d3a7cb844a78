/* SPDX-License-Identifier: MIT */
/* The gfx register window: state that vCPUs read and write without waiting.
 *
 * Every register is an atomic. Doorbells only mark work for the engine. The one thing that takes a
 * lock is switching the root FIFO on and off, which happens when the guest's driver starts and
 * stops. Spec: 10-device 3, 4, 5; errata rows on CONTROL_FIFO, version, FB_START. */
#ifndef PVG_DEVICE_REGISTERS_H
#define PVG_DEVICE_REGISTERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <pvg/pvg.h>

#include "base/attributes.h"
#include "base/refusal.h"

struct pvg_device;

/* What the guest set up for the root FIFO, latched when it is switched on. */
struct pvg_fifo_setup {
    uint64_t session; /* of guest memory: see memory/ram.h */
    bool enabled;
    uint32_t base_page; /* page number */
    uint32_t start;     /* bytes from the base to the ring */
    uint32_t length;    /* bytes from the base to the ring's end */
};

struct pvg_registers {
    /* vCPU writes, engine reads, unless a comment says otherwise. */
    _Atomic uint32_t control_fifo, fifo_length, fifo_written, fifo_start, root_page, base_page;
    _Atomic uint32_t fifo_read;                 /* engine and completion write */
    _Atomic uint32_t status_display, status_gpu; /* anyone sets bits, vCPU takes them */
    _Atomic uint32_t version;
    _Atomic uint32_t efi_display, efi_mode, fb_length, fb_depth, fb_mode, fb_stride;
    _Atomic uint64_t fb_start;

    pthread_mutex_t fifo_lock;   /* orders switching on and off; never held while waiting */
    struct pvg_fifo_setup setup; /* fifo_lock */
};

void pvg_registers_init(struct pvg_registers *registers);
void pvg_registers_finish(struct pvg_registers *registers);

/* Reset values. Control thread, engine parked. */
void pvg_registers_reset(struct pvg_device *device);

/* vCPU threads. */
uint64_t pvg_registers_read(struct pvg_device *device, uint64_t offset, unsigned size);
void pvg_registers_write(struct pvg_device *device, uint64_t offset, uint64_t value, unsigned size);

/* The newest set-up. Engine thread. */
struct pvg_fifo_setup pvg_registers_fifo(struct pvg_registers *registers);

/* Raises the line again if its cause is still unread: after a restore, or when the guest enables the
 * MSI. Control or vCPU thread. */
void pvg_registers_retell(struct pvg_device *device);

/* The root FIFO's consumer, unless the session has ended (STALE). Engine and completion threads. */
PVG_NODISCARD enum pvg_refusal pvg_registers_publish_head(struct pvg_device *device,
                                                          uint64_t session, uint32_t value);

/* Sets bits of an interrupt status register, then raises the line. Any thread, no lock held. */
void pvg_registers_event_gpu(struct pvg_device *device, uint32_t bits);
void pvg_registers_event_display(struct pvg_device *device, uint32_t bits);

/* Control thread, engine parked. Restoring follows a reset. */
struct pvg_saver;
struct pvg_cursor;
void pvg_registers_save(struct pvg_device *device, struct pvg_saver *saver);
PVG_NODISCARD enum pvg_refusal pvg_registers_restore(struct pvg_device *device,
                                                     struct pvg_cursor *from);

#endif
