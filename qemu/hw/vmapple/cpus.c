/*
 * vmapple: what macOS asks of the CPUs
 *
 * What they say they are, how their pointer authentication is served, and what
 * this host cannot give. Spec: 81-booting-macos 4, 6, 13 and 16.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "hw/arm/bsa.h"
#include "hw/qdev-properties.h"
#include "hw/vmapple/cpu-ids.h"
#include "hw/vmapple/hypervisor.h"
#include "hw/vmapple/kvm.h"
#include "hw/vmapple/vmapple.h"
#include "kvm_arm.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "system/kvm.h"
#include "system/qtest.h"
#include "system/tcg.h"
#include "target/arm/cpregs.h"
#include "target/arm/internals.h"

/*
 * ID registers
 */

enum {
    PFR0_CRM = 4, /* the first of those that QEMU's own behaviour follows */
    MMFR_CRM = 7,
    OP2S = 8,
};

/* Where QEMU keeps S3_0_C0_C<crm>_<op2>; NULL: it has no use for it */
static uint64_t *behind(ARMISARegisters *isar, unsigned crm, unsigned op2)
{
    switch (crm << 4 | op2) {
    case 0x40: return &isar->id_aa64pfr0;
    case 0x41: return &isar->id_aa64pfr1;
    case 0x44: return &isar->id_aa64zfr0;
    case 0x45: return &isar->id_aa64smfr0;
    case 0x50: return &isar->id_aa64dfr0;
    case 0x51: return &isar->id_aa64dfr1;
    case 0x60: return &isar->id_aa64isar0;
    case 0x61: return &isar->id_aa64isar1;
    case 0x62: return &isar->id_aa64isar2;
    case 0x70: return &isar->id_aa64mmfr0;
    case 0x71: return &isar->id_aa64mmfr1;
    case 0x72: return &isar->id_aa64mmfr2;
    case 0x73: return &isar->id_aa64mmfr3;
    default: return NULL;
    }
}

/* The policy's 36 bits, or what it takes to reach the end of RAM */
static uint64_t with_range(MachineState *ms, uint64_t mmfr0, uint64_t cpu)
{
    static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52 };
    uint64_t end = vmapple_memmap[VMAPPLE_RAM].base + ms->ram_size - 1;
    unsigned range = FIELD_EX64(mmfr0, ID_AA64MMFR0, PARANGE);
    unsigned most = MIN(FIELD_EX64(cpu, ID_AA64MMFR0, PARANGE),
                        ARRAY_SIZE(bits) - 1);

    while (range < most && end >> bits[range]) {
        range++;
    }
    return FIELD_DP64(mmfr0, ID_AA64MMFR0, PARANGE, range);
}

static void set_ids(MachineState *ms, ARMISARegisters *isar)
{
    for (unsigned crm = PFR0_CRM; crm <= MMFR_CRM; crm++) {
        for (unsigned op2 = 0; op2 < OP2S; op2++) {
            uint64_t *id = behind(isar, crm, op2);
            uint64_t cpu = id ? *id : 0;

            if (!id) {
                continue;
            }
            *id = vmapple_cpu_id(crm, op2, cpu);
            if (id == &isar->id_aa64mmfr0) {
                *id = with_range(ms, *id, cpu);
            }
        }
    }
}

static void set_read_value(ARMCPU *cpu, unsigned op1, unsigned crm,
                           unsigned op2, uint64_t value)
{
    uint32_t key = ENCODE_AA64_CP_REG(CP_REG_ARM64_SYSREG_CP, 0, crm, 3, op1,
                                      op2);
    /* The table is this CPU's own copy. */
    ARMCPRegInfo *reg = (ARMCPRegInfo *)get_arm_cp_reginfo(cpu->cp_regs, key);

    if (reg && reg->type & ARM_CP_CONST) {
        reg->resetvalue = value;
    } else if (reg && !behind(&cpu->isar, crm, op2)) {
        /* Computed when it is read, for 32-bit software */
        reg->type = (reg->type & ~ARM_CP_NO_RAW) | ARM_CP_CONST;
        reg->resetvalue = value;
    }
}

/* QEMU's tables were made while the CPU was realized. */
static void set_read_values(ARMCPU *cpu)
{
    for (unsigned crm = 1; crm <= MMFR_CRM; crm++) {
        for (unsigned op2 = 0; op2 < OP2S; op2++) {
            uint64_t *id = behind(&cpu->isar, crm, op2);

            set_read_value(cpu, 0, crm, op2, id ? *id : 0);
        }
    }
    set_read_value(cpu, 1, 0, 7, VMAPPLE_AIDR);
}

static bool shows_apples_ids(VMAppleMachineState *vms)
{
    return vms->cpu_ids == VMAPPLE_IDS_APPLE;
}

void vmapple_prepare_cpu(VMAppleMachineState *vms, ARMCPU *cpu)
{
    if (shows_apples_ids(vms) && tcg_enabled()) {
        /* What is hidden is not there, either. */
        set_ids(MACHINE(vms), &cpu->isar);
    }
}

void vmapple_finish_cpu(VMAppleMachineState *vms, ARMCPU *cpu)
{
    if (kvm_enabled()) {
        if (object_property_get_bool(OBJECT(cpu), "pmu", NULL)) {
            if (kvm_irqchip_in_kernel()) {
                kvm_arm_pmu_set_irq(cpu, VIRTUAL_PMU_IRQ);
            }
            kvm_arm_pmu_init(cpu);
        }
        vmapple_kvm_limit_psci_version(cpu);
        if (shows_apples_ids(vms)) {
            vmapple_kvm_lower_id(cpu, PFR0_CRM, 1);
        }
    }
    if (!tcg_enabled()) {
        return;
    }
    if (vms->pac == VMAPPLE_SERVE_STRIP) {
        uint64_t isar1 = cpu->isar.id_aa64isar1;

        /* The level whose failures fault nowhere, of an unnamed algorithm */
        isar1 = FIELD_DP64(isar1, ID_AA64ISAR1, APA, 0);
        isar1 = FIELD_DP64(isar1, ID_AA64ISAR1, GPA, 0);
        isar1 = FIELD_DP64(isar1, ID_AA64ISAR1, API, 1);
        isar1 = FIELD_DP64(isar1, ID_AA64ISAR1, GPI, 1);
        cpu->isar.id_aa64isar1 = isar1;
        cpu->isar.id_aa64isar2 = FIELD_DP64(cpu->isar.id_aa64isar2,
                                            ID_AA64ISAR2, APA3, 0);
        cpu->pauth_strip = true;
        set_read_value(cpu, 0, 6, 1, isar1);
    }
    if (shows_apples_ids(vms)) {
        set_ids(MACHINE(vms), &cpu->isar);
        set_read_values(cpu);
    }
}

/*
 * Pointer authentication, and the host
 */

static G_NORETURN void refuse(const char *why)
{
    error_report("%s", why);
    exit(1);
}

static bool has_apple_registers(ARMCPU *cpu)
{
    return kvm_enabled() && vmapple_kvm_has_apple_registers(cpu);
}

static VMApplePacModel choose_model(VMAppleMachineState *vms, ARMCPU *cpu)
{
    switch (vms->pac) {
    case VMAPPLE_SERVE_AUTO:
        return has_apple_registers(cpu) ? VMAPPLE_PAC_APPLE
                                        : VMAPPLE_PAC_SHARED;
    case VMAPPLE_SERVE_APPLE:
        if (!has_apple_registers(cpu)) {
            refuse("pac=apple: needs KVM on a CPU of Apple's, and a kernel "
                   "that switches its key registers; give pac=shared");
        }
        return VMAPPLE_PAC_APPLE;
    case VMAPPLE_SERVE_STRICT:
        return VMAPPLE_PAC_STRICT;
    case VMAPPLE_SERVE_STRIP:
        if (!tcg_enabled() && !qtest_enabled()) {
            refuse("pac=strip: needs -accel tcg; give pac=shared");
        }
        return VMAPPLE_PAC_SHARED;
    case VMAPPLE_SERVE_SHARED:
    case VMAPPLE_SERVE_NONE:
        return VMAPPLE_PAC_SHARED;
    }
    g_assert_not_reached();
}

static void create_hypervisor(VMAppleMachineState *vms, VMApplePacModel model)
{
    DeviceState *dev = qdev_new(TYPE_VMAPPLE_HYPERVISOR);

    vms->hypervisor = VMAPPLE_HYPERVISOR(dev);
    qdev_prop_set_uint32(dev, "nr-cpus", MACHINE(vms)->smp.cpus);
    qdev_prop_set_uint8(dev, "model", model);
    qdev_prop_set_bit(dev, "offers-pac", vms->pac != VMAPPLE_SERVE_NONE);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
}

void vmapple_settle_cpus(VMAppleMachineState *vms)
{
    ARMCPU *cpu = ARM_CPU(first_cpu);
    int ret;

    create_hypervisor(vms, choose_model(vms, cpu));
    if (vms->pac == VMAPPLE_SERVE_NONE || qtest_enabled()) {
        return;
    }
    ret = kvm_enabled() ? vmapple_kvm_forward_hypercalls() : 0;
    if (ret && vms->bootinfo.firmware_loaded) {
        warn_report("macOS needs its hypercalls served, and this host's KVM "
                    "does not forward them (%s); use Linux 6.4 or later, or "
                    "-accel tcg", strerror(-ret));
    }
}

void vmapple_tell_what_lacks(VMAppleMachineState *vms)
{
    ARMCPU *cpu = ARM_CPU(first_cpu);
    const char *hint = kvm_enabled() ? "use -accel tcg, or another host"
                                     : "give -cpu max";

    if (!cpu_isar_feature(aa64_pauth, cpu)) {
        warn_report("macOS needs pointer authentication, and this CPU has "
                    "none; %s", hint);
    }
    if (!cpu_isar_feature(aa64_tgran16, cpu)) {
        warn_report("macOS needs 16 KiB pages, and this CPU has none; %s",
                    hint);
    }
    if (kvm_enabled() && !vmapple_kvm_tells_of_accesses()) {
        warn_report("macOS needs accesses that this host's KVM keeps to "
                    "itself; use Linux 5.5 or later, or -accel tcg");
    }
    if (MACHINE(vms)->ram_size < 2 * GiB) {
        warn_report("macOS' boot stages need 2 GiB of memory, macOS 4; "
                    "give -m 4G");
    }
    if (vms->ecid == 0) {
        warn_report("no macOS is made for ECID 0; give the disks' own: "
                    "-M vmapple,uuid=NUMBER");
    }
}
