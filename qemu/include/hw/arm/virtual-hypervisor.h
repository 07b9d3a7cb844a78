/*
 * A board that plays the hypervisor under its guest
 *
 * What a CPU asks of the level above it comes to the board before QEMU's own
 * answers: HVC calls, and accesses that KVM could not describe. The machine
 * implements this interface; without it all is as ever.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_ARM_VIRTUAL_HYPERVISOR_H
#define HW_ARM_VIRTUAL_HYPERVISOR_H

#include "hw/qdev-core.h"
#include "qom/object.h"
#include "target/arm/cpu-qom.h"

#define TYPE_ARM_VIRTUAL_HYPERVISOR "arm-virtual-hypervisor"
typedef struct ArmVirtualHypervisor ArmVirtualHypervisor;
typedef struct ArmVirtualHypervisorClass ArmVirtualHypervisorClass;
DECLARE_CLASS_CHECKERS(ArmVirtualHypervisorClass, ARM_VIRTUAL_HYPERVISOR,
                       TYPE_ARM_VIRTUAL_HYPERVISOR)

struct ArmVirtualHypervisorClass {
    InterfaceClass parent_class;

    /*
     * @cpu, in AArch64, executed HVC; its PC is behind it. True: answered,
     * in its registers. False: not ours. On the CPU's thread; under TCG with
     * the big lock, under KVM without.
     */
    bool (*hypercall)(Object *machine, ARMCPU *cpu);

    /*
     * KVM: @cpu accessed device memory at @ipa by an instruction that comes
     * without a syndrome. 0: done, and the PC behind it. EXCP_INTERRUPT: will
     * be once the CPU has left its loop. -1: not done.
     */
    int (*access)(Object *machine, ARMCPU *cpu, uint64_t ipa);

    /* Prints what -M MACHINE,help says behind the properties. */
    void (*help)(void);
};

static inline bool arm_virtual_hypercall(ARMCPU *cpu)
{
    Object *machine = qdev_get_machine();

    return object_dynamic_cast(machine, TYPE_ARM_VIRTUAL_HYPERVISOR) &&
           ARM_VIRTUAL_HYPERVISOR_GET_CLASS(machine)->hypercall(machine, cpu);
}

static inline void arm_virtual_help(ObjectClass *machine)
{
    machine = object_class_dynamic_cast(machine, TYPE_ARM_VIRTUAL_HYPERVISOR);
    if (machine) {
        ARM_VIRTUAL_HYPERVISOR_CLASS(machine)->help();
    }
}

static inline int arm_virtual_access(ARMCPU *cpu, uint64_t ipa)
{
    Object *machine = qdev_get_machine();

    if (!object_dynamic_cast(machine, TYPE_ARM_VIRTUAL_HYPERVISOR)) {
        return -1;
    }
    return ARM_VIRTUAL_HYPERVISOR_GET_CLASS(machine)->access(machine, cpu, ipa);
}

#endif
