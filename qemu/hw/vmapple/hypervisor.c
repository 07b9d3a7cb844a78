/*
 * vmapple: what the guest asks of the level above it
 *
 * HVC with Apple's function ids: keys for pointer authentication, which every
 * macOS needs, and the services beside it, which none needs to boot. Other ids
 * are PSCI's, and left to the accelerator.
 *
 * Spec: 80-platform 3.3, 81-booting-macos 5, 9, 19 and its vectors B1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "hw/arm/virtual-hypervisor.h"
#include "hw/qdev-properties.h"
#include "hw/vmapple/boot-args.h"
#include "hw/vmapple/hypervisor.h"
#include "hw/vmapple/kvm.h"
#include "guest-ram.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/guest-random.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/uuid.h"
#include "system/hw_accel.h"
#include "system/kvm.h"
#include "system/tcg.h"
#include "target/arm/arm-powerctl.h"
#include "target/arm/kvm-consts.h"
#include "trace.h"

enum {
    GET_MABS_OFFSET = 0xc3000003,
    GET_BOOT_SESSION_UUID = 0xc3000004,
    VCPU_WAIT_FOR_KICK = 0xc3000005,
    VCPU_KICK = 0xc3000006,
    UID = 0x8300ff01,
    CPU_SERVICE_UID = 0x8100ff01,
    REVISION = 0x8300ff03,
    FEATURES = 0x8300feff,
};

/* Fields of an SMCCC function id */
#define OWNER(function)         ((function) >> 24 & 0x3f)
#define OWNER_STANDARD_SECURE   4
#define PSCI_0_1_BASE           0x95c1ba00

static bool is_psci(uint64_t function)
{
    return function >> 32 == 0 &&
           (OWNER(function) == OWNER_STANDARD_SECURE ||
            (function & 0xffffff00) == PSCI_0_1_BASE);
}

/*
 * The CPU's registers: QEMU's copy where that counts, or else KVM's
 */

static bool kvm_has_them(ARMCPU *cpu)
{
    return kvm_enabled() && !CPU(cpu)->vcpu_dirty;
}

static void read_arguments(ARMCPU *cpu, uint64_t x[5])
{
    if (kvm_has_them(cpu)) {
        vmapple_kvm_read_arguments(cpu, x);
    } else {
        memcpy(x, cpu->env.xregs, 5 * sizeof(x[0]));
    }
}

static void write_results(ARMCPU *cpu, const uint64_t x[5])
{
    if (kvm_has_them(cpu)) {
        vmapple_kvm_write_results(cpu, x);
    } else {
        memcpy(cpu->env.xregs, x, 5 * sizeof(x[0]));
    }
}

static VMAppleKey from_qemu(ARMPACKey key)
{
    return (VMAppleKey){ .lo = key.lo, .hi = key.hi };
}

static ARMPACKey to_qemu(VMAppleKey key)
{
    return (ARMPACKey){ .lo = key.lo, .hi = key.hi };
}

static void read_keys(ARMCPU *cpu, VMAppleKeys *keys)
{
    CPUARMState *env = &cpu->env;

    if (kvm_has_them(cpu)) {
        vmapple_kvm_read_keys(cpu, keys);
        return;
    }
    *keys = (VMAppleKeys){
        .ia = from_qemu(env->keys.apia),
        .ib = from_qemu(env->keys.apib),
        .da = from_qemu(env->keys.apda),
        .db = from_qemu(env->keys.apdb),
        .ga = from_qemu(env->keys.apga),
    };
}

static void write_keys(ARMCPU *cpu, const VMAppleKeys *keys)
{
    CPUARMState *env = &cpu->env;

    if (kvm_has_them(cpu)) {
        vmapple_kvm_write_keys(cpu, keys);
        return;
    }
    env->keys.apia = to_qemu(keys->ia);
    env->keys.apib = to_qemu(keys->ib);
    env->keys.apda = to_qemu(keys->da);
    env->keys.apdb = to_qemu(keys->db);
    env->keys.apga = to_qemu(keys->ga);
}

/*
 * The kernel believes its device tree, which says 24 MHz. Where the counter
 * has another rate the tree must say so, and there is one moment for it: the
 * firmware has verified and filled it, the kernel has not read it. No register
 * is known to hold the boot arguments then, so all are tried; what they point
 * to is checked, and left alone in any doubt.
 */

static uint64_t counter_hz(ARMCPU *cpu)
{
    return kvm_enabled() ? vmapple_kvm_counter_hz() : cpu->gt_cntfrq_hz;
}

static int correct_tree_of(uint64_t boot_args, uint64_t hz)
{
    uint8_t bytes[VMAPPLE_BOOT_ARGS_SIZE];
    VMAppleBootArgs args;
    g_autofree uint8_t *tree = NULL;
    int count;

    if (!guest_ram_read(boot_args, bytes, sizeof(bytes)) ||
        !vmapple_boot_args_parse(bytes, &args)) {
        return -1;
    }
    tree = g_malloc(args.tree_size);
    if (!guest_ram_read(args.tree, tree, args.tree_size)) {
        return -1;
    }
    count = vmapple_tree_set_frequency(tree, args.tree_size, hz);
    if (count > 0 && !guest_ram_write(args.tree, tree, args.tree_size)) {
        return -1;
    }
    return count;
}

static void correct_time_base(VMAppleHypervisor *hv, ARMCPU *cpu)
{
    uint64_t hz = counter_hz(cpu);

    if (!hv->correct_time_base || hz == VMAPPLE_TREE_HZ) {
        return;
    }
    cpu_synchronize_state(CPU(cpu));
    for (int i = 0; i < 31; i++) {
        int count = correct_tree_of(cpu->env.xregs[i], hz);

        if (count > 0) {
            trace_vmapple_time_base(hz, count);
            return;
        }
    }
    warn_report_once("vmapple: found no device tree of macOS to correct for a "
                     "counter of %" PRIu64 " Hz; its clock will not run at "
                     "the rate of 24 MHz", hz);
}

static unsigned pac_call(VMAppleHypervisor *hv, ARMCPU *cpu, uint64_t x[5])
{
    VMAppleVcpu *vcpu = &hv->cpus[CPU(cpu)->cpu_index];
    uint64_t function = x[0];
    bool boot_cpu = CPU(cpu) == first_cpu;
    VMAppleKeys keys = { 0 };
    unsigned changed;

    if (vmapple_pac_needs_keys(&hv->pac, function)) {
        read_keys(cpu, &keys);
    }
    changed = vmapple_pac_call(&hv->pac, boot_cpu, &keys, &vcpu->pac, x);
    if (changed & VMAPPLE_PAC_KEYS) {
        write_keys(cpu, &keys);
    }
    if (changed & VMAPPLE_PAC_APPLE_REGS) {
        vmapple_kvm_write_apple_registers(cpu, &vcpu->pac);
    }
    return changed;
}

/* All that is shared between CPUs: only this call touches it. */
static void set_initial_state(VMAppleHypervisor *hv, ARMCPU *cpu, uint64_t x[5])
{
    BQL_LOCK_GUARD();

    if (CPU(cpu) == first_cpu && !hv->kernel_entered) {
        hv->kernel_entered = true;
        correct_time_base(hv, cpu);
    }
    pac_call(hv, cpu, x);
}

/*
 * The other services, under TCG
 */

static void wake(CPUState *cs, run_on_cpu_data data)
{
    cs->halted = 0;
}

static bool kick(VMAppleHypervisor *hv, uint64_t mpidr)
{
    CPUState *target = arm_get_cpu_by_id(mpidr & ARM64_AFFINITY_MASK);

    if (!target || ARM_CPU(target)->power_state != PSCI_ON) {
        return false;
    }
    hv->cpus[target->cpu_index].kicked = true;
    async_run_on_cpu(target, wake, RUN_ON_CPU_NULL);
    return true;
}

static bool is_service(uint64_t function)
{
    return vmapple_pac_is_call(function) ? function <= VMAPPLE_PAC_SET_G_KEY ||
                                           function == VMAPPLE_PAC_NOP
                                         : (function >= GET_MABS_OFFSET &&
                                            function <= VCPU_KICK) ||
                                           function == UID ||
                                           function == CPU_SERVICE_UID ||
                                           function == REVISION ||
                                           function == FEATURES;
}

static void oem_call(VMAppleHypervisor *hv, uint64_t x[5])
{
    uint64_t function = x[0];

    x[0] = 0;
    switch (function) {
    case GET_MABS_OFFSET: /* its clock never stops: the offset stays */
    case VCPU_WAIT_FOR_KICK:
        break;
    case GET_BOOT_SESSION_UUID:
        for (int i = 0; i < 4; i++) {
            x[1 + i] = ldl_le_p(&hv->boot_session[4 * i]);
        }
        break;
    case VCPU_KICK:
        if (!kick(hv, x[1])) {
            x[0] = VMAPPLE_CALL_UNKNOWN;
        }
        break;
    case UID:
    case CPU_SERVICE_UID:
        x[0] = 0x9cbb6ebb;
        x[1] = 0x9dc9d679;
        x[2] = 0xaa624e1f;
        x[3] = 0x3b878185;
        break;
    case REVISION:
        x[0] = 1;
        x[1] = 0;
        break;
    case FEATURES:
        x[0] = is_service(x[1]) ? 0 : VMAPPLE_CALL_UNKNOWN;
        break;
    default:
        x[0] = VMAPPLE_CALL_UNKNOWN;
        break;
    }
}

/*
 * Ends in the CPU's loop unless it was kicked before. One that was woken by
 * its kick finds that the next time, and does not wait then: better than to
 * lose one.
 */
static void wait_for_kick(VMAppleHypervisor *hv, CPUState *cs)
{
    bool kicked = hv->cpus[cs->cpu_index].kicked;

    hv->cpus[cs->cpu_index].kicked = false;
    if (!kicked && !cpu_has_work(cs)) {
        cs->exception_index = EXCP_HLT;
        cs->halted = 1;
        cpu_loop_exit(cs);
    }
}

bool vmapple_hypervisor_call(VMAppleHypervisor *hv, ARMCPU *cpu)
{
    uint64_t x[5], function;

    read_arguments(cpu, x);
    function = x[0];
    if (function == QEMU_PSCI_0_2_FN_PSCI_VERSION && hv->psci_version) {
        x[0] = hv->psci_version;
        write_results(cpu, x);
        return true;
    }
    if (!hv->offers_pac || is_psci(function)) {
        return false;
    }
    if (function == VMAPPLE_PAC_SET_INITIAL_STATE) {
        set_initial_state(hv, cpu, x);
    } else if (vmapple_pac_is_call(function)) {
        pac_call(hv, cpu, x);
    } else if (hv->oem_services && tcg_enabled()) {
        oem_call(hv, x);
    } else {
        x[0] = VMAPPLE_CALL_UNKNOWN;
    }
    trace_vmapple_hypercall(CPU(cpu)->cpu_index, function, x[0]);
    if (x[0] == VMAPPLE_CALL_UNKNOWN) {
        qemu_log_mask(LOG_GUEST_ERROR, "vmapple: the guest makes an unknown "
                      "hypercall 0x%" PRIx64 "\n", function);
    }
    write_results(cpu, x);
    if (tcg_enabled() && function == VCPU_WAIT_FOR_KICK && x[0] == 0) {
        wait_for_kick(hv, CPU(cpu));
    }
    return true;
}

/*
 * The device
 */

static void vmapple_hypervisor_reset_hold(Object *obj, ResetType type)
{
    VMAppleHypervisor *hv = VMAPPLE_HYPERVISOR(obj);

    memset(&hv->pac.boot_keys, 0, sizeof(hv->pac.boot_keys));
    hv->pac.recorded = false;
    hv->kernel_entered = false;
    memset(hv->cpus, 0, hv->nr_cpus * sizeof(hv->cpus[0]));
    qemu_guest_getrandom_nofail(hv->boot_session, sizeof(hv->boot_session));
}

/* Any four will do that are not zero, and whose expansions do not meet. */
static void choose_seeds(uint64_t seeds[4])
{
    uint64_t base;

    do {
        qemu_guest_getrandom_nofail(&base, sizeof(base));
    } while (base == 0 || base > UINT64_MAX - 4 * 8);
    for (int i = 0; i < 4; i++) {
        seeds[i] = base + i * 8;
    }
}

static void vmapple_hypervisor_realize(DeviceState *dev, Error **errp)
{
    VMAppleHypervisor *hv = VMAPPLE_HYPERVISOR(dev);

    hv->pac.model = hv->model;
    hv->cpus = g_new0(VMAppleVcpu, hv->nr_cpus);
    if (!hv->zero_seeds) {
        choose_seeds(hv->pac.seeds);
    }
}

static void vmapple_hypervisor_finalize(Object *obj)
{
    g_free(VMAPPLE_HYPERVISOR(obj)->cpus);
}

static const VMStateDescription vmstate_key = {
    .name = "vmapple-hypervisor/key",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(lo, VMAppleKey),
        VMSTATE_UINT64(hi, VMAppleKey),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_vcpu = {
    .name = "vmapple-hypervisor/cpu",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(pac.apctl, VMAppleVcpu),
        VMSTATE_STRUCT(pac.kernkey, VMAppleVcpu, 1, vmstate_key, VMAppleKey),
        VMSTATE_BOOL(kicked, VMAppleVcpu),
        VMSTATE_END_OF_LIST()
    },
};

/* Under KVM the registers of Apple's own are the device's to put back. */
static int vmapple_hypervisor_post_load(void *opaque, int version_id)
{
    VMAppleHypervisor *hv = opaque;
    CPUState *cs;

    if (hv->model == VMAPPLE_PAC_APPLE) {
        CPU_FOREACH(cs) {
            vmapple_kvm_write_apple_registers(ARM_CPU(cs),
                                              &hv->cpus[cs->cpu_index].pac);
        }
    }
    return 0;
}

static const VMStateDescription vmstate_hypervisor = {
    .name = TYPE_VMAPPLE_HYPERVISOR,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = vmapple_hypervisor_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8_EQUAL(model, VMAppleHypervisor,
                            "the machines have different strategies (pac=)"),
        VMSTATE_UINT32_EQUAL(nr_cpus, VMAppleHypervisor, NULL),
        VMSTATE_UINT64_ARRAY(pac.seeds, VMAppleHypervisor, 4),
        VMSTATE_BOOL(pac.recorded, VMAppleHypervisor),
        VMSTATE_STRUCT(pac.boot_keys.ia, VMAppleHypervisor, 1, vmstate_key,
                       VMAppleKey),
        VMSTATE_STRUCT(pac.boot_keys.ib, VMAppleHypervisor, 1, vmstate_key,
                       VMAppleKey),
        VMSTATE_STRUCT(pac.boot_keys.da, VMAppleHypervisor, 1, vmstate_key,
                       VMAppleKey),
        VMSTATE_STRUCT(pac.boot_keys.db, VMAppleHypervisor, 1, vmstate_key,
                       VMAppleKey),
        VMSTATE_STRUCT(pac.boot_keys.ga, VMAppleHypervisor, 1, vmstate_key,
                       VMAppleKey),
        VMSTATE_BOOL(kernel_entered, VMAppleHypervisor),
        VMSTATE_UINT8_ARRAY(boot_session, VMAppleHypervisor, 16),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT32(cpus, VMAppleHypervisor, nr_cpus,
                                             vmstate_vcpu, VMAppleVcpu),
        VMSTATE_END_OF_LIST()
    },
};

static const Property vmapple_hypervisor_properties[] = {
    DEFINE_PROP_UINT32("nr-cpus", VMAppleHypervisor, nr_cpus, 1),
    DEFINE_PROP_UINT8("model", VMAppleHypervisor, model, VMAPPLE_PAC_SHARED),
    DEFINE_PROP_BOOL("offers-pac", VMAppleHypervisor, offers_pac, true),
    DEFINE_PROP_BOOL("oem-services", VMAppleHypervisor, oem_services, false),
    DEFINE_PROP_BOOL("correct-time-base", VMAppleHypervisor, correct_time_base,
                     true),
    /* Wrong on purpose, for tests: macOS does not live with them. */
    DEFINE_PROP_BOOL("x-zero-seeds", VMAppleHypervisor, zero_seeds, false),
    DEFINE_PROP_UINT32("x-psci-version", VMAppleHypervisor, psci_version, 0),
};

static void vmapple_hypervisor_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "Hypercalls of Apple's virtual platform";
    dc->realize = vmapple_hypervisor_realize;
    dc->vmsd = &vmstate_hypervisor;
    dc->user_creatable = false;
    device_class_set_props(dc, vmapple_hypervisor_properties);
    RESETTABLE_CLASS(oc)->phases.hold = vmapple_hypervisor_reset_hold;
}

static const TypeInfo vmapple_hypervisor_types[] = {
    {
        .name = TYPE_ARM_VIRTUAL_HYPERVISOR,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(ArmVirtualHypervisorClass),
    }, {
        .name = TYPE_VMAPPLE_HYPERVISOR,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(VMAppleHypervisor),
        .instance_finalize = vmapple_hypervisor_finalize,
        .class_init = vmapple_hypervisor_class_init,
    },
};

DEFINE_TYPES(vmapple_hypervisor_types)
