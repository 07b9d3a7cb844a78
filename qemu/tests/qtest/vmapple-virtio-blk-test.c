/*
 * QTest of Apple's flavour of virtio-blk, and of the used ring's cure
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "standard-headers/linux/virtio_blk.h"
#include "standard-headers/linux/virtio_config.h"
#include "standard-headers/linux/virtio_pci.h"
#include "standard-headers/linux/virtio_ring.h"
#include "vmapple-test.h"

#define ECAM        0x40000000ull
#define FUNCTION    (ECAM + (4 << 15))  /* slot 4 */
#define BAR4        0x50000000ull
#define BDIF_AUX    0x30010000ull

#define QUEUE_SIZE  64
#define DESC        (RAM_BASE + 0x10000)
#define AVAIL       (RAM_BASE + 0x20000)
#define USED        (RAM_BASE + 0x30000)
#define REQUEST(n)  (RAM_BASE + 0x100000 + (n) * 0x1000)
#define DATA        (RAM_BASE + 0x1000000)

#define APPLE_BARRIER   0x10000
#define DISK_SIZE       (32 * 1024 * 1024)

#define COMMON(field) offsetof(struct virtio_pci_common_cfg, field)

static char *guest_errors;
static char *disk_file;

typedef struct Driver {
    QTestState *qts;
    uint64_t common, notify, config;
    uint64_t avail, used;
    uint16_t avail_idx, used_idx;
    unsigned next;
} Driver;

static char *arguments(const char *device)
{
    return g_strdup_printf("-blockdev driver=file,filename=%s,node-name=disk "
                           "-global vmapple-bdif.aux=disk "
                           "-device %s,addr=4", disk_file, device);
}

static Driver start(const char *device)
{
    g_autofree char *all = arguments(device);
    Driver d = { .qts = vmapple_start(guest_errors, all) };
    QTestState *qts = d.qts;

    qtest_writel(qts, FUNCTION + 0x20, BAR4);
    qtest_writel(qts, FUNCTION + 0x24, 0);
    qtest_writew(qts, FUNCTION + 0x04, 6);
    for (unsigned cap = qtest_readb(qts, FUNCTION + 0x34); cap;
         cap = qtest_readb(qts, FUNCTION + cap + 1)) {
        uint64_t at = BAR4 + qtest_readl(qts, FUNCTION + cap + 8);

        if (qtest_readb(qts, FUNCTION + cap) != 9) {
            continue;
        }
        switch (qtest_readb(qts, FUNCTION + cap + 3)) {
        case VIRTIO_PCI_CAP_COMMON_CFG:
            d.common = at;
            break;
        case VIRTIO_PCI_CAP_NOTIFY_CFG:
            d.notify = at;
            break;
        case VIRTIO_PCI_CAP_DEVICE_CFG:
            d.config = at;
            break;
        }
    }
    g_assert_true(d.common && d.notify && d.config);
    return d;
}

/* @used_programmed is where the driver says the used ring is. */
static void set_up(Driver *d, uint64_t avail, uint64_t used_programmed,
                   uint64_t used)
{
    QTestState *qts = d->qts;
    uint64_t c = d->common;

    d->avail = avail;
    d->used = used;
    d->avail_idx = d->used_idx = 0;
    qtest_writeb(qts, c + COMMON(device_status), 0);
    qtest_memset(qts, avail, 0, 4 + 2 * QUEUE_SIZE);
    qtest_memset(qts, used, 0, 4 + 8 * QUEUE_SIZE);

    qtest_writeb(qts, c + COMMON(device_status),
                 VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
    qtest_writel(qts, c + COMMON(guest_feature_select), 1);
    qtest_writel(qts, c + COMMON(guest_feature),
                 1 << (VIRTIO_F_VERSION_1 - 32));
    qtest_writeb(qts, c + COMMON(device_status),
                 VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
                 VIRTIO_CONFIG_S_FEATURES_OK);
    qtest_writew(qts, c + COMMON(queue_select), 0);
    qtest_writew(qts, c + COMMON(queue_size), QUEUE_SIZE);
    qtest_writel(qts, c + COMMON(queue_desc_lo), DESC);
    qtest_writel(qts, c + COMMON(queue_avail_lo), avail);
    qtest_writel(qts, c + COMMON(queue_used_lo), used_programmed);
    qtest_writew(qts, c + COMMON(queue_enable), 1);
    qtest_writeb(qts, c + COMMON(device_status),
                 VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
                 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
}

static Driver start_ready(const char *device)
{
    Driver d = start(device);

    set_up(&d, AVAIL, USED, USED);
    return d;
}

static void put_descriptor(Driver *d, unsigned i, uint64_t addr, uint32_t len,
                           uint16_t flags)
{
    uint8_t bytes[16];

    stq_le_p(bytes, addr);
    stl_le_p(bytes + 8, len);
    stw_le_p(bytes + 12, flags);
    stw_le_p(bytes + 14, i + 1);
    qtest_memwrite(d->qts, DESC + i * 16, bytes, 16);
}

/* Puts a request into the ring; the device is not told yet. Its number. */
static unsigned queue(Driver *d, uint32_t type, uint64_t sector, uint64_t data,
                      uint32_t len)
{
    bool out = type & VIRTIO_BLK_T_OUT;
    unsigned n = d->next++ % (QUEUE_SIZE / 3);
    unsigned head = n * 3, i = head;

    qtest_writel(d->qts, REQUEST(n), type);
    qtest_writel(d->qts, REQUEST(n) + 4, 0);
    qtest_writeq(d->qts, REQUEST(n) + 8, sector);
    qtest_writeb(d->qts, REQUEST(n) + 16, 0xee);
    put_descriptor(d, i++, REQUEST(n), 16, VRING_DESC_F_NEXT);
    if (len) {
        put_descriptor(d, i++, data, len,
                       VRING_DESC_F_NEXT | (out ? 0 : VRING_DESC_F_WRITE));
    }
    put_descriptor(d, i, REQUEST(n) + 16, 1, VRING_DESC_F_WRITE);
    qtest_writew(d->qts, d->avail + 4 + d->avail_idx++ % QUEUE_SIZE * 2, head);
    return n;
}

static void kick(Driver *d)
{
    qtest_writew(d->qts, d->avail + 2, d->avail_idx);
    qtest_writew(d->qts, d->notify, 0);
}

/* The number of the next request that the device gives back */
static unsigned next_done(Driver *d)
{
    while (qtest_readw(d->qts, d->used + 2) == d->used_idx) {
        g_usleep(100);
    }
    return qtest_readl(d->qts, d->used + 4 + d->used_idx++ % QUEUE_SIZE * 8) /
           3;
}

static uint8_t status(Driver *d, unsigned n)
{
    return qtest_readb(d->qts, REQUEST(n) + 16);
}

static uint8_t request(Driver *d, uint32_t type, uint64_t sector, uint32_t len)
{
    unsigned n = queue(d, type, sector, DATA, len);

    kick(d);
    g_assert_cmpuint(next_done(d), ==, n);
    return status(d, n);
}

static void expect_works(Driver *d)
{
    qtest_memset(d->qts, DATA, 0x5a, 4096);
    g_assert_cmpuint(request(d, VIRTIO_BLK_T_OUT, 8, 4096), ==, 0);
    qtest_memset(d->qts, DATA, 0, 4096);
    g_assert_cmpuint(request(d, VIRTIO_BLK_T_IN, 8, 4096), ==, 0);
    expect_filled(d->qts, DATA, 4096, 0x5a);
}

#define AUX     "vmapple-virtio-blk-pci,variant=aux,drive=disk"

static void it_has_apples_ids(void)
{
    Driver d = start(AUX);

    g_assert_cmphex(qtest_readl(d.qts, FUNCTION), ==, 0x1a00106b);
    g_assert_cmphex(qtest_readl(d.qts, FUNCTION + 8), ==, 0x01000001);
    g_assert_cmphex(qtest_readl(d.qts, FUNCTION + 0x2c), ==, 0x11001af4);
    qtest_quit(d.qts);
}

static void its_configuration_tells_the_variant(void)
{
    Driver d = start(AUX);

    g_assert_cmphex(qtest_readq(d.qts, d.config), ==, DISK_SIZE / 512);
    g_assert_cmphex(qtest_readl(d.qts, d.config + 0x3c), ==, 2);
    for (int offset = 0x40; offset < 0x60; offset += 4) {
        g_assert_cmphex(qtest_readl(d.qts, d.config + offset), ==, 0);
    }
    qtest_writel(d.qts, d.common + COMMON(device_feature_select), 0);
    g_assert_true(qtest_readl(d.qts, d.common + COMMON(device_feature)) &
                  1 << VIRTIO_BLK_F_ZONED);
    qtest_quit(d.qts);

    d = start("vmapple-virtio-blk-pci,variant=root,drive=disk");
    g_assert_cmphex(qtest_readl(d.qts, d.config + 0x3c), ==, 1);
    qtest_quit(d.qts);
}

static void it_reads_and_writes(void)
{
    Driver d = start_ready(AUX);

    expect_works(&d);
    qtest_quit(d.qts);
}

/* A bdif request for sector @sector to DATA + 0x10000 */
static void read_by_bdif(Driver *d, uint64_t sector)
{
    static const uint32_t flags[] = { 0x00010001, 0x00030001, 0x00020000 };
    uint64_t table = RAM_BASE + 0x80000;
    uint64_t addrs[] = { table + 0x100, DATA + 0x10000, table + 0x200 };
    uint32_t lens[] = { 16, 512, 1 };

    for (int i = 0; i < 3; i++) {
        qtest_writeq(d->qts, table + i * 16, addrs[i]);
        qtest_writel(d->qts, table + i * 16 + 8, lens[i]);
        qtest_writel(d->qts, table + i * 16 + 12, flags[i]);
    }
    qtest_writeq(d->qts, table + 0x100, 0);
    qtest_writeq(d->qts, table + 0x108, sector);
    qtest_writeq(d->qts, BDIF_AUX + 0x408, table);
    while (!qtest_readl(d->qts, BDIF_AUX + 0x10)) {
        g_usleep(100);
    }
    g_assert_cmphex(qtest_readb(d->qts, table + 0x200), ==, 0);
}

static void what_it_writes_bdif_reads(void)
{
    Driver d = start_ready(AUX);

    for (int i = 1; i < 10; i++) {
        qtest_memset(d.qts, DATA, i, 512);
        g_assert_cmpuint(request(&d, VIRTIO_BLK_T_OUT, 100, 512), ==, 0);
        read_by_bdif(&d, 100);
        expect_filled(d.qts, DATA + 0x10000, 512, i);
    }
    qtest_quit(d.qts);
}

static void a_barrier_is_answered(void)
{
    Driver d = start_ready(AUX);

    g_assert_cmpuint(request(&d, APPLE_BARRIER, 0, 0), ==, 0);
    g_assert_cmpuint(request(&d, APPLE_BARRIER | VIRTIO_BLK_T_OUT, 0, 0),
                     ==, 0);
    g_assert_cmpuint(request(&d, APPLE_BARRIER | VIRTIO_BLK_T_BARRIER, 0, 0),
                     ==, 0);
    expect_works(&d);
    qtest_quit(d.qts);
}

static void a_barrier_comes_after_all_before_it(void)
{
    Driver d = start_ready(AUX);

    /* Writes of many sizes, in one go with the barrier behind them */
    for (int round = 0; round < 20; round++) {
        unsigned barrier;

        for (unsigned i = 0; i < 10; i++) {
            queue(&d, VIRTIO_BLK_T_OUT, i * 2048, DATA, 512 << (9 - i));
        }
        barrier = queue(&d, APPLE_BARRIER, 0, 0, 0);
        kick(&d);
        for (unsigned i = 0; i < 10; i++) {
            g_assert_cmpuint(next_done(&d), !=, barrier);
        }
        g_assert_cmpuint(next_done(&d), ==, barrier);
        g_assert_cmpuint(status(&d, barrier), ==, 0);
    }
    qtest_quit(d.qts);
}

static void a_flood_of_barriers_is_answered_in_order(void)
{
    Driver d = start_ready(AUX);

    for (int round = 0; round < 50; round++) {
        unsigned first = d.next;

        for (unsigned i = 0; i < QUEUE_SIZE / 3; i++) {
            queue(&d, APPLE_BARRIER, 0, 0, 0);
        }
        kick(&d);
        for (unsigned i = 0; i < QUEUE_SIZE / 3; i++) {
            g_assert_cmpuint(next_done(&d), ==,
                             (first + i) % (QUEUE_SIZE / 3));
        }
    }
    expect_works(&d);
    qtest_quit(d.qts);
}

static void a_reset_forgets_barriers(void)
{
    Driver d = start_ready(AUX);

    for (int i = 0; i < 20; i++) {
        queue(&d, APPLE_BARRIER, 0, 0, 0);
        kick(&d);
        set_up(&d, AVAIL, USED, USED);
    }
    expect_works(&d);
    qtest_quit(d.qts);
}

static void unknown_and_zone_requests_are_unsupported(void)
{
    static const uint32_t types[] = {
        0x12345678, APPLE_BARRIER + 2, 0x20000,
        VIRTIO_BLK_T_ZONE_APPEND, VIRTIO_BLK_T_ZONE_OPEN,
        VIRTIO_BLK_T_ZONE_CLOSE, VIRTIO_BLK_T_ZONE_FINISH,
        VIRTIO_BLK_T_ZONE_RESET, VIRTIO_BLK_T_ZONE_RESET_ALL,
        VIRTIO_BLK_T_ZONE_REPORT,
    };
    Driver d = start_ready(AUX);

    for (int i = 0; i < ARRAY_SIZE(types); i++) {
        uint32_t len = types[i] == VIRTIO_BLK_T_ZONE_REPORT ? 4096 :
                       types[i] == VIRTIO_BLK_T_ZONE_APPEND ? 512 : 0;

        g_assert_cmpuint(request(&d, types[i], 8, len), ==,
                         VIRTIO_BLK_S_UNSUPP);
        expect_works(&d);
    }
    qtest_quit(d.qts);
}

static void past_the_end_is_an_error(void)
{
    Driver d = start_ready(AUX);

    g_assert_cmpuint(request(&d, VIRTIO_BLK_T_IN, DISK_SIZE / 512, 512), ==,
                     VIRTIO_BLK_S_IOERR);
    g_assert_cmpuint(request(&d, VIRTIO_BLK_T_OUT, UINT64_MAX, 512), ==,
                     VIRTIO_BLK_S_IOERR);
    expect_works(&d);
    qtest_quit(d.qts);
}

/* The rings of a macOS that would have waited for ever */
static void check_used_ring(Driver *d)
{
    uint64_t avail = RAM_BASE + 0x20ff0;

    /* The boundary inside the available ring: the driver reads the next. */
    set_up(d, avail, RAM_BASE + 0x21000, RAM_BASE + 0x22000);
    expect_works(d);

    /* As macOS lays them when it is lucky: left alone */
    avail = RAM_BASE + 0x20b00;
    set_up(d, avail, RAM_BASE + 0x21000, RAM_BASE + 0x21000);
    expect_works(d);

    /* Directly behind the available ring: left alone, too */
    avail = RAM_BASE + 0x21000 - 4 - 2 * QUEUE_SIZE;
    set_up(d, avail, RAM_BASE + 0x21000, RAM_BASE + 0x21000);
    expect_works(d);
    qtest_quit(d->qts);
}

static void a_misplaced_used_ring_is_found(void)
{
    Driver d = start(AUX);

    check_used_ring(&d);
}

static void so_is_that_of_a_plain_virtio_blk(void)
{
    Driver d = start("virtio-blk-pci,share-rw=on,drive=disk");

    check_used_ring(&d);
}

static void a_moved_used_ring_survives_migration(void)
{
    g_autofree char *all = arguments(AUX);
    Driver d = start(AUX);

    set_up(&d, RAM_BASE + 0x20ff0, RAM_BASE + 0x21000, RAM_BASE + 0x22000);
    expect_works(&d);
    d.qts = vmapple_migrate(d.qts, guest_errors, all);
    expect_works(&d);
    g_assert_cmpuint(request(&d, APPLE_BARRIER, 0, 0), ==, 0);
    qtest_quit(d.qts);
}

static void expect_refusal(const char *mistake, const char *why)
{
    g_autofree char *command = g_strdup_printf(
        "%s -machine vmapple -accel qtest -display none -nodefaults "
        "-blockdev driver=file,filename=%s,node-name=disk %s",
        g_getenv("QTEST_QEMU_BINARY"), disk_file, mistake);
    g_autofree char *errors = NULL;
    int wait_status;

    g_assert_true(g_spawn_command_line_sync(command, NULL, &errors,
                                            &wait_status, NULL));
    g_assert_cmpint(WEXITSTATUS(wait_status), ==, 1);
    g_assert_nonnull(strstr(errors, why));
}

static void mistakes_on_the_command_line_are_named(void)
{
    expect_refusal("-device vmapple-virtio-blk-pci,drive=disk",
                   "property 'variant' is missing; it is 'aux' or 'root'");
    expect_refusal("-device vmapple-virtio-blk-pci,drive=disk,variant=tape",
                   "tape");
    expect_refusal("-device vmapple-virtio-blk-pci,variant=aux",
                   "property 'drive' is missing; give it the id");
    expect_refusal("-object iothread,id=t "
                   "-device " AUX ",iothread=t", "leave out 'iothread'");
}

#define TEST(function) \
    qtest_add_func("/vmapple/virtio-blk/" #function, function)

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    guest_errors = temporary_file("log", 0);
    disk_file = temporary_file("disk", DISK_SIZE);

    TEST(it_has_apples_ids);
    TEST(its_configuration_tells_the_variant);
    TEST(it_reads_and_writes);
    TEST(what_it_writes_bdif_reads);
    TEST(a_barrier_is_answered);
    TEST(a_barrier_comes_after_all_before_it);
    TEST(a_flood_of_barriers_is_answered_in_order);
    TEST(a_reset_forgets_barriers);
    TEST(unknown_and_zone_requests_are_unsupported);
    TEST(past_the_end_is_an_error);
    TEST(a_misplaced_used_ring_is_found);
    TEST(so_is_that_of_a_plain_virtio_blk);
    TEST(a_moved_used_ring_survives_migration);
    TEST(mistakes_on_the_command_line_are_named);

    ret = g_test_run();
    unlink(guest_errors);
    unlink(disk_file);
    return ret;
}
