/* SPDX-License-Identifier: MIT */
/* A packet that was fetched: a private copy of its bytes and how far it has come.
 *
 * Spec: 10-device 7. */
#ifndef PVG_DEVICE_PACKET_H
#define PVG_DEVICE_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "gpu/executor.h"

struct pvg_channel;
struct pvg_device;

struct pvg_packet {
    struct pvg_work work; /* completing it retires the packet */

    /* Constant since it was fetched. */
    struct pvg_device *device;
    unsigned channel_id;
    uint16_t opcode;
    uint16_t wait_count;
    uint32_t stamp;
    uint32_t size; /* bytes in the ring */
    uint32_t position; /* where it begins there: running bytes */
    int64_t fetched_at;
    bool alone; /* nothing of its channel may run beside it */

    /* device->retire_lock. */
    struct pvg_channel *channel; /* NULL: nobody hears of it any more */
    struct pvg_packet *later;    /* in the queue */
    bool done;

    /* Engine, until it is handed over. */
    enum pvg_refusal early;  /* found when it was fetched: then it does nothing */
    int64_t held_until;      /* when to try again */
    int64_t held_since;      /* of the first attempt */
    struct pvg_submission *submission; /* of ExecIndirect; the executor's while it runs */
    union {
        struct pvg_compute_query compute;
        struct pvg_present present;
    } request;               /* what else an executor was asked */
    enum pvg_refusal incomplete; /* what of the submission could not be had when it was fetched */
    struct pvg_gva reply;        /* of the compute query */
    uint32_t limit, key_table_length;
    unsigned port; /* of the present */
    uint8_t bytes[];         /* header, waits, payload */
};

/* One attempt to run a packet. */
struct pvg_execution {
    struct pvg_device *device;
    struct pvg_packet *packet;
    int64_t now;
    bool handed_over; /* somebody else completes packet->work, or has done so: hands off */
    int64_t hold;     /* 0, or when to try again: nothing was done yet */
};

/* Room for @size bytes, to be filled in; NULL when there is no memory. */
struct pvg_packet *pvg_packet_create(struct pvg_device *device,
                                     const struct pvg_wire_packet_header *header, uint32_t size);
void pvg_packet_destroy(struct pvg_packet *packet);

/* Bytes of memory that it holds. */
uint64_t pvg_packet_weight(const struct pvg_packet *packet);

/* "exec_indirect", "0x7f" */
const char *pvg_packet_name(uint16_t opcode);

/* What follows header and waits. */
struct pvg_cursor pvg_packet_payload(const struct pvg_packet *packet);

/* What is done when the packet is fetched, before its waits are looked at. Engine thread. */
void pvg_packet_prepare(struct pvg_packet *packet);

/* Runs it. Engine thread. */
enum pvg_refusal pvg_packet_run(struct pvg_execution *execution);

#endif
