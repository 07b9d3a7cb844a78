/*
 * apple-gfx-mmio: Apple's paravirtual GPU on the system bus, for arm64 guests
 *
 * MMIO 0 is the gfx window, MMIO 1 the iosfc window; IRQ 0 belongs to gfx,
 * IRQ 1 to iosfc.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "apple-gfx.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "qapi/error.h"

OBJECT_DECLARE_SIMPLE_TYPE(AppleGFXMMIOState, APPLE_GFX_MMIO)

struct AppleGFXMMIOState {
    SysBusDevice parent_obj;

    AppleGFXState gfx;
    qemu_irq irq[2];
};

static void apple_gfx_mmio_set_irq(AppleGFXState *gfx, enum pvg_interrupt line,
                                   bool level)
{
    qemu_set_irq(container_of(gfx, AppleGFXMMIOState, gfx)->irq[line], level);
}

static void apple_gfx_mmio_realize(DeviceState *dev, Error **errp)
{
    AppleGFXMMIOState *s = APPLE_GFX_MMIO(dev);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    if (!apple_gfx_realize(&s->gfx, dev, PVG_VARIANT_MMIO,
                           apple_gfx_mmio_set_irq, errp)) {
        return;
    }
    sysbus_init_mmio(sbd, &s->gfx.gfx);
    sysbus_init_mmio(sbd, &s->gfx.iosfc);
    sysbus_init_irq(sbd, &s->irq[PVG_INTERRUPT_GFX]);
    sysbus_init_irq(sbd, &s->irq[PVG_INTERRUPT_IOSFC]);
}

static void apple_gfx_mmio_unrealize(DeviceState *dev)
{
    apple_gfx_unrealize(&APPLE_GFX_MMIO(dev)->gfx);
}

static void apple_gfx_mmio_reset_hold(Object *obj, ResetType type)
{
    apple_gfx_reset(&APPLE_GFX_MMIO(obj)->gfx);
}

static const VMStateDescription vmstate_apple_gfx_mmio = {
    .name = TYPE_APPLE_GFX_MMIO,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT(gfx, AppleGFXMMIOState, 1, vmstate_apple_gfx,
                       AppleGFXState),
        VMSTATE_END_OF_LIST()
    },
};

static const Property apple_gfx_mmio_properties[] = {
    DEFINE_APPLE_GFX_PROPERTIES(AppleGFXMMIOState, gfx),
};

static void apple_gfx_mmio_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    ResettableClass *rc = RESETTABLE_CLASS(oc);

    dc->realize = apple_gfx_mmio_realize;
    dc->unrealize = apple_gfx_mmio_unrealize;
    dc->vmsd = &vmstate_apple_gfx_mmio;
    rc->phases.hold = apple_gfx_mmio_reset_hold;
    device_class_set_props(dc, apple_gfx_mmio_properties);
    apple_gfx_class_init(dc);
}

static const TypeInfo apple_gfx_mmio_info = {
    .name = TYPE_APPLE_GFX_MMIO,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(AppleGFXMMIOState),
    .class_init = apple_gfx_mmio_class_init,
};

static void apple_gfx_mmio_register_types(void)
{
    type_register_static(&apple_gfx_mmio_info);
}
type_init(apple_gfx_mmio_register_types)
