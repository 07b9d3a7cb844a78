/*
 * vmapple: configuration region (cfg)
 *
 * A page of RAM that tells the firmware what machine it is on. The guest may
 * scribble on it; nothing here reads it back, and every reset fills it anew.
 *
 * Two layouts are in use, which differ in the length of the CPU table and so
 * in where the strings are. They do not collide: both are there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "hw/sysbus.h"
#include "hw/vmapple/cfg.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qemu/guest-random.h"
#include "qemu/module.h"
#include "system/runstate.h"
#include "trace.h"

#define STRING_SIZE 32

/* The region's head; all fields little-endian. */
typedef struct QEMU_PACKED CfgHead {
    uint32_t version;
    uint32_t nr_cpus;
    uint32_t unknown_8;
    uint32_t unknown_c;
    uint32_t board_id;
    uint32_t unknown_14;
    uint64_t ecid;
    uint64_t ram_size;
    uint32_t run_installer1;
    uint32_t unknown_2c;
    uint32_t unknown_30;
    uint32_t run_installer2;
    uint32_t rnd;
    uint32_t unknown_3c;
    struct QEMU_PACKED {
        MACAddr address;
        uint16_t padding;
    } en0, en1, wifi0, bt0;
    uint8_t reserved[0xa0];
    uint32_t cpu_ids[VMAPPLE_CFG_MAX_CPUS];
} CfgHead;

QEMU_BUILD_BUG_ON(offsetof(CfgHead, ecid) != 0x18);
QEMU_BUILD_BUG_ON(offsetof(CfgHead, en0) != 0x40);
QEMU_BUILD_BUG_ON(offsetof(CfgHead, cpu_ids) != 0x100);

/* Its tail, at one offset or the other */
typedef struct QEMU_PACKED CfgTail {
    char serial[STRING_SIZE];
    char region[STRING_SIZE];
    char model[STRING_SIZE];
    char unknown_60[STRING_SIZE];
    uint32_t unknown_80;
    char soc_name[STRING_SIZE];
} CfgTail;

static const size_t tail_offsets[] = {
    0x380,  /* after a table of 32 CPUs, as documented */
    0x500,  /* after a table of 128 CPUs, as QEMU 10.0 has it */
};

OBJECT_DECLARE_SIMPLE_TYPE(VMAppleCfgState, VMAPPLE_CFG)

struct VMAppleCfgState {
    SysBusDevice parent_obj;

    MemoryRegion ram;
    bool has_run;           /* the guest has had its first boot */

    uint32_t nr_cpus;
    uint64_t ecid;
    uint64_t ram_size;
    uint32_t rnd;
    bool run_installer;
    MACAddr mac_en0;
    MACAddr mac_en1;
    MACAddr mac_wifi0;
    MACAddr mac_bt0;
    char *serial;
    char *model;
    char *soc_name;
};

static void cfg_fill_head(VMAppleCfgState *s, CfgHead *head)
{
    bool run_installer = s->run_installer && !s->has_run;
    uint32_t rnd = s->rnd;

    if (!rnd) {
        qemu_guest_getrandom_nofail(&rnd, sizeof(rnd));
    }
    *head = (CfgHead) {
        .version = cpu_to_le32(2),
        .nr_cpus = cpu_to_le32(s->nr_cpus),
        .unknown_8 = cpu_to_le32(1),
        .unknown_c = cpu_to_le32(1),
        .board_id = cpu_to_le32(0x20),
        .ecid = cpu_to_le64(s->ecid),
        .ram_size = cpu_to_le64(s->ram_size),
        .run_installer1 = cpu_to_le32(run_installer),
        .unknown_2c = cpu_to_le32(1),
        .unknown_30 = cpu_to_le32(1),
        .run_installer2 = cpu_to_le32(run_installer),
        .rnd = cpu_to_le32(rnd),
        .en0.address = s->mac_en0,
        .en1.address = s->mac_en1,
        .wifi0.address = s->mac_wifi0,
        .bt0.address = s->mac_bt0,
    };
    for (uint32_t i = 0; i < s->nr_cpus; i++) {
        head->cpu_ids[i] = cpu_to_le32(i);
    }
    trace_vmapple_cfg_reset(s->ecid, s->nr_cpus, run_installer);
}

static void cfg_fill_tail(VMAppleCfgState *s, CfgTail *tail)
{
    *tail = (CfgTail) {
        .region = "D/A",
        .unknown_80 = cpu_to_le32(1),
    };
    /* Their lengths have been checked. */
    strcpy(tail->serial, s->serial);
    strcpy(tail->model, s->model);
    strcpy(tail->soc_name, s->soc_name);
}

static void cfg_reset_hold(Object *obj, ResetType type)
{
    VMAppleCfgState *s = VMAPPLE_CFG(obj);
    uint8_t *ram = memory_region_get_ram_ptr(&s->ram);

    if (type == RESET_TYPE_SNAPSHOT_LOAD) {
        return; /* the snapshot has its own */
    }
    memset(ram, 0, VMAPPLE_CFG_SIZE);
    cfg_fill_head(s, (CfgHead *)ram);
    for (size_t i = 0; i < ARRAY_SIZE(tail_offsets); i++) {
        cfg_fill_tail(s, (CfgTail *)(ram + tail_offsets[i]));
    }
    memory_region_set_dirty(&s->ram, 0, VMAPPLE_CFG_SIZE);
}

/*
 * A Mac that was forced into DFU mode leaves it with a reboot. So do we,
 * lest the installer's last act lead back to the installer.
 */
static void cfg_vm_state_change(void *opaque, bool running, RunState state)
{
    VMAppleCfgState *s = opaque;

    s->has_run |= running;
}

static bool cfg_check_string(const char *property, const char *value,
                             Error **errp)
{
    if (strlen(value) >= STRING_SIZE) {
        error_setg(errp, "property '%s' is %zu characters long, "
                   "the guest takes at most %d", property,
                   strlen(value), STRING_SIZE - 1);
        return false;
    }
    return true;
}

static void cfg_realize(DeviceState *dev, Error **errp)
{
    VMAppleCfgState *s = VMAPPLE_CFG(dev);

    if (s->nr_cpus < 1 || s->nr_cpus > VMAPPLE_CFG_MAX_CPUS) {
        error_setg(errp, "property 'nr-cpus' is %" PRIu32
                   ", the guest takes 1 to %d", s->nr_cpus,
                   VMAPPLE_CFG_MAX_CPUS);
        return;
    }
    if (!cfg_check_string("serial", s->serial, errp) ||
        !cfg_check_string("model", s->model, errp) ||
        !cfg_check_string("soc-name", s->soc_name, errp)) {
        return;
    }
    if (!memory_region_init_ram(&s->ram, OBJECT(s), TYPE_VMAPPLE_CFG,
                                VMAPPLE_CFG_SIZE, errp)) {
        return;
    }
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->ram);
    qdev_add_vm_change_state_handler(dev, cfg_vm_state_change, s);
}

static void cfg_init(Object *obj)
{
    VMAppleCfgState *s = VMAPPLE_CFG(obj);

    s->serial = g_strdup("1234");
    s->model = g_strdup("VM0001");
    s->soc_name = g_strdup("Apple M1 (Virtual)");
}

/* The region itself is saved as RAM. */
static const VMStateDescription vmstate_cfg = {
    .name = TYPE_VMAPPLE_CFG,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(has_run, VMAppleCfgState),
        VMSTATE_END_OF_LIST()
    }
};

static const Property cfg_properties[] = {
    DEFINE_PROP_UINT32("nr-cpus", VMAppleCfgState, nr_cpus, 1),
    DEFINE_PROP_UINT64("ecid", VMAppleCfgState, ecid, 0),
    DEFINE_PROP_UINT64("ram-size", VMAppleCfgState, ram_size, 0),
    DEFINE_PROP_UINT32("rnd", VMAppleCfgState, rnd, 0),
    DEFINE_PROP_BOOL("run-installer", VMAppleCfgState, run_installer, false),
    DEFINE_PROP_MACADDR("mac-en0", VMAppleCfgState, mac_en0),
    DEFINE_PROP_MACADDR("mac-en1", VMAppleCfgState, mac_en1),
    DEFINE_PROP_MACADDR("mac-wifi0", VMAppleCfgState, mac_wifi0),
    DEFINE_PROP_MACADDR("mac-bt0", VMAppleCfgState, mac_bt0),
    DEFINE_PROP_STRING("serial", VMAppleCfgState, serial),
    DEFINE_PROP_STRING("model", VMAppleCfgState, model),
    DEFINE_PROP_STRING("soc-name", VMAppleCfgState, soc_name),
};

static void cfg_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "configuration region of the vmapple machine";
    dc->realize = cfg_realize;
    dc->vmsd = &vmstate_cfg;
    rc->phases.hold = cfg_reset_hold;
    device_class_set_props(dc, cfg_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo cfg_types[] = {
    {
        .name = TYPE_VMAPPLE_CFG,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(VMAppleCfgState),
        .instance_init = cfg_init,
        .class_init = cfg_class_init,
    },
};

DEFINE_TYPES(cfg_types)
