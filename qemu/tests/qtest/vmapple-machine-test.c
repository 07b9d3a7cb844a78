/*
 * QTest of the vmapple machine: its map, interrupts, power key, firmware
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "vmapple-test.h"
#include "vmapple-pci.h"

#define FIRMWARE    0x00100000ull
#define CFG_ECID    0x00400018ull
#define GICD_TYPER  (GICD + 0x4)
#define GICD_ICFGR  (GICD + 0xc00)
#define MSI_TYPER   0x1fff0008ull
#define MSI_SETSPI  0x1fff0040ull
#define UART_ID     0x20010fe0ull
#define GPIO        0x20060000ull
#define PVPANIC     0x20070000ull
#define GFX_TAIL    0x30204000ull
#define AVP_RTC_ID  0x30240040ull

#define EDU_RAISE   0x60
#define EDU_ACK     0x64

static QTestState *start(const char *options)
{
    return qtest_initf("-machine vmapple%s -m 128M -nodefaults", options);
}

static void devices_are_where_the_guest_looks(void)
{
    QTestState *qts = start("");

    g_assert_cmphex(qtest_readl(qts, GICD_TYPER), ==, 0x03780008);
    g_assert_cmphex(qtest_readl(qts, UART_ID), ==, 0x11);
    g_assert_cmphex(qtest_readb(qts, PVPANIC), ==, 0x03);
    g_assert_cmphex(qtest_readl(qts, AVP_RTC_ID), ==, 0xf001);
    qtest_writeq(qts, RAM_BASE + RAM_SIZE - 8, 0x1122334455667788);
    g_assert_cmphex(qtest_readq(qts, RAM_BASE + RAM_SIZE - 8), ==,
                    0x1122334455667788);
    qtest_quit(qts);
}

static void the_msi_frame_says_what_macos_expects(void)
{
    QTestState *qts = start("");

    g_assert_cmphex(qtest_readl(qts, MSI_TYPER), ==, 0x80a00080);
    qtest_quit(qts);

    qts = start(",msi=off");
    g_assert_cmphex(qtest_readl(qts, MSI_TYPER), ==, 0);
    qtest_quit(qts);
}

static void the_tail_of_the_gfx_slot_reads_zero(void)
{
    QTestState *qts = start("");

    qtest_writel(qts, GFX_TAIL, 0xffffffff);
    g_assert_cmphex(qtest_readl(qts, GFX_TAIL), ==, 0);
    qtest_quit(qts);
}

static void pci_lines_go_round_sixteen_interrupts(void)
{
    static const struct {
        unsigned slot, spi;
    } slots[] = { { 2, 0x22 }, { 15, 0x2f }, { 17, 0x21 } };

    for (int i = 0; i < ARRAY_SIZE(slots); i++) {
        g_autofree char *edu = g_strdup_printf(" -device edu,addr=0x%x",
                                               slots[i].slot);
        QTestState *qts = start(edu);
        uint64_t bar = vmapple_pci_enable(qts, slots[i].slot);

        g_assert_false(spi_pending(qts, slots[i].spi));
        qtest_writel(qts, bar + EDU_RAISE, 1);
        g_assert_true(spi_pending(qts, slots[i].spi));
        qtest_writel(qts, bar + EDU_ACK, 1);
        g_assert_false(spi_pending(qts, slots[i].spi));
        qtest_quit(qts);
    }
}

static void pci_messages_arrive_as_edges(void)
{
    QTestState *qts = start(" -device edu,addr=2");
    uint64_t bar = vmapple_pci_enable(qts, 2);
    unsigned spi = 0x85, intid = spi + 32;

    qtest_writel(qts, GICD_ICFGR + intid / 16 * 4, 2u << intid % 16 * 2);
    vmapple_pci_enable_msi(qts, 2, MSI_SETSPI, intid);
    g_assert_false(spi_pending(qts, spi));
    qtest_writel(qts, bar + EDU_RAISE, 1);
    g_assert_true(spi_pending(qts, spi));
    g_assert_false(spi_pending(qts, 0x22));
    qtest_quit(qts);
}

static void the_power_key_is_pressed_for_a_tenth_of_a_second(void)
{
    QTestState *qts = start("");
    uint64_t pin3 = GPIO + (0x08 << 2);

    g_assert_cmphex(qtest_readl(qts, pin3), ==, 0);
    qtest_qmp_assert_success(qts, "{ 'execute': 'system_powerdown' }");
    g_assert_cmphex(qtest_readl(qts, pin3), ==, 0x08);
    qtest_clock_step(qts, 99 * 1000 * 1000);
    g_assert_cmphex(qtest_readl(qts, pin3), ==, 0x08);
    qtest_clock_step(qts, 2 * 1000 * 1000);
    g_assert_cmphex(qtest_readl(qts, pin3), ==, 0);
    qtest_quit(qts);
}

/* GUEST_CRASHLOADED events, until the machine has stopped */
static unsigned crashes_told(QTestState *qts)
{
    unsigned count = 0;

    qtest_qmp_send(qts, "{ 'execute': 'stop' }");
    for (;;) {
        QDict *message = qtest_qmp_receive_dict(qts);
        const char *event = qdict_get_try_str(message, "event");
        bool stopped = g_strcmp0(event, "STOP") == 0;

        g_assert_cmpstr(event, !=, "GUEST_PVSHUTDOWN");
        g_assert_cmpstr(event, !=, "GUEST_PANICKED");
        count += g_strcmp0(event, "GUEST_CRASHLOADED") == 0;
        qobject_unref(message);
        if (stopped) {
            return count;
        }
    }
}

static void panic_events_that_are_not_offered_are_ignored(void)
{
    QTestState *qts = start("");

    g_assert_cmphex(qtest_readb(qts, PVPANIC), ==, 0x03);
    for (int bit = 2; bit < 8; bit++) {
        qtest_writeb(qts, PVPANIC, 1 << bit);
        qtest_writeb(qts, PVPANIC + 1, 1 << bit);
    }
    g_assert_cmpuint(crashes_told(qts), ==, 0);
    qtest_quit(qts);
}

static void a_flood_of_panic_events_is_told_once(void)
{
    QTestState *qts = start("");

    for (int i = 0; i < 1000; i++) {
        qtest_writeb(qts, PVPANIC, 0x02);
    }
    g_assert_cmpuint(crashes_told(qts), ==, 1);
    qtest_quit(qts);
}

static void an_ecid_is_read_in_decimal_and_in_hexadecimal(void)
{
    static const char *const spellings[] = {
        ",uuid=1311768467294899695", ",uuid=0x1234567890abcdef",
        ",uuid=0x1234567890ABCDEF",
    };

    for (int i = 0; i < ARRAY_SIZE(spellings); i++) {
        QTestState *qts = start(spellings[i]);

        g_assert_cmphex(qtest_readq(qts, CFG_ECID), ==, 0x1234567890abcdef);
        qtest_quit(qts);
    }
}

static char *image_file(const char *what, const char *contents, size_t size)
{
    char *path = temporary_file(what, size);
    int fd = open(path, O_WRONLY);

    g_assert_cmpint(pwrite(fd, contents, strlen(contents), 0), ==,
                    strlen(contents));
    close(fd);
    return path;
}

static void firmware_is_entered_and_comes_back_with_a_reset(void)
{
    g_autofree char *bios = image_file("bios", "firmware", 4096);
    g_autofree char *disk = image_file("disk", "", 512);
    QTestState *qts = qtest_initf("-machine vmapple -m 128M -nodefaults "
        "-bios %s -drive if=pflash,format=raw,snapshot=on,file=%s "
        "-drive if=pflash,format=raw,snapshot=on,file=%s", bios, disk, disk);
    g_autofree char *registers = qtest_hmp(qts, "info registers");

    g_assert_nonnull(strstr(registers, "PC=0000000000100000"));
    expect_bytes(qts, FIRMWARE, "6669726d77617265");
    qtest_writeq(qts, FIRMWARE, 0);
    expect_bytes(qts, FIRMWARE, "0000000000000000");
    vmapple_reset(qts);
    expect_bytes(qts, FIRMWARE, "6669726d77617265");
    qtest_quit(qts);
    unlink(bios);
    unlink(disk);
}

static void firmware_takes_its_disks_from_block_nodes_too(void)
{
    g_autofree char *bios = image_file("bios", "firmware", 4096);
    QTestState *qts = qtest_initf("-machine vmapple -m 128M -nodefaults "
        "-bios %s -blockdev null-co,size=1024,node-name=one,read-zeroes=on "
        "-blockdev null-co,size=2048,node-name=two,read-zeroes=on "
        "-global vmapple-bdif.aux=one -global vmapple-bdif.root=two", bios);

    /* Capacities, in sectors: the root disk's page, then the aux disk's */
    g_assert_cmphex(qtest_readl(qts, 0x30000420), ==, 4);
    g_assert_cmphex(qtest_readl(qts, 0x30010420), ==, 2);
    qtest_quit(qts);
    unlink(bios);
}

static void usb_input_comes_by_default_alone(void)
{
    QTestState *qts = qtest_init("-machine vmapple -m 128M");
    g_autofree char *with = qtest_hmp(qts, "info usb");
    g_autofree char *without = NULL;

    g_assert_nonnull(strstr(with, "QEMU USB Keyboard"));
    g_assert_nonnull(strstr(with, "QEMU USB Tablet"));
    qtest_quit(qts);

    qts = start("");
    without = qtest_hmp(qts, "info usb");
    g_assert_null(strstr(without, "QEMU USB"));
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/vmapple/machine/devices_are_where_the_guest_looks",
                   devices_are_where_the_guest_looks);
    qtest_add_func("/vmapple/machine/the_msi_frame_says_what_macos_expects",
                   the_msi_frame_says_what_macos_expects);
    qtest_add_func("/vmapple/machine/the_tail_of_the_gfx_slot_reads_zero",
                   the_tail_of_the_gfx_slot_reads_zero);
    qtest_add_func("/vmapple/machine/pci_lines_go_round_sixteen_interrupts",
                   pci_lines_go_round_sixteen_interrupts);
    qtest_add_func("/vmapple/machine/pci_messages_arrive_as_edges",
                   pci_messages_arrive_as_edges);
    qtest_add_func("/vmapple/machine/"
                   "the_power_key_is_pressed_for_a_tenth_of_a_second",
                   the_power_key_is_pressed_for_a_tenth_of_a_second);
    qtest_add_func("/vmapple/machine/"
                   "panic_events_that_are_not_offered_are_ignored",
                   panic_events_that_are_not_offered_are_ignored);
    qtest_add_func("/vmapple/machine/a_flood_of_panic_events_is_told_once",
                   a_flood_of_panic_events_is_told_once);
    qtest_add_func("/vmapple/machine/"
                   "an_ecid_is_read_in_decimal_and_in_hexadecimal",
                   an_ecid_is_read_in_decimal_and_in_hexadecimal);
    qtest_add_func("/vmapple/machine/"
                   "firmware_is_entered_and_comes_back_with_a_reset",
                   firmware_is_entered_and_comes_back_with_a_reset);
    qtest_add_func("/vmapple/machine/"
                   "firmware_takes_its_disks_from_block_nodes_too",
                   firmware_takes_its_disks_from_block_nodes_too);
    qtest_add_func("/vmapple/machine/usb_input_comes_by_default_alone",
                   usb_input_comes_by_default_alone);
    return g_test_run();
}
