/*
 * vmapple: what this host can do for macOS
 *
 * Told by -M vmapple,help, before there is a machine or an accelerator. Spec:
 * 81-booting-macos 13 and 16.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/vmapple/vmapple.h"
#if defined(CONFIG_KVM) && defined(__aarch64__)
#include <sys/ioctl.h>
#include <linux/kvm.h>

static void tell(const char *need, bool met, const char *cure)
{
    printf("    %-38s %s\n", need, met ? "yes" : cure);
}

static bool has(int kvm, int capability)
{
    return ioctl(kvm, KVM_CHECK_EXTENSION, capability) > 0;
}

static bool forwards_hypercalls(int kvm)
{
    struct kvm_device_attr attr = {
        .group = KVM_ARM_VM_SMCCC_CTRL,
        .attr = KVM_ARM_VM_SMCCC_FILTER,
    };
    int vm = ioctl(kvm, KVM_CREATE_VM, 0);
    bool forwards = vm >= 0 && ioctl(vm, KVM_HAS_DEVICE_ATTR, &attr) == 0;

    if (vm >= 0) {
        close(vm);
    }
    return forwards;
}

static void tell_kvm(void)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    uint64_t hz;

    if (kvm < 0) {
        printf("  -accel kvm: cannot open /dev/kvm: %s\n", strerror(errno));
        return;
    }
    printf("  -accel kvm:\n");
    tell("pointer authentication (R1)",
         has(kvm, KVM_CAP_ARM_PTRAUTH_ADDRESS) &&
         has(kvm, KVM_CAP_ARM_PTRAUTH_GENERIC),
         "no: this CPU or kernel has none; use -accel tcg");
    tell("hypercalls forwarded (R1)", forwards_hypercalls(kvm),
         "no: use Linux 6.4 or later, or -accel tcg");
    tell("accesses without syndrome (R3)", has(kvm, KVM_CAP_ARM_NISV_TO_USER),
         "no: use Linux 5.5 or later, or -accel tcg");
    asm("mrs %0, cntfrq_el0" : "=r" (hz));
    tell("counter of 24 MHz (R6)", hz == VMAPPLE_CLOCK_HZ,
         "no: macOS' device tree is corrected");
    close(kvm);
}
#else
static void tell_kvm(void)
{
    printf("  -accel kvm: not on this host; it takes an arm64 CPU\n");
}
#endif

void vmapple_tell_host(void)
{
    printf("what macOS needs, and this host has (docs/macos-hosts.md):\n");
    printf("  -accel tcg: all\n");
    tell_kvm();
}
