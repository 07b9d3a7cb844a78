/*
 * vmapple: the hypercalls by which a guest sets its pointer-signing keys
 *
 * Spec: 80-platform 3.3, 81-booting-macos 5 and 6.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/vmapple/pac.h"

enum {
    APCTL_KERNKEY = 1 << 1, /* the diversifier counts at EL1, too */
    APCTL_INITIAL = 0x19,   /* Apple mode; the user key and a register on */
};

/* Consecutive values; they may wrap. */
static VMAppleKey key_at(uint64_t seed)
{
    return (VMAppleKey){ .lo = seed, .hi = seed + 1 };
}

static void set_a_keys(VMAppleKeys *keys, uint64_t seed)
{
    keys->ia = key_at(seed);
    keys->da = key_at(seed + 2);
}

static void set_b_keys(VMAppleKeys *keys, uint64_t seed)
{
    keys->ib = key_at(seed);
    keys->db = key_at(seed + 2);
}

/*
 * The firmware has signed with the keys that it chose, and all CPUs must agree
 * with it. Only the boot CPU's first call since the reset can tell them; a
 * secondary that comes before it finds zeros.
 */
static unsigned set_initial_state(VMApplePac *pac, bool boot_cpu,
                                  VMAppleKeys *keys, VMApplePacCpu *cpu)
{
    if (pac->model == VMAPPLE_PAC_APPLE) {
        set_a_keys(keys, pac->seeds[0]);
        set_b_keys(keys, pac->seeds[1]);
        cpu->kernkey = key_at(pac->seeds[2]);
        keys->ga = key_at(pac->seeds[3]);
        cpu->apctl = APCTL_INITIAL;
        return VMAPPLE_PAC_KEYS | VMAPPLE_PAC_APPLE_REGS;
    }
    if (boot_cpu && !pac->recorded) {
        pac->boot_keys = *keys;
        pac->recorded = true;
        return 0;
    }
    *keys = pac->boot_keys;
    return VMAPPLE_PAC_KEYS;
}

bool vmapple_pac_needs_keys(const VMApplePac *pac, uint64_t function)
{
    return function == VMAPPLE_PAC_SET_INITIAL_STATE ||
           (pac->model != VMAPPLE_PAC_SHARED && vmapple_pac_is_call(function));
}

/* Where all share one set, a guest's wish for another changes nothing. */
static unsigned set_key(VMApplePac *pac, VMAppleKeys *keys, uint64_t function,
                        uint64_t seed)
{
    if (pac->model == VMAPPLE_PAC_SHARED) {
        return 0;
    }
    if (function == VMAPPLE_PAC_SET_A_KEYS) {
        set_a_keys(keys, seed);
    } else if (function == VMAPPLE_PAC_SET_B_KEYS) {
        set_b_keys(keys, seed);
    } else {
        keys->ga = key_at(seed);
    }
    return VMAPPLE_PAC_KEYS;
}

static unsigned set_diversifier(VMApplePac *pac, VMApplePacCpu *cpu,
                                uint64_t seed)
{
    if (pac->model != VMAPPLE_PAC_APPLE) {
        return 0;
    }
    cpu->kernkey = key_at(seed);
    return VMAPPLE_PAC_APPLE_REGS;
}

unsigned vmapple_pac_call(VMApplePac *pac, bool boot_cpu, VMAppleKeys *keys,
                          VMApplePacCpu *cpu, uint64_t x[5])
{
    uint64_t function = x[0];

    /* From macOS 26 on the kernel spins on anything else. */
    x[0] = 0;
    switch (function) {
    case VMAPPLE_PAC_SET_INITIAL_STATE:
        return set_initial_state(pac, boot_cpu, keys, cpu);
    case VMAPPLE_PAC_GET_DEFAULT_KEYS:
        memcpy(&x[1], pac->seeds, sizeof(pac->seeds));
        return 0;
    case VMAPPLE_PAC_SET_A_KEYS:
    case VMAPPLE_PAC_SET_B_KEYS:
    case VMAPPLE_PAC_SET_G_KEY:
        return set_key(pac, keys, function, x[1]);
    case VMAPPLE_PAC_SET_EL0_DIVERSIFIER:
        return set_diversifier(pac, cpu, x[1]);
    case VMAPPLE_PAC_SET_EL0_DIVERSIFIER_AT_EL1:
        cpu->apctl = (cpu->apctl & ~APCTL_KERNKEY) |
                     (x[1] & 1 ? APCTL_KERNKEY : 0);
        return set_diversifier(pac, cpu, x[2]);
    case VMAPPLE_PAC_NOP:
        return 0;
    default:
        x[0] = VMAPPLE_CALL_UNKNOWN;
        return 0;
    }
}
