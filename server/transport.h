/* SPDX-License-Identifier: MIT */
/* Whole vfio-user messages, with their descriptors, over a stream socket. Spec: 90-vfio-user 2, 3.
 *
 * One thread at a time. The transport owns the socket. */
#ifndef SERVER_TRANSPORT_H
#define SERVER_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <pvg/error.h>

#include "protocol.h"

struct vfio_user_transport {
    int socket; /* -1 once closed */
    uint8_t *payload; /* VFIO_USER_MAX_PAYLOAD bytes, reused by each message */
};

/* One request. Valid until the next receive; descriptors that a handler did not take are closed by
 * vfio_user_message_finish. */
struct vfio_user_message {
    struct vfio_user_header header;
    const uint8_t *payload;
    size_t payload_size;
    int fds[VFIO_USER_MAX_FDS]; /* -1 when taken */
    size_t fd_count;
};

enum vfio_user_received {
    VFIO_USER_RECEIVED,
    VFIO_USER_CLOSED, /* the peer is gone, in order */
    VFIO_USER_BROKEN, /* the stream makes no sense any more; the error says why */
};

/* Takes @socket, failure included. */
void vfio_user_transport_init(struct vfio_user_transport *transport, int socket);
void vfio_user_transport_finish(struct vfio_user_transport *transport);

/* Blocks until a whole message is there. */
enum vfio_user_received vfio_user_receive(struct vfio_user_transport *transport,
                                          struct vfio_user_message *message,
                                          struct pvg_error *error);

/* Moves descriptor @index out of the message; the caller owns it then. */
int vfio_user_message_take_fd(struct vfio_user_message *message, size_t index);

void vfio_user_message_finish(struct vfio_user_message *message);

/* Answers @request with @size bytes of @payload; false when the peer is gone or does not read for
 * two seconds, and the connection is to be dropped. */
bool vfio_user_reply(struct vfio_user_transport *transport, const struct vfio_user_header *request,
                     const void *payload, size_t size);

/* Answers @request with a positive errno. */
bool vfio_user_reply_error(struct vfio_user_transport *transport,
                           const struct vfio_user_header *request, int error_number);

#endif
