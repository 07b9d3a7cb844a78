/*
 * vmapple: what the machine asks of KVM itself
 *
 * Spec: 81-booting-macos 5, 6.2, 8, 9 and 19.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/kvm.h>
#include "cpu.h"
#include "exec/address-spaces.h"
#include "exec/cpu-common.h"
#include "hw/core/cpu.h"
#include "hw/intc/arm_gicv3_common.h"
#include "hw/vmapple/cpu-ids.h"
#include "hw/vmapple/kvm.h"
#include "hw/vmapple/nisv.h"
#include "hw/vmapple/pac.h"
#include "hw/vmapple/vmapple.h"
#include "kvm_arm.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/hw_accel.h"
#include "system/kvm.h"
#include "trace.h"

/*
 * Registers
 */

#define CORE_X(n) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
                   KVM_REG_ARM_CORE_REG(regs.regs[n]))

/* Low halves; the high half's op2 is one more */
#define KEY_LO(crm, op2) ARM64_SYS_REG(3, 0, 2, crm, op2)
#define APIA  KEY_LO(1, 0)
#define APIB  KEY_LO(1, 2)
#define APDA  KEY_LO(2, 0)
#define APDB  KEY_LO(2, 2)
#define APGA  KEY_LO(3, 0)

/* Apple's own, where the host's kernel switches them */
#define APCTL      ARM64_SYS_REG(3, 6, 15, 15, 0)
#define KERNKEY_LO ARM64_SYS_REG(3, 6, 15, 2, 3)
#define KERNKEY_HI ARM64_SYS_REG(3, 6, 15, 2, 4)

static uint64_t read_reg(ARMCPU *cpu, uint64_t id)
{
    uint64_t value = 0;

    kvm_get_one_reg(CPU(cpu), id, &value);
    return value;
}

static void write_reg(ARMCPU *cpu, uint64_t id, uint64_t value)
{
    kvm_set_one_reg(CPU(cpu), id, &value);
}

static VMAppleKey read_key(ARMCPU *cpu, uint64_t lo)
{
    return (VMAppleKey){
        .lo = read_reg(cpu, lo),
        .hi = read_reg(cpu, lo + 1),
    };
}

static void write_key(ARMCPU *cpu, uint64_t lo, VMAppleKey key)
{
    write_reg(cpu, lo, key.lo);
    write_reg(cpu, lo + 1, key.hi);
}

void vmapple_kvm_read_arguments(ARMCPU *cpu, uint64_t x[5])
{
    for (int i = 0; i < 5; i++) {
        x[i] = read_reg(cpu, CORE_X(i));
    }
}

void vmapple_kvm_write_results(ARMCPU *cpu, const uint64_t x[5])
{
    for (int i = 0; i < 5; i++) {
        write_reg(cpu, CORE_X(i), x[i]);
    }
}

void vmapple_kvm_read_keys(ARMCPU *cpu, VMAppleKeys *keys)
{
    *keys = (VMAppleKeys){
        .ia = read_key(cpu, APIA),
        .ib = read_key(cpu, APIB),
        .da = read_key(cpu, APDA),
        .db = read_key(cpu, APDB),
        .ga = read_key(cpu, APGA),
    };
}

void vmapple_kvm_write_keys(ARMCPU *cpu, const VMAppleKeys *keys)
{
    write_key(cpu, APIA, keys->ia);
    write_key(cpu, APIB, keys->ib);
    write_key(cpu, APDA, keys->da);
    write_key(cpu, APDB, keys->db);
    write_key(cpu, APGA, keys->ga);
}

void vmapple_kvm_write_apple_registers(ARMCPU *cpu, const VMApplePacCpu *regs)
{
    write_reg(cpu, APCTL, regs->apctl);
    write_reg(cpu, KERNKEY_LO, regs->kernkey.lo);
    write_reg(cpu, KERNKEY_HI, regs->kernkey.hi);
}

bool vmapple_kvm_has_apple_registers(ARMCPU *cpu)
{
    uint64_t value;

    return kvm_get_one_reg(CPU(cpu), APCTL, &value) == 0 &&
           kvm_get_one_reg(CPU(cpu), KERNKEY_LO, &value) == 0;
}

uint64_t vmapple_kvm_counter_hz(void)
{
    uint64_t hz;

    asm("mrs %0, cntfrq_el0" : "=r" (hz));
    return hz;
}

/*
 * Set-up
 */

int vmapple_kvm_forward_hypercalls(void)
{
    struct kvm_smccc_filter filter = {
        .base = VMAPPLE_PAC_SET_INITIAL_STATE,
        .nr_functions = 0x100,
        .action = KVM_SMCCC_FILTER_FWD_TO_USER,
    };
    struct kvm_device_attr attr = {
        .group = KVM_ARM_VM_SMCCC_CTRL,
        .attr = KVM_ARM_VM_SMCCC_FILTER,
        .addr = (uintptr_t)&filter,
    };

    return kvm_vm_ioctl(kvm_state, KVM_SET_DEVICE_ATTR, &attr);
}

bool vmapple_kvm_tells_of_accesses(void)
{
    return kvm_check_extension(kvm_state, KVM_CAP_ARM_NISV_TO_USER) > 0;
}

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

/*
 * KVM takes or refuses a register as a whole, so its fields are lowered one by
 * one. QEMU keeps a copy, which it writes back when the CPU first runs.
 */
void vmapple_kvm_lower_id(ARMCPU *cpu, unsigned crm, unsigned op2)
{
    uint64_t id = ARM64_SYS_REG(3, 0, 0, crm, op2), value;

    if (kvm_get_one_reg(CPU(cpu), id, &value)) {
        return;
    }
    for (int shift = 0; shift < 64; shift += 4) {
        uint64_t field = MAKE_64BIT_MASK(shift, 4);
        uint64_t less = (value & ~field) |
                        (vmapple_cpu_id(crm, op2, value) & field);

        if (less != value && kvm_set_one_reg(CPU(cpu), id, &less) == 0) {
            value = less;
        }
    }
    for (int i = 0; i < cpu->cpreg_array_len; i++) {
        if (cpu->cpreg_indexes[i] == id) {
            cpu->cpreg_values[i] = value;
        }
    }
}

/*
 * Accesses without syndrome
 *
 * The guest has just executed the instruction, so it is read from where the
 * CPU's tables say, once; what it does is decided before anything is done. The
 * interrupt controller's registers are in KVM, which opens them only while no
 * CPU runs; all other devices are QEMU's.
 */

typedef struct Work {
    VMAppleAccess access;
    uint64_t ipa;
    uint64_t base; /* the new value of rn */
} Work;

#define ISENABLER0 (GICV3_REDIST_SIZE / 2 + 0x100) /* of a redistributor */

/* A guest may stop the machine this often, and then every few milliseconds. */
enum {
    STOPS_AT_ONCE = 512,
    STOP_MS = 5,
};

static uint64_t get_x(CPUARMState *env, unsigned n, bool sp)
{
    return n < 31 ? env->xregs[n] : sp ? env->xregs[31] : 0;
}

/* Of a vector register: the words that an access of up to 16 bytes moves */
static uint64_t *vector(CPUARMState *env, unsigned n)
{
    return aa64_vfp_qreg(env, n);
}

static void get_rt(CPUARMState *env, const VMAppleAccess *a, unsigned n,
                   uint8_t *bytes)
{
    uint64_t words[2] = { 0 };

    if (a->simd) {
        words[0] = vector(env, n)[0];
        words[1] = vector(env, n)[1];
    } else {
        words[0] = get_x(env, n, false);
    }
    stq_le_p(bytes, words[0]);
    stq_le_p(bytes + 8, words[1]);
}

static void set_rt(CPUARMState *env, const VMAppleAccess *a, unsigned n,
                   const uint8_t *bytes)
{
    if (a->simd) {
        vector(env, n)[0] = ldq_le_p(bytes);
        vector(env, n)[1] = ldq_le_p(bytes + 8);
    } else if (n < 31) {
        env->xregs[n] = vmapple_access_extend(a, ldq_le_p(bytes));
    }
}

static bool in_gic(uint64_t ipa)
{
    const MemMapEntry *first = &vmapple_memmap[VMAPPLE_GIC_DIST];
    const MemMapEntry *last = &vmapple_memmap[VMAPPLE_GIC_REDIST];

    return ipa >= first->base && ipa < last->base + last->size;
}

static uint64_t redistributor(GICv3State *gic, unsigned n, unsigned offset)
{
    return (gic->cpu[n].gicr_typer & KVM_DEV_ARM_VGIC_V3_MPIDR_MASK) | offset;
}

void vmapple_kvm_enable_sgis(GICv3State *gic)
{
    for (int i = 0; i < gic->num_cpu; i++) {
        uint32_t all = MAKE_64BIT_MASK(0, GIC_NR_SGIS);

        kvm_device_access(gic->dev_fd, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
                          redistributor(gic, i, ISENABLER0), &all, true,
                          &error_abort);
    }
}

static bool gic_access(uint64_t ipa, uint8_t *bytes, unsigned size, bool store)
{
    VMAppleMachineState *vms = VMAPPLE_MACHINE(qdev_get_machine());
    GICv3State *gic = ARM_GICV3_COMMON(vms->gic);
    uint64_t redist = vmapple_memmap[VMAPPLE_GIC_REDIST].base;
    uint32_t value = ldl_le_p(bytes);
    uint64_t attr;
    int group;

    if (size != 4) {
        return false;
    }
    if (ipa < redist) {
        group = KVM_DEV_ARM_VGIC_GRP_DIST_REGS;
        attr = ipa - vmapple_memmap[VMAPPLE_GIC_DIST].base;
    } else {
        unsigned n = (ipa - redist) / GICV3_REDIST_SIZE;

        if (n >= gic->num_cpu) {
            return false;
        }
        group = KVM_DEV_ARM_VGIC_GRP_REDIST_REGS;
        attr = redistributor(gic, n, (ipa - redist) % GICV3_REDIST_SIZE);
    }
    if (kvm_device_access(gic->dev_fd, group, attr, &value, store, NULL) < 0) {
        return false;
    }
    stl_le_p(bytes, value);
    return true;
}

static bool one_access(uint64_t ipa, uint8_t *bytes, unsigned size, bool store)
{
    if (in_gic(ipa)) {
        return gic_access(ipa, bytes, size, store);
    }
    return address_space_rw(&address_space_memory, ipa, MEMTXATTRS_UNSPECIFIED,
                            bytes, size, store) == MEMTX_OK;
}

/* QEMU has the CPU's registers, and the CPU does not run. */
static bool perform(ARMCPU *cpu, const Work *work)
{
    const VMAppleAccess *a = &work->access;
    CPUARMState *env = &cpu->env;
    uint8_t bytes[2][16] = { 0 };

    for (int i = 0; i <= a->pair; i++) {
        if (a->store) {
            get_rt(env, a, i ? a->rt2 : a->rt, bytes[i]);
        }
        if (!one_access(work->ipa + i * a->size, bytes[i], a->size, a->store)) {
            return false;
        }
    }
    for (int i = 0; i <= a->pair && !a->store; i++) {
        set_rt(env, a, i ? a->rt2 : a->rt, bytes[i]);
    }
    if (a->write_back) {
        env->xregs[a->rn] = work->base;
    }
    env->pc += 4;
    return true;
}

static void perform_alone(CPUState *cs, run_on_cpu_data data)
{
    g_autofree Work *work = data.host_ptr;

    cpu_synchronize_state(cs);
    if (!perform(ARM_CPU(cs), work)) {
        qemu_log_mask(LOG_GUEST_ERROR, "vmapple: KVM refuses the access to "
                      "0x%" PRIx64 "; ignored\n", work->ipa);
        ARM_CPU(cs)->env.pc += 4;
    }
}

/* All CPUs stop for it; a guest that makes a habit of it stops itself. */
static int perform_later(CPUState *cs, const Work *work)
{
    VMAppleMachineState *vms = VMAPPLE_MACHINE(qdev_get_machine());

    if (qatomic_fetch_inc(&vms->gic_stops) > STOPS_AT_ONCE) {
        g_usleep(STOP_MS * 1000);
    }
    async_safe_run_on_cpu(cs, perform_alone,
        RUN_ON_CPU_HOST_PTR(g_memdup2(work, sizeof(*work))));
    return EXCP_INTERRUPT;
}

static bool fetch(ARMCPU *cpu, uint32_t *insn)
{
    uint8_t bytes[4];

    if (cpu_memory_rw_debug(CPU(cpu), cpu->env.pc, bytes, sizeof(bytes),
                            false)) {
        return false;
    }
    *insn = ldl_le_p(bytes);
    return true;
}

int vmapple_kvm_access(Object *machine, ARMCPU *cpu, uint64_t ipa)
{
    CPUARMState *env = &cpu->env;
    Work work = { .ipa = ipa };
    VMAppleAccess *a = &work.access;
    uint64_t address;
    uint32_t insn = 0;
    unsigned span;
    bool ours;

    cpu_synchronize_state(CPU(cpu));
    ours = is_a64(env) && fetch(cpu, &insn) && vmapple_decode_access(insn, a);
    if (ours) {
        address = vmapple_access_address(a, get_x(env, a->rn, true),
                                         get_x(env, a->rm, false), &work.base);
        span = a->size << a->pair;
        /*
         * The word may have changed since. And what is not aligned, or lies
         * on two pages, would be two accesses.
         */
        ours = extract64(address, 0, 12) == extract64(ipa, 0, 12) &&
               address % a->size == 0 &&
               extract64(address, 0, 12) + span <= 4096;
    }
    trace_vmapple_access(CPU(cpu)->cpu_index, ipa, insn, ours);
    if (!ours) {
        return -1;
    }
    if (in_gic(ipa)) {
        return perform_later(CPU(cpu), &work);
    }
    return perform(cpu, &work) ? 0 : -1;
}
