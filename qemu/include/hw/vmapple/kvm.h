/*
 * vmapple: what the machine asks of KVM itself
 *
 * All but the first two run on the thread of the CPU they name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_KVM_H
#define HW_VMAPPLE_KVM_H

#include "hw/intc/arm_gicv3_common.h"
#include "hw/vmapple/pac.h"
#include "target/arm/cpu-qom.h"

#ifdef CONFIG_KVM

/* Before the first CPU runs: Apple's hypercalls come to us. 0 or -errno */
int vmapple_kvm_forward_hypercalls(void);

/* Do accesses that KVM cannot describe come to us? */
bool vmapple_kvm_tells_of_accesses(void);

/* Does this host's KVM switch Apple's own key registers with the CPU? */
bool vmapple_kvm_has_apple_registers(ARMCPU *cpu);

/* macOS knows PSCI up to 1.1; KVM's own is newer on newer hosts. */
void vmapple_kvm_limit_psci_version(ARMCPU *cpu);

/* Lowers the ID register S3_0_C0_C<crm>_<op2> as far as KVM lets us. */
void vmapple_kvm_lower_id(ARMCPU *cpu, unsigned crm, unsigned op2);

uint64_t vmapple_kvm_counter_hz(void);

/* x0 to x4 */
void vmapple_kvm_read_arguments(ARMCPU *cpu, uint64_t x[5]);
void vmapple_kvm_write_results(ARMCPU *cpu, const uint64_t x[5]);

void vmapple_kvm_read_keys(ARMCPU *cpu, VMAppleKeys *keys);
void vmapple_kvm_write_keys(ARMCPU *cpu, const VMAppleKeys *keys);
void vmapple_kvm_write_apple_registers(ARMCPU *cpu, const VMApplePacCpu *regs);

/* While no CPU runs */
void vmapple_kvm_enable_sgis(GICv3State *gic);

/* ArmVirtualHypervisorClass.access */
int vmapple_kvm_access(Object *machine, ARMCPU *cpu, uint64_t ipa);

#else

static inline int vmapple_kvm_forward_hypercalls(void)
{
    g_assert_not_reached();
}

static inline bool vmapple_kvm_tells_of_accesses(void)
{
    g_assert_not_reached();
}

static inline bool vmapple_kvm_has_apple_registers(ARMCPU *cpu)
{
    g_assert_not_reached();
}

static inline void vmapple_kvm_limit_psci_version(ARMCPU *cpu)
{
    g_assert_not_reached();
}

static inline void vmapple_kvm_lower_id(ARMCPU *cpu, unsigned crm, unsigned op2)
{
    g_assert_not_reached();
}

static inline uint64_t vmapple_kvm_counter_hz(void)
{
    g_assert_not_reached();
}

static inline void vmapple_kvm_read_arguments(ARMCPU *cpu, uint64_t x[5])
{
    g_assert_not_reached();
}

static inline void vmapple_kvm_write_results(ARMCPU *cpu, const uint64_t x[5])
{
    g_assert_not_reached();
}

static inline void vmapple_kvm_read_keys(ARMCPU *cpu, VMAppleKeys *keys)
{
    g_assert_not_reached();
}

static inline void vmapple_kvm_write_keys(ARMCPU *cpu, const VMAppleKeys *keys)
{
    g_assert_not_reached();
}

static inline void vmapple_kvm_write_apple_registers(ARMCPU *cpu,
                                                     const VMApplePacCpu *regs)
{
    g_assert_not_reached();
}

static inline void vmapple_kvm_enable_sgis(GICv3State *gic)
{
    g_assert_not_reached();
}

static inline int vmapple_kvm_access(Object *machine, ARMCPU *cpu, uint64_t ipa)
{
    g_assert_not_reached();
}

#endif
#endif
