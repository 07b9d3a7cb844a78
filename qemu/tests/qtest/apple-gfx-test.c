/*
 * QTest of apple-gfx-mmio and apple-gfx-pci: what QEMU adds to libpvg
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "apple-gfx-screen.h"
#include "vmapple-pci.h"

#define GFX 0x30200000ull

#define SCREEN  (RAM_BASE + 0x1000000)

#define ON_BOARD "-machine vmapple,display-modes.0=640x480@60," \
                 "display-modes.1=800x600 -m 128M -nodefaults "
#define ON_PCI   "-machine vmapple,gfx=off -m 128M -nodefaults " \
                 "-device '{\"driver\":\"apple-gfx-pci\",\"addr\":\"3\"," \
                 "\"display-modes\":[\"640x480\"]}' "

static void the_modes_are_those_of_the_property(void)
{
    QTestState *qts = qtest_init(ON_BOARD);

    g_assert_cmphex(qtest_readl(qts, GFX + EFI_MODE_COUNT), ==, 2);
    g_assert_cmphex(qtest_readl(qts, GFX + EFI_MODE_SIZE), ==,
                    SCREEN_WIDTH << 16 | SCREEN_HEIGHT);
    qtest_quit(qts);
}

static void there_are_as_many_displays_as_asked_for(void)
{
    QTestState *qts = qtest_init(ON_BOARD "-global apple-gfx-mmio.displays=3");

    g_assert_cmphex(qtest_readl(qts, GFX + EFI_DISPLAY_PORTS), ==, 3);
    qtest_quit(qts);
}

static void the_firmware_screen_is_shown(void)
{
    QTestState *qts = qtest_init(ON_BOARD);

    screen_paint(qts, SCREEN, 0x00ff8020);
    screen_announce(qts, GFX, SCREEN);
    screen_expect(qts, 0xff, 0x80, 0x20);
    screen_paint(qts, SCREEN, 0x00102030);
    screen_expect(qts, 0x10, 0x20, 0x30);
    qtest_quit(qts);
}

/* The last row outside RAM: the whole screen is refused. */
static void a_screen_that_leaves_ram_is_not_shown(void)
{
    QTestState *qts = qtest_init(ON_BOARD);
    uint64_t fits = RAM_BASE + RAM_SIZE - SCREEN_BYTES;

    screen_paint(qts, fits, 0x00ffffff);
    screen_announce(qts, GFX, fits);
    screen_expect(qts, 0xff, 0xff, 0xff);

    screen_announce(qts, GFX, fits + 64);
    screen_paint(qts, fits, 0x00ff0000);
    screen_expect(qts, 0xff, 0xff, 0xff); /* what was there stays */
    qtest_quit(qts);
}

static void a_reset_forgets_the_screen(void)
{
    QTestState *qts = qtest_init(ON_BOARD);

    screen_announce(qts, GFX, SCREEN);
    vmapple_reset(qts);
    g_assert_cmphex(qtest_readl(qts, GFX + EFI_FB_START), ==, 0);
    qtest_quit(qts);
}

static void a_migrated_machine_shows_the_same_screen(void)
{
    const char *modes = "-machine display-modes.0=640x480@60";
    g_autofree char *log = temporary_file("log", 0);
    QTestState *qts = vmapple_start(log, modes);

    screen_paint(qts, SCREEN, 0x00123456);
    screen_announce(qts, GFX, SCREEN);
    qts = vmapple_migrate(qts, log, modes);
    g_assert_cmphex(qtest_readl(qts, GFX + EFI_FB_START), ==, SCREEN);
    screen_expect(qts, 0x12, 0x34, 0x56);
    qtest_quit(qts);
    unlink(log);
}

static void the_pci_function_is_apples(void)
{
    QTestState *qts = qtest_init(ON_PCI);
    uint64_t bar0 = vmapple_pci_config(3, PCI_BASE_ADDRESS_0);
    unsigned msi = vmapple_pci_capability(qts, 3, PCI_CAP_ID_MSI);
    uint16_t flags = qtest_readw(qts, vmapple_pci_config(3, msi +
                                                         PCI_MSI_FLAGS));

    g_assert_cmphex(qtest_readl(qts, vmapple_pci_config(3, 0)), ==, 0xeeee106b);
    g_assert_cmphex(qtest_readl(qts, vmapple_pci_config(3, 8)), ==, 0x03800000);
    qtest_writel(qts, bar0, 0xffffffff);
    g_assert_cmphex(qtest_readl(qts, bar0), ==, 0xffffc000);
    g_assert_cmphex(flags & PCI_MSI_FLAGS_64BIT, !=, 0);
    g_assert_cmphex(flags & (PCI_MSI_FLAGS_QMASK | PCI_MSI_FLAGS_MASKBIT),
                    ==, 0);
    /* On bus 0 it must be a conventional function. */
    g_assert_cmpuint(vmapple_pci_capability(qts, 3, PCI_CAP_ID_EXP), ==, 0);
    qtest_quit(qts);
}

static void behind_a_port_it_is_an_express_function(void)
{
    QTestState *qts = qtest_init("-machine vmapple,gfx=off -m 128M -nodefaults "
        "-device pcie-root-port,id=rp,addr=2 -device apple-gfx-pci,bus=rp");
    unsigned bus1 = 1 << 5; /* as a slot number, in ECAM */

    qtest_writel(qts, vmapple_pci_config(2, PCI_PRIMARY_BUS), 0x00010100);
    g_assert_cmphex(qtest_readl(qts, vmapple_pci_config(bus1, 0)), ==,
                    0xeeee106b);
    g_assert_cmpuint(vmapple_pci_capability(qts, bus1, PCI_CAP_ID_EXP), !=, 0);
    qtest_quit(qts);
}

static void the_pci_function_shows_a_screen_too(void)
{
    QTestState *qts = qtest_init(ON_PCI);
    uint64_t bar = vmapple_pci_enable(qts, 3);

    screen_paint(qts, SCREEN, 0x00a0b0c0);
    screen_announce(qts, bar, SCREEN);
    screen_expect(qts, 0xa0, 0xb0, 0xc0);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/apple-gfx/the_modes_are_those_of_the_property",
                   the_modes_are_those_of_the_property);
    qtest_add_func("/apple-gfx/there_are_as_many_displays_as_asked_for",
                   there_are_as_many_displays_as_asked_for);
    qtest_add_func("/apple-gfx/the_firmware_screen_is_shown",
                   the_firmware_screen_is_shown);
    qtest_add_func("/apple-gfx/a_screen_that_leaves_ram_is_not_shown",
                   a_screen_that_leaves_ram_is_not_shown);
    qtest_add_func("/apple-gfx/a_reset_forgets_the_screen",
                   a_reset_forgets_the_screen);
    qtest_add_func("/apple-gfx/a_migrated_machine_shows_the_same_screen",
                   a_migrated_machine_shows_the_same_screen);
    qtest_add_func("/apple-gfx/the_pci_function_is_apples",
                   the_pci_function_is_apples);
    qtest_add_func("/apple-gfx/behind_a_port_it_is_an_express_function",
                   behind_a_port_it_is_an_express_function);
    qtest_add_func("/apple-gfx/the_pci_function_shows_a_screen_too",
                   the_pci_function_shows_a_screen_too);
    return g_test_run();
}
