/*
 * vmapple: loads and stores whose abort says nothing about them
 *
 * Arm's data abort describes plain accesses only. macOS writes registers of
 * devices with others; here they are decoded from the instruction. Pure.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_NISV_H
#define HW_VMAPPLE_NISV_H

typedef struct VMAppleAccess {
    bool store;
    bool simd;            /* rt and rt2 are vector registers */
    bool pair;            /* rt2 as well, behind rt */
    bool sign_extend;     /* loads into general registers only ... */
    bool to_64;           /* ... to 64 bits, or else to 32 */
    bool write_back;      /* rn += offset */
    bool post;            /* ... after the access, which is at rn itself */
    bool indexed;         /* by rm, extended and shifted, not by offset */
    uint8_t size;         /* bytes of each register: 1, 2, 4, 8, 16 */
    uint8_t rt, rt2;      /* general: 31 is zero */
    uint8_t rn;           /* 31 is SP */
    uint8_t rm;           /* 31 is zero */
    uint8_t extend;       /* of rm: the instruction's option field */
    uint8_t shift;        /* of rm, after its extension */
    int32_t offset;
} VMAppleAccess;

/*
 * Decodes @insn. False: it is not a plain load or store of one or two
 * registers, and nobody may act on it: exclusives, atomics, ordered ones,
 * structures, literals, prefetches, and the unpredictable ones among the plain.
 */
bool vmapple_decode_access(uint32_t insn, VMAppleAccess *access);

/* The address that @access is to, and in *@base what rn is afterwards */
uint64_t vmapple_access_address(const VMAppleAccess *access, uint64_t rn,
                                uint64_t rm, uint64_t *base);

/* What a load of @value leaves in its general register */
uint64_t vmapple_access_extend(const VMAppleAccess *access, uint64_t value);

#endif
