/* SPDX-License-Identifier: MIT */
/* A vfio-user client for tests: speaks to the real server over a socket pair, as QEMU would. */
#ifndef PVG_TESTS_UNIT_SERVER_CLIENT_H
#define PVG_TESTS_UNIT_SERVER_CLIENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "function.h"
#include "protocol.h"

struct client {
    struct function *function;
    GThread *server;
    int socket;
    uint16_t next_id;
    bool ended_in_order;    /* valid after client_hang_up */
    struct pvg_error error; /* likewise */
};

struct client_reply {
    struct vfio_user_header header;
    uint8_t payload[4096];
    size_t size; /* of the payload */
};

/* A function with one display, the null executor and a ROM of 3000 bytes 0x5a, served on a thread
 * of its own. */
struct client *client_create(void);

/* The same with a ROM of @size bytes, 32768 at most. */
struct client *client_create_with_rom(size_t size);

/* The same with a GPU worker, started by @start_worker. */
struct client *client_create_with_worker(bool (*start_worker)(void *starter, int *socket,
                                                              int *process,
                                                              struct pvg_error *error));
void client_destroy(struct client *client);

/* A second client of the same function, once the first has hung up. */
void client_attach_again(struct client *client);

/* Closes the socket and waits for the server to notice. */
void client_hang_up(struct client *client);

/* Raw bytes, with descriptors. */
void client_send_raw(struct client *client, const void *bytes, size_t size, const int *fds,
                     size_t fd_count);

/* A request and its reply. */
struct client_reply client_call(struct client *client, uint16_t command, const void *payload,
                                size_t size, const int *fds, size_t fd_count);

/* A request that wants no reply. */
void client_post(struct client *client, uint16_t command, const void *payload, size_t size);

/* Whether the server closes the connection, within two seconds. */
bool client_is_dropped(struct client *client);

/* The VERSION exchange, as QEMU opens it. */
void client_negotiate(struct client *client);

/* Accesses to BAR 0, which must succeed. */
uint32_t client_read32(struct client *client, uint64_t offset);
void client_write32(struct client *client, uint64_t offset, uint32_t value);

/* DMA_MAP of @size bytes of @fd at guest address @address; the error number, or 0. */
uint32_t client_map(struct client *client, uint64_t address, uint64_t size, uint64_t offset,
                    uint32_t flags, int fd);

/* Open descriptors of this process. */
unsigned client_count_fds(void);

#endif
