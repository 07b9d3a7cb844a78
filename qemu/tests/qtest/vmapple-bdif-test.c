/*
 * QTest of vmapple's backdoor interface
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "vmapple-test.h"

#define BDIF        0x30000000ull
#define ROOT        (BDIF + 0x000000)
#define AUX         (BDIF + 0x010000)
#define USB         (BDIF + 0x100000)

enum {
    STATUS = 0x000, TYPE = 0x004, CONFIG_OFFSET = 0x008, READY = 0x010,
    QUEUE_ENABLE = 0x400, COMMAND = 0x408, CAPACITY = 0x420,
    BLOCK_SIZE = 0x434,
};

/* Where the test keeps a request's parts; slot @n of them */
#define TABLE(n)    (RAM_BASE + 0x1000 * (n))
#define HEADER(n)   (TABLE(n) + 0x100)
#define DONE(n)     (TABLE(n) + 0x200)
#define DATA        (RAM_BASE + 0x1000000)

#define FLAGS_READ  0x00030001
#define FLAGS_WRITE 0x00010001

#define AUX_SIZE    (32 * 1024 * 1024)
#define ROOT_SIZE   (80ull * 1024 * 1024 * 1024)

static char *guest_errors;
static char *aux_file;
static char *root_file;

/* Of both disks: the sector's number, in each of its words */
static uint32_t pattern(uint64_t sector, unsigned word)
{
    return sector * 0x10001 + word;
}

static void fill_sectors(const char *file, uint64_t sector, unsigned count)
{
    int fd = open(file, O_RDWR);

    g_assert_cmpint(fd, >=, 0);
    for (unsigned i = 0; i < count; i++) {
        uint32_t words[128];

        for (int w = 0; w < 128; w++) {
            words[w] = cpu_to_le32(pattern(sector + i, w));
        }
        g_assert_cmpint(pwrite(fd, words, 512, (sector + i) * 512), ==, 512);
    }
    close(fd);
}

static void expect_sectors(QTestState *qts, uint64_t addr, uint64_t sector,
                           unsigned count)
{
    g_autofree uint32_t *got = g_malloc(count * 512);

    qtest_bufread(qts, addr, got, count * 512);
    for (unsigned i = 0; i < count * 128; i++) {
        uint32_t want = pattern(sector + i / 128, i % 128);

        if (le32_to_cpu(got[i]) != want) {
            g_assert_cmphex(le32_to_cpu(got[i]), ==, want);
        }
    }
}

/* Reading back all of a large request takes too long. */
static void expect_samples(QTestState *qts, uint64_t addr, uint64_t sector,
                           unsigned count)
{
    for (unsigned i = 0; i < count; i += 997) {
        expect_sectors(qts, addr + i * 512, sector + i, 1);
    }
    expect_sectors(qts, addr + (count - 1) * 512, sector + count - 1, 1);
}

static char *options(const char *more)
{
    return g_strdup_printf("-drive if=pflash,format=raw,file=%s "
                           "-drive if=pflash,format=raw,file=%s %s",
                           aux_file, root_file, more);
}

static QTestState *start_with(const char *more)
{
    g_autofree char *all = options(more);

    return vmapple_start(guest_errors, all);
}

static QTestState *start(void)
{
    return start_with("");
}

static void descriptor(QTestState *qts, uint64_t at, uint64_t addr,
                       uint32_t len, uint32_t flags)
{
    uint8_t bytes[16];

    stq_le_p(bytes, addr);
    stl_le_p(bytes + 8, len);
    stl_le_p(bytes + 12, flags);
    qtest_memwrite(qts, at, bytes, sizeof(bytes));
}

/* A request as the firmware writes it; tests bend what they need to. */
static void prepare(QTestState *qts, unsigned n, uint32_t flags,
                    uint64_t sector, uint64_t data, uint32_t len)
{
    descriptor(qts, TABLE(n), HEADER(n), 16, 0x00010001);
    descriptor(qts, TABLE(n) + 16, data, len, flags);
    descriptor(qts, TABLE(n) + 32, DONE(n), 1, 0x00020000);
    qtest_writel(qts, HEADER(n), flags == FLAGS_WRITE);
    qtest_writel(qts, HEADER(n) + 4, 0);
    qtest_writeq(qts, HEADER(n) + 8, sector);
    qtest_writeb(qts, DONE(n), 0xee);
}

static uint8_t finish(QTestState *qts, uint64_t disk, unsigned n)
{
    while (!(qtest_readl(qts, disk + READY) & 1)) {
        g_usleep(100);
    }
    return qtest_readb(qts, DONE(n));
}

static uint8_t request(QTestState *qts, uint64_t disk, uint32_t flags,
                       uint64_t sector, uint64_t data, uint32_t len)
{
    prepare(qts, 0, flags, sector, data, len);
    qtest_writeq(qts, disk + COMMAND, TABLE(0));
    return finish(qts, disk, 0);
}

static void expect_works(QTestState *qts)
{
    g_assert_cmpuint(request(qts, AUX, FLAGS_READ, 0x1234, DATA, 512), ==, 0);
    expect_sectors(qts, DATA, 0x1234, 1);
}

/*
 * Normal operation
 */

static void registers_tell_the_disks(void)
{
    QTestState *qts = start();

    g_assert_cmphex(qtest_readl(qts, ROOT + STATUS), ==, 1);
    g_assert_cmphex(qtest_readl(qts, ROOT + TYPE), ==, 2);
    g_assert_cmphex(qtest_readl(qts, ROOT + CONFIG_OFFSET), ==, 0x420);
    g_assert_cmphex(qtest_readl(qts, ROOT + READY), ==, 1);
    g_assert_cmphex(qtest_readl(qts, ROOT + QUEUE_ENABLE), ==, 1);
    g_assert_cmphex(qtest_readl(qts, ROOT + BLOCK_SIZE), ==, 0);
    /* 80 GiB and 32 MiB, in sectors */
    g_assert_cmphex(qtest_readl(qts, ROOT + CAPACITY), ==, 0x0a000000);
    g_assert_cmphex(qtest_readl(qts, ROOT + CAPACITY + 4), ==, 0);
    g_assert_cmphex(qtest_readq(qts, ROOT + CAPACITY), ==, 0x0a000000);
    g_assert_cmphex(qtest_readl(qts, AUX + CAPACITY), ==, 0x10000);
    /* Any width, and nothing else */
    g_assert_cmphex(qtest_readb(qts, AUX + CAPACITY + 2), ==, 1);
    g_assert_cmphex(qtest_readw(qts, AUX + CAPACITY + 2), ==, 1);
    g_assert_cmphex(qtest_readl(qts, AUX + 0x14), ==, 0xffffffff);
    g_assert_cmphex(qtest_readq(qts, AUX + STATUS), ==, 0x200000001ull);
    qtest_quit(qts);
}

static void a_page_without_a_disk_is_absent(void)
{
    g_autofree char *aux_only =
        g_strdup_printf("-drive if=pflash,format=raw,file=%s", aux_file);
    QTestState *qts = vmapple_start(guest_errors, aux_only);

    g_assert_cmphex(qtest_readl(qts, ROOT + STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(qts, ROOT + CAPACITY), ==, 0xffffffff);
    g_assert_cmphex(qtest_readl(qts, USB + STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BDIF + 0x1f0000), ==, 0);
    prepare(qts, 0, FLAGS_READ, 0, DATA, 512);
    qtest_writeq(qts, ROOT + COMMAND, TABLE(0));
    qtest_writeq(qts, USB + COMMAND, TABLE(0));
    g_assert_cmphex(qtest_readb(qts, DONE(0)), ==, 0xee);
    expect_works(qts);
    qtest_quit(qts);
}

static void the_specifications_read_works_byte_for_byte(void)
{
    static const char table[] =
        "00010080000000001000000001000100"
        "00000180000000000002000001000300"
        "00020080000000000100000000000200";
    /* At 0x80000000, which needs more memory */
    g_autofree char *all = options("-m 512M");
    QTestState *qts = vmapple_start(guest_errors, all);

    put_bytes(qts, 0x80000000, table);
    put_bytes(qts, 0x80000100, "00000000000000003412000000000000");
    qtest_writeb(qts, 0x80000200, 0xee);
    qtest_writel(qts, AUX + COMMAND, 0x80000000);
    while (!qtest_readl(qts, AUX + READY)) {
        continue;
    }
    g_assert_cmphex(qtest_readb(qts, 0x80000200), ==, 0);
    expect_sectors(qts, 0x80010000, 0x1234, 1);
    qtest_quit(qts);
}

/* Management software tells disks by it. */
static void each_disk_has_a_device_of_its_own(void)
{
    QTestState *qts = start();
    QDict *answer = qtest_qmp(qts, "{'execute': 'query-block'}");
    g_autoptr(GHashTable) devices =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const QListEntry *entry;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(answer, "return"), entry) {
        QDict *block = qobject_to(QDict, qlist_entry_obj(entry));
        const char *device = qdict_get_try_str(block, "qdev");

        if (device) {
            g_assert_true(g_hash_table_add(devices, g_strdup(device)));
        }
    }
    g_assert_cmpuint(g_hash_table_size(devices), ==, 2);
    qobject_unref(answer);
    qtest_quit(qts);
}

static void reads_of_any_size(void)
{
    static const unsigned counts[] = { 1, 8, 128, 8192, 8193, 20000 };
    QTestState *qts = start();

    for (int i = 0; i < ARRAY_SIZE(counts); i++) {
        qtest_memset(qts, DATA, 0xaa, counts[i] * 512 + 512);
        g_assert_cmpuint(request(qts, AUX, FLAGS_READ, 100, DATA,
                                 counts[i] * 512), ==, 0);
        expect_samples(qts, DATA, 100, counts[i]);
        expect_filled(qts, DATA + counts[i] * 512, 512, 0xaa);
    }
    qtest_quit(qts);
}

static void the_last_sector_of_a_large_root_is_there(void)
{
    QTestState *qts = start();

    g_assert_cmpuint(request(qts, ROOT, FLAGS_READ, ROOT_SIZE / 512 - 1, DATA,
                             512), ==, 0);
    expect_sectors(qts, DATA, ROOT_SIZE / 512 - 1, 1);
    qtest_quit(qts);
}

static void aux_is_written_before_it_says_so(void)
{
    QTestState *qts = start();
    g_autofree char *contents = NULL;
    gsize length;

    for (int i = 0; i < 1024; i++) {
        qtest_writel(qts, DATA + i * 4, ~i);
    }
    g_assert_cmpuint(request(qts, AUX, FLAGS_WRITE, 60000, DATA, 4096), ==, 0);
    g_assert_true(g_file_get_contents(aux_file, &contents, &length, NULL));
    for (int i = 0; i < 1024; i++) {
        g_assert_cmphex((uint32_t)ldl_le_p(contents + 60000 * 512 + i * 4), ==,
                        ~(uint32_t)i);
    }

    /* The next boot finds it. */
    vmapple_reset(qts);
    g_assert_cmpuint(request(qts, AUX, FLAGS_READ, 60000, DATA + 8192, 4096),
                     ==, 0);
    g_assert_cmphex(qtest_readl(qts, DATA + 8192 + 4), ==, ~1u);
    qtest_quit(qts);
    fill_sectors(aux_file, 60000, 8);
}

static void root_is_written_if_allowed(void)
{
    QTestState *qts = start();

    qtest_memset(qts, DATA, 0x77, 512);
    g_assert_cmpuint(request(qts, ROOT, FLAGS_WRITE, 0, DATA, 512), ==, 1);
    g_assert_true(log_has(guest_errors, "root: request refused: "
                          "the disk is read-only"));
    qtest_quit(qts);

    qts = start_with("-global vmapple-bdif.root-writable=on");
    qtest_memset(qts, DATA, 0x77, 512);
    g_assert_cmpuint(request(qts, ROOT, FLAGS_WRITE, 0, DATA, 512), ==, 0);
    g_assert_cmpuint(request(qts, ROOT, FLAGS_READ, 0, DATA + 512, 512), ==, 0);
    expect_filled(qts, DATA + 512, 512, 0x77);
    qtest_quit(qts);
    fill_sectors(root_file, 0, 1);
}

static void a_read_only_image_refuses_writes(void)
{
    g_autofree char *all = g_strdup_printf(
        "-drive if=pflash,format=raw,readonly=on,file=%s", aux_file);
    QTestState *qts = vmapple_start(guest_errors, all);

    g_assert_cmpuint(request(qts, AUX, FLAGS_WRITE, 0, DATA, 512), ==, 1);
    g_assert_true(log_has(guest_errors, "aux: request refused: "
                          "the disk is read-only"));
    expect_works(qts);
    qtest_quit(qts);
}

static void a_store_can_wait_for_the_data(void)
{
    QTestState *qts = start_with("-global vmapple-bdif.busy-bit=off");

    prepare(qts, 0, FLAGS_READ, 0, DATA, 20000 * 512);
    qtest_writeq(qts, AUX + COMMAND, TABLE(0));
    g_assert_cmphex(qtest_readb(qts, DONE(0)), ==, 0);
    g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 1);
    expect_samples(qts, DATA, 0, 20000);
    qtest_quit(qts);
}

static void what_is_at_hand_is_there_when_the_store_returns(void)
{
    QTestState *qts = vmapple_start(guest_errors,
        "-drive if=pflash,driver=null-co,read-zeroes=on,size=33554432");

    prepare(qts, 0, FLAGS_READ, 0, DATA, 4096);
    qtest_memset(qts, DATA, 0xaa, 4096 + 512);
    qtest_writeq(qts, AUX + COMMAND, TABLE(0));
    g_assert_cmphex(qtest_readb(qts, DONE(0)), ==, 0);
    g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 1);
    expect_filled(qts, DATA, 4096, 0);
    expect_filled(qts, DATA + 4096, 512, 0xaa);

    /* In pieces */
    qtest_memset(qts, DATA, 0xaa, AUX_SIZE);
    g_assert_cmpuint(request(qts, AUX, FLAGS_READ, 0, DATA, AUX_SIZE), ==, 0);
    for (unsigned at = 0; at < AUX_SIZE; at += 997 * 512) {
        expect_filled(qts, DATA + at, 512, 0);
    }
    qtest_quit(qts);
}

/*
 * Requests at the same time
 */

#define SLOWLY  "-drive if=pflash,format=raw,file=%s,throttling.bps-total=%u "

/* aux takes a second for @bytes_per_second */
static QTestState *start_slow(unsigned bytes_per_second)
{
    g_autofree char *all = g_strdup_printf(SLOWLY, aux_file, bytes_per_second);

    return vmapple_start(guest_errors, all);
}

static void sixteen_requests_are_at_work_together(void)
{
    QTestState *qts = start();

    /* A stopped machine keeps them all, and lets them go at once. */
    vmapple_stop(qts);
    for (unsigned i = 0; i < 20; i++) {
        prepare(qts, i, FLAGS_READ, i * 1000, DATA + i * 0x80000, 500 * 512);
        qtest_writeq(qts, AUX + COMMAND, TABLE(i));
        g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 0);
        g_assert_cmphex(qtest_readb(qts, DONE(i)), ==, i < 16 ? 0xee : 1);
    }
    g_assert_true(log_has(guest_errors, "too many at a time"));
    vmapple_cont(qts);
    finish(qts, AUX, 0);
    for (unsigned i = 0; i < 16; i++) {
        g_assert_cmphex(qtest_readb(qts, DONE(i)), ==, 0);
        expect_samples(qts, DATA + i * 0x80000, i * 1000, 500);
    }
    expect_works(qts);
    qtest_quit(qts);
}

static void a_long_request_does_not_hold_up_the_guest(void)
{
    QTestState *qts = start_slow(64 * 1024 * 1024);

    prepare(qts, 0, FLAGS_READ, 0, DATA, AUX_SIZE);
    qtest_writeq(qts, AUX + COMMAND, TABLE(0));
    g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 0);
    g_assert_cmphex(qtest_readb(qts, DONE(0)), ==, 0xee);
    /* Another disk's register, and its own, are read meanwhile. */
    g_assert_cmphex(qtest_readl(qts, ROOT + STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(qts, AUX + CAPACITY), ==, AUX_SIZE / 512);
    g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 0);
    g_assert_cmpuint(finish(qts, AUX, 0), ==, 0);
    expect_samples(qts, DATA, 0, AUX_SIZE / 512);
    expect_works(qts);
    qtest_quit(qts);
}

static void a_reset_ends_a_request(void)
{
    QTestState *qts = start_slow(8 * 1024 * 1024);

    prepare(qts, 0, FLAGS_READ, 0, DATA, AUX_SIZE);
    qtest_writeq(qts, AUX + COMMAND, TABLE(0));
    g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 0);
    vmapple_reset(qts);
    g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 1);
    g_assert_cmphex(qtest_readb(qts, DONE(0)), ==, 0xee);
    /* Nothing is written any more. */
    qtest_memset(qts, DATA, 0xcc, AUX_SIZE);
    expect_works(qts);
    for (unsigned at = 512; at < AUX_SIZE; at += 997 * 512) {
        expect_filled(qts, DATA + at, 512, 0xcc);
    }
    qtest_quit(qts);
}

static void a_request_survives_migration(void)
{
    g_autofree char *all = g_strdup_printf(SLOWLY, aux_file,
                                           16 * 1024 * 1024);
    QTestState *qts = vmapple_start(guest_errors, all);

    prepare(qts, 0, FLAGS_READ, 0, DATA, AUX_SIZE);
    qtest_writeq(qts, AUX + COMMAND, TABLE(0));
    g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 0);
    qts = vmapple_migrate(qts, guest_errors, all);
    g_assert_cmphex(finish(qts, AUX, 0), ==, 0);
    expect_samples(qts, DATA, 0, AUX_SIZE / 512);
    qtest_quit(qts);
}

static void a_stopped_machine_keeps_its_request(void)
{
    QTestState *qts = start();

    vmapple_stop(qts);
    prepare(qts, 0, FLAGS_READ, 7, DATA, 512);
    qtest_writeq(qts, AUX + COMMAND, TABLE(0));
    g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 0);
    g_assert_cmphex(qtest_readb(qts, DONE(0)), ==, 0xee);
    vmapple_cont(qts);
    g_assert_cmphex(finish(qts, AUX, 0), ==, 0);
    expect_sectors(qts, DATA, 7, 1);
    qtest_quit(qts);
}

/*
 * Hostile guests: a status of 1, a line in the log, nothing else touched,
 * and the next request works.
 */

typedef struct BadRequest {
    const char *name;
    const char *log;
    uint32_t flags;
    uint64_t sector;
    uint64_t data;
    uint32_t len;
} BadRequest;

static const BadRequest bad_requests[] = {
    { "one-byte", "not whole sectors", FLAGS_READ, 0, DATA, 1 },
    { "100-bytes", "not whole sectors", FLAGS_READ, 0, DATA, 100 },
    { "one-past-the-end", "past the disk's end",
      FLAGS_READ, AUX_SIZE / 512 - 1, DATA, 1024 },
    { "after-the-end", "past the disk's end",
      FLAGS_READ, AUX_SIZE / 512, DATA, 512 },
    { "sector-times-512-wraps", "past the disk's end",
      FLAGS_READ, 1ull << 55, DATA, 512 },
    { "largest-sector", "past the disk's end",
      FLAGS_READ, UINT64_MAX, DATA, 1024 },
    { "sector-above-32-bits", "past the disk's end",
      FLAGS_READ, (1ull << 32) + 0x1234, DATA, 512 },
    { "write-past-the-end", "past the disk's end",
      FLAGS_WRITE, AUX_SIZE / 512, DATA, 512 },
    { "largest-length", "past the disk's end",
      FLAGS_READ, 0, DATA, 0xfffffe00 },
    { "data-in-a-hole", "the data is not in RAM", FLAGS_READ, 0, HOLE, 512 },
    { "data-to-the-end-of-ram", "the data is not in RAM",
      FLAGS_READ, 0, RAM_BASE + RAM_SIZE - 512, 1024 },
    { "data-on-a-device", "the data is not in RAM",
      FLAGS_READ, 0, BDIF + 0x10000, 512 },
    { "data-wraps", "the data is not in RAM",
      FLAGS_READ, 0, UINT64_MAX - 100, 512 },
    { "write-from-a-device", "the data is not in RAM",
      FLAGS_WRITE, 0, 0x30220000, 512 },
    { "flags-0", "unknown flags", 0x00000000, 0, DATA, 512 },
    { "flags-not-chained", "unknown flags", 0x00020001, 0, DATA, 512 },
    { "flags-too-many", "unknown flags", 0x00070001, 0, DATA, 512 },
};

static void a_bad_request_fails(const void *opaque)
{
    const BadRequest *bad = opaque;
    QTestState *qts = start();

    qtest_memset(qts, DATA, 0xaa, 4096);
    g_assert_cmphex(request(qts, AUX, bad->flags, bad->sector, bad->data,
                            bad->len), ==, 1);
    g_assert_true(log_has(guest_errors, bad->log));
    expect_filled(qts, DATA, 4096, 0xaa);
    expect_works(qts);
    qtest_quit(qts);
}

static void a_length_of_0_is_done_at_once(void)
{
    QTestState *qts = start();

    g_assert_cmphex(request(qts, AUX, FLAGS_READ, 0, HOLE, 0), ==, 0);
    expect_works(qts);
    qtest_quit(qts);
}

static void a_bad_header_fails(void)
{
    static const uint32_t lengths[] = { 0, 15, 17, 0xffffffff };
    QTestState *qts = start();

    for (int i = 0; i < ARRAY_SIZE(lengths); i++) {
        prepare(qts, 0, FLAGS_READ, 0, DATA, 512);
        qtest_memset(qts, DATA, 0xaa, 512);
        descriptor(qts, TABLE(0), HEADER(0), lengths[i], 0x00010001);
        qtest_writeq(qts, AUX + COMMAND, TABLE(0));
        g_assert_cmphex(finish(qts, AUX, 0), ==, 1);
        expect_filled(qts, DATA, 512, 0xaa);
    }
    g_assert_true(log_has(guest_errors, "header of a wrong length"));

    prepare(qts, 0, FLAGS_READ, 0, DATA, 512);
    descriptor(qts, TABLE(0), HOLE, 16, 0x00010001);
    qtest_writeq(qts, AUX + COMMAND, TABLE(0));
    g_assert_cmphex(finish(qts, AUX, 0), ==, 1);
    g_assert_true(log_has(guest_errors, "the header is not in RAM"));
    expect_works(qts);
    qtest_quit(qts);
}

static void a_table_out_of_ram_stores_nothing(void)
{
    static const uint64_t tables[] = {
        0, HOLE, AUX, UINT64_MAX - 15, RAM_BASE + RAM_SIZE - 32,
    };
    QTestState *qts = start();

    /* The last one's first two descriptors are readable. */
    prepare(qts, 0, FLAGS_READ, 0, DATA, 512);
    descriptor(qts, RAM_BASE + RAM_SIZE - 32, HEADER(0), 16, 0x00010001);
    descriptor(qts, RAM_BASE + RAM_SIZE - 16, DATA, 512, FLAGS_READ);
    qtest_memset(qts, DATA, 0xaa, 512);
    for (int i = 0; i < ARRAY_SIZE(tables); i++) {
        qtest_writeq(qts, AUX + COMMAND, tables[i]);
        g_assert_cmphex(qtest_readl(qts, AUX + READY), ==, 1);
    }
    g_assert_true(log_has(guest_errors, "with a descriptor table"));
    g_assert_cmphex(qtest_readb(qts, DONE(0)), ==, 0xee);
    expect_filled(qts, DATA, 512, 0xaa);
    expect_works(qts);
    qtest_quit(qts);
}

static void a_status_goes_to_ram_only(void)
{
    static const uint64_t targets[] = { HOLE, AUX + COMMAND, 0x30220200 };
    QTestState *qts = start();

    for (int i = 0; i < ARRAY_SIZE(targets); i++) {
        prepare(qts, 0, FLAGS_READ, 0, DATA, 512);
        descriptor(qts, TABLE(0) + 32, targets[i], 1, 0x00020000);
        qtest_writeq(qts, AUX + COMMAND, TABLE(0));
        finish(qts, AUX, 0);
    }
    g_assert_true(log_has(guest_errors, "for a status"));
    expect_works(qts);
    qtest_quit(qts);
}

static void a_request_onto_itself_is_read_once(void)
{
    QTestState *qts = start();

    /* The data covers table, header and status; the status comes last. */
    g_assert_cmphex(request(qts, AUX, FLAGS_READ, 0x1234, TABLE(0), 4096),
                    ==, 0);
    g_assert_cmphex(qtest_readl(qts, TABLE(0)), ==, pattern(0x1234, 0));
    expect_works(qts);
    qtest_quit(qts);
}

#define TEST(function) \
    qtest_add_func("/vmapple/bdif/" #function, function)

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    guest_errors = temporary_file("log", 0);
    aux_file = temporary_file("aux", AUX_SIZE);
    root_file = temporary_file("root", ROOT_SIZE);
    fill_sectors(aux_file, 0, AUX_SIZE / 512);
    fill_sectors(root_file, 0, 1);
    fill_sectors(root_file, ROOT_SIZE / 512 - 1, 1);

    TEST(registers_tell_the_disks);
    TEST(a_page_without_a_disk_is_absent);
    TEST(the_specifications_read_works_byte_for_byte);
    TEST(each_disk_has_a_device_of_its_own);
    TEST(reads_of_any_size);
    TEST(the_last_sector_of_a_large_root_is_there);
    TEST(aux_is_written_before_it_says_so);
    TEST(root_is_written_if_allowed);
    TEST(a_read_only_image_refuses_writes);
    TEST(a_store_can_wait_for_the_data);
    TEST(what_is_at_hand_is_there_when_the_store_returns);
    TEST(sixteen_requests_are_at_work_together);
    TEST(a_long_request_does_not_hold_up_the_guest);
    TEST(a_reset_ends_a_request);
    TEST(a_request_survives_migration);
    TEST(a_stopped_machine_keeps_its_request);
    TEST(a_length_of_0_is_done_at_once);
    TEST(a_bad_header_fails);
    TEST(a_table_out_of_ram_stores_nothing);
    TEST(a_status_goes_to_ram_only);
    TEST(a_request_onto_itself_is_read_once);
    for (int i = 0; i < ARRAY_SIZE(bad_requests); i++) {
        g_autofree char *path = g_strdup_printf("/vmapple/bdif/bad/%s",
                                                bad_requests[i].name);

        qtest_add_data_func(path, &bad_requests[i], a_bad_request_fails);
    }

    ret = g_test_run();
    unlink(guest_errors);
    unlink(aux_file);
    unlink(root_file);
    return ret;
}
