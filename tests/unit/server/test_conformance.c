/* SPDX-License-Identifier: MIT */
/* Says again what a real client said, and expects what it expects. The first argument names the
 * recording (tests/corpus/vfio-user). Spec: 90-vfio-user 2 to 4. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "test.h"

#define PATIENCE_MS 5000 /* the client's: later it forgets the request, and loses the stream */

static const char *recording;

/* A whole reply has this size; 0: at most the request's. */
static size_t size_of_reply(const struct vfio_user_header *request, const uint8_t *payload)
{
    uint32_t count;

    switch (request->command) {
    case VFIO_USER_VERSION:
        return 0;
    case VFIO_USER_DMA_MAP:
    case VFIO_USER_DEVICE_SET_IRQS:
    case VFIO_USER_DEVICE_RESET:
        return 16;
    case VFIO_USER_DMA_UNMAP:
        return 40;
    case VFIO_USER_DEVICE_GET_INFO:
    case VFIO_USER_DEVICE_GET_IRQ_INFO:
    case VFIO_USER_REGION_WRITE:
        return 32;
    case VFIO_USER_DEVICE_GET_REGION_INFO:
        return 48;
    case VFIO_USER_REGION_READ:
        memcpy(&count, payload + 12, sizeof(count));
        return 32 + count;
    default:
        fail_msg("the client sent command %u, which nobody expects", request->command);
        return 0;
    }
}

static void expect_reply(struct client *client, const struct vfio_user_header *request,
                         const uint8_t *payload)
{
    struct pollfd wait = {.fd = client->socket, .events = POLLIN};
    size_t size = size_of_reply(request, payload);
    struct vfio_user_header reply;
    g_autofree uint8_t *rest = NULL;

    assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
    /* The client takes the header with one read that does not wait. */
    assert_int_equal(recv(client->socket, &reply, sizeof(reply), MSG_DONTWAIT), sizeof(reply));
    assert_int_equal(reply.id, request->id);
    assert_int_equal(reply.command, request->command);
    assert_int_equal(reply.flags, VFIO_USER_TYPE_REPLY);
    if (size) {
        assert_int_equal(reply.size, size);
    } else {
        assert_true(reply.size <= request->size);
    }
    rest = g_malloc(reply.size);
    if (reply.size > sizeof(reply)) {
        assert_int_equal(recv(client->socket, rest, reply.size - sizeof(reply), MSG_WAITALL),
                         reply.size - sizeof(reply));
    }
}

/* What the client would attach: memory for DMA_MAP, else an eventfd. */
static int make_fd(const struct vfio_user_header *header, const uint8_t *payload)
{
    uint64_t offset, size;
    int fd;

    if (header->command != VFIO_USER_DMA_MAP) {
        return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    memcpy(&offset, payload + 8, sizeof(offset));
    memcpy(&size, payload + 24, sizeof(size));
    fd = memfd_create("guest", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, (off_t)(offset + size)), 0);
    return fd;
}

static size_t take_hex(const char *text, uint8_t *out, size_t capacity)
{
    size_t size = strlen(text) / 2;

    assert_true(size <= capacity);
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                           g_ascii_xdigit_value(text[2 * i + 1]));
    }
    return size;
}

static void say(struct client *client, const char *line)
{
    uint8_t bytes[8192];
    unsigned count = (unsigned)atoi(line);
    size_t size = take_hex(strchr(line, ' ') + 1, bytes, sizeof(bytes));
    struct vfio_user_header header;
    int fds[VFIO_USER_MAX_FDS];

    memcpy(&header, bytes, sizeof(header));
    assert_int_equal(header.size, size);
    assert_true(count <= VFIO_USER_MAX_FDS);
    for (unsigned i = 0; i < count; i++) {
        fds[i] = make_fd(&header, bytes + sizeof(header));
    }
    client_send_raw(client, bytes, size, fds, count);
    for (unsigned i = 0; i < count; i++) {
        close(fds[i]);
    }
    if (!(header.flags & VFIO_USER_FLAG_NO_REPLY)) {
        expect_reply(client, &header, bytes + sizeof(header));
    }
}

static void all_that_a_real_client_says_is_answered_as_it_expects(void **state)
{
    struct client *client = client_create_with_rom(32768); /* as the recorded one */
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    unsigned before = client_count_fds();

    assert_true(g_file_get_contents(recording, &text, NULL, NULL));
    lines = g_strsplit(g_strchomp(text), "\n", -1);
    assert_true(g_strv_length(lines) > 100);
    for (char **line = lines; *line; line++) {
        say(client, *line);
    }
    client_hang_up(client);
    assert_true(client->ended_in_order);
    assert_int_equal(client_count_fds(), before - 2); /* both ends of the socket */
    client_destroy(client);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_real_client_says_is_answered_as_it_expects),
    };

    recording = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
