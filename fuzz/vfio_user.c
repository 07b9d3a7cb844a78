/* SPDX-License-Identifier: MIT */
/* Whatever a vfio-user client sends after VERSION: one input is one connection. Inputs whose first
 * byte is odd are the stream as it is; others are lists of messages, to which we put headers. */
#include <glib.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "function.h"
#include "session.h"

static void ignore_log(void *listener, enum pvg_log_level level, const char *message)
{
}

static struct function *get_function(void)
{
    static const struct pvg_mode mode = {640, 480, 60000};
    static const struct pvg_display_options display = {.modes = &mode, .mode_count = 1};
    static const uint8_t rom[3000];
    static struct function *function;

    if (!function) {
        function = function_create(
            &(struct function_options){
                .displays = &display,
                .display_count = 1,
                .gpu = "none",
                .class_code = 0x038000,
                .rom = rom,
                .rom_size = sizeof(rom),
                .listener = {.log = ignore_log},
            },
            NULL);
    }
    return function;
}

/* A client that reads all its replies and looks at none. */
static void *drain(void *data)
{
    int socket = *(int *)data;
    char bytes[65536];

    while (read(socket, bytes, sizeof(bytes)) > 0) {
    }
    return NULL;
}

/* Sends @bytes with one descriptor, of memory, on the first byte. */
static void send_with_memory(int socket, const uint8_t *bytes, size_t size)
{
    int memory = memfd_create("guest", MFD_CLOEXEC);
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {(void *)bytes, size};
    struct msghdr msg = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof(control)};
    struct cmsghdr *header = (struct cmsghdr *)control.bytes;

    if (ftruncate(memory, 1 << 20) == 0) {
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &memory, sizeof(memory));
        (void)!sendmsg(socket, &msg, MSG_NOSIGNAL); /* it may have dropped us already */
    }
    close(memory);
}

/* Messages: a byte for the command, one for the flags, one for the words of payload that follow. */
static GByteArray *frame(const uint8_t *bytes, size_t size)
{
    GByteArray *stream = g_byte_array_new();

    while (size >= 3) {
        size_t payload = MIN((size_t)bytes[2] * 4, size - 3);
        struct vfio_user_header header = {
            .id = stream->len,
            .command = bytes[0] % 20,
            .size = sizeof(header) + payload,
            .flags = bytes[1] & VFIO_USER_FLAG_NO_REPLY,
        };

        g_byte_array_append(stream, (const uint8_t *)&header, sizeof(header));
        g_byte_array_append(stream, bytes + 3, payload);
        bytes += 3 + payload;
        size -= 3 + payload;
    }
    return stream;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    g_autoptr(GByteArray) framed = NULL;
    static const char version[] = "\0\0\1\0\x17\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0{}";
    pthread_t reader;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        return 0;
    }
    if (send(pair[0], version, sizeof(version), MSG_NOSIGNAL) < 0) {
        return 0;
    }
    if (size && bytes[0] & 1) {
        send_with_memory(pair[0], bytes + 1, size - 1);
    } else if (size) {
        framed = frame(bytes + 1, size - 1);
        send_with_memory(pair[0], framed->data, framed->len);
    }
    shutdown(pair[0], SHUT_WR);
    pthread_create(&reader, NULL, drain, &pair[0]);
    vfio_user_serve(get_function(), pair[1], NULL);
    pthread_join(reader, NULL);
    close(pair[0]);
    return 0;
}
