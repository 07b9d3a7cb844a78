/*
 * vmapple: the hypercalls by which a guest sets its pointer-signing keys
 *
 * Pure: no QEMU types, so that it is unit-tested without QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_PAC_H
#define HW_VMAPPLE_PAC_H

enum {
    VMAPPLE_PAC_SET_INITIAL_STATE = 0xc1000000,
    VMAPPLE_PAC_GET_DEFAULT_KEYS = 0xc1000001,
    VMAPPLE_PAC_SET_A_KEYS = 0xc1000002,
    VMAPPLE_PAC_SET_B_KEYS = 0xc1000003,
    VMAPPLE_PAC_SET_EL0_DIVERSIFIER = 0xc1000004,
    VMAPPLE_PAC_SET_EL0_DIVERSIFIER_AT_EL1 = 0xc1000005,
    VMAPPLE_PAC_SET_G_KEY = 0xc1000006,
    VMAPPLE_PAC_NOP = 0xc10000f0,
};

/* What Apple's hypervisor answers to calls that it does not know */
#define VMAPPLE_CALL_UNKNOWN UINT64_C(0xffffffff)

/* Who keeps the keys, and how many sets there are. Numbers of the VM state. */
typedef enum VMApplePacModel {
    /* One set for all: the firmware's, on every CPU, at every level */
    VMAPPLE_PAC_SHARED,
    /* A, B and G keys are the guest's; there is no diversifier. */
    VMAPPLE_PAC_STRICT,
    /* Apple's own registers hold them, diversifier and all. */
    VMAPPLE_PAC_APPLE,
} VMApplePacModel;

typedef struct VMAppleKey {
    uint64_t lo;
    uint64_t hi;
} VMAppleKey;

/* The architected key registers of one CPU */
typedef struct VMAppleKeys {
    VMAppleKey ia, ib, da, db, ga;
} VMAppleKeys;

/* What Apple adds to them */
typedef struct VMApplePacCpu {
    uint64_t apctl;
    VMAppleKey kernkey;
} VMApplePacCpu;

typedef struct VMApplePac {
    VMApplePacModel model;
    uint64_t seeds[4];     /* A, B, EL0 diversifier, G: as they are told */
    bool recorded;         /* boot_keys are there, since the last reset */
    VMAppleKeys boot_keys; /* what the firmware left in the boot CPU */
} VMApplePac;

/* What a call did besides answering */
enum {
    VMAPPLE_PAC_KEYS = 1 << 0,       /* changed *keys */
    VMAPPLE_PAC_APPLE_REGS = 1 << 1, /* changed *cpu */
};

/* Must *keys hold the CPU's when it calls @function? Reading them is slow. */
bool vmapple_pac_needs_keys(const VMApplePac *pac, uint64_t function);

static inline bool vmapple_pac_is_call(uint64_t function)
{
    return (function & ~UINT64_C(0xff)) == VMAPPLE_PAC_SET_INITIAL_STATE;
}

/*
 * Answers the call in @x (function, arguments; results) for which
 * vmapple_pac_is_call() holds, made by the CPU whose registers @keys and @cpu
 * are. Returns which of them the caller must put into the CPU.
 */
unsigned vmapple_pac_call(VMApplePac *pac, bool boot_cpu, VMAppleKeys *keys,
                          VMApplePacCpu *cpu, uint64_t x[5]);

#endif
