/*
 * QTest of vmapple's configuration region
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vmapple-test.h"

#define CFG         0x00400000ull
#define CFG_SIZE    0x10000
#define INSTALLER1  (CFG + 0x28)
#define INSTALLER2  (CFG + 0x34)
#define RND         (CFG + 0x38)

static char *guest_errors;

static void expect_string(QTestState *qts, uint64_t addr, const char *want)
{
    char got[32];

    qtest_memread(qts, addr, got, sizeof(got));
    g_assert_cmpint(got[31], ==, 0);
    g_assert_cmpstr(got, ==, want);
}

static void fields_are_where_the_specification_has_them(void)
{
    static const uint64_t tails[] = { 0x380, 0x500 };
    QTestState *qts = qtest_init("-machine vmapple,uuid=0x1234567890abcdef "
                                 "-m 4G -smp 4 -nodefaults "
                                 "-global vmapple-cfg.rnd=0xdeadbeef");

    expect_bytes(qts, CFG, "02000000040000000100000001000000"
                           "2000000000000000efcdab9078563412"
                           "00000000010000000000000001000000"
                           "0100000000000000efbeadde00000000");
    expect_filled(qts, CFG + 0x40, 0xc0, 0);
    expect_bytes(qts, CFG + 0x100, "00000000010000000200000003000000");
    expect_filled(qts, CFG + 0x110, 0x270, 0);
    for (int i = 0; i < ARRAY_SIZE(tails); i++) {
        expect_string(qts, CFG + tails[i], "1234");
        expect_string(qts, CFG + tails[i] + 0x20, "D/A");
        expect_string(qts, CFG + tails[i] + 0x40, "VM0001");
        expect_string(qts, CFG + tails[i] + 0x60, "");
        g_assert_cmphex(qtest_readl(qts, CFG + tails[i] + 0x80), ==, 1);
        expect_string(qts, CFG + tails[i] + 0x84, "Apple M1 (Virtual)");
    }
    expect_filled(qts, CFG + 0x5a4, CFG_SIZE - 0x5a4, 0);
    qtest_quit(qts);
}

static void properties_arrive(void)
{
    QTestState *qts = vmapple_start(guest_errors,
        "-smp 32 "
        "-global vmapple-cfg.serial=ABCDEFGHIJKLMNOPQRSTUVWXYZ01234 "
        "-global vmapple-cfg.model=m -global vmapple-cfg.soc-name=s "
        "-global vmapple-cfg.mac-en0=02:00:00:00:00:01 "
        "-global vmapple-cfg.mac-en1=02:00:00:00:00:02 "
        "-global vmapple-cfg.mac-wifi0=02:00:00:00:00:03 "
        "-global vmapple-cfg.mac-bt0=02:00:00:00:00:04");

    expect_bytes(qts, CFG + 0x40, "02000000000100000200000000020000"
                                  "02000000000300000200000000040000");
    g_assert_cmphex(qtest_readl(qts, CFG + 0x17c), ==, 31);
    expect_string(qts, CFG + 0x380, "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234");
    expect_string(qts, CFG + 0x500, "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234");
    expect_string(qts, CFG + 0x540, "m");
    expect_string(qts, CFG + 0x584, "s");
    qtest_quit(qts);
}

static void every_boot_has_another_seed(void)
{
    QTestState *qts = vmapple_start(guest_errors, "");
    uint32_t seeds[4];

    for (int i = 0; i < ARRAY_SIZE(seeds); i++) {
        seeds[i] = qtest_readl(qts, RND);
        vmapple_reset(qts);
    }
    g_assert_false(seeds[0] == seeds[1] && seeds[1] == seeds[2] &&
                   seeds[2] == seeds[3]);
    qtest_quit(qts);
}

static void a_reset_undoes_what_the_guest_wrote(void)
{
    QTestState *qts = vmapple_start(guest_errors, "");

    qtest_memset(qts, CFG, 0xff, CFG_SIZE);
    vmapple_reset(qts);
    g_assert_cmphex(qtest_readl(qts, CFG), ==, 2);
    expect_string(qts, CFG + 0x380, "1234");
    expect_filled(qts, CFG + 0x5a4, CFG_SIZE - 0x5a4, 0);
    qtest_quit(qts);
}

static void the_installer_runs_on_the_first_boot_only(void)
{
    QTestState *qts = vmapple_start(guest_errors,
                                    "-machine run-installer=on");

    g_assert_cmphex(qtest_readl(qts, INSTALLER1), ==, 1);
    g_assert_cmphex(qtest_readl(qts, INSTALLER2), ==, 1);
    vmapple_reset(qts);
    g_assert_cmphex(qtest_readl(qts, INSTALLER1), ==, 0);
    g_assert_cmphex(qtest_readl(qts, INSTALLER2), ==, 0);
    qtest_quit(qts);
}

static void a_machine_that_moved_has_had_its_first_boot(void)
{
    static const char installer[] = "-machine run-installer=on";
    QTestState *qts = vmapple_start(guest_errors, installer);

    qtest_writel(qts, CFG + 0x8000, 0x12345678);
    qts = vmapple_migrate(qts, guest_errors, installer);
    g_assert_cmphex(qtest_readl(qts, CFG + 0x8000), ==, 0x12345678);
    g_assert_cmphex(qtest_readl(qts, INSTALLER1), ==, 1);
    vmapple_reset(qts);
    g_assert_cmphex(qtest_readl(qts, CFG + 0x8000), ==, 0);
    g_assert_cmphex(qtest_readl(qts, INSTALLER1), ==, 0);
    qtest_quit(qts);
}

/* Starts a machine that must refuse to, and expects why in its output. */
static void expect_refusal(const char *arguments, const char *why)
{
    g_autofree char *binary = g_strdup(g_getenv("QTEST_QEMU_BINARY"));
    g_autofree char *command = g_strdup_printf(
        "%s -machine vmapple -accel qtest -display none -nodefaults %s",
        binary, arguments);
    g_autofree char *errors = NULL;
    int status;

    g_assert_true(g_spawn_command_line_sync(command, NULL, &errors, &status,
                                            NULL));
    g_assert_cmpint(WEXITSTATUS(status), ==, 1);
    g_assert_nonnull(strstr(errors, why));
    /* One line, which names the property */
    g_assert_true(strchr(errors, '\n') == errors + strlen(errors) - 1);
}

static void a_string_too_long_is_named(void)
{
    static const char *const properties[] = { "serial", "model", "soc-name" };

    for (int i = 0; i < ARRAY_SIZE(properties); i++) {
        g_autofree char *arguments = g_strdup_printf(
            "-global vmapple-cfg.%s=ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
            properties[i]);
        g_autofree char *why = g_strdup_printf(
            "property '%s' is 32 characters long, the guest takes at most 31",
            properties[i]);

        expect_refusal(arguments, why);
    }
}

static void a_bad_mac_address_is_named(void)
{
    expect_refusal("-global vmapple-cfg.mac-en0=02:00:00:00:00", "mac-en0");
}

#define TEST(function) \
    qtest_add_func("/vmapple/cfg/" #function, function)

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    guest_errors = temporary_file("log", 0);

    TEST(fields_are_where_the_specification_has_them);
    TEST(properties_arrive);
    TEST(every_boot_has_another_seed);
    TEST(a_reset_undoes_what_the_guest_wrote);
    TEST(the_installer_runs_on_the_first_boot_only);
    TEST(a_machine_that_moved_has_had_its_first_boot);
    TEST(a_string_too_long_is_named);
    TEST(a_bad_mac_address_is_named);

    ret = g_test_run();
    unlink(guest_errors);
    return ret;
}
