/* SPDX-License-Identifier: MIT */
/* Whole vfio-user messages, with their descriptors, over a stream socket. */
#include "transport.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

/* QEMU forgets a request after five seconds and then loses the stream; a client that does not read
 * for this long is no client. */
#define SEND_TIMEOUT_SECONDS 2

void vfio_user_transport_init(struct vfio_user_transport *transport, int socket)
{
    static const struct timeval send_timeout = {.tv_sec = SEND_TIMEOUT_SECONDS};

    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &send_timeout, sizeof(send_timeout));
    transport->socket = socket;
    transport->payload = g_malloc(VFIO_USER_MAX_PAYLOAD);
}

void vfio_user_transport_finish(struct vfio_user_transport *transport)
{
    if (transport->socket >= 0) {
        close(transport->socket);
    }
    transport->socket = -1;
    g_clear_pointer(&transport->payload, g_free);
}

/* Appends the descriptors of @msg to @message; those beyond its room are closed, and false. */
static bool collect_fds(struct msghdr *msg, struct vfio_user_message *message)
{
    bool all_taken = !(msg->msg_flags & MSG_CTRUNC);

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
            if (message->fd_count < VFIO_USER_MAX_FDS) {
                message->fds[message->fd_count++] = fd;
            } else {
                close(fd);
                all_taken = false;
            }
        }
    }
    return all_taken;
}

/* Reads exactly @size bytes, never one of the following message: its descriptors would come with
 * it. CLOSED only before the first byte. */
static enum vfio_user_received receive_exactly(struct vfio_user_transport *transport, void *bytes,
                                               size_t size, struct vfio_user_message *message,
                                               struct pvg_error *error)
{
    size_t done = 0;

    while (done < size) {
        union {
            char bytes[CMSG_SPACE(VFIO_USER_MAX_FDS * sizeof(int))];
            struct cmsghdr align;
        } control;
        struct iovec part = {.iov_base = (uint8_t *)bytes + done, .iov_len = size - done};
        struct msghdr msg = {
            .msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof(control),
        };
        ssize_t got = recvmsg(transport->socket, &msg, MSG_CMSG_CLOEXEC);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno != ECONNRESET) {
            pvg_error_set_errno(error, "cannot receive from the VFIO-user client");
            return VFIO_USER_BROKEN;
        }
        if (got <= 0) {
            if (done == 0) {
                return VFIO_USER_CLOSED;
            }
            pvg_error_set(error, "the VFIO-user client left in the middle of a message");
            return VFIO_USER_BROKEN;
        }
        done += got;
        if (!collect_fds(&msg, message)) {
            pvg_error_set(error, "the VFIO-user client sent more than %d descriptors at once",
                          VFIO_USER_MAX_FDS);
            return VFIO_USER_BROKEN;
        }
    }
    return VFIO_USER_RECEIVED;
}

static enum vfio_user_received receive_message(struct vfio_user_transport *transport,
                                               struct vfio_user_message *message,
                                               struct pvg_error *error)
{
    struct vfio_user_header *header = &message->header;
    enum vfio_user_received result;

    result = receive_exactly(transport, header, sizeof(*header), message, error);
    if (result != VFIO_USER_RECEIVED) {
        return result;
    }
    if (header->size < VFIO_USER_HEADER_SIZE ||
        header->size - VFIO_USER_HEADER_SIZE > VFIO_USER_MAX_PAYLOAD) {
        pvg_error_set(error, "the VFIO-user client sent a message of %u bytes; %u to %u are allowed",
                      header->size, VFIO_USER_HEADER_SIZE,
                      VFIO_USER_HEADER_SIZE + VFIO_USER_MAX_PAYLOAD);
        return VFIO_USER_BROKEN;
    }
    message->payload = transport->payload;
    message->payload_size = header->size - VFIO_USER_HEADER_SIZE;
    result =
        receive_exactly(transport, transport->payload, message->payload_size, message, error);
    if (result == VFIO_USER_CLOSED) {
        pvg_error_set(error, "the VFIO-user client left in the middle of a message");
        return VFIO_USER_BROKEN;
    }
    return result;
}

enum vfio_user_received vfio_user_receive(struct vfio_user_transport *transport,
                                          struct vfio_user_message *message,
                                          struct pvg_error *error)
{
    enum vfio_user_received result;

    *message = (struct vfio_user_message){0};
    result = receive_message(transport, message, error);
    if (result != VFIO_USER_RECEIVED) {
        vfio_user_message_finish(message);
    }
    return result;
}

int vfio_user_message_take_fd(struct vfio_user_message *message, size_t index)
{
    int fd;

    g_assert(index < message->fd_count);
    fd = message->fds[index];
    message->fds[index] = -1;
    return fd;
}

void vfio_user_message_finish(struct vfio_user_message *message)
{
    for (size_t i = 0; i < message->fd_count; i++) {
        if (message->fds[i] >= 0) {
            close(message->fds[i]);
        }
    }
    message->fd_count = 0;
}

/* The client reads a header with one non-blocking read, so header and payload leave as one. */
static bool send_message(struct vfio_user_transport *transport,
                         const struct vfio_user_header *header, const void *payload, size_t size)
{
    struct iovec parts[] = {
        {.iov_base = (void *)header, .iov_len = sizeof(*header)},
        {.iov_base = (void *)payload, .iov_len = size},
    };
    struct msghdr msg = {.msg_iov = parts, .msg_iovlen = G_N_ELEMENTS(parts)};

    while (parts[0].iov_len + parts[1].iov_len > 0) {
        ssize_t sent = sendmsg(transport->socket, &msg, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return false;
        }
        for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
            size_t part = MIN((size_t)sent, parts[i].iov_len);

            parts[i].iov_base = (uint8_t *)parts[i].iov_base + part;
            parts[i].iov_len -= part;
            sent -= part;
        }
    }
    return true;
}

bool vfio_user_reply(struct vfio_user_transport *transport, const struct vfio_user_header *request,
                     const void *payload, size_t size)
{
    const struct vfio_user_header header = {
        .id = request->id,
        .command = request->command,
        .size = VFIO_USER_HEADER_SIZE + size,
        .flags = VFIO_USER_TYPE_REPLY,
    };

    return send_message(transport, &header, payload, size);
}

bool vfio_user_reply_error(struct vfio_user_transport *transport,
                           const struct vfio_user_header *request, int error_number)
{
    const struct vfio_user_header header = {
        .id = request->id,
        .command = request->command,
        .size = VFIO_USER_HEADER_SIZE,
        .flags = VFIO_USER_TYPE_REPLY | VFIO_USER_FLAG_ERROR,
        .error = error_number,
    };

    return send_message(transport, &header, NULL, 0);
}
