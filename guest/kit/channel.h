/* SPDX-License-Identifier: MIT */
/* Channels: rings of packets, and the stamps that say how far the device is. Spec: 10-device 6-8.
 */
#ifndef KIT_CHANNEL_H
#define KIT_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/writer.h"

struct kit;

#define KIT_CHANNELS   32
#define KIT_RING_PAGES 16

/* When a child channel's doorbell is rung. */
enum kit_doorbell {
    KIT_RING_WHEN_EMPTY, /* as the x86 driver does: only if the device had read all there was */
    KIT_RING_ALWAYS,
};

struct kit_channel {
    bool live;
    uint64_t record;                /* gpa of a child's record */
    uint64_t list;                  /* gpa of a child's page list */
    uint64_t pages[KIT_RING_PAGES]; /* gpas of a child's ring */
    uint64_t ring;                  /* gpa of the root's, in one piece */
    uint32_t size;                  /* bytes */
    uint32_t tail;                  /* running bytes */
    uint32_t stamp;                 /* of the newest packet */
};

/* A point that a channel is to reach before a packet runs. */
struct kit_point {
    unsigned channel;
    uint32_t stamp;
};

void kit_channel_open_root(struct kit *kit, uint64_t ring, uint32_t size);

/* Makes a ring of @pages pages and announces it. */
void kit_channel_define(struct kit *kit, unsigned id, unsigned pages);
void kit_channel_free(struct kit *kit, unsigned id);

/* Begins a packet. Points to wait for come next, then the payload, by a generated encoder into the
 * returned writer, then kit_send. */
struct pvg_writer *kit_packet(struct kit *kit, uint16_t opcode);
void kit_packet_after(struct kit *kit, struct kit_point point);

/* Publishes the packet on @channel, waiting for room; returns its stamp. */
uint32_t kit_send(struct kit *kit, unsigned channel);

/* Publishes it without ringing, for tests of what the device does then. */
uint32_t kit_send_quietly(struct kit *kit, unsigned channel);
void kit_ring(struct kit *kit, unsigned channel);

/* Whether @channel has reached @stamp. */
bool kit_done(struct kit *kit, unsigned channel, uint32_t stamp);

/* Waits until it has; false, and a failure, when the platform gives up. */
bool kit_wait(struct kit *kit, unsigned channel, uint32_t stamp);

#endif
