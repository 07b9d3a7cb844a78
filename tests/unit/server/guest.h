/* SPDX-License-Identifier: MIT */
/* A guest of a vfio-user server: the guest kit, with its registers behind the client's socket and its
 * memory in a descriptor that the server maps. */
#ifndef PVG_TESTS_UNIT_SERVER_GUEST_H
#define PVG_TESTS_UNIT_SERVER_GUEST_H

#include "client.h"
#include "kit/kit.h"

#define GUEST_AT   0x100000
#define GUEST_SIZE (64u << 20)

struct guest {
    struct kit kit;
    struct client *client;
    int memory_fd;
    uint8_t *memory;
    uint64_t next_page;
    uint64_t waits; /* pauses of the wait that is going on */
};

/* Maps its memory for the server and brings the device up. @client is borrowed. */
struct guest *guest_create(struct client *client);
void guest_destroy(struct guest *guest);

#endif
