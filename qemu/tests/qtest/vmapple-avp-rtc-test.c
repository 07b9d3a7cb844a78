/*
 * QTest of the clock that macOS reads
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vmapple-test.h"

#define RTC         0x30240000ull
#define SPI_RTC     0x13

enum {
    TIME = 0x00, CONTROL = 0x18, IRQ_ENABLE = 0x20, IRQ_STATUS = 0x30,
    IRQ_ACK = 0x38, ID = 0x40,
};

static char *guest_errors;

static void it_is_recognised_by_its_id(void)
{
    QTestState *qts = vmapple_start(guest_errors, "");

    g_assert_cmphex(qtest_readl(qts, RTC + ID), ==, 0xf001);
    g_assert_cmphex(qtest_readq(qts, RTC + ID), ==, 0xf001);
    g_assert_cmphex(qtest_readl(qts, RTC + 0x44), ==, 0);
    qtest_quit(qts);
}

static void it_tells_the_hosts_time_in_microseconds(void)
{
    QTestState *qts = vmapple_start(guest_errors, "");
    int64_t before = g_get_real_time();
    uint64_t time = qtest_readq(qts, RTC + TIME);
    int64_t after = g_get_real_time();
    uint64_t high;

    g_assert_cmpint(time, >=, before);
    g_assert_cmpint(time, <=, after);

    /* Halves */
    high = qtest_readl(qts, RTC + TIME + 4);
    g_assert_cmphex(high, ==, time >> 32);
    g_usleep(1000);
    time = high << 32 | qtest_readl(qts, RTC + TIME);
    g_assert_cmpint(time, >=, after + 1000);
    qtest_quit(qts);
}

static void it_heeds_the_rtc_option(void)
{
    /* 2030-01-02 03:04:05 UTC */
    static const int64_t date = 1893553445ll * 1000000;
    QTestState *qts = vmapple_start(guest_errors,
                                    "-rtc base=2030-01-02T03:04:05");
    int64_t time = qtest_readq(qts, RTC + TIME);

    g_assert_cmpint(time, >=, date);
    g_assert_cmpint(time, <, date + 30 * 1000000);
    qtest_quit(qts);
}

static void the_drivers_start_raises_no_interrupt(void)
{
    QTestState *qts = vmapple_start(guest_errors, "");

    qtest_writeq(qts, RTC + IRQ_ENABLE, 0);
    qtest_writeq(qts, RTC + IRQ_ACK, 0x00ffffffffffffffull);
    qtest_writeq(qts, RTC + IRQ_ENABLE, 6);
    qtest_writel(qts, RTC + CONTROL, 1);
    g_assert_cmphex(qtest_readq(qts, RTC + CONTROL), ==, 1);
    g_assert_cmphex(qtest_readq(qts, RTC + IRQ_ENABLE), ==, 6);
    g_assert_cmphex(qtest_readq(qts, RTC + IRQ_STATUS), ==, 0);
    g_usleep(10000);
    g_assert_false(spi_pending(qts, SPI_RTC));

    vmapple_reset(qts);
    g_assert_cmphex(qtest_readq(qts, RTC + CONTROL), ==, 0);
    g_assert_cmphex(qtest_readq(qts, RTC + IRQ_ENABLE), ==, 0);
    qtest_quit(qts);
}

static void it_keeps_its_time_and_settings_when_it_moves(void)
{
    static const char date[] = "-rtc base=2030-01-02T03:04:05";
    QTestState *qts = vmapple_start(guest_errors, date);
    uint64_t before = qtest_readq(qts, RTC + TIME);
    uint64_t time;

    qtest_writeq(qts, RTC + IRQ_ENABLE, 6);
    /* The target has another date; the guest's clock does not jump. */
    qts = vmapple_migrate(qts, guest_errors, "");
    g_assert_cmphex(qtest_readq(qts, RTC + IRQ_ENABLE), ==, 6);
    time = qtest_readq(qts, RTC + TIME);
    g_assert_cmpint(time, >, before);
    g_assert_cmpint(time, <, before + 60 * 1000000);
    qtest_quit(qts);
}

static void other_registers_read_zero_and_ignore_writes(void)
{
    QTestState *qts = vmapple_start(guest_errors, "");

    for (int offset = 0x48; offset < 0x1000; offset += 8) {
        qtest_writeq(qts, RTC + offset, UINT64_MAX);
        g_assert_cmphex(qtest_readq(qts, RTC + offset), ==, 0);
    }
    qtest_writeq(qts, RTC + ID, 0);
    qtest_writeq(qts, RTC + TIME, 0);
    g_assert_cmphex(qtest_readl(qts, RTC + ID), ==, 0xf001);
    g_assert_cmphex(qtest_readl(qts, RTC + TIME + 4), !=, 0);
    g_assert_true(log_has(guest_errors, "to register 0x40"));
    qtest_quit(qts);
}

#define TEST(function) \
    qtest_add_func("/vmapple/avp-rtc/" #function, function)

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    guest_errors = temporary_file("log", 0);

    TEST(it_is_recognised_by_its_id);
    TEST(it_tells_the_hosts_time_in_microseconds);
    TEST(it_heeds_the_rtc_option);
    TEST(the_drivers_start_raises_no_interrupt);
    TEST(it_keeps_its_time_and_settings_when_it_moves);
    TEST(other_registers_read_zero_and_ignore_writes);

    ret = g_test_run();
    unlink(guest_errors);
    return ret;
}
