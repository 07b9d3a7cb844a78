/* SPDX-License-Identifier: MIT */
/* A channel: a ring of packets in guest memory, fetched ahead, run in order, retired in order.
 *
 * Two counters. `fetched` is how far the ring has been read; `retired` is how far the guest may
 * reuse it, and is published. Between the two lie the packets in the queue: waiting for stamps of
 * other channels, or running. A held packet holds back the later ones of its own channel only.
 *
 * The guest rings only when it saw the ring empty, that is retired equal to its old tail; so after
 * every publication the tail is read again. Spec: 10-device 6, 7, 8; errata row "lost doorbell". */
#ifndef PVG_DEVICE_CHANNEL_H
#define PVG_DEVICE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "device/packet.h"
#include "base/section.h"
#include "memory/memory.h"

struct pvg_device;

struct pvg_channel {
    /* Constant. */
    struct pvg_device *device;
    unsigned id; /* 0: the root FIFO */

    /* Engine. */
    bool live;
    bool stopped;     /* out of step with the guest: until it is defined anew */
    bool told_long;   /* its long wait was logged */
    uint32_t fetched;   /* running bytes */
    uint32_t tail_seen; /* the guest's producer when it was last read */
    struct pvg_gpa record;    /* of a child */
    struct pvg_pfn list_page; /* of a child: the page list that `pages` was copied from */
    struct pvg_gpa *pages;    /* of a child's ring; owned; NULL: not read yet */
    struct pvg_gpa base;      /* of the root ring */
    uint32_t ring_size;       /* bytes */

    /* device->retire_lock. */
    uint64_t session;
    uint32_t retired; /* running bytes */
    uint32_t slot;    /* in the stamp table */
    struct pvg_packet *head, *tail; /* the queue */
    struct pvg_packet *next;        /* first packet that was not started */
    _Atomic unsigned queued; /* changes under the lock; the scan for lost doorbells reads without */
    uint64_t queued_bytes;
    unsigned running;          /* started, not done */
    unsigned running_alone;    /* of those, the ones that nothing may run beside */
};

/* ---- Engine thread. ---- */

/* The root FIFO is switched on with @setup's geometry; refuses LIMIT when that makes no ring. */
struct pvg_fifo_setup;
PVG_NODISCARD enum pvg_refusal pvg_channel_open_root(struct pvg_device *device,
                                                     const struct pvg_fifo_setup *setup);
/* DefineChildFIFO. Refuses RANGE (id), NOT_RAM (its record). */
PVG_NODISCARD enum pvg_refusal pvg_channel_define(struct pvg_device *device, uint32_t id);
/* FreeChildFIFO, or the end of a session: what runs is let run, and nobody hears of it. */
void pvg_channel_close(struct pvg_channel *channel);

/* Fetches, starts and retires what can be. Returns whether anything moved. */
bool pvg_channel_service(struct pvg_channel *channel, int64_t now);

/* Whether the guest published packets that were not fetched. */
bool pvg_channel_has_news(struct pvg_channel *channel);

/* ---- Control thread, engine parked, nothing running. Packets that were fetched and not started lie
 * in the ring still: they are fetched again. ---- */

void pvg_channels_save(struct pvg_device *device, struct pvg_saver *saver);
/* Into a device whose session is new. */
PVG_NODISCARD enum pvg_refusal pvg_channels_restore(struct pvg_device *device,
                                                    struct pvg_cursor *from);

#endif
