/* SPDX-License-Identifier: MIT */
/* A vfio-user client for tests. */
#include "client.h"

#include <dirent.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

static void ignore_log(void *listener, enum pvg_log_level level, const char *message)
{
}

struct serving {
    struct client *client;
    int socket;
};

static void *serve(void *data)
{
    struct serving *serving = data;
    struct client *client = serving->client;

    client->ended_in_order = vfio_user_serve(client->function, serving->socket, &client->error);
    g_free(serving);
    return NULL;
}

void client_attach_again(struct client *client)
{
    struct serving *serving = g_new0(struct serving, 1);
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    client->socket = pair[0];
    serving->client = client;
    serving->socket = pair[1];
    client->server = g_thread_new("server", serve, serving);
}

static struct client *create(size_t rom_size,
                             bool (*start_worker)(void *starter, int *socket, int *process,
                                                  struct pvg_error *error))
{
    static const struct pvg_mode mode = {1280, 800, 60000};
    static const struct pvg_display_options display = {.modes = &mode, .mode_count = 1};
    static uint8_t rom[32768];
    struct client *client = g_new0(struct client, 1);
    struct function_options options = {
        .displays = &display,
        .display_count = 1,
        .gpu = start_worker ? NULL : "none",
        .start_gpu_worker = start_worker,
        .class_code = 0x038000,
        .rom = rom,
        .rom_size = rom_size,
        .listener = {.log = ignore_log},
    };
    struct pvg_error error = {0};

    memset(rom, 0x5a, sizeof(rom));
    client->function = function_create(&options, &error);
    assert_non_null(client->function);
    client_attach_again(client);
    return client;
}

struct client *client_create(void)
{
    return create(3000, NULL);
}

struct client *client_create_with_rom(size_t size)
{
    return create(size, NULL);
}

struct client *client_create_with_worker(bool (*start_worker)(void *starter, int *socket,
                                                              int *process,
                                                              struct pvg_error *error))
{
    return create(3000, start_worker);
}

void client_hang_up(struct client *client)
{
    if (client->server) {
        close(client->socket);
        g_thread_join(client->server);
        client->server = NULL;
    }
}

void client_destroy(struct client *client)
{
    client_hang_up(client);
    function_destroy(client->function);
    g_free(client);
}

void client_send_raw(struct client *client, const void *bytes, size_t size, const int *fds,
                     size_t fd_count)
{
    union {
        char bytes[CMSG_SPACE(64 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {(void *)bytes, size};
    struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd_count) {
        struct cmsghdr *c = (struct cmsghdr *)control.bytes;

        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
    }
    assert_int_equal(sendmsg(client->socket, &msg, MSG_NOSIGNAL), size);
}

static void send_request(struct client *client, uint16_t command, uint32_t flags,
                         const void *payload, size_t size, const int *fds, size_t fd_count)
{
    g_autofree uint8_t *bytes = g_malloc(sizeof(struct vfio_user_header) + size);
    struct vfio_user_header header = {
        .id = client->next_id++,
        .command = command,
        .size = sizeof(header) + size,
        .flags = flags,
    };

    memcpy(bytes, &header, sizeof(header));
    if (size) {
        memcpy(bytes + sizeof(header), payload, size);
    }
    client_send_raw(client, bytes, sizeof(header) + size, fds, fd_count);
}

static void receive(struct client *client, void *bytes, size_t size)
{
    assert_int_equal(recv(client->socket, bytes, size, MSG_WAITALL), size);
}

struct client_reply client_call(struct client *client, uint16_t command, const void *payload,
                                size_t size, const int *fds, size_t fd_count)
{
    struct client_reply reply = {0};

    send_request(client, command, 0, payload, size, fds, fd_count);
    receive(client, &reply.header, sizeof(reply.header));
    assert_int_equal(reply.header.id, (uint16_t)(client->next_id - 1));
    assert_int_equal(reply.header.command, command);
    assert_int_equal(reply.header.flags & VFIO_USER_TYPE_MASK, VFIO_USER_TYPE_REPLY);
    reply.size = reply.header.size - sizeof(reply.header);
    assert_true(reply.size <= sizeof(reply.payload));
    if (reply.size) {
        receive(client, reply.payload, reply.size);
    }
    return reply;
}

void client_post(struct client *client, uint16_t command, const void *payload, size_t size)
{
    send_request(client, command, VFIO_USER_FLAG_NO_REPLY, payload, size, NULL, 0);
}

bool client_is_dropped(struct client *client)
{
    struct pollfd wait = {.fd = client->socket, .events = POLLIN};
    char byte;

    return poll(&wait, 1, 2000) == 1 && recv(client->socket, &byte, 1, 0) <= 0;
}

void client_negotiate(struct client *client)
{
    static const char proposal[] =
        "\0\0\0\0{\"capabilities\":{\"pgsizes\":4096,\"max_msg_fds\":16,\"max_dma_maps\":65535,"
        "\"max_data_xfer_size\":1048576,\"write_multiple\":true,\"migration\":"
        "{\"max_bitmap_size\":268435456,\"pgsize\":4096}}}";
    struct client_reply reply =
        client_call(client, VFIO_USER_VERSION, proposal, sizeof(proposal), NULL, 0);

    assert_int_equal(reply.header.error, 0);
    assert_true(reply.size <= sizeof(proposal));
}

struct region_access {
    uint64_t offset;
    uint32_t region;
    uint32_t count;
    uint32_t value;
};

uint32_t client_read32(struct client *client, uint64_t offset)
{
    struct region_access access = {offset, VFIO_USER_REGION_BAR0, 4, 0};
    struct client_reply reply = client_call(client, VFIO_USER_REGION_READ, &access, 16, NULL, 0);
    uint32_t value;

    assert_int_equal(reply.header.error, 0);
    assert_int_equal(reply.size, 20);
    memcpy(&value, reply.payload + 16, sizeof(value));
    return value;
}

void client_write32(struct client *client, uint64_t offset, uint32_t value)
{
    struct region_access access = {offset, VFIO_USER_REGION_BAR0, 4, value};

    client_post(client, VFIO_USER_REGION_WRITE, &access, 20);
}

uint32_t client_map(struct client *client, uint64_t address, uint64_t size, uint64_t offset,
                    uint32_t flags, int fd)
{
    struct {
        uint32_t argsz, flags;
        uint64_t offset, address, size;
    } request = {32, flags, offset, address, size};

    return client_call(client, VFIO_USER_DMA_MAP, &request, sizeof(request), &fd, fd >= 0)
        .header.error;
}

unsigned client_count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}
