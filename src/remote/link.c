/* SPDX-License-Identifier: MIT */
/* Sends and receives whole messages. */
#include "remote/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static void attach(struct msghdr *msg, union control *control, int fd)
{
    struct cmsghdr *c;

    memset(control, 0, sizeof(*control));
    msg->msg_control = control;
    msg->msg_controllen = sizeof(control->bytes);
    c = CMSG_FIRSTHDR(msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(fd));
}

bool pvg_link_send(int socket, enum pvg_link_type type, uint64_t id, const void *bytes, size_t size,
                   int fd)
{
    struct pvg_link_header header = {.type = type, .size = (uint32_t)size, .id = id};
    struct iovec parts[] = {
        {.iov_base = &header, .iov_len = sizeof(header)},
        {.iov_base = (void *)bytes, .iov_len = size},
    };
    struct msghdr msg = {.msg_iov = parts, .msg_iovlen = G_N_ELEMENTS(parts)};
    union control control;

    if (fd >= 0) {
        attach(&msg, &control, fd);
    }
    while (parts[0].iov_len + parts[1].iov_len > 0) {
        ssize_t sent = sendmsg(socket, &msg, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return false;
        }
        msg.msg_control = NULL;
        msg.msg_controllen = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
            size_t part = MIN((size_t)sent, parts[i].iov_len);

            parts[i].iov_base = (uint8_t *)parts[i].iov_base + part;
            parts[i].iov_len -= part;
            sent -= part;
        }
    }
    return true;
}

static void take_fd(struct msghdr *msg, int *fd)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (size_t i = 0; c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && i < count;
             i++) {
            int got;

            memcpy(&got, CMSG_DATA(c) + i * sizeof(got), sizeof(got));
            if (*fd < 0) {
                *fd = got;
            } else {
                close(got);
            }
        }
    }
}

static bool receive_exactly(int socket, void *bytes, size_t size, int *fd)
{
    for (size_t done = 0; done < size;) {
        struct iovec part = {.iov_base = (uint8_t *)bytes + done, .iov_len = size - done};
        union control control;
        struct msghdr msg = {
            .msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof(control.bytes),
        };
        ssize_t got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        take_fd(&msg, fd);
        done += got;
    }
    return true;
}

bool pvg_link_receive(int socket, struct pvg_link_header *header, GByteArray *payload, int *fd,
                      size_t limit)
{
    *fd = -1;
    if (receive_exactly(socket, header, sizeof(*header), fd) && header->size <= limit) {
        g_byte_array_set_size(payload, header->size);
        if (receive_exactly(socket, payload->data, header->size, fd)) {
            return true;
        }
    }
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return false;
}
