/*
 * vmapple: what the machine asks of KVM itself
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/kvm.h>
#include "cpu.h"
#include "hw/vmapple/vmapple.h"
#include "qemu/error-report.h"
#include "system/kvm.h"

void vmapple_kvm_limit_psci_version(ARMCPU *cpu)
{
    uint64_t version = QEMU_PSCI_VERSION_1_1;
    int ret;

    if (cpu->psci_version <= version) {
        return;
    }
    ret = kvm_set_one_reg(CPU(cpu), KVM_REG_ARM_PSCI_VERSION, &version);
    if (ret) {
        warn_report("KVM: cannot offer PSCI 1.1 (%s); "
                    "macOS 13 will run on one CPU", strerror(-ret));
        return;
    }
    cpu->psci_version = version;
}
