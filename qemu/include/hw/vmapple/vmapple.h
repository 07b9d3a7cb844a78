/*
 * vmapple: the machine that arm64 macOS guests expect
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_VMAPPLE_H
#define HW_VMAPPLE_VMAPPLE_H

#include "exec/hwaddr.h"
#include "hw/arm/boot.h"
#include "hw/boards.h"
#include "hw/vmapple/hypervisor.h"
#include "qapi/qapi-builtin-types.h"
#include "qemu/notify.h"
#include "qom/object.h"
#include "target/arm/cpu-qom.h"

#define TYPE_VMAPPLE_MACHINE MACHINE_TYPE_NAME("vmapple")
OBJECT_DECLARE_SIMPLE_TYPE(VMAppleMachineState, VMAPPLE_MACHINE)

typedef enum VMAppleRegion {
    VMAPPLE_FIRMWARE,
    VMAPPLE_CFG,
    VMAPPLE_GIC_DIST,
    VMAPPLE_GIC_REDIST,
    VMAPPLE_MSI,
    VMAPPLE_UART,
    VMAPPLE_RTC,
    VMAPPLE_GPIO,
    VMAPPLE_PVPANIC,
    VMAPPLE_BDIF,
    VMAPPLE_GFX,
    VMAPPLE_IOSFC,
    VMAPPLE_AES_COMMAND,
    VMAPPLE_AES_SECURITY,
    VMAPPLE_AVP_RTC,
    VMAPPLE_PCIE_ECAM,
    VMAPPLE_PCIE_MMIO,
    VMAPPLE_RAM, /* its size is the machine's */
} VMAppleRegion;

extern const MemMapEntry vmapple_memmap[];

/* Interrupts of the devices, as SPI numbers */
enum {
    VMAPPLE_SPI_UART = 0x01,
    VMAPPLE_SPI_RTC = 0x02,
    VMAPPLE_SPI_GPIO = 0x05,
    VMAPPLE_SPI_IOSFC = 0x10,
    VMAPPLE_SPI_GFX = 0x11,
    VMAPPLE_SPI_AES = 0x12,
    VMAPPLE_SPI_AVP_RTC = 0x13,
    VMAPPLE_SPI_PCIE = 0x20, /* to 0x2f: the lines of PCI INTx */
    VMAPPLE_SPI_MSI = 0x80,  /* to 0xff */
};

enum {
    VMAPPLE_NUM_SPIS = 256,
    VMAPPLE_NUM_MSIS = 128,
    VMAPPLE_NUM_INTX = 16,
    VMAPPLE_GPIO_PIN_POWER = 3,
    VMAPPLE_CLOCK_HZ = 24000000, /* of the peripherals, and the CPUs' counter */
};

/* How pointer authentication is served */
typedef enum VMApplePacServed {
    VMAPPLE_SERVE_AUTO,   /* apple where the host can, or else shared */
    VMAPPLE_SERVE_APPLE,  /* KVM switches the key registers of Apple's CPUs */
    VMAPPLE_SERVE_SHARED, /* one key set on all CPUs, at all levels */
    VMAPPLE_SERVE_STRICT, /* the guest's A, B, G keys; no diversifier */
    VMAPPLE_SERVE_STRIP,  /* authentication always succeeds: TCG only */
    VMAPPLE_SERVE_NONE,   /* no hypercalls, as for other guests than macOS */
} VMApplePacServed;

/* What CPUs say they are */
typedef enum VMAppleCpuIds {
    VMAPPLE_IDS_APPLE, /* as Apple's hypervisor shows them to macOS */
    VMAPPLE_IDS_CPU,   /* all that -cpu has */
} VMAppleCpuIds;

struct VMAppleMachineState {
    MachineState parent_obj;

    /* Properties */
    uint64_t ecid;
    strList *display_modes;
    char *dfu; /* a character device */
    bool avp_rtc;
    bool gfx;
    bool msi;
    bool run_installer;
    VMApplePacServed pac;
    VMAppleCpuIds cpu_ids;

    struct arm_boot_info bootinfo;
    DeviceState *gic;
    DeviceState *power_key;
    VMAppleHypervisor *hypervisor;
    unsigned gic_stops; /* how often its registers stopped all CPUs: kvm.c */
    Notifier powerdown;
};

/*
 * Describes the machine to a kernel that is booted without firmware. The
 * caller owns the tree; @size receives its size.
 */
void *vmapple_create_fdt(VMAppleMachineState *vms, int *size);

/* host.c: prints what macOS needs of a host, and this one lacks */
void vmapple_tell_host(void);

/* cpus.c: what the board does to each CPU, before and after it is realized */
void vmapple_prepare_cpu(VMAppleMachineState *vms, ARMCPU *cpu);
void vmapple_finish_cpu(VMAppleMachineState *vms, ARMCPU *cpu);

/* Once all CPUs are there: chooses how keys are served */
void vmapple_settle_cpus(VMAppleMachineState *vms);

/* Warns, in a line with the cure, of each need of macOS' that is not met */
void vmapple_tell_what_lacks(VMAppleMachineState *vms);

#endif
