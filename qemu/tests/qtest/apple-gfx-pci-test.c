/*
 * QTest of apple-gfx-pci on QEMU's own machines: virt and q35
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/pci/pci_regs.h"
#include "apple-gfx-screen.h"

typedef struct Board {
    const char *arch;
    const char *machine;
    uint64_t ram;
    uint64_t ecam;      /* 0: the ports of a PC */
    uint64_t bar;       /* where the test puts BAR 0 */
} Board;

static const Board boards[] = {
    { "aarch64", "virt,highmem-ecam=off", 0x40000000, 0x3f000000, 0x10100000 },
    { "x86_64", "q35", 0, 0, 0xe0000000 },
};

static const Board *board;

#define SLOT    4

/* Where the test has the screen */
#define SCREEN  (board->ram + 0x1000000)

#define PCI_CONFIG_ADDRESS  0xcf8
#define PCI_CONFIG_DATA     0xcfc

static void select_config(QTestState *qts, unsigned offset)
{
    qtest_outl(qts, PCI_CONFIG_ADDRESS, 0x80000000 | SLOT << 11 | (offset & ~3));
}

static uint32_t config_read(QTestState *qts, unsigned offset)
{
    if (board->ecam) {
        return qtest_readl(qts, board->ecam + (SLOT << 15) + offset);
    }
    select_config(qts, offset);
    return qtest_inl(qts, PCI_CONFIG_DATA);
}

static void config_write(QTestState *qts, unsigned offset, uint32_t value)
{
    if (board->ecam) {
        qtest_writel(qts, board->ecam + (SLOT << 15) + offset, value);
        return;
    }
    select_config(qts, offset);
    qtest_outl(qts, PCI_CONFIG_DATA, value);
}

static char *options(const char *more)
{
    return g_strdup_printf("-machine %s -m 128M -nodefaults "
        "-device '{\"driver\":\"apple-gfx-pci\",\"addr\":\"%d\","
        "\"display-modes\":[\"640x480\",\"800x600@75\"]%s}'",
        board->machine, SLOT, more);
}

static void turn_on(QTestState *qts)
{
    config_write(qts, PCI_BASE_ADDRESS_0, board->bar);
    config_write(qts, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static QTestState *start(void)
{
    g_autofree char *arguments = options("");
    QTestState *qts = qtest_init(arguments);

    turn_on(qts);
    return qts;
}

static void it_is_found(void)
{
    QTestState *qts = start();

    g_assert_cmphex(config_read(qts, PCI_VENDOR_ID), ==, 0xeeee106b);
    g_assert_cmphex(config_read(qts, PCI_CLASS_REVISION), ==, 0x03800000);
    g_assert_cmphex(config_read(qts, PCI_BASE_ADDRESS_0), ==, board->bar);
    qtest_quit(qts);
}

static void it_can_call_itself_vga(void)
{
    g_autofree char *arguments = options(",\"vga-class\":true");
    QTestState *qts = qtest_init(arguments);

    g_assert_cmphex(config_read(qts, PCI_CLASS_REVISION), ==, 0x03000000);
    qtest_quit(qts);
}

static unsigned find_msi(QTestState *qts)
{
    unsigned at = config_read(qts, PCI_CAPABILITY_LIST) & 0xff;

    while (at && (config_read(qts, at) & 0xff) != PCI_CAP_ID_MSI) {
        at = config_read(qts, at) >> 8 & 0xff;
    }
    g_assert_cmpuint(at, !=, 0);
    return at;
}

static void it_has_one_message_of_64_bits(void)
{
    QTestState *qts = start();
    uint32_t msi = config_read(qts, find_msi(qts)) >> 16;

    g_assert_cmphex(msi & PCI_MSI_FLAGS_64BIT, !=, 0);
    g_assert_cmphex(msi & (PCI_MSI_FLAGS_QMASK | PCI_MSI_FLAGS_MASKBIT), ==, 0);
    qtest_quit(qts);
}

/* The root channel's registers, and a packet that does nothing but end */
enum {
    CONTROL_FIFO = 0x1000, FIFO_LENGTH = 0x1004, FIFO_WRITTEN = 0x1008,
    FIFO_START = 0x1010, STATUS_GPU = 0x1018, FIFO_BASE_PAGE = 0x1030,
    NOP_SIZE = 12, STAMP = 0x101,
};

/* Has the device complete a packet, as its stamp in RAM shows. */
static void complete_a_packet(QTestState *qts)
{
    const uint64_t stamps = SCREEN;
    const uint64_t ring = stamps + 0x1000;
    const gint64 deadline = g_get_monotonic_time() + 30 * G_TIME_SPAN_SECOND;

    qtest_writel(qts, ring, 0x1e); /* NOP, no waits */
    qtest_writel(qts, ring + 4, NOP_SIZE);
    qtest_writel(qts, ring + 8, STAMP);
    qtest_writel(qts, board->bar + FIFO_BASE_PAGE, stamps >> 12);
    qtest_writel(qts, board->bar + FIFO_START, 0x1000);
    qtest_writel(qts, board->bar + FIFO_LENGTH, 0x2000);
    qtest_writel(qts, board->bar + CONTROL_FIFO, 1);
    qtest_writel(qts, board->bar + FIFO_WRITTEN, NOP_SIZE);
    while (qtest_readl(qts, stamps) != STAMP) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(1000);
    }
}

/* A message is a store, which may as well go to RAM. */
static void set_msi(QTestState *qts, uint64_t address, bool enable)
{
    unsigned msi = find_msi(qts);

    config_write(qts, msi + PCI_MSI_ADDRESS_LO, address);
    config_write(qts, msi + PCI_MSI_ADDRESS_HI, address >> 32);
    config_write(qts, msi + PCI_MSI_DATA_64, 0x5a5a);
    config_write(qts, msi, enable ? PCI_MSI_FLAGS_ENABLE << 16 : 0);
}

static void a_cause_from_before_its_message_was_enabled_is_told(void)
{
    const uint64_t inbox = SCREEN + 0x10000;
    QTestState *qts = start();

    complete_a_packet(qts);
    g_usleep(50000); /* what it did after the stamp went nowhere */
    set_msi(qts, inbox, false);
    g_assert_cmphex(qtest_readl(qts, inbox), ==, 0);
    set_msi(qts, inbox, true);
    for (int i = 0; i < 1000 && qtest_readl(qts, inbox) == 0; i++) {
        g_usleep(1000); /* it comes from the main loop */
    }
    g_assert_cmphex(qtest_readl(qts, inbox), ==, 0x5a5a);

    /* Once it was read, there is nothing to tell. */
    g_assert_cmphex(qtest_readl(qts, board->bar + STATUS_GPU), !=, 0);
    set_msi(qts, inbox, false);
    qtest_writel(qts, inbox, 0);
    set_msi(qts, inbox, true);
    g_usleep(50000);
    g_assert_cmphex(qtest_readl(qts, inbox), ==, 0);
    qtest_quit(qts);
}

static void its_modes_are_those_of_the_property(void)
{
    QTestState *qts = start();

    g_assert_cmphex(qtest_readl(qts, board->bar + EFI_MODE_COUNT), ==, 2);
    g_assert_cmphex(qtest_readl(qts, board->bar + EFI_MODE_SIZE), ==,
                    SCREEN_WIDTH << 16 | SCREEN_HEIGHT);
    qtest_quit(qts);
}

static void it_shows_the_firmware_screen(void)
{
    QTestState *qts = start();

    screen_paint(qts, SCREEN, 0x00ff8020);
    screen_announce(qts, board->bar, SCREEN);
    screen_expect(qts, 0xff, 0x80, 0x20);
    screen_paint(qts, SCREEN, 0x00102030);
    screen_expect(qts, 0x10, 0x20, 0x30);
    qtest_quit(qts);
}

/* A picture in the device's own registers is none. */
static void a_screen_outside_ram_is_not_shown(void)
{
    QTestState *qts = start();

    screen_paint(qts, SCREEN, 0x00ffffff);
    screen_announce(qts, board->bar, SCREEN);
    screen_expect(qts, 0xff, 0xff, 0xff);
    screen_announce(qts, board->bar, board->bar);
    screen_expect(qts, 0xff, 0xff, 0xff);
    screen_announce(qts, board->bar, board->ram + 128 * MiB -
                                     SCREEN_BYTES + 64);
    screen_expect(qts, 0xff, 0xff, 0xff);
    qtest_quit(qts);
}

static void a_reset_forgets_the_screen(void)
{
    QTestState *qts = start();

    screen_announce(qts, board->bar, SCREEN);
    g_assert_cmphex(qtest_readl(qts, board->bar + EFI_FB_START), !=, 0);
    vmapple_reset(qts);
    turn_on(qts);
    g_assert_cmphex(qtest_readl(qts, board->bar + EFI_FB_START), ==, 0);
    qtest_quit(qts);
}

static void it_migrates(void)
{
    g_autofree char *state = temporary_file("state", 0);
    g_autofree char *uri = g_strdup_printf("file:%s", state);
    g_autofree char *arguments = options("");
    g_autofree char *incoming = g_strdup_printf("%s -incoming defer",
                                                arguments);
    QTestState *qts = start();

    screen_paint(qts, SCREEN, 0x00123456);
    screen_announce(qts, board->bar, SCREEN);
    vmapple_save(qts, uri);
    qtest_quit(qts);

    qts = qtest_init(incoming);
    vmapple_load(qts, uri);
    g_assert_cmphex(qtest_readl(qts, board->bar + EFI_FB_START), ==,
                    (uint32_t)SCREEN);
    screen_expect(qts, 0x12, 0x34, 0x56);
    qtest_quit(qts);
    unlink(state);
}

/* Unplugged and plugged in again: nothing of the first is left. */
static void it_comes_and_goes(void)
{
    g_autofree char *arguments = g_strdup_printf("-machine %s -m 128M "
        "-nodefaults -device pcie-root-port,id=rp,slot=1,hotplug=on",
        board->machine);
    QTestState *qts = qtest_init(arguments);

    for (int i = 0; i < 3; i++) {
        qtest_qmp_device_add(qts, "apple-gfx-pci", "gpu", "{ 'bus': 'rp' }");
        qtest_qmp_assert_success(qts, "{ 'execute': 'device_del',"
                                 " 'arguments': { 'id': 'gpu' } }");
        /* Nobody heeds the attention button: the reset takes it away. */
        vmapple_reset(qts);
        qtest_qmp_eventwait(qts, "DEVICE_DELETED");
    }
    qtest_quit(qts);
}

#define TEST(function) \
    qtest_add_func("/apple-gfx-pci/" #function, function)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (int i = 0; i < ARRAY_SIZE(boards); i++) {
        if (g_str_equal(boards[i].arch, qtest_get_arch())) {
            board = &boards[i];
        }
    }
    g_assert_nonnull(board);

    TEST(it_is_found);
    TEST(it_can_call_itself_vga);
    TEST(it_has_one_message_of_64_bits);
    TEST(a_cause_from_before_its_message_was_enabled_is_told);
    TEST(its_modes_are_those_of_the_property);
    TEST(it_shows_the_firmware_screen);
    TEST(a_screen_outside_ram_is_not_shown);
    TEST(a_reset_forgets_the_screen);
    TEST(it_migrates);
    TEST(it_comes_and_goes);
    return g_test_run();
}
