/* SPDX-License-Identifier: MIT */
/* The vfio-user protocol as a client sees it. Spec: 90-vfio-user; its vectors are section 21. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "sigbus.h"
#include "test.h"

#define VERSION_REGISTER 0x1034 /* 10-device 5: stores what is written, up to a limit */

static int set_up(void **state)
{
    struct client *client = client_create();

    client_negotiate(client);
    *state = client;
    return 0;
}

static int set_up_silent(void **state)
{
    *state = client_create();
    return 0;
}

static int tear_down(void **state)
{
    client_destroy(*state);
    return 0;
}

static int memory_fd(size_t size)
{
    int fd = memfd_create("guest", MFD_CLOEXEC);

    assert_int_equal(ftruncate(fd, size), 0);
    return fd;
}

static void the_first_message_must_be_version(void **state)
{
    struct client *client = *state;
    const uint32_t request[4] = {16};

    struct vfio_user_header header = {0, VFIO_USER_DEVICE_GET_INFO, 32, 0, 0};
    uint8_t bytes[32];

    memcpy(bytes, &header, 16);
    memcpy(bytes + 16, request, 16);
    client_send_raw(client, bytes, sizeof(bytes), NULL, 0);
    assert_true(client_is_dropped(client));
}

static void another_major_version_is_refused_and_dropped(void **state)
{
    struct client *client = *state;
    static const char proposal[] = "\1\0\0\0{}";
    struct client_reply reply =
        client_call(client, VFIO_USER_VERSION, proposal, sizeof(proposal), NULL, 0);

    assert_int_equal(reply.header.flags, VFIO_USER_TYPE_REPLY | VFIO_USER_FLAG_ERROR);
    assert_int_equal(reply.header.error, EINVAL);
    assert_true(client_is_dropped(client));
}

static void a_proposal_nested_beyond_reason_is_refused(void **state)
{
    struct client *client = *state;
    g_autofree char *proposal = g_malloc0(100000);
    struct client_reply reply;

    memset(proposal + 4, '[', 100000 - 5);
    reply = client_call(client, VFIO_USER_VERSION, proposal, 100000, NULL, 0);
    assert_int_equal(reply.header.error, EINVAL);
    assert_true(client_is_dropped(client));
}

static void a_second_version_is_refused(void **state)
{
    struct client *client = *state;
    static const char proposal[] = "\0\0\0\0{}";
    struct client_reply reply =
        client_call(client, VFIO_USER_VERSION, proposal, sizeof(proposal), NULL, 0);

    assert_int_equal(reply.header.error, EINVAL);
    assert_int_equal(client_read32(client, 0), 0);
}

/* Vectors 7 and 8. */
static void device_info_is_that_of_a_pci_device(void **state)
{
    struct client *client = *state;
    const uint32_t request[4] = {16};
    const uint32_t expected[4] = {16, 3, 9, 5};
    struct client_reply reply =
        client_call(client, VFIO_USER_DEVICE_GET_INFO, request, sizeof(request), NULL, 0);

    assert_int_equal(reply.size, sizeof(expected));
    assert_memory_equal(reply.payload, expected, sizeof(expected));
}

static struct client_reply region_info(struct client *client, uint32_t index)
{
    const uint32_t request[8] = {32, 0, index};

    return client_call(client, VFIO_USER_DEVICE_GET_REGION_INFO, request, sizeof(request), NULL, 0);
}

/* Vector 9, and the others. */
static void regions_are_bar_0_rom_and_configuration(void **state)
{
    static const struct {
        uint32_t index, flags;
        uint64_t size;
    } regions[] = {
        {VFIO_USER_REGION_BAR0, 3, 0x4000}, {1, 0, 0}, {5, 0, 0},
        {VFIO_USER_REGION_ROM, 1, 4096},    {VFIO_USER_REGION_CONFIG, 3, 256},
        {VFIO_USER_REGION_VGA, 0, 0},
    };
    struct client *client = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(regions); i++) {
        struct client_reply reply = region_info(client, regions[i].index);
        uint32_t words[8];

        assert_int_equal(reply.header.error, 0);
        assert_int_equal(reply.size, sizeof(words));
        memcpy(words, reply.payload, sizeof(words));
        assert_int_equal(words[1], regions[i].flags);
        assert_int_equal(words[2], regions[i].index);
        assert_int_equal(words[4], regions[i].size);
    }
    assert_int_equal(region_info(client, VFIO_USER_REGION_COUNT).header.error, EINVAL);
}

static void registers_are_read_back_through_bar_0(void **state)
{
    struct client *client = *state;

    client_write32(client, VERSION_REGISTER, 4);
    assert_int_equal(client_read32(client, VERSION_REGISTER), 4);
    client_write32(client, VERSION_REGISTER, 6);
    assert_int_equal(client_read32(client, VERSION_REGISTER), 6);
}

/* Vectors 15 to 19 as bytes, so that our own structures cannot hide a mistake. */
static void batched_writes_happen_in_order(void **state)
{
    struct client *client = *state;
    uint8_t payload[8 + 200 * 24] = {200};

    for (unsigned i = 0; i < 200; i++) {
        uint8_t *entry = payload + 8 + i * 24;

        entry[0] = VERSION_REGISTER & 0xff;
        entry[1] = VERSION_REGISTER >> 8;
        entry[12] = 4;
        entry[16] = 1 + i % 6;
    }
    client_post(client, VFIO_USER_REGION_WRITE_MULTI, payload, sizeof(payload));
    assert_int_equal(client_read32(client, VERSION_REGISTER), 1 + 199 % 6);
}

static void a_batch_that_claims_more_than_it_has_changes_nothing(void **state)
{
    struct client *client = *state;
    uint8_t payload[8 + 24] = {2};

    payload[8] = VERSION_REGISTER & 0xff;
    payload[9] = VERSION_REGISTER >> 8;
    payload[20] = 4;
    payload[24] = 5;
    client_write32(client, VERSION_REGISTER, 4);
    assert_int_equal(
        client_call(client, VFIO_USER_REGION_WRITE_MULTI, payload, sizeof(payload), NULL, 0)
            .header.error,
        EINVAL);
    assert_int_equal(client_read32(client, VERSION_REGISTER), 4);
}

static uint32_t read_error(struct client *client, uint32_t region, uint64_t offset, uint32_t count)
{
    struct {
        uint64_t offset;
        uint32_t region, count;
    } access = {offset, region, count};

    return client_call(client, VFIO_USER_REGION_READ, &access, sizeof(access), NULL, 0).header.error;
}

static void accesses_within_a_region_are_done_and_those_across_its_end_refused(void **state)
{
    struct client *client = *state;

    assert_int_equal(read_error(client, VFIO_USER_REGION_BAR0, 0x4000 - 4, 4), 0);
    assert_int_equal(read_error(client, VFIO_USER_REGION_BAR0, 0x4000 - 2, 4), EINVAL);
    assert_int_equal(read_error(client, VFIO_USER_REGION_BAR0, UINT64_MAX - 1, 4), EINVAL);
    assert_int_equal(read_error(client, VFIO_USER_REGION_BAR0, 0, 3), EINVAL);
    assert_int_equal(read_error(client, VFIO_USER_REGION_BAR0, 0, 0), 0);
    assert_int_equal(read_error(client, VFIO_USER_REGION_CONFIG, 0, 256), 0);
    assert_int_equal(read_error(client, VFIO_USER_REGION_CONFIG, 1, 256), EINVAL);
    assert_int_equal(read_error(client, 1, 0, 4), EINVAL);
    assert_int_equal(read_error(client, 77, 0, 4), EINVAL);
    assert_int_equal(read_error(client, VFIO_USER_REGION_BAR0, 0, UINT32_MAX), EINVAL);
}

static void a_posted_write_outside_is_ignored_without_a_reply(void **state)
{
    struct client *client = *state;

    client_write32(client, VERSION_REGISTER, 4);
    client_write32(client, 0x4000, 6);
    assert_int_equal(client_read32(client, VERSION_REGISTER), 4);
}

static void the_rom_reads_as_its_image_padded_with_ones(void **state)
{
    struct client *client = *state;
    struct {
        uint64_t offset;
        uint32_t region, count;
    } access = {2990, VFIO_USER_REGION_ROM, 20};
    struct client_reply reply =
        client_call(client, VFIO_USER_REGION_READ, &access, sizeof(access), NULL, 0);

    assert_int_equal(reply.size, 36);
    assert_int_equal(reply.payload[16 + 9], 0x5a);
    assert_int_equal(reply.payload[16 + 10], 0xff);
}

static uint32_t set_irqs(struct client *client, const uint32_t words[5], const int *fds,
                         size_t fd_count)
{
    return client_call(client, VFIO_USER_DEVICE_SET_IRQS, words, 20, fds, fd_count).header.error;
}

static uint64_t eventfd_value(int fd)
{
    uint64_t value = 0;

    return read(fd, &value, sizeof(value)) == sizeof(value) ? value : 0;
}

/* Vector 12; then the client triggers the interrupt itself. */
static void msi_reaches_the_eventfd_until_it_is_disabled(void **state)
{
    struct client *client = *state;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    assert_int_equal(set_irqs(client, (uint32_t[]){20, 0x24, 1, 0, 1}, &fd, 1), 0);
    assert_int_equal(set_irqs(client, (uint32_t[]){20, 0x21, 1, 0, 1}, NULL, 0), 0);
    assert_int_equal(eventfd_value(fd), 1);
    vfio_user_irqs_fire(&client->function->irqs, VFIO_USER_IRQ_MSI);
    assert_int_equal(eventfd_value(fd), 1);
    assert_int_equal(set_irqs(client, (uint32_t[]){20, 0x21, 1, 0, 0}, NULL, 0), 0);
    vfio_user_irqs_fire(&client->function->irqs, VFIO_USER_IRQ_MSI);
    assert_int_equal(eventfd_value(fd), 0);
    close(fd);
}

static void interrupt_requests_that_make_no_sense_are_refused_and_keep_nothing(void **state)
{
    static const uint32_t wrong[][5] = {
        {20, 0x24, 1, 1, 1},          /* vector 1 of 1 */
        {20, 0x24, 1, 0, 2},          /* two vectors of one */
        {20, 0x24, 1, UINT32_MAX, 2}, /* wraps */
        {20, 0x24, 5, 0, 1},          /* no such index */
        {20, 0x24, 0, 0, 1},          /* INTx: no pin */
        {20, 0x25, 1, 0, 1},          /* two kinds of data */
        {20, 0x0c, 1, 0, 1},          /* masks what cannot be masked */
        {20, 0x04, 1, 0, 1},          /* no action */
        {20, 0x24, 1, 0, 0},          /* nothing, with a descriptor */
        {20, 0x21, 1, 0, 1},          /* no data, with a descriptor */
        {20, 0x124, 1, 0, 1},         /* unknown flag */
    };
    struct client *client = *state;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    unsigned before = client_count_fds();

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        assert_int_equal(set_irqs(client, wrong[i], &fd, 1), EINVAL);
    }
    assert_int_equal(client_count_fds(), before);
    close(fd);
}

static void memory_is_mapped_once_and_unmapped_by_its_exact_range(void **state)
{
    struct client *client = *state;
    int fd = memory_fd(1 << 20);
    struct {
        uint32_t argsz, flags;
        uint64_t address, size;
    } unmap = {24, 0, 0x100000, 0x10000};

    assert_int_equal(client_map(client, 0x100000, 0x10000, 0, 3, fd), 0);
    assert_int_equal(client_map(client, 0x10f000, 0x10000, 0, 3, fd), EEXIST);
    assert_int_equal(client_map(client, 0xf0000, 0x11000, 0, 3, fd), EEXIST);
    assert_int_equal(client_map(client, 0x108000, 0x1000, 0, 3, fd), EEXIST);
    assert_int_equal(client_map(client, 0x110000, 0x10000, 0x10000, 1, fd), 0);
    assert_int_equal(client_map(client, 0xf0000, 0x10000, 0, 1, -1), 0);
    unmap.size = 0x8000;
    assert_int_equal(
        client_call(client, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), NULL, 0).header.error,
        ENOENT);
    unmap.size = 0x10000;
    assert_int_equal(
        client_call(client, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), NULL, 0).header.error, 0);
    assert_int_equal(client_map(client, 0x100000, 0x10000, 0, 3, fd), 0);
    close(fd);
}

static void maps_that_make_no_sense_are_refused_and_keep_nothing(void **state)
{
    static const struct {
        uint64_t address, size, offset;
        uint32_t flags;
    } wrong[] = {
        {0x100000, 0, 0, 3},
        {0x100001, 0x1000, 0, 3},
        {0x100000, 0x1001, 0, 3},
        {0x100000, 0x1000, 1, 3},
        {0x100000, 0x1000, 0, 0},
        {0x100000, 0x1000, 0, 7},
        {0x100000, 0x2000, 0xff000, 3},               /* past the end of the file */
        {0x100000, 0x1000, UINT64_MAX - 0xfff, 3},    /* offset wraps */
        {UINT64_MAX - 0xfff, 0x2000, 0, 3},           /* address wraps */
    };
    struct client *client = *state;
    int fd = memory_fd(1 << 20), pipe_fds[2];
    unsigned before;

    assert_int_equal(pipe(pipe_fds), 0);
    before = client_count_fds();
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        assert_int_equal(client_map(client, wrong[i].address, wrong[i].size, wrong[i].offset,
                                    wrong[i].flags, fd),
                         EINVAL);
    }
    assert_int_equal(client_map(client, 0x100000, 0x1000, 0, 3, pipe_fds[0]), EINVAL);
    assert_int_equal(client_count_fds(), before);
    close(fd);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void descriptors_where_none_belong_are_closed(void **state)
{
    struct client *client = *state;
    const uint32_t request[4] = {16};
    int fd = memory_fd(4096);
    unsigned before = client_count_fds();

    assert_int_equal(
        client_call(client, VFIO_USER_DEVICE_GET_INFO, request, sizeof(request), &fd, 1)
            .header.error,
        EINVAL);
    assert_int_equal(client_count_fds(), before);
    close(fd);
}

static void more_descriptors_than_a_message_may_carry_end_the_connection(void **state)
{
    struct client *client = *state;
    struct vfio_user_header header = {0, VFIO_USER_DEVICE_RESET, 16, 0, 0};
    int fds[20];

    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = client->socket;
    }
    client_send_raw(client, &header, sizeof(header), fds, G_N_ELEMENTS(fds));
    assert_true(client_is_dropped(client));
}

static void sizes_that_cannot_be_end_the_connection(void **state)
{
    struct client *client = *state;
    struct vfio_user_header header = {0, VFIO_USER_DEVICE_RESET, 15, 0, 0};

    client_send_raw(client, &header, sizeof(header), NULL, 0);
    assert_true(client_is_dropped(client));
    client_hang_up(client);
    assert_false(client->ended_in_order);

    client_attach_again(client);
    client_negotiate(client);
    header.size = 2 << 20;
    client_send_raw(client, &header, sizeof(header), NULL, 0);
    assert_true(client_is_dropped(client));
}

static void a_reply_to_nothing_ends_the_connection(void **state)
{
    struct client *client = *state;
    struct vfio_user_header header = {0, VFIO_USER_DMA_READ, 16, VFIO_USER_TYPE_REPLY, 0};

    client_send_raw(client, &header, sizeof(header), NULL, 0);
    assert_true(client_is_dropped(client));
}

static void unknown_commands_are_refused_and_the_connection_goes_on(void **state)
{
    static const uint16_t unknown[] = {0, 6, 11, 12, 14, 19, 0xffff};
    struct client *client = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
        assert_int_equal(client_call(client, unknown[i], NULL, 0, NULL, 0).header.error, ENOSYS);
    }
    assert_int_equal(client_read32(client, 0), 0);
}

static void short_payloads_are_refused(void **state)
{
    static const uint16_t commands[] = {2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 18};
    struct client *client = *state;
    const uint8_t junk[40] = {0xff, 0xff, 0xff, 0xff};

    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        assert_int_equal(client_call(client, commands[i], junk, 7, NULL, 0).header.error, EINVAL);
    }
}

static void messages_may_come_in_pieces(void **state)
{
    struct client *client = *state;
    struct vfio_user_header header = {7, VFIO_USER_DEVICE_GET_INFO, 32, 0, 0};
    uint8_t bytes[32], reply[32];
    const uint32_t argsz = 16;

    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, &header, 16);
    memcpy(bytes + 16, &argsz, 4);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        client_send_raw(client, bytes + i, 1, NULL, 0);
    }
    for (size_t got = 0; got < sizeof(reply);) {
        ssize_t n = read(client->socket, reply + got, sizeof(reply) - got);

        assert_true(n > 0);
        got += n;
    }
    assert_int_equal(reply[0], 7);
}

static void reset_brings_back_registers_and_configuration(void **state)
{
    struct client *client = *state;
    const struct {
        uint64_t offset;
        uint32_t region, count, value;
    } write = {4, VFIO_USER_REGION_CONFIG, 2, 6};
    struct client_reply reply;

    client_write32(client, VERSION_REGISTER, 4);
    client_post(client, VFIO_USER_REGION_WRITE, &write, 20);
    assert_int_equal(client_call(client, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0).header.error, 0);
    assert_int_equal(client_read32(client, VERSION_REGISTER), 0);
    reply = client_call(client, VFIO_USER_REGION_READ, &write, 16, NULL, 0);
    assert_int_equal(reply.payload[16], 0);
}

static void a_client_that_leaves_takes_everything_with_it(void **state)
{
    struct client *client = *state;
    int fd = memory_fd(1 << 20), event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    unsigned before = client_count_fds();

    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(client_map(client, i << 20, 1 << 20, 0, 3, fd), 0);
    }
    assert_int_equal(set_irqs(client, (uint32_t[]){20, 0x24, 1, 0, 1}, &event, 1), 0);
    client_write32(client, VERSION_REGISTER, 4);
    client_hang_up(client);
    assert_true(client->ended_in_order);
    assert_int_equal(client_count_fds(), before - 2); /* both ends of the socket pair */

    client_attach_again(client);
    client_negotiate(client);
    assert_int_equal(client_read32(client, VERSION_REGISTER), 0);
    assert_int_equal(client_map(client, 0, 1 << 20, 0, 3, fd), 0);
    close(fd);
    close(event);
}

static void memory_that_shrinks_ends_the_connection_not_the_server(void **state)
{
    struct client *client = *state;
    const uint64_t size = 8 << 20;
    int fd = memory_fd(size);
    struct pvg_frame frame;
    struct pvg_cursor_state cursor;

    sigbus_guard_install(); /* cmocka has put its own handlers there */
    assert_int_equal(client_map(client, 0, size, 0, 3, fd), 0);
    client_write32(client, 0x1228, 1280 * 4);
    client_write32(client, 0x1210, 0x100000); /* a firmware framebuffer in guest memory */
    client_read32(client, 0);
    function_display_fetch(client->function, 0, &frame, &cursor);
    assert_int_equal(frame.width, 1280);

    assert_int_equal(ftruncate(fd, 0), 0);
    function_display_fetch(client->function, 0, &frame, &cursor);
    client_write32(client, 0x1210, 0);
    assert_true(client_is_dropped(client));
    client_hang_up(client);
    assert_false(client->ended_in_order);
    assert_non_null(strstr(client->error.message, "shrank"));
    close(fd);
}

static void descriptors_that_are_no_memory_are_refused(void **state)
{
    struct client *client = *state;
    const int wrong[] = {
        open("/dev/zero", O_RDWR | O_CLOEXEC),
        open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        open("/proc/self/exe", O_PATH | O_CLOEXEC),
        open("/proc/self/exe", O_RDONLY | O_CLOEXEC), /* memory, but not to be written */
        eventfd(0, EFD_CLOEXEC),
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
    };
    unsigned before = client_count_fds();

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        assert_true(wrong[i] >= 0);
        assert_int_not_equal(client_map(client, 0x100000, 0x1000, 0, 3, wrong[i]), 0);
        assert_int_equal(client_count_fds(), before);
        close(wrong[i]);
        before--;
    }
}

static void a_client_that_leaves_in_mid_message_is_dropped_with_a_reason(void **state)
{
    struct client *client = *state;
    const struct vfio_user_header header = {7, VFIO_USER_DEVICE_GET_INFO, 32, 0, 0};

    client_send_raw(client, &header, sizeof(header), NULL, 0);
    client_hang_up(client);
    assert_false(client->ended_in_order);
    assert_non_null(strstr(client->error.message, "in the middle of a message"));
}

/* A flood of requests, and no reply is ever read. The server gives up instead of waiting. */
static void a_client_that_reads_no_replies_is_dropped(void **state)
{
    struct client *client = *state;
    struct {
        struct vfio_user_header header;
        uint64_t offset;
        uint32_t region, count;
    } request = {{1, VFIO_USER_REGION_READ, 32, 0, 0}, 0, VFIO_USER_REGION_ROM, 4096};
    gint64 start = g_get_monotonic_time();

    do {
        assert_true(g_get_monotonic_time() - start < 10 * G_USEC_PER_SEC);
    } while (send(client->socket, &request, sizeof(request), MSG_NOSIGNAL | MSG_DONTWAIT) ==
                 sizeof(request) ||
             errno == EAGAIN);
    client_hang_up(client);
    assert_false(client->ended_in_order);
}

static struct client_reply feature(struct client *client, uint32_t flags, uint32_t state)
{
    const uint32_t words[4] = {16, flags, state, 0};

    return client_call(client, VFIO_USER_DEVICE_FEATURE, words, sizeof(words), NULL, 0);
}

static void a_saved_device_goes_on_where_it_was(void **state)
{
    struct client *client = *state;
    const uint32_t ask[2] = {8 + 4000, 4000};
    uint8_t saved[16 + 65536];
    uint32_t size = 0;

    client_write32(client, VERSION_REGISTER, 5);
    assert_int_equal(feature(client, 0x20002, VFIO_USER_MIG_STOP_COPY).header.error, 0);
    for (;;) {
        struct client_reply reply =
            client_call(client, VFIO_USER_MIG_DATA_READ, ask, sizeof(ask), NULL, 0);
        uint32_t got;

        assert_int_equal(reply.header.error, 0);
        memcpy(&got, reply.payload + 4, 4);
        if (got == 0) {
            break;
        }
        assert_true(size + got <= sizeof(saved) - 8);
        memcpy(saved + 8 + size, reply.payload + 8, got);
        size += got;
    }
    assert_true(size > 256);
    assert_int_equal(client_call(client, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0).header.error, 0);
    assert_int_equal(client_read32(client, VERSION_REGISTER), 0);

    assert_int_equal(feature(client, 0x20002, VFIO_USER_MIG_RESUMING).header.error, 0);
    memcpy(saved, (uint32_t[]){size + 8, size}, 8);
    assert_int_equal(
        client_call(client, VFIO_USER_MIG_DATA_WRITE, saved, size + 8, NULL, 0).header.error, 0);
    assert_int_equal(feature(client, 0x20002, VFIO_USER_MIG_RUNNING).header.error, 0);
    assert_int_equal(client_read32(client, VERSION_REGISTER), 5);
}

static void a_damaged_state_is_refused_until_reset(void **state)
{
    struct client *client = *state;
    uint32_t junk[6] = {24, 16, 1, 2, 3, 4};

    assert_int_equal(feature(client, 0x20002, VFIO_USER_MIG_RESUMING).header.error, 0);
    assert_int_equal(
        client_call(client, VFIO_USER_MIG_DATA_WRITE, junk, sizeof(junk), NULL, 0).header.error, 0);
    assert_int_equal(feature(client, 0x20002, VFIO_USER_MIG_RUNNING).header.error, EINVAL);
    assert_int_equal(feature(client, 0x20002, VFIO_USER_MIG_RUNNING).header.error, EINVAL);
    assert_int_equal(client_call(client, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0).header.error, 0);
    assert_int_equal(feature(client, 0x20002, VFIO_USER_MIG_STOP).header.error, 0);
}

int main(void)
{
#define SILENT(name) cmocka_unit_test_setup_teardown(name, set_up_silent, tear_down)
#define TALKING(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        SILENT(the_first_message_must_be_version),
        SILENT(another_major_version_is_refused_and_dropped),
        SILENT(a_proposal_nested_beyond_reason_is_refused),
        TALKING(a_second_version_is_refused),
        TALKING(device_info_is_that_of_a_pci_device),
        TALKING(regions_are_bar_0_rom_and_configuration),
        TALKING(registers_are_read_back_through_bar_0),
        TALKING(batched_writes_happen_in_order),
        TALKING(a_batch_that_claims_more_than_it_has_changes_nothing),
        TALKING(accesses_within_a_region_are_done_and_those_across_its_end_refused),
        TALKING(a_posted_write_outside_is_ignored_without_a_reply),
        TALKING(the_rom_reads_as_its_image_padded_with_ones),
        TALKING(msi_reaches_the_eventfd_until_it_is_disabled),
        TALKING(interrupt_requests_that_make_no_sense_are_refused_and_keep_nothing),
        TALKING(memory_is_mapped_once_and_unmapped_by_its_exact_range),
        TALKING(maps_that_make_no_sense_are_refused_and_keep_nothing),
        TALKING(descriptors_where_none_belong_are_closed),
        TALKING(more_descriptors_than_a_message_may_carry_end_the_connection),
        TALKING(sizes_that_cannot_be_end_the_connection),
        TALKING(a_reply_to_nothing_ends_the_connection),
        TALKING(unknown_commands_are_refused_and_the_connection_goes_on),
        TALKING(short_payloads_are_refused),
        TALKING(messages_may_come_in_pieces),
        TALKING(reset_brings_back_registers_and_configuration),
        TALKING(a_client_that_leaves_takes_everything_with_it),
        TALKING(descriptors_that_are_no_memory_are_refused),
        TALKING(a_client_that_leaves_in_mid_message_is_dropped_with_a_reason),
        TALKING(a_client_that_reads_no_replies_is_dropped),
        TALKING(memory_that_shrinks_ends_the_connection_not_the_server),
        TALKING(a_saved_device_goes_on_where_it_was),
        TALKING(a_damaged_state_is_refused_until_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
