/*
 * vmapple: the device tree for kernels that are booted without firmware
 *
 * macOS gets its device tree from its own firmware; this one is for Linux.
 * The boot loader adds memory, PSCI and what the command line says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "hw/arm/bsa.h"
#include "hw/arm/fdt.h"
#include "hw/pci/pci.h"
#include "hw/vmapple/aes.h"
#include "hw/vmapple/avp-rtc.h"
#include "hw/vmapple/bdif.h"
#include "hw/vmapple/cfg.h"
#include "hw/vmapple/vmapple.h"
#include "qemu/guest-random.h"
#include "qemu/units.h"
#include "standard-headers/linux/input-event-codes.h"
#include "system/device_tree.h"
#include <libfdt.h>

/* Adds the node /NAME@ADDRESS with its "reg"; the caller frees the path. */
static char *add_device(void *fdt, const char *name, VMAppleRegion region)
{
    const MemMapEntry *map = &vmapple_memmap[region];
    char *path = g_strdup_printf("/%s@%" PRIx64, name, map->base);

    qemu_fdt_add_subnode(fdt, path);
    qemu_fdt_setprop_sized_cells(fdt, path, "reg",
                                 2, map->base, 2, map->size);
    return path;
}

/* The same for one of Arm's peripherals: with interrupt and clocks. */
static char *add_primecell(void *fdt, const char *name, VMAppleRegion region,
                           int spi, uint32_t clock)
{
    g_autofree char *chip = g_strdup_printf("arm,%s", name);
    const char *compatible[] = { chip, "arm,primecell" };
    char *path = add_device(fdt, name, region);

    qemu_fdt_setprop_string_array(fdt, path, "compatible",
                                  (char **)compatible, 2);
    qemu_fdt_setprop_cells(fdt, path, "interrupts", GIC_FDT_IRQ_TYPE_SPI, spi,
                           GIC_FDT_IRQ_FLAGS_LEVEL_HI);
    qemu_fdt_setprop_cell(fdt, path, "clocks", clock);
    qemu_fdt_setprop_string(fdt, path, "clock-names", "apb_pclk");
    return path;
}

static void add_chosen(void *fdt)
{
    struct {
        uint64_t kaslr;
        uint8_t rng[32];
    } seed;

    qemu_fdt_add_subnode(fdt, "/chosen");
    if (!qemu_guest_getrandom(&seed, sizeof(seed), NULL)) {
        qemu_fdt_setprop_u64(fdt, "/chosen", "kaslr-seed", seed.kaslr);
        qemu_fdt_setprop(fdt, "/chosen", "rng-seed",
                         seed.rng, sizeof(seed.rng));
    }
}

static uint32_t add_clock(void *fdt)
{
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_add_subnode(fdt, "/clk24mhz");
    qemu_fdt_setprop_string(fdt, "/clk24mhz", "compatible", "fixed-clock");
    qemu_fdt_setprop_cell(fdt, "/clk24mhz", "#clock-cells", 0);
    qemu_fdt_setprop_cell(fdt, "/clk24mhz", "clock-frequency",
                          VMAPPLE_CLOCK_HZ);
    qemu_fdt_setprop_cell(fdt, "/clk24mhz", "phandle", phandle);
    return phandle;
}

static void add_cpus(void *fdt)
{
    qemu_fdt_add_subnode(fdt, "/cpus");
    qemu_fdt_setprop_cell(fdt, "/cpus", "#address-cells", 1);
    qemu_fdt_setprop_cell(fdt, "/cpus", "#size-cells", 0);

    /* Nodes stand in the reverse order of their making. */
    for (int n = current_machine->smp.cpus - 1; n >= 0; n--) {
        ARMCPU *cpu = ARM_CPU(qemu_get_cpu(n));
        g_autofree char *path = g_strdup_printf("/cpus/cpu@%x",
                                                (int)arm_cpu_mp_affinity(cpu));

        qemu_fdt_add_subnode(fdt, path);
        qemu_fdt_setprop_string(fdt, path, "device_type", "cpu");
        qemu_fdt_setprop_string(fdt, path, "compatible", cpu->dtb_compatible);
        qemu_fdt_setprop_string(fdt, path, "enable-method", "psci");
        qemu_fdt_setprop_cell(fdt, path, "reg", arm_cpu_mp_affinity(cpu));
    }
}

static void add_timer(void *fdt)
{
    static const int ppis[] = {
        INTID_TO_PPI(ARCH_TIMER_S_EL1_IRQ),
        INTID_TO_PPI(ARCH_TIMER_NS_EL1_IRQ),
        INTID_TO_PPI(ARCH_TIMER_VIRT_IRQ),
        INTID_TO_PPI(ARCH_TIMER_NS_EL2_IRQ),
    };

    qemu_fdt_add_subnode(fdt, "/timer");
    qemu_fdt_setprop_string(fdt, "/timer", "compatible", "arm,armv8-timer");
    qemu_fdt_setprop(fdt, "/timer", "always-on", NULL, 0);
    qemu_fdt_setprop_cells(fdt, "/timer", "interrupts",
        GIC_FDT_IRQ_TYPE_PPI, ppis[0], GIC_FDT_IRQ_FLAGS_LEVEL_HI,
        GIC_FDT_IRQ_TYPE_PPI, ppis[1], GIC_FDT_IRQ_FLAGS_LEVEL_HI,
        GIC_FDT_IRQ_TYPE_PPI, ppis[2], GIC_FDT_IRQ_FLAGS_LEVEL_HI,
        GIC_FDT_IRQ_TYPE_PPI, ppis[3], GIC_FDT_IRQ_FLAGS_LEVEL_HI);
}

static void add_pmu(void *fdt)
{
    if (!object_property_get_bool(OBJECT(first_cpu), "pmu", NULL)) {
        return;
    }
    qemu_fdt_add_subnode(fdt, "/pmu");
    qemu_fdt_setprop_string(fdt, "/pmu", "compatible", "arm,armv8-pmuv3");
    qemu_fdt_setprop_cells(fdt, "/pmu", "interrupts", GIC_FDT_IRQ_TYPE_PPI,
                           INTID_TO_PPI(VIRTUAL_PMU_IRQ),
                           GIC_FDT_IRQ_FLAGS_LEVEL_HI);
}

/* Returns the phandle of the MSI frame, 0 when there is none. */
static uint32_t add_gic(void *fdt, bool msi)
{
    const MemMapEntry *dist = &vmapple_memmap[VMAPPLE_GIC_DIST];
    const MemMapEntry *redist = &vmapple_memmap[VMAPPLE_GIC_REDIST];
    const MemMapEntry *frame = &vmapple_memmap[VMAPPLE_MSI];
    g_autofree char *path = add_device(fdt, "interrupt-controller",
                                       VMAPPLE_GIC_DIST);
    g_autofree char *msi_path = NULL;
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_setprop_string(fdt, path, "compatible", "arm,gic-v3");
    qemu_fdt_setprop(fdt, path, "interrupt-controller", NULL, 0);
    qemu_fdt_setprop_cell(fdt, path, "#interrupt-cells", 3);
    qemu_fdt_setprop_cell(fdt, path, "#address-cells", 2);
    qemu_fdt_setprop_cell(fdt, path, "#size-cells", 2);
    qemu_fdt_setprop(fdt, path, "ranges", NULL, 0);
    qemu_fdt_setprop_sized_cells(fdt, path, "reg", 2, dist->base, 2, dist->size,
                                 2, redist->base, 2, redist->size);
    qemu_fdt_setprop_cell(fdt, path, "phandle", phandle);
    qemu_fdt_setprop_cell(fdt, "/", "interrupt-parent", phandle);

    if (!msi) {
        return 0;
    }
    phandle = qemu_fdt_alloc_phandle(fdt);
    msi_path = g_strdup_printf("%s/msi@%" PRIx64, path, frame->base);
    qemu_fdt_add_subnode(fdt, msi_path);
    qemu_fdt_setprop_string(fdt, msi_path, "compatible", "arm,gic-v2m-frame");
    qemu_fdt_setprop(fdt, msi_path, "msi-controller", NULL, 0);
    qemu_fdt_setprop_sized_cells(fdt, msi_path, "reg",
                                 2, frame->base, 2, frame->size);
    qemu_fdt_setprop_cell(fdt, msi_path, "phandle", phandle);
    return phandle;
}

static void add_uart(void *fdt, uint32_t clock)
{
    g_autofree char *path = add_primecell(fdt, "pl011", VMAPPLE_UART,
                                          VMAPPLE_SPI_UART, clock);
    const char clock_names[] = "uartclk\0apb_pclk";

    qemu_fdt_setprop_cells(fdt, path, "clocks", clock, clock);
    qemu_fdt_setprop(fdt, path, "clock-names",
                     clock_names, sizeof(clock_names));
    qemu_fdt_setprop_string(fdt, "/chosen", "stdout-path", path);
    qemu_fdt_add_subnode(fdt, "/aliases");
    qemu_fdt_setprop_string(fdt, "/aliases", "serial0", path);
}

static void add_gpio(void *fdt, uint32_t clock)
{
    g_autofree char *path = add_primecell(fdt, "pl061", VMAPPLE_GPIO,
                                          VMAPPLE_SPI_GPIO, clock);
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_setprop(fdt, path, "gpio-controller", NULL, 0);
    qemu_fdt_setprop_cell(fdt, path, "#gpio-cells", 2);
    qemu_fdt_setprop(fdt, path, "interrupt-controller", NULL, 0);
    qemu_fdt_setprop_cell(fdt, path, "#interrupt-cells", 2);
    qemu_fdt_setprop_cell(fdt, path, "phandle", phandle);

    qemu_fdt_add_subnode(fdt, "/gpio-keys");
    qemu_fdt_setprop_string(fdt, "/gpio-keys", "compatible", "gpio-keys");
    qemu_fdt_add_subnode(fdt, "/gpio-keys/power");
    qemu_fdt_setprop_string(fdt, "/gpio-keys/power", "label", "Power");
    qemu_fdt_setprop_cell(fdt, "/gpio-keys/power", "linux,code", KEY_POWER);
    qemu_fdt_setprop_cells(fdt, "/gpio-keys/power", "gpios",
                           phandle, VMAPPLE_GPIO_PIN_POWER, 0);
}

static void add_pcie_irq_map(void *fdt, const char *path)
{
    uint32_t gic = qemu_fdt_getprop_cell(fdt, "/", "interrupt-parent", NULL,
                                         &error_abort);
    uint32_t map[VMAPPLE_NUM_INTX * PCI_NUM_PINS][10];

    for (int slot = 0; slot < VMAPPLE_NUM_INTX; slot++) {
        for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
            int line = (slot + pin) % VMAPPLE_NUM_INTX;
            const uint32_t entry[] = {
                PCI_DEVFN(slot, 0) << 8, 0, 0, pin + 1, gic, 0, 0,
                GIC_FDT_IRQ_TYPE_SPI, VMAPPLE_SPI_PCIE + line,
                GIC_FDT_IRQ_FLAGS_LEVEL_HI,
            };

            for (int i = 0; i < ARRAY_SIZE(entry); i++) {
                map[slot * PCI_NUM_PINS + pin][i] = cpu_to_be32(entry[i]);
            }
        }
    }
    qemu_fdt_setprop(fdt, path, "interrupt-map", map, sizeof(map));
    qemu_fdt_setprop_cells(fdt, path, "interrupt-map-mask",
                           PCI_DEVFN(VMAPPLE_NUM_INTX - 1, 0) << 8, 0, 0, 7);
}

static void add_pcie(void *fdt, uint32_t msi)
{
    const MemMapEntry *mmio = &vmapple_memmap[VMAPPLE_PCIE_MMIO];
    g_autofree char *path = add_device(fdt, "pcie", VMAPPLE_PCIE_ECAM);

    qemu_fdt_setprop_string(fdt, path, "compatible", "pci-host-ecam-generic");
    qemu_fdt_setprop_string(fdt, path, "device_type", "pci");
    qemu_fdt_setprop_cell(fdt, path, "#address-cells", 3);
    qemu_fdt_setprop_cell(fdt, path, "#size-cells", 2);
    qemu_fdt_setprop_cell(fdt, path, "#interrupt-cells", 1);
    qemu_fdt_setprop_cell(fdt, path, "linux,pci-domain", 0);
    qemu_fdt_setprop_cells(fdt, path, "bus-range", 0,
        vmapple_memmap[VMAPPLE_PCIE_ECAM].size / MiB - 1);
    qemu_fdt_setprop(fdt, path, "dma-coherent", NULL, 0);
    qemu_fdt_setprop_sized_cells(fdt, path, "ranges", 1, FDT_PCI_RANGE_MMIO,
                                 2, mmio->base, 2, mmio->base, 2, mmio->size);
    if (msi) {
        qemu_fdt_setprop_cells(fdt, path, "msi-map", 0, msi, 0, 0x10000);
    }
    add_pcie_irq_map(fdt, path);
}

/*
 * The devices that only Apple's guests know. No driver of Linux binds to
 * them; programs find their windows by these names.
 */
static void add_apple_devices(void *fdt)
{
    static const struct {
        const char *type; /* there is a node when there is such a device */
        const char *name;
        VMAppleRegion first, last; /* windows */
    } devices[] = {
        { TYPE_VMAPPLE_AES, "aes", VMAPPLE_AES_COMMAND, VMAPPLE_AES_SECURITY },
        { TYPE_VMAPPLE_AVP_RTC, "avp-rtc", VMAPPLE_AVP_RTC, VMAPPLE_AVP_RTC },
        { TYPE_VMAPPLE_BDIF, "bdif", VMAPPLE_BDIF, VMAPPLE_BDIF },
        { TYPE_VMAPPLE_CFG, "cfg", VMAPPLE_CFG, VMAPPLE_CFG },
        { "apple-gfx-mmio", "apple-gfx", VMAPPLE_GFX, VMAPPLE_IOSFC },
    };

    for (int i = 0; i < ARRAY_SIZE(devices); i++) {
        g_autofree char *compatible = NULL;
        g_autofree char *path = NULL;
        g_autoptr(GArray) reg = g_array_new(false, false, sizeof(uint64_t));

        if (!object_resolve_path_type("", devices[i].type, NULL)) {
            continue;
        }
        for (int r = devices[i].first; r <= devices[i].last; r++) {
            uint64_t cells[] = { cpu_to_be64(vmapple_memmap[r].base),
                                 cpu_to_be64(vmapple_memmap[r].size) };

            g_array_append_vals(reg, cells, ARRAY_SIZE(cells));
        }
        compatible = g_strdup_printf("vmapple,%s", devices[i].name);
        path = add_device(fdt, devices[i].name, devices[i].first);
        qemu_fdt_setprop_string(fdt, path, "compatible", compatible);
        qemu_fdt_setprop(fdt, path, "reg", reg->data,
                         reg->len * sizeof(uint64_t));
    }
}

void *vmapple_create_fdt(VMAppleMachineState *vms, int *size)
{
    void *fdt = create_device_tree(size);
    g_autofree char *rtc = NULL;
    g_autofree char *pvpanic = NULL;
    uint32_t clock;

    qemu_fdt_setprop_string(fdt, "/", "compatible", "vmapple");
    qemu_fdt_setprop_string(fdt, "/", "model", "vmapple");
    qemu_fdt_setprop_cell(fdt, "/", "#address-cells", 2);
    qemu_fdt_setprop_cell(fdt, "/", "#size-cells", 2);
    qemu_fdt_setprop(fdt, "/", "dma-coherent", NULL, 0);

    add_chosen(fdt);
    clock = add_clock(fdt);
    add_cpus(fdt);
    add_timer(fdt);
    add_pmu(fdt);
    add_pcie(fdt, add_gic(fdt, vms->msi));
    pvpanic = add_device(fdt, "pvpanic", VMAPPLE_PVPANIC);
    qemu_fdt_setprop_string(fdt, pvpanic, "compatible", "qemu,pvpanic-mmio");
    add_apple_devices(fdt);
    add_gpio(fdt, clock);
    rtc = add_primecell(fdt, "pl031", VMAPPLE_RTC, VMAPPLE_SPI_RTC, clock);
    add_uart(fdt, clock);
    return fdt;
}
