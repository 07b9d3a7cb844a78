/*
 * QTest of the firmware's USB page: the test is firmware and client
 *
 * Spec: 80-platform 12.5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/sockets.h"
#include "qapi/error.h"
#include "vmapple-test.h"

#define DFU         0x30100000ull
#define STATUS      0x000
#define TYPE        0x004
#define READY       0x010
#define COMMAND     0x408
#define SELECT      0x410

#define TABLE       (RAM_BASE + 0x1000)
#define BUFFER      (RAM_BASE + 0x2000)
#define BUFFER2     (RAM_BASE + 0x4000)
#define ANSWER      (RAM_BASE + 0x6000)
#define BUFFER_SIZE 0x80e

enum {
    HELLO = 0,
    CONNECT = 1,
    RESET = 3,
    INTERFACES = 4,
    ENDPOINTS = 5,
    SET_CONFIGURATION = 6,
    GET_CONFIGURATION = 7,
    CONFIGURATION = 8,
    CONTROL = 100,

    OK = 0,
    IO_ERROR = 3,
    STALL = 4,
};

/* usbredir, with 32-bit ids */
typedef struct QEMU_PACKED Message {
    uint32_t type, length, id;
    uint8_t bytes[8192];
} Message;

typedef struct QEMU_PACKED Control {
    uint8_t endpoint, request, requesttype, status;
    uint16_t value, index, length;
    uint8_t data[4096];
} Control;

#define CONTROL_HEADER offsetof(Control, data)

static char *guest_errors, *path;

/*
 * The client
 */

static void send_message(int fd, uint32_t type, uint32_t id, const void *bytes,
                         uint32_t length)
{
    Message m = {
        .type = cpu_to_le32(type),
        .length = cpu_to_le32(length),
        .id = cpu_to_le32(id),
    };

    memcpy(m.bytes, bytes, length);
    g_assert_cmpint(send(fd, &m, 12 + length, 0), ==, 12 + length);
}

static void receive(int fd, uint32_t type, Message *m)
{
    g_assert_cmpint(recv(fd, m, 12, MSG_WAITALL), ==, 12);
    m->type = le32_to_cpu(m->type);
    m->length = le32_to_cpu(m->length);
    m->id = le32_to_cpu(m->id);
    g_assert_cmpuint(m->type, ==, type);
    g_assert_cmpuint(m->length, <=, sizeof(m->bytes));
    if (m->length) {
        g_assert_cmpint(recv(fd, m->bytes, m->length, MSG_WAITALL), ==,
                        m->length);
    }
}

static int connect_client(Message *device)
{
    int fd = unix_connect(path, &error_abort);
    uint8_t hello[64 + 4] = "qtest";
    Message m;

    /* With the device's version and the endpoints' sizes, as ours has */
    hello[64] = 1 << 1 | 1 << 4;
    receive(fd, HELLO, &m);
    send_message(fd, HELLO, 0, hello, sizeof(hello));
    receive(fd, INTERFACES, &m);
    receive(fd, ENDPOINTS, &m);
    receive(fd, CONNECT, device ? device : &m);
    return fd;
}

static void request(int fd, uint32_t id, uint8_t requesttype, uint8_t code,
                    uint16_t length, const void *data)
{
    Control c = {
        .endpoint = requesttype & 0x80,
        .request = code,
        .requesttype = requesttype,
        .value = cpu_to_le16(0x1122),
        .length = cpu_to_le16(length),
    };

    if (data) {
        memcpy(c.data, data, length);
    }
    send_message(fd, CONTROL, id, &c, CONTROL_HEADER + (data ? length : 0));
}

static void expect_answer(int fd, uint32_t id, uint8_t status,
                          const void *data, uint32_t length)
{
    Message m;
    Control *c = (Control *)m.bytes;

    receive(fd, CONTROL, &m);
    g_assert_cmpuint(m.id, ==, id);
    g_assert_cmpuint(c->status, ==, status);
    g_assert_cmpmem(c->data, m.length - CONTROL_HEADER, data,
                    data ? length : 0);
    g_assert_cmpuint(le16_to_cpu(c->length), ==, length);
}

/*
 * The firmware
 */

static void put_on_queue(QTestState *qts, unsigned queue, uint64_t buffer,
                         uint32_t length, uint16_t flags)
{
    qtest_writeq(qts, TABLE, buffer);
    qtest_writel(qts, TABLE + 8, length);
    qtest_writel(qts, TABLE + 12, (uint32_t)flags << 16);
    qtest_writel(qts, DFU + SELECT, queue);
    qtest_writeq(qts, DFU + COMMAND, TABLE);
    qtest_writel(qts, DFU + SELECT, 0);
}

static void post(QTestState *qts, uint64_t buffer)
{
    put_on_queue(qts, 0, buffer, BUFFER_SIZE, 2);
}

static void answer(QTestState *qts, uint8_t kind, const void *bytes,
                   uint32_t length)
{
    qtest_writew(qts, ANSWER, kind);
    if (length) {
        qtest_memwrite(qts, ANSWER + 2, bytes, length);
    }
    put_on_queue(qts, 1, ANSWER, 2 + length, 0);
}

/* Polls as the firmware does, while QEMU's main loop sees the client. */
static void wait_ready(QTestState *qts)
{
    for (int i = 0; i < 5000; i++) {
        if (qtest_readl(qts, DFU + READY) & 1) {
            return;
        }
        g_usleep(1000);
    }
    g_assert_not_reached();
}

static void expect_packet(QTestState *qts, uint64_t buffer, uint8_t kind,
                          const char *hex)
{
    wait_ready(qts);
    g_assert_cmpint((int32_t)qtest_readl(qts, buffer), ==, strlen(hex) / 2);
    g_assert_cmpint(qtest_readb(qts, buffer + 4), ==, 0);
    g_assert_cmpint(qtest_readb(qts, buffer + 5), ==, kind);
    expect_bytes(qts, buffer + 6, hex);
}

static char *options(void)
{
    return g_strdup_printf("-machine dfu=usb "
                           "-chardev socket,id=usb,path=%s,server=on,wait=off",
                           path);
}

static QTestState *start(void)
{
    g_autofree char *more = options();

    return vmapple_start(guest_errors, more);
}

/*
 * Tests
 */

static void the_page_is_there_when_it_is_asked_for(void)
{
    QTestState *qts = start();

    g_assert_cmphex(qtest_readl(qts, DFU + STATUS), ==, 1);
    g_assert_cmphex(qtest_readl(qts, DFU + TYPE), ==, 0x1a01);
    g_assert_cmphex(qtest_readl(qts, DFU + READY), ==, 0);
    qtest_quit(qts);

    qts = vmapple_start(guest_errors, "");
    g_assert_cmphex(qtest_readl(qts, DFU + STATUS), ==, 0);
    qtest_quit(qts);
}

static void a_client_sees_apples_device(void)
{
    QTestState *qts = start();
    Message device;
    int fd = connect_client(&device);

    g_assert_cmphex(lduw_le_p(device.bytes + 4), ==, 0x05ac);
    g_assert_cmphex(lduw_le_p(device.bytes + 6), ==, 0x1227);
    close(fd);
    qtest_quit(qts);
}

static void a_descriptor_is_read(void)
{
    QTestState *qts = start();
    int fd = connect_client(NULL);

    post(qts, BUFFER);
    request(fd, 7, 0x80, 6, 18, NULL);
    expect_packet(qts, BUFFER, 1, "8006221100001200");
    /* Once is told once. */
    g_assert_cmpint(qtest_readl(qts, DFU + READY), ==, 0);
    answer(qts, 1, "descriptor", 10);
    expect_answer(fd, 7, OK, "descriptor", 10);
    close(fd);
    qtest_quit(qts);
}

static void an_answer_is_cut_to_what_was_asked_for(void)
{
    QTestState *qts = start();
    int fd = connect_client(NULL);

    post(qts, BUFFER);
    request(fd, 7, 0x80, 6, 4, NULL);
    wait_ready(qts);
    answer(qts, 1, "descriptor", 10);
    expect_answer(fd, 7, OK, "desc", 4);
    close(fd);
    qtest_quit(qts);
}

static void a_block_is_written_in_pieces_and_ended_by_its_own_packet(void)
{
    static uint8_t block[0x808 + 2];
    QTestState *qts = start();
    int fd = connect_client(NULL);
    uint8_t got[2];

    block[0] = 0xaa;
    block[0x808] = 0xbb;
    post(qts, BUFFER);
    post(qts, BUFFER2); /* before the first is used */
    request(fd, 1, 0x21, 1, sizeof(block), block);
    expect_packet(qts, BUFFER, 1, "2101221100000a08");
    answer(qts, 1, NULL, 0); /* of the request: not the end */
    g_assert_cmpint(qtest_readl(qts, DFU + READY), ==, 1);
    g_assert_cmpint(qtest_readl(qts, BUFFER2), ==, 0x808);
    g_assert_cmpint(qtest_readb(qts, BUFFER2 + 5), ==, 3);
    g_assert_cmpint(qtest_readb(qts, BUFFER2 + 6), ==, 0xaa);
    post(qts, BUFFER);
    g_assert_cmpint(qtest_readl(qts, DFU + READY), ==, 1);
    g_assert_cmpint(qtest_readl(qts, BUFFER), ==, 2);
    qtest_memread(qts, BUFFER + 6, got, 2);
    g_assert_cmpint(got[0], ==, 0xbb);
    answer(qts, 5, NULL, 0);
    expect_answer(fd, 1, OK, NULL, sizeof(block));
    close(fd);
    qtest_quit(qts);
}

static void an_empty_status_means_download_idle(void)
{
    QTestState *qts = start();
    int fd = connect_client(NULL);

    post(qts, BUFFER);
    request(fd, 2, 0xa1, 3, 6, NULL);
    wait_ready(qts);
    answer(qts, 1, NULL, 0);
    expect_answer(fd, 2, OK, "\0\0\0\0\5\0", 6);
    close(fd);
    qtest_quit(qts);
}

static void a_bus_reset_and_a_configuration_reach_the_firmware(void)
{
    QTestState *qts = start();
    int fd = connect_client(NULL);
    Message m;

    post(qts, BUFFER);
    send_message(fd, RESET, 0, "", 0);
    expect_packet(qts, BUFFER, 0, "");
    post(qts, BUFFER);
    send_message(fd, SET_CONFIGURATION, 9, "\1", 1);
    expect_packet(qts, BUFFER, 1, "0009010000000000");
    answer(qts, 1, NULL, 0);
    receive(fd, CONFIGURATION, &m);
    g_assert_cmpuint(m.id, ==, 9);
    g_assert_cmpint(m.bytes[0], ==, OK);
    g_assert_cmpint(m.bytes[1], ==, 1);
    close(fd);
    qtest_quit(qts);
}

static void what_a_hostile_firmware_posts_is_refused(void)
{
    QTestState *qts = start();
    int fd = connect_client(NULL);

    put_on_queue(qts, 0, BUFFER, 5, 2);
    put_on_queue(qts, 0, BUFFER, 0, 2);
    put_on_queue(qts, 0, BUFFER, 128 * 1024 + 1, 2);
    put_on_queue(qts, 0, BUFFER, UINT32_MAX, 2);
    put_on_queue(qts, 0, BUFFER, BUFFER_SIZE, 0);
    put_on_queue(qts, 1, ANSWER, 10, 2);
    put_on_queue(qts, 1, ANSWER, 1, 0);
    put_on_queue(qts, 1, ANSWER, 4099, 0);
    put_on_queue(qts, 1, UINT64_MAX - 1, 8, 0);
    answer(qts, 1, "nobody asked", 12);
    qtest_writeq(qts, DFU + COMMAND, HOLE);
    qtest_writeq(qts, DFU + COMMAND, UINT64_MAX - 3);
    qtest_writel(qts, DFU + SELECT, 2);
    g_assert_true(log_has(guest_errors, "an answer to no request"));

    /* A request is kept for a buffer that can take it. */
    request(fd, 3, 0x80, 6, 18, NULL);
    put_on_queue(qts, 0, HOLE, BUFFER_SIZE, 2);
    put_on_queue(qts, 0, BUFFER, 7, 2);
    g_usleep(100000);
    g_assert_cmpint(qtest_readl(qts, DFU + READY), ==, 0);
    for (int i = 0; i < 3; i++) {
        post(qts, BUFFER);
    }
    expect_packet(qts, BUFFER, 1, "8006221100001200");
    answer(qts, 1, "x", 1);
    expect_answer(fd, 3, OK, "x", 1);
    close(fd);
    qtest_quit(qts);
}

static void too_many_requests_are_stalled_and_a_reset_fails_the_others(void)
{
    QTestState *qts = start();
    int fd = connect_client(NULL);

    for (int i = 0; i < 17; i++) {
        request(fd, i, 0x80, 6, 18, NULL);
    }
    expect_answer(fd, 16, STALL, NULL, 0);
    vmapple_reset(qts);
    for (int i = 0; i < 16; i++) {
        expect_answer(fd, i, IO_ERROR, NULL, 0);
    }
    close(fd);
    qtest_quit(qts);
}

static void a_client_that_leaves_makes_room_for_another(void)
{
    QTestState *qts = start();
    int fd = connect_client(NULL);

    request(fd, 1, 0x80, 6, 18, NULL);
    close(fd);
    fd = connect_client(NULL);
    post(qts, BUFFER);
    request(fd, 2, 0x80, 6, 9, NULL);
    expect_packet(qts, BUFFER, 1, "8006221100000900");
    answer(qts, 1, "new", 3);
    expect_answer(fd, 2, OK, "new", 3);
    close(fd);
    qtest_quit(qts);
}

static void garbage_from_a_client_does_no_harm(void)
{
    QTestState *qts = start();
    uint8_t garbage[4096];
    int fd = unix_connect(path, &error_abort);

    memset(garbage, 0xff, sizeof(garbage));
    g_assert_cmpint(send(fd, garbage, sizeof(garbage), 0), >, 0);
    close(fd);
    close(connect_client(NULL));
    qtest_quit(qts);
}

static void a_client_that_takes_no_answers_is_not_heard_either(void)
{
    QTestState *qts = start();
    int fd = connect_client(NULL);
    Message m = { .type = cpu_to_le32(GET_CONFIGURATION) };
    GPollFD writable = { .fd = fd, .events = G_IO_OUT };
    unsigned asked = 0;

    do {
        while (asked < 100000 && send(fd, &m, 12, MSG_DONTWAIT) == 12) {
            asked++;
        }
        g_assert_cmpuint(asked, <, 100000);
    } while (g_poll(&writable, 1, 1000) > 0);

    for (unsigned i = 0; i < asked; i++) {
        receive(fd, CONFIGURATION, &m);
    }
    post(qts, BUFFER);
    request(fd, 2, 0x80, 6, 9, NULL);
    expect_packet(qts, BUFFER, 1, "8006221100000900");
    close(fd);
    qtest_quit(qts);
}

static void a_posted_buffer_survives_migration(void)
{
    g_autofree char *more = options();
    QTestState *qts = start();
    int fd;

    post(qts, BUFFER);
    qts = vmapple_migrate(qts, guest_errors, more);
    fd = connect_client(NULL);
    request(fd, 4, 0x80, 6, 18, NULL);
    expect_packet(qts, BUFFER, 1, "8006221100001200");
    close(fd);
    qtest_quit(qts);
}

#define TEST(name) qtest_add_func("/vmapple/dfu/" #name, name)

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    if (!qtest_has_device("vmapple-dfu")) {
        g_test_message("QEMU is built without usbredir");
        return 0;
    }
    guest_errors = temporary_file("log", 0);
    path = g_strdup_printf("%s/vmapple-dfu-%d", g_get_tmp_dir(), getpid());
    TEST(the_page_is_there_when_it_is_asked_for);
    TEST(a_client_sees_apples_device);
    TEST(a_descriptor_is_read);
    TEST(an_answer_is_cut_to_what_was_asked_for);
    TEST(a_block_is_written_in_pieces_and_ended_by_its_own_packet);
    TEST(an_empty_status_means_download_idle);
    TEST(a_bus_reset_and_a_configuration_reach_the_firmware);
    TEST(what_a_hostile_firmware_posts_is_refused);
    TEST(too_many_requests_are_stalled_and_a_reset_fails_the_others);
    TEST(a_client_that_leaves_makes_room_for_another);
    TEST(garbage_from_a_client_does_no_harm);
    TEST(a_client_that_takes_no_answers_is_not_heard_either);
    TEST(a_posted_buffer_survives_migration);
    ret = g_test_run();
    unlink(guest_errors);
    unlink(path);
    return ret;
}
