/*
 * apple-gfx-pci: Apple's paravirtual GPU on PCI, for x86-64 guests
 *
 * BAR 0 is the gfx window; interrupts are messages, one vector.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "apple-gfx.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pcie.h"
#include "qapi/error.h"
#include "qemu/datadir.h"

OBJECT_DECLARE_SIMPLE_TYPE(AppleGFXPCIState, APPLE_GFX_PCI)

#define PCI_VENDOR_ID_APPLE_GFX 0x106b
#define PCI_DEVICE_ID_APPLE_GFX 0xeeee
#define ROM_FILE "apple-gfx.rom"

struct AppleGFXPCIState {
    PCIDevice parent_obj;

    AppleGFXState gfx;
    bool vga_class;
};

static void apple_gfx_pci_set_irq(AppleGFXState *gfx, enum pvg_interrupt line,
                                  bool level)
{
    AppleGFXPCIState *s = container_of(gfx, AppleGFXPCIState, gfx);

    if (level && msi_enabled(PCI_DEVICE(s))) {
        msi_notify(PCI_DEVICE(s), 0);
    }
}

static void apple_gfx_pci_config_write(PCIDevice *dev, uint32_t address,
                                       uint32_t value, int len)
{
    AppleGFXPCIState *s = APPLE_GFX_PCI(dev);
    bool before = msi_enabled(dev);

    pci_default_write_config(dev, address, value, len);
    /* Events from before the guest could hear of them */
    if (!before && msi_enabled(dev)) {
        pvg_interrupt_repeat(s->gfx.pvg, PVG_INTERRUPT_GFX);
    }
}

static void apple_gfx_pci_realize(PCIDevice *dev, Error **errp)
{
    AppleGFXPCIState *s = APPLE_GFX_PCI(dev);
    PCIBus *bus = pci_get_bus(dev);
    g_autofree char *rom = qemu_find_file(QEMU_FILE_TYPE_BIOS, ROM_FILE);

    /* Firmware's driver for the device, where it has been built */
    if (!dev->romfile && rom) {
        dev->romfile = g_strdup(ROM_FILE);
    }
    if (s->vga_class) {
        pci_config_set_class(dev->config, PCI_CLASS_DISPLAY_VGA);
    }
    /* macOS: conventional on bus 0, but never behind a PCI Express port */
    if (pci_bus_is_express(bus) && !pci_bus_is_root(bus) &&
        pcie_endpoint_cap_init(dev, 0) < 0) {
        error_setg(errp, "no room for the PCI Express capability");
        return;
    }
    if (msi_init(dev, 0, 1, true, false, errp)) {
        error_append_hint(errp, "Guests refuse the device without MSI.\n");
        return;
    }
    if (!apple_gfx_realize(&s->gfx, DEVICE(dev), PVG_VARIANT_PCI,
                           apple_gfx_pci_set_irq, errp)) {
        msi_uninit(dev);
        return;
    }
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_MEM_TYPE_32, &s->gfx.gfx);
}

static void apple_gfx_pci_exit(PCIDevice *dev)
{
    AppleGFXPCIState *s = APPLE_GFX_PCI(dev);

    apple_gfx_unrealize(&s->gfx);
    if (dev->exp.exp_cap) {
        pcie_cap_exit(dev);
    }
    msi_uninit(dev);
}

static void apple_gfx_pci_reset_hold(Object *obj, ResetType type)
{
    apple_gfx_reset(&APPLE_GFX_PCI(obj)->gfx);
}

static const VMStateDescription vmstate_apple_gfx_pci = {
    .name = TYPE_APPLE_GFX_PCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, AppleGFXPCIState),
        VMSTATE_STRUCT(gfx, AppleGFXPCIState, 1, vmstate_apple_gfx,
                       AppleGFXState),
        VMSTATE_END_OF_LIST()
    },
};

static const Property apple_gfx_pci_properties[] = {
    DEFINE_APPLE_GFX_PROPERTIES(AppleGFXPCIState, gfx),
    DEFINE_PROP_BOOL("vga-class", AppleGFXPCIState, vga_class, false),
};

static void apple_gfx_pci_instance_init(Object *obj)
{
    /* Room for the capability that a port asks for */
    PCI_DEVICE(obj)->cap_present |= QEMU_PCI_CAP_EXPRESS;
}

static void apple_gfx_pci_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);
    ResettableClass *rc = RESETTABLE_CLASS(oc);

    pc->realize = apple_gfx_pci_realize;
    pc->exit = apple_gfx_pci_exit;
    pc->config_write = apple_gfx_pci_config_write;
    pc->vendor_id = PCI_VENDOR_ID_APPLE_GFX;
    pc->device_id = PCI_DEVICE_ID_APPLE_GFX;
    pc->subsystem_vendor_id = PCI_VENDOR_ID_APPLE_GFX;
    pc->subsystem_id = PCI_DEVICE_ID_APPLE_GFX;
    pc->class_id = PCI_CLASS_DISPLAY_OTHER;
    dc->vmsd = &vmstate_apple_gfx_pci;
    rc->phases.hold = apple_gfx_pci_reset_hold;
    device_class_set_props(dc, apple_gfx_pci_properties);
    apple_gfx_class_init(dc);
    object_class_property_set_description(oc, "vga-class",
        "Call it a VGA controller, for firmware that shows only those");
}

static const TypeInfo apple_gfx_pci_info = {
    .name = TYPE_APPLE_GFX_PCI,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(AppleGFXPCIState),
    .instance_init = apple_gfx_pci_instance_init,
    .class_init = apple_gfx_pci_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { INTERFACE_PCIE_DEVICE },
        { },
    },
};

static void apple_gfx_pci_register_types(void)
{
    type_register_static(&apple_gfx_pci_info);
}
type_init(apple_gfx_pci_register_types)
