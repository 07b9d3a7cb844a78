/*
 * vmapple: the clock that macOS reads (avp-rtc)
 *
 * Microseconds since 1970, and an id by which the boot loader chooses this
 * clock over the PL031. The guest enables alarm events that no known guest
 * depends on; none is ever raised.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/registerfields.h"
#include "hw/resettable.h"
#include "hw/sysbus.h"
#include "hw/vmapple/avp-rtc.h"
#include "migration/vmstate.h"
#include "qemu/cutils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/rtc.h"
#include "system/system.h"
#include "trace.h"

REG64(TIME, 0x00)
REG64(CONTROL, 0x18)
REG64(IRQ_ENABLE, 0x20)
REG64(IRQ_STATUS, 0x30)
REG64(IRQ_ACK, 0x38)
REG64(ID, 0x40)

#define ID_VALUE 0xf001

OBJECT_DECLARE_SIMPLE_TYPE(VMAppleAVPRTCState, VMAPPLE_AVP_RTC)

struct VMAppleAVPRTCState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    qemu_irq irq;

    int64_t offset_us;      /* from QEMU's RTC clock to the guest's, -rtc */
    uint64_t control;
    uint64_t irq_enable;
};

static uint64_t avp_rtc_register(VMAppleAVPRTCState *s, hwaddr offset)
{
    switch (offset) {
    case A_TIME:
        return s->offset_us + qemu_clock_get_us(rtc_clock);
    case A_CONTROL:
        return s->control;
    case A_IRQ_ENABLE:
        return s->irq_enable;
    case A_IRQ_STATUS:
        return 0;
    case A_ID:
        return ID_VALUE;
    default:
        qemu_log_mask(LOG_UNIMP, "vmapple-avp-rtc: read of register 0x%"
                      HWADDR_PRIx "\n", offset);
        return 0;
    }
}

/* A half of a register, or all of it. */
static uint64_t avp_rtc_read(void *opaque, hwaddr offset, unsigned size)
{
    uint64_t value = avp_rtc_register(opaque, QEMU_ALIGN_DOWN(offset, 8));

    value = extract64(value, (offset % 8) * 8, size * 8);
    trace_vmapple_avp_rtc_read(offset, value);
    return value;
}

static void avp_rtc_write(void *opaque, hwaddr offset, uint64_t value,
                          unsigned size)
{
    VMAppleAVPRTCState *s = opaque;
    unsigned shift = (offset % 8) * 8;

    trace_vmapple_avp_rtc_write(offset, value);
    switch (QEMU_ALIGN_DOWN(offset, 8)) {
    case A_CONTROL:
        s->control = deposit64(s->control, shift, size * 8, value);
        break;
    case A_IRQ_ENABLE:
        s->irq_enable = deposit64(s->irq_enable, shift, size * 8, value);
        break;
    case A_IRQ_ACK:
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "vmapple-avp-rtc: write of 0x%" PRIx64
                      " to register 0x%" HWADDR_PRIx "\n", value, offset);
        break;
    }
}

static const MemoryRegionOps avp_rtc_ops = {
    .read = avp_rtc_read,
    .write = avp_rtc_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

static void avp_rtc_reset_hold(Object *obj, ResetType type)
{
    VMAppleAVPRTCState *s = VMAPPLE_AVP_RTC(obj);

    s->control = 0;
    s->irq_enable = 0;
}

static void avp_rtc_realize(DeviceState *dev, Error **errp)
{
    VMAppleAVPRTCState *s = VMAPPLE_AVP_RTC(dev);
    int64_t now;
    struct tm tm;

    /*
     * -rtc may ask for another date; QEMU tells it in whole seconds. Both
     * clocks must be read within one of them.
     */
    do {
        now = qemu_clock_get_us(rtc_clock) / 1000000;
        qemu_get_timedate(&tm, 0);
    } while (now != qemu_clock_get_us(rtc_clock) / 1000000);
    s->offset_us = ((int64_t)mktimegm(&tm) - now) * 1000000;
}

static void avp_rtc_init(Object *obj)
{
    VMAppleAVPRTCState *s = VMAPPLE_AVP_RTC(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    memory_region_init_io(&s->mmio, obj, &avp_rtc_ops, s,
                          TYPE_VMAPPLE_AVP_RTC, VMAPPLE_AVP_RTC_SIZE);
    sysbus_init_mmio(sbd, &s->mmio);
    sysbus_init_irq(sbd, &s->irq);
}

static const VMStateDescription vmstate_avp_rtc = {
    .name = TYPE_VMAPPLE_AVP_RTC,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_INT64(offset_us, VMAppleAVPRTCState),
        VMSTATE_UINT64(control, VMAppleAVPRTCState),
        VMSTATE_UINT64(irq_enable, VMAppleAVPRTCState),
        VMSTATE_END_OF_LIST()
    }
};

static void avp_rtc_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "clock of the vmapple machine";
    dc->realize = avp_rtc_realize;
    dc->vmsd = &vmstate_avp_rtc;
    rc->phases.hold = avp_rtc_reset_hold;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo avp_rtc_types[] = {
    {
        .name = TYPE_VMAPPLE_AVP_RTC,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(VMAppleAVPRTCState),
        .instance_init = avp_rtc_init,
        .class_init = avp_rtc_class_init,
    },
};

DEFINE_TYPES(avp_rtc_types)
