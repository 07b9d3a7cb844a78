/*
 * What the qtests of the vmapple machine have in common
 *
 * What a hostile guest can try (spec 80, section 20), and the test of it. Each
 * looks whether the device works afterwards.
 *
 *  vmapple-aes-test
 *    a long DATA holds the big lock   a_long_command_does_not_hold_up_the_guest
 *    a failing DATA is run again      a_bad_command_is_dropped_and_reported
 *    DMA to and from devices          bad/source-on-a-device,
 *                                     bad/destination-on-its-own-fifo,
 *                                     bad/destination-on-bdif,
 *                                     bad/iv-to-a-device
 *    source and destination overlap   overlapping_runs_are_as_if_copied
 *    half a command, then a reset     half_a_command_can_be_cleared_away
 *    words of several vCPUs mixed up  any_words_leave_an_engine_that_works
 *    lengths, modes, keys, contexts   bad/length-*, bad/key-*, bad/no-key-*
 *  vmapple-bdif-test
 *    pointers anywhere                a_table_out_of_ram_stores_nothing,
 *                                     a_bad_header_fails, bad/data-*,
 *                                     a_status_goes_to_ram_only
 *    ... that overlap each other      a_request_onto_itself_is_read_once
 *    a table that is partly readable  a_table_out_of_ram_stores_nothing
 *    a long request                   a_long_request_does_not_hold_up_the_guest
 *    sectors that wrap, past the end  bad/sector-*, bad/X-past-the-end
 *    lengths that are not sectors     bad/one-byte, bad/100-bytes
 *    writes to root, or read-only     root_is_written_if_allowed,
 *                                     a_read_only_image_refuses_writes
 *    the USB page (there is none)     a_page_without_a_disk_is_absent
 *  vmapple-cfg-test, vmapple-machine-test
 *    cfg or firmware overwritten      a_reset_undoes_what_the_guest_wrote,
 *                                     firmware_is_entered_and_comes_back_with_
 *                                     a_reset
 *    panic events not offered         panic_events_that_are_not_offered_are_
 *                                     ignored
 *    floods of them                   a_flood_of_panic_events_is_told_once
 *  vmapple-virtio-blk-test
 *    zone requests                    unknown_and_zone_requests_are_unsupported
 *    floods of barriers               a_flood_of_barriers_is_answered_in_order
 *
 * Hypercalls want a CPU that runs, which a qtest has not: tests/unit/qemu.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VMAPPLE_TEST_H
#define VMAPPLE_TEST_H

#include "libqtest.h"
#include "qobject/qdict.h"
#include "qobject/qstring.h"

#define RAM_BASE    0x70000000ull
#define RAM_SIZE    (128 * 1024 * 1024ull)
#define HOLE        0x20100000ull   /* nothing is there */
#define GICD        0x10000000ull

#define GICD_ISPENDR 0x200

/* Is the line of shared interrupt @spi high? */
static inline bool spi_pending(QTestState *qts, unsigned spi)
{
    unsigned intid = spi + 32;

    return qtest_readl(qts, GICD + GICD_ISPENDR + intid / 32 * 4) >>
           (intid % 32) & 1;
}

static inline void expect_bytes(QTestState *qts, uint64_t addr,
                                const char *hex)
{
    size_t len = strlen(hex) / 2;
    g_autofree uint8_t *bytes = g_malloc(len);
    g_autoptr(GString) got = g_string_new(NULL);

    qtest_memread(qts, addr, bytes, len);
    for (size_t i = 0; i < len; i++) {
        g_string_append_printf(got, "%02x", bytes[i]);
    }
    g_assert_cmpstr(got->str, ==, hex);
}

static inline void put_bytes(QTestState *qts, uint64_t addr, const char *hex)
{
    for (size_t i = 0; hex[i * 2]; i++) {
        char byte[] = { hex[i * 2], hex[i * 2 + 1], 0 };

        qtest_writeb(qts, addr + i, strtoul(byte, NULL, 16));
    }
}

static inline void expect_filled(QTestState *qts, uint64_t addr, size_t len,
                                 uint8_t value)
{
    g_autofree uint8_t *want = g_malloc(len);
    g_autofree uint8_t *got = g_malloc(len);

    memset(want, value, len);
    qtest_bufread(qts, addr, got, len);
    g_assert_cmpmem(got, len, want, len);
}

/* A file that is gone after the test */
static inline char *temporary_file(const char *what, size_t size)
{
    char *path = g_strdup_printf("%s/vmapple-%s-XXXXXX", g_get_tmp_dir(),
                                 what);
    int fd = g_mkstemp(path);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, size), ==, 0);
    close(fd);
    return path;
}

/* The machine, with its guest-error log in @log */
static inline QTestState *vmapple_start(const char *log, const char *more)
{
    return qtest_initf("-machine vmapple -m 128M -nodefaults "
                       "-d guest_errors -D %s %s", log, more);
}

static inline bool log_has(const char *log, const char *text)
{
    g_autofree char *contents = NULL;

    g_assert_true(g_file_get_contents(log, &contents, NULL, NULL));
    return strstr(contents, text) != NULL;
}

static inline void vmapple_stop(QTestState *qts)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'stop' }");
}

static inline void vmapple_cont(QTestState *qts)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
}

static inline void vmapple_reset(QTestState *qts)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'system_reset' }");
    qtest_qmp_eventwait(qts, "RESET");
}

static inline void wait_for_migration(QTestState *qts)
{
    for (;;) {
        QDict *reply = qtest_qmp_assert_success_ref(qts,
            "{ 'execute': 'query-migrate' }");
        g_autofree char *status =
            g_strdup(qdict_get_try_str(reply, "status"));

        qobject_unref(reply);
        g_assert_cmpstr(status, !=, "failed");
        if (g_strcmp0(status, "completed") == 0) {
            return;
        }
        g_usleep(1000);
    }
}

/* Stops @qts, whatever it is at, and writes its state to @uri. */
static inline void vmapple_save(QTestState *qts, const char *uri)
{
    vmapple_stop(qts);
    qtest_qmp_assert_success(qts,
        "{ 'execute': 'migrate', 'arguments': { 'uri': %s } }", uri);
    wait_for_migration(qts);
}

/* Gives @qts, started with -incoming defer, the state, and runs it. */
static inline void vmapple_load(QTestState *qts, const char *uri)
{
    qtest_qmp_assert_success(qts,
        "{ 'execute': 'migrate-incoming', 'arguments': { 'uri': %s } }", uri);
    wait_for_migration(qts);
    vmapple_cont(qts);
}

/* Another machine that goes on where @qts was; it takes its place. */
static inline QTestState *vmapple_migrate(QTestState *qts, const char *log,
                                          const char *more)
{
    g_autofree char *state = temporary_file("state", 0);
    g_autofree char *uri = g_strdup_printf("file:%s", state);
    g_autofree char *incoming = g_strdup_printf("%s -incoming defer", more);
    QTestState *to;

    vmapple_save(qts, uri);
    qtest_quit(qts);

    to = vmapple_start(log, incoming);
    vmapple_load(to, uri);
    unlink(state);
    return to;
}

#endif
