/*
 * vmapple: the machine that arm64 macOS guests expect
 *
 * Memory and interrupt map, CPUs, interrupt controller, Arm's peripherals,
 * PCI Express, and the ways to boot: Apple's firmware, or a kernel with a
 * device tree made here. Structured after the "virt" board; it needs no
 * accelerator in particular.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/address-spaces.h"
#include "chardev/char.h"
#include "hw/arm/boot.h"
#include "hw/arm/bsa.h"
#include "hw/arm/virtual-hypervisor.h"
#include "hw/char/pl011.h"
#include "hw/intc/arm_gicv3_common.h"
#include "hw/irq.h"
#include "hw/loader.h"
#include "hw/misc/pvpanic.h"
#include "hw/misc/unimp.h"
#include "hw/pci-host/gpex.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/sysbus.h"
#include "hw/usb.h"
#include "hw/usb/xhci.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/vmapple/aes.h"
#include "hw/vmapple/avp-rtc.h"
#include "hw/vmapple/bdif.h"
#include "hw/vmapple/cfg.h"
#include "hw/vmapple/dfu.h"
#include "hw/vmapple/hypervisor.h"
#include "hw/vmapple/kvm.h"
#include "hw/vmapple/virtio-used-ring.h"
#include "hw/vmapple/vmapple.h"
#include "kvm_arm.h"
#include "qapi/error.h"
#include "qapi/qapi-builtin-visit.h"
#include "qemu/cutils.h"
#include "qemu/datadir.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "qobject/qlist.h"
#include "system/block-backend.h"
#include "system/blockdev.h"
#include "system/kvm.h"
#include "system/qtest.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "system/system.h"
#include "target/arm/gtimer.h"
#include "target/arm/internals.h"
#include "target/arm/multiprocessing.h"

const MemMapEntry vmapple_memmap[] = {
    [VMAPPLE_FIRMWARE] =     { 0x00100000,   0x100000 },
    [VMAPPLE_CFG] =          { 0x00400000,    0x10000 },
    [VMAPPLE_GIC_DIST] =     { 0x10000000,    0x10000 },
    [VMAPPLE_GIC_REDIST] =   { 0x10010000,   0x400000 },
    [VMAPPLE_MSI] =          { 0x1fff0000,     0x1000 },
    [VMAPPLE_UART] =         { 0x20010000,     0x1000 },
    [VMAPPLE_RTC] =          { 0x20050000,     0x1000 },
    [VMAPPLE_GPIO] =         { 0x20060000,     0x1000 },
    [VMAPPLE_PVPANIC] =      { 0x20070000,        0x2 },
    [VMAPPLE_BDIF] =         { 0x30000000,   0x200000 },
    [VMAPPLE_GFX] =          { 0x30200000,    0x10000 },
    [VMAPPLE_IOSFC] =        { 0x30210000,    0x10000 },
    [VMAPPLE_AES_COMMAND] =  { 0x30220000,     0x4000 },
    [VMAPPLE_AES_SECURITY] = { 0x30230000,     0x4000 },
    [VMAPPLE_AVP_RTC] =      { 0x30240000,     0x1000 },
    [VMAPPLE_PCIE_ECAM] =    { 0x40000000, 0x10000000 },
    [VMAPPLE_PCIE_MMIO] =    { 0x50000000, 0x1fff0000 },
    [VMAPPLE_RAM] =          { 0x70000000 },
};

static qemu_irq vmapple_spi(VMAppleMachineState *vms, int spi)
{
    return qdev_get_gpio_in(vms->gic, spi);
}

/* Reads zero and ignores writes where a hole would abort the guest's CPU. */
static void reserve(const char *name, VMAppleRegion region)
{
    create_unimplemented_device(name, vmapple_memmap[region].base,
                                vmapple_memmap[region].size);
}

/* A mistake on the command line: one line that names the option and the fix */
static G_NORETURN void G_GNUC_PRINTF(1, 2) refuse(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
    exit(1);
}

/*
 * CPUs
 */

static const CPUArchIdList *vmapple_possible_cpu_arch_ids(MachineState *ms)
{
    unsigned int max_cpus = ms->smp.max_cpus;

    if (ms->possible_cpus) {
        return ms->possible_cpus;
    }
    ms->possible_cpus = g_malloc0(sizeof(CPUArchIdList) +
                                  sizeof(CPUArchId) * max_cpus);
    ms->possible_cpus->len = max_cpus;
    for (int n = 0; n < max_cpus; n++) {
        ms->possible_cpus->cpus[n].type = ms->cpu_type;
        ms->possible_cpus->cpus[n].arch_id =
            arm_build_mp_affinity(n, GICV3_TARGETLIST_BITS);
        ms->possible_cpus->cpus[n].props.has_core_id = true;
        ms->possible_cpus->cpus[n].props.core_id = n;
    }
    return ms->possible_cpus;
}

static void create_cpus(VMAppleMachineState *vms)
{
    MachineState *ms = MACHINE(vms);
    const CPUArchIdList *possible = vmapple_possible_cpu_arch_ids(ms);

    for (int n = 0; n < ms->smp.cpus; n++) {
        Object *cpu = object_new(possible->cpus[n].type);

        if (!object_property_get_bool(cpu, "aarch64", NULL)) {
            refuse("-cpu: %s is a 32-bit CPU; vmapple needs a 64-bit one, "
                   "such as max", object_get_typename(cpu));
        }
        CPU(cpu)->cpu_index = n;
        object_property_set_int(cpu, "mp-affinity", possible->cpus[n].arch_id,
                                &error_abort);
        /* The guest enters at EL1, and finds nothing above it. */
        if (object_property_find(cpu, "has_el3")) {
            object_property_set_bool(cpu, "has_el3", false, &error_abort);
        }
        if (object_property_find(cpu, "has_el2")) {
            object_property_set_bool(cpu, "has_el2", false, &error_abort);
        }
        if (vms->bootinfo.firmware_loaded) {
            object_property_set_int(cpu, "rvbar",
                                    vmapple_memmap[VMAPPLE_FIRMWARE].base,
                                    &error_abort);
        }
        object_property_set_link(cpu, "memory", OBJECT(get_system_memory()),
                                 &error_abort);
        vmapple_prepare_cpu(vms, ARM_CPU(cpu));
        qdev_realize(DEVICE(cpu), NULL, &error_fatal);
        object_unref(cpu);
    }
}

/* After the interrupt controller is there: what the CPUs still need */
static void finish_cpus(VMAppleMachineState *vms)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        vmapple_finish_cpu(vms, ARM_CPU(cpu));
    }
    vmapple_settle_cpus(vms);
}

static hwaddr last_address(const MachineState *ms)
{
    return vmapple_memmap[VMAPPLE_RAM].base + ms->ram_size - 1;
}

static int vmapple_kvm_type(MachineState *ms, const char *type_str)
{
    bool fixed_ipa;
    int max = kvm_arm_get_max_vm_ipa_size(ms, &fixed_ipa);
    /* KVM wants 32 bits at least. */
    int bits = MAX(64 - clz64(last_address(ms)), 32);

    if (bits > max) {
        error_report("-m: so much memory needs %d-bit addresses, "
                     "and this host's KVM has %d bits; give less", bits, max);
        return -1;
    }
    /* 0 is the one size of a KVM that cannot choose. */
    return fixed_ipa ? 0 : bits;
}

static void create_ram(MachineState *ms)
{
    int pamax = arm_pamax(ARM_CPU(first_cpu));

    if (64 - clz64(last_address(ms)) > pamax) {
        refuse("-m: so much memory does not fit the CPU's %d-bit addresses; "
               "give less, or another -cpu", pamax);
    }
    memory_region_add_subregion(get_system_memory(),
                                vmapple_memmap[VMAPPLE_RAM].base, ms->ram);
}

/*
 * Interrupts
 */

static uint64_t msi_typer_read(void *opaque, hwaddr offset, unsigned size)
{
    return 1u << 31 | (VMAPPLE_SPI_MSI + GIC_INTERNAL) << 16 | VMAPPLE_NUM_MSIS;
}

static void msi_typer_write(void *opaque, hwaddr offset, uint64_t value,
                            unsigned size)
{
}

static const MemoryRegionOps msi_typer_ops = {
    .read = msi_typer_read,
    .write = msi_typer_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static void create_msi_frame(VMAppleMachineState *vms)
{
    hwaddr base = vmapple_memmap[VMAPPLE_MSI].base;
    DeviceState *dev = qdev_new("arm-gicv2m");
    MemoryRegion *typer = g_new(MemoryRegion, 1);

    qdev_prop_set_uint32(dev, "base-spi", VMAPPLE_SPI_MSI);
    qdev_prop_set_uint32(dev, "num-spi", VMAPPLE_NUM_MSIS);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, base);
    for (int i = 0; i < VMAPPLE_NUM_MSIS; i++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(dev), i,
                           vmapple_spi(vms, VMAPPLE_SPI_MSI + i));
    }

    /* macOS takes MSI_TYPER for valid only with bit 31 set. */
    memory_region_init_io(typer, OBJECT(dev), &msi_typer_ops, NULL,
                          "vmapple.msi-typer", 4);
    memory_region_add_subregion_overlap(get_system_memory(), base + 0x8,
                                        typer, 1);
}

static void create_gic(VMAppleMachineState *vms)
{
    unsigned int cpus = MACHINE(vms)->smp.cpus;
    QList *redist_region_count = qlist_new();
    SysBusDevice *gic;

    vms->gic = qdev_new(gicv3_class_name());
    gic = SYS_BUS_DEVICE(vms->gic);
    qdev_prop_set_uint32(vms->gic, "revision", 3);
    qdev_prop_set_uint32(vms->gic, "num-cpu", cpus);
    qdev_prop_set_uint32(vms->gic, "num-irq", VMAPPLE_NUM_SPIS + GIC_INTERNAL);
    if (!kvm_irqchip_in_kernel()) {
        qdev_prop_set_bit(vms->gic, "has-security-extensions", false);
    }
    qlist_append_int(redist_region_count, cpus);
    qdev_prop_set_array(vms->gic, "redist-region-count", redist_region_count);
    sysbus_realize_and_unref(gic, &error_fatal);
    sysbus_mmio_map(gic, 0, vmapple_memmap[VMAPPLE_GIC_DIST].base);
    sysbus_mmio_map(gic, 1, vmapple_memmap[VMAPPLE_GIC_REDIST].base);

    for (int n = 0; n < cpus; n++) {
        static const int timer_irq[] = {
            [GTIMER_PHYS] = ARCH_TIMER_NS_EL1_IRQ,
            [GTIMER_VIRT] = ARCH_TIMER_VIRT_IRQ,
            [GTIMER_HYP] = ARCH_TIMER_NS_EL2_IRQ,
            [GTIMER_SEC] = ARCH_TIMER_S_EL1_IRQ,
        };
        DeviceState *cpu = DEVICE(qemu_get_cpu(n));
        int ppi = VMAPPLE_NUM_SPIS + n * GIC_INTERNAL;

        for (int i = 0; i < ARRAY_SIZE(timer_irq); i++) {
            qdev_connect_gpio_out(cpu, i,
                qdev_get_gpio_in(vms->gic, ppi + timer_irq[i]));
        }
        qdev_connect_gpio_out_named(cpu, "gicv3-maintenance-interrupt", 0,
            qdev_get_gpio_in(vms->gic, ppi + ARCH_GIC_MAINT_IRQ));
        qdev_connect_gpio_out_named(cpu, "pmu-interrupt", 0,
            qdev_get_gpio_in(vms->gic, ppi + VIRTUAL_PMU_IRQ));

        sysbus_connect_irq(gic, n, qdev_get_gpio_in(cpu, ARM_CPU_IRQ));
        sysbus_connect_irq(gic, n + cpus, qdev_get_gpio_in(cpu, ARM_CPU_FIQ));
    }

    if (vms->msi) {
        create_msi_frame(vms);
    }
}

/*
 * Arm's peripherals
 */

static void create_uart(VMAppleMachineState *vms)
{
    pl011_create(vmapple_memmap[VMAPPLE_UART].base,
                 vmapple_spi(vms, VMAPPLE_SPI_UART), serial_hd(0));
}

static void vmapple_powerdown(Notifier *n, void *data)
{
    VMAppleMachineState *vms = container_of(n, VMAppleMachineState, powerdown);

    qemu_set_irq(qdev_get_gpio_in(vms->power_key, 0), 1);
}

static void create_gpio(VMAppleMachineState *vms)
{
    DeviceState *gpio = qdev_new("pl061");

    /* A pin that nothing drives reads 0. */
    qdev_prop_set_uint32(gpio, "pullups", 0);
    qdev_prop_set_uint32(gpio, "pulldowns", 0xff);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(gpio), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(gpio), 0, vmapple_memmap[VMAPPLE_GPIO].base);
    sysbus_connect_irq(SYS_BUS_DEVICE(gpio), 0,
                       vmapple_spi(vms, VMAPPLE_SPI_GPIO));

    vms->power_key = sysbus_create_simple("gpio-key", -1,
        qdev_get_gpio_in(gpio, VMAPPLE_GPIO_PIN_POWER));
    vms->powerdown.notify = vmapple_powerdown;
    qemu_register_powerdown_notifier(&vms->powerdown);
}

static void create_pvpanic(void)
{
    DeviceState *dev = qdev_new(TYPE_PVPANIC_MMIO_DEVICE);

    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0,
                    vmapple_memmap[VMAPPLE_PVPANIC].base);
}

/*
 * Apple's devices
 */

static DeviceState *create_device(DeviceState *dev, VMAppleRegion region)
{
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, vmapple_memmap[region].base);
    return dev;
}

static void create_cfg(VMAppleMachineState *vms)
{
    MachineState *ms = MACHINE(vms);
    DeviceState *dev = qdev_new(TYPE_VMAPPLE_CFG);

    qdev_prop_set_uint32(dev, "nr-cpus", ms->smp.cpus);
    qdev_prop_set_uint64(dev, "ecid", vms->ecid);
    qdev_prop_set_uint64(dev, "ram-size", ms->ram_size);
    qdev_prop_set_bit(dev, "run-installer", vms->run_installer);
    create_device(dev, VMAPPLE_CFG);
}

/* The firmware's disks: -global vmapple-bdif.*, or the first pflash drives */
static void create_bdif(VMAppleMachineState *vms)
{
    static const char *const names[] = { "aux", "root" };
    DeviceState *dev = qdev_new(TYPE_VMAPPLE_BDIF);

    for (int i = 0; i < ARRAY_SIZE(names); i++) {
        DriveInfo *drive = drive_get(IF_PFLASH, 0, i);
        g_autofree char *disk = NULL;

        if (drive) {
            qdev_prop_set_drive_err(dev, names[i], blk_by_legacy_dinfo(drive),
                                    &error_fatal);
        }
        disk = object_property_get_str(OBJECT(dev), names[i], &error_abort);
        if (!*disk && vms->bootinfo.firmware_loaded) {
            refuse("-bios: the firmware has no %s disk; add -drive "
                   "if=pflash,index=%d,format=raw,file=FILE, "
                   "or -global vmapple-bdif.%s=NODE", names[i], i, names[i]);
        }
    }
    /* Others than Apple's firmware may boot from any disk. */
    qdev_prop_set_bit(dev, "check-disks", vms->bootinfo.firmware_loaded);
    create_device(dev, VMAPPLE_BDIF);
}

/* The firmware as a USB device, on a page of bdif */
static void create_dfu(VMAppleMachineState *vms)
{
    Chardev *chardev;
    DeviceState *dev;

    if (!object_class_by_name(TYPE_VMAPPLE_DFU)) {
        refuse("dfu: this QEMU was built without usbredir "
               "(libusbredirparser-dev)");
    }
    chardev = qemu_chr_find(vms->dfu);
    if (!chardev) {
        refuse("dfu: there is no -chardev with the id '%s'", vms->dfu);
    }
    dev = qdev_new(TYPE_VMAPPLE_DFU);
    qdev_prop_set_chr(dev, "chardev", chardev);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map_overlap(SYS_BUS_DEVICE(dev), 0,
        vmapple_memmap[VMAPPLE_BDIF].base + VMAPPLE_DFU_OFFSET, 1);
}

static void create_aes(VMAppleMachineState *vms)
{
    DeviceState *dev = create_device(qdev_new(TYPE_VMAPPLE_AES),
                                     VMAPPLE_AES_COMMAND);

    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 1,
                    vmapple_memmap[VMAPPLE_AES_SECURITY].base);
    sysbus_connect_irq(SYS_BUS_DEVICE(dev), 0,
                       vmapple_spi(vms, VMAPPLE_SPI_AES));
}

static void create_avp_rtc(VMAppleMachineState *vms)
{
    DeviceState *dev = create_device(qdev_new(TYPE_VMAPPLE_AVP_RTC),
                                     VMAPPLE_AVP_RTC);

    sysbus_connect_irq(SYS_BUS_DEVICE(dev), 0,
                       vmapple_spi(vms, VMAPPLE_SPI_AVP_RTC));
}

static void create_gfx(VMAppleMachineState *vms)
{
    DeviceState *dev = qdev_new("apple-gfx-mmio");

    if (vms->display_modes) {
        QList *modes = qlist_new();

        for (strList *mode = vms->display_modes; mode; mode = mode->next) {
            qlist_append_str(modes, mode->value);
        }
        qdev_prop_set_array(dev, "display-modes", modes);
    }
    object_property_add_child(OBJECT(vms), "gpu", OBJECT(dev));
    dev->id = g_strdup("gpu"); /* for -vnc display=gpu,head=1 and screendump */
    create_device(dev, VMAPPLE_GFX);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 1, vmapple_memmap[VMAPPLE_IOSFC].base);
    sysbus_connect_irq(SYS_BUS_DEVICE(dev), 0,
                       vmapple_spi(vms, VMAPPLE_SPI_GFX));
    sysbus_connect_irq(SYS_BUS_DEVICE(dev), 1,
                       vmapple_spi(vms, VMAPPLE_SPI_IOSFC));
}

/*
 * PCI Express
 */

static PCIBus *create_pcie(VMAppleMachineState *vms)
{
    const MemMapEntry *mmio = &vmapple_memmap[VMAPPLE_PCIE_MMIO];
    DeviceState *dev = qdev_new(TYPE_GPEX_HOST);
    SysBusDevice *host = SYS_BUS_DEVICE(dev);
    MemoryRegion *window = g_new(MemoryRegion, 1);
    PCIBus *bus;

    qdev_prop_set_uint8(dev, "num-irqs", VMAPPLE_NUM_INTX);
    sysbus_realize_and_unref(host, &error_fatal);
    sysbus_mmio_map(host, 0, vmapple_memmap[VMAPPLE_PCIE_ECAM].base);
    /* A device's address is the CPU's. There is no window for I/O ports. */
    memory_region_init_alias(window, OBJECT(dev), "pcie-mmio",
                             sysbus_mmio_get_region(host, 1),
                             mmio->base, mmio->size);
    memory_region_add_subregion(get_system_memory(), mmio->base, window);
    for (int i = 0; i < VMAPPLE_NUM_INTX; i++) {
        sysbus_connect_irq(host, i, vmapple_spi(vms, VMAPPLE_SPI_PCIE + i));
        gpex_set_irq_num(GPEX_HOST(dev), i, VMAPPLE_SPI_PCIE + i);
    }

    bus = PCI_HOST_BRIDGE(dev)->bus;
    pci_init_nic_devices(bus, MACHINE_GET_CLASS(vms)->default_nic);
    return bus;
}

static void create_usb(PCIBus *bus)
{
    USBBus *usb;

    if (!defaults_enabled()) {
        return;
    }
    pci_create_simple(bus, -1, TYPE_QEMU_XHCI);
    usb = USB_BUS(object_resolve_type_unambiguous(TYPE_USB_BUS, &error_abort));
    usb_create_simple(usb, "usb-kbd");
    usb_create_simple(usb, "usb-tablet");
}

/*
 * Boot
 */

static void *vmapple_get_dtb(const struct arm_boot_info *info, int *size)
{
    return vmapple_create_fdt(container_of(info, VMAppleMachineState, bootinfo),
                              size);
}

/* The firmware's memory is there in any case; what boots is the user's. */
static void create_firmware(VMAppleMachineState *vms)
{
    const MemMapEntry *map = &vmapple_memmap[VMAPPLE_FIRMWARE];
    MachineState *ms = MACHINE(vms);
    MemoryRegion *ram = g_new(MemoryRegion, 1);
    g_autofree char *file = NULL;
    int64_t size;

    memory_region_init_ram(ram, NULL, "vmapple.firmware", map->size,
                           &error_fatal);
    memory_region_add_subregion(get_system_memory(), map->base, ram);

    if (!ms->firmware) {
        if (!ms->kernel_filename && !qtest_enabled()) {
            refuse("nothing to boot; give -bios AVPBooter.vmapple2.bin, "
                   "or -kernel with an arm64 Linux Image");
        }
        return;
    }
    if (ms->kernel_filename) {
        refuse("-bios and -kernel: give one of them; "
               "Apple's firmware takes its kernel from the disk");
    }
    file = qemu_find_file(QEMU_FILE_TYPE_BIOS, ms->firmware);
    if (!file) {
        refuse("-bios: there is no file '%s'", ms->firmware);
    }
    size = get_image_size(file);
    if (size <= 0 || size > map->size) {
        refuse("-bios: '%s' is not a firmware image; it has %" PRId64 " bytes, "
               "and at most %" PRIu64 " fit", file, size, map->size);
    }
    if (load_image_mr(file, ram) < 0) {
        refuse("-bios: cannot read '%s'", file);
    }
    vms->bootinfo.firmware_loaded = true;
}

static void vmapple_init(MachineState *ms)
{
    VMAppleMachineState *vms = VMAPPLE_MACHINE(ms);

    create_firmware(vms);
    create_cpus(vms);
    create_ram(ms);
    create_gic(vms);
    finish_cpus(vms);

    create_uart(vms);
    sysbus_create_simple("pl031", vmapple_memmap[VMAPPLE_RTC].base,
                         vmapple_spi(vms, VMAPPLE_SPI_RTC));
    create_gpio(vms);
    create_pvpanic();
    create_cfg(vms);
    create_bdif(vms);
    if (vms->dfu) {
        create_dfu(vms);
    }
    create_aes(vms);
    if (vms->avp_rtc) {
        create_avp_rtc(vms);
    }
    if (vms->gfx) {
        create_gfx(vms);
    }
    vmapple_relocate_used_rings();
    create_usb(create_pcie(vms));

    /* Under the devices: where one ends early, or was left out */
    reserve("gfx", VMAPPLE_GFX);
    reserve("iosfc", VMAPPLE_IOSFC);
    reserve("avp-rtc", VMAPPLE_AVP_RTC);

    if (vms->bootinfo.firmware_loaded && !qtest_enabled()) {
        vmapple_tell_what_lacks(vms);
    }

    vms->bootinfo.ram_size = ms->ram_size;
    vms->bootinfo.loader_start = vmapple_memmap[VMAPPLE_RAM].base;
    vms->bootinfo.board_id = -1;
    vms->bootinfo.psci_conduit = QEMU_PSCI_CONDUIT_HVC;
    if (ms->kernel_filename) {
        vms->bootinfo.get_dtb = vmapple_get_dtb;
    }
    arm_load_kernel(ARM_CPU(first_cpu), ms, &vms->bootinfo);
}

/*
 * Reset
 */

/*
 * Whether SGIs begin enabled is up to the implementation. KVM's do, but for
 * QEMU's reset of it; macOS is known to enable no more than a timer.
 */
static void enable_sgis(VMAppleMachineState *vms)
{
    GICv3State *gic = ARM_GICV3_COMMON(vms->gic);

    if (kvm_irqchip_in_kernel()) {
        vmapple_kvm_enable_sgis(gic);
        return;
    }
    for (int i = 0; i < gic->num_cpu; i++) {
        gic->cpu[i].gicr_ienabler0 |= MAKE_64BIT_MASK(0, GIC_NR_SGIS);
    }
}

static void vmapple_reset(MachineState *ms, ResetType type)
{
    qemu_devices_reset(type);
    enable_sgis(VMAPPLE_MACHINE(ms));
}

/*
 * What the guest asks of the level above it
 */

static bool vmapple_hypercall(Object *machine, ARMCPU *cpu)
{
    VMAppleMachineState *vms = VMAPPLE_MACHINE(machine);

    return vmapple_hypervisor_call(vms->hypervisor, cpu);
}

static int vmapple_access(Object *machine, ARMCPU *cpu, uint64_t ipa)
{
    return vmapple_kvm_access(machine, cpu, ipa);
}

/*
 * Properties
 */

static char *vmapple_get_uuid(Object *obj, Error **errp)
{
    return g_strdup_printf("0x%" PRIx64, VMAPPLE_MACHINE(obj)->ecid);
}

static void vmapple_set_uuid(Object *obj, const char *value, Error **errp)
{
    if (strchr(value, '-') ||
        qemu_strtou64(value, NULL, 0, &VMAPPLE_MACHINE(obj)->ecid) < 0) {
        error_setg(errp, "uuid: '%s' is not a 64-bit number; give the disks' "
                   "ECID, in decimal or with 0x in hexadecimal", value);
    }
}

static char *vmapple_get_dfu(Object *obj, Error **errp)
{
    return g_strdup(VMAPPLE_MACHINE(obj)->dfu);
}

static void vmapple_set_dfu(Object *obj, const char *value, Error **errp)
{
    VMAppleMachineState *vms = VMAPPLE_MACHINE(obj);

    g_free(vms->dfu);
    vms->dfu = g_strdup(value);
}

#define VMAPPLE_SWITCH(_field)                                              \
    static bool vmapple_get_##_field(Object *obj, Error **errp)              \
    {                                                                        \
        return VMAPPLE_MACHINE(obj)->_field;                                 \
    }                                                                        \
                                                                             \
    static void vmapple_set_##_field(Object *obj, bool value, Error **errp)  \
    {                                                                        \
        VMAPPLE_MACHINE(obj)->_field = value;                                \
    }

static const char *const pac_names[] = {
    [VMAPPLE_SERVE_AUTO] = "auto",     [VMAPPLE_SERVE_APPLE] = "apple",
    [VMAPPLE_SERVE_SHARED] = "shared", [VMAPPLE_SERVE_STRICT] = "strict",
    [VMAPPLE_SERVE_STRIP] = "strip",   [VMAPPLE_SERVE_NONE] = "none",
};

static const char *const cpu_ids_names[] = {
    [VMAPPLE_IDS_APPLE] = "apple", [VMAPPLE_IDS_CPU] = "cpu",
};

static const QEnumLookup pac_lookup = {
    .array = pac_names, .size = ARRAY_SIZE(pac_names),
};

static const QEnumLookup cpu_ids_lookup = {
    .array = cpu_ids_names, .size = ARRAY_SIZE(cpu_ids_names),
};

static int vmapple_get_pac(Object *obj, Error **errp)
{
    return VMAPPLE_MACHINE(obj)->pac;
}

static void vmapple_set_pac(Object *obj, int value, Error **errp)
{
    VMAPPLE_MACHINE(obj)->pac = value;
}

static int vmapple_get_cpu_ids(Object *obj, Error **errp)
{
    return VMAPPLE_MACHINE(obj)->cpu_ids;
}

static void vmapple_set_cpu_ids(Object *obj, int value, Error **errp)
{
    VMAPPLE_MACHINE(obj)->cpu_ids = value;
}

VMAPPLE_SWITCH(avp_rtc)
VMAPPLE_SWITCH(gfx)
VMAPPLE_SWITCH(msi)
VMAPPLE_SWITCH(run_installer)

static void add_switch(ObjectClass *oc, const char *name,
                       bool (*get)(Object *, Error **),
                       void (*set)(Object *, bool, Error **),
                       const char *description)
{
    object_class_property_add_bool(oc, name, get, set);
    object_class_property_set_description(oc, name, description);
}

static void vmapple_get_display_modes(Object *obj, Visitor *v,
                                      const char *name, void *opaque,
                                      Error **errp)
{
    visit_type_strList(v, name, &VMAPPLE_MACHINE(obj)->display_modes, errp);
}

static void vmapple_set_display_modes(Object *obj, Visitor *v,
                                      const char *name, void *opaque,
                                      Error **errp)
{
    VMAppleMachineState *vms = VMAPPLE_MACHINE(obj);
    strList *modes;

    if (visit_type_strList(v, name, &modes, errp)) {
        qapi_free_strList(vms->display_modes);
        vms->display_modes = modes;
    }
}

static void vmapple_instance_init(Object *obj)
{
    VMAppleMachineState *vms = VMAPPLE_MACHINE(obj);

    vms->avp_rtc = true;
    vms->gfx = true;
    vms->msi = true;
}

static void vmapple_instance_finalize(Object *obj)
{
    qapi_free_strList(VMAPPLE_MACHINE(obj)->display_modes);
    g_free(VMAPPLE_MACHINE(obj)->dfu);
}

static void vmapple_class_init(ObjectClass *oc, void *data)
{
    static GlobalProperty compat[] = {
        /* The device tree of macOS says 24 MHz, whatever the CPU says. */
        { TYPE_ARM_CPU, "cntfrq", "24000000", .optional = true },
        /* Apple's CPUs do not have these, and guests save and restore them. */
        { TYPE_ARM_CPU, "sve", "off", .optional = true },
        { TYPE_ARM_CPU, "sme", "off", .optional = true },
        { TYPE_ARM_CPU, "lpa2", "off", .optional = true },
        { TYPE_VIRTIO_PCI, "disable-legacy", "on", .optional = true },
        /* For guests that put events on rings which need MSI, without MSI */
        { "pci-xhci", "conditional-intr-mapping", "on" },
        /* No guest of this machine runs option ROMs. */
        { TYPE_PCI_DEVICE, "romfile", "" },
    };
    ArmVirtualHypervisorClass *hc = ARM_VIRTUAL_HYPERVISOR_CLASS(oc);
    MachineClass *mc = MACHINE_CLASS(oc);

    hc->hypercall = vmapple_hypercall;
    hc->access = vmapple_access;
    hc->help = vmapple_tell_host;
    mc->desc = "Apple's virtual platform, for arm64 macOS (and Linux) guests";
    mc->init = vmapple_init;
    mc->reset = vmapple_reset;
    mc->kvm_type = vmapple_kvm_type;
    mc->max_cpus = vmapple_memmap[VMAPPLE_GIC_REDIST].size / GICV3_REDIST_SIZE;
    mc->default_cpu_type = ARM_CPU_TYPE_NAME("max"); /* under KVM: the host's */
    mc->possible_cpu_arch_ids = vmapple_possible_cpu_arch_ids;
    mc->default_ram_size = 4 * GiB;
    mc->default_ram_id = "vmapple.ram";
    mc->minimum_page_bits = 12;
    mc->block_default_type = IF_VIRTIO;
    mc->default_nic = "virtio-net-pci";
    mc->no_cdrom = true;
    mc->no_floppy = true;
    mc->no_parallel = true;
    mc->pci_allow_0_address = true;
    compat_props_add(mc->compat_props, compat, G_N_ELEMENTS(compat));

    object_class_property_add_str(oc, "uuid", vmapple_get_uuid,
                                  vmapple_set_uuid);
    object_class_property_set_description(oc, "uuid",
        "64-bit chip id (ECID) that the guest's disks were made for, "
        "decimal or hexadecimal");
    object_class_property_add(oc, "display-modes", "list of strings",
                              vmapple_get_display_modes,
                              vmapple_set_display_modes, NULL, NULL);
    object_class_property_set_description(oc, "display-modes",
        "Modes of the displays, the preferred one first: "
        "display-modes.0=1920x1080@60,display-modes.1=...");
    object_class_property_add_str(oc, "dfu", vmapple_get_dfu, vmapple_set_dfu);
    object_class_property_set_description(oc, "dfu",
        "Character device on which the firmware is a USB device for a restore, "
        "by the usbredir protocol (experimental)");
    add_switch(oc, "avp-rtc", vmapple_get_avp_rtc, vmapple_set_avp_rtc,
               "Apple's clock beside the PL031 (on)");
    add_switch(oc, "gfx", vmapple_get_gfx, vmapple_set_gfx,
               "Paravirtual GPU; -global apple-gfx-mmio.* sets it up (on)");
    add_switch(oc, "msi", vmapple_get_msi, vmapple_set_msi,
               "Interrupts of PCI devices as messages, not as lines alone (on)");
    object_class_property_add_enum(oc, "pac", "VMApplePac", &pac_lookup,
                                   vmapple_get_pac, vmapple_set_pac);
    object_class_property_set_description(oc, "pac",
        "Keys of pointer authentication: auto, apple (KVM on Apple's CPUs), "
        "shared (one set for all), strict (the guest's), strip (TCG: never "
        "fails), none (auto)");
    object_class_property_add_enum(oc, "cpu-ids", "VMAppleCpuIds",
                                   &cpu_ids_lookup, vmapple_get_cpu_ids,
                                   vmapple_set_cpu_ids);
    object_class_property_set_description(oc, "cpu-ids",
        "What the CPUs say they are: apple (what macOS sees on Apple's "
        "hypervisor), cpu (all that -cpu has) (apple)");
    add_switch(oc, "run-installer",
               vmapple_get_run_installer, vmapple_set_run_installer,
               "Let the firmware wait for a restore over USB (off)");
}

static const TypeInfo vmapple_info = {
    .name = TYPE_VMAPPLE_MACHINE,
    .parent = TYPE_MACHINE,
    .instance_size = sizeof(VMAppleMachineState),
    .instance_init = vmapple_instance_init,
    .instance_finalize = vmapple_instance_finalize,
    .class_init = vmapple_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_ARM_VIRTUAL_HYPERVISOR },
        { }
    },
};

static void vmapple_register_types(void)
{
    type_register_static(&vmapple_info);
}
type_init(vmapple_register_types)
