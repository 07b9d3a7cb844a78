/*
 * vmapple: what the guest asks of the level above it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_HYPERVISOR_H
#define HW_VMAPPLE_HYPERVISOR_H

#include "hw/sysbus.h"
#include "hw/vmapple/pac.h"
#include "qom/object.h"
#include "target/arm/cpu-qom.h"

#define TYPE_VMAPPLE_HYPERVISOR "vmapple-hypervisor"
OBJECT_DECLARE_SIMPLE_TYPE(VMAppleHypervisor, VMAPPLE_HYPERVISOR)

typedef struct VMAppleVcpu {
    VMApplePacCpu pac;
    bool kicked; /* since it last waited for that */
} VMAppleVcpu;

struct VMAppleHypervisor {
    SysBusDevice parent_obj;

    /* Properties */
    uint32_t nr_cpus;
    uint8_t model;          /* enum VMApplePacModel */
    bool offers_pac;
    bool oem_services;
    bool correct_time_base;
    bool zero_seeds;
    uint32_t psci_version;  /* 0: that of the accelerator */

    VMApplePac pac;
    uint8_t boot_session[16];
    bool kernel_entered;    /* since the reset */
    VMAppleVcpu *cpus;
};

/* ArmVirtualHypervisorClass.hypercall, once the machine has found @hv */
bool vmapple_hypervisor_call(VMAppleHypervisor *hv, ARMCPU *cpu);

#endif
