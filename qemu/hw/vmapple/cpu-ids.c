/*
 * vmapple: Apple's policy for ID registers
 *
 * Spec: 81-booting-macos 4 and its vectors B3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/vmapple/cpu-ids.h"

static const struct {
    unsigned crm, op2;
    uint64_t keep, add;
} shown[] = {
    /* PFR0: no SVE, AMU, MPAM, nor the secure EL2; EL2 and EL3 as 64-bit */
    { 4, 0, UINT64_C(0xff0f0000f0ff00ff), 0x1100 },
    /* PFR1: SSBS alone; no BTI, MTE, SME */
    { 4, 1, 0xf0, 0 },
    /* DFR0: breakpoints and watchpoints; no PMU, trace, SPE; a double lock */
    { 5, 0, 0xf0f0f000, 6 },
    /* ISAR0: no TME */
    { 6, 0, ~UINT64_C(0x0f00000f), 0 },
    /* ISAR1: pointer authentication as the CPU has it */
    { 6, 1, UINT64_C(0xfffffffffff), 0 },
    /* MMFR0: granules, ASIDs; 36-bit addresses */
    { 7, 0, UINT64_C(0xf000fff000f0), 1 },
    /* MMFR1: no VHE */
    { 7, 1, 0xfffff0f0, 0 },
    /* MMFR2 */
    { 7, 2, UINT64_C(0xf0ff00ff000ff0ff), 0 },
};

uint64_t vmapple_cpu_id(unsigned crm, unsigned op2, uint64_t host)
{
    for (int i = 0; i < ARRAY_SIZE(shown); i++) {
        if (shown[i].crm == crm && shown[i].op2 == op2) {
            return (host & shown[i].keep) | shown[i].add;
        }
    }
    return 0; /* also the registers that have no name yet */
}
