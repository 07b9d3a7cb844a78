/* SPDX-License-Identifier: MIT */
/* The identity map: device memory below RAM, cached RAM. Atomics need it, and so does the speed. */
#include "bare.h"

#define GIB          (UINT64_C(1) << 30)
#define MIB2         (UINT64_C(2) << 20)
#define RAM          UINT64_C(0x70000000)
#define BLOCK        UINT64_C(0x1)
#define TABLE        UINT64_C(0x3)
#define ACCESSED     (UINT64_C(1) << 10)
#define SHAREABLE    (UINT64_C(3) << 8)
#define NEVER_RUN    (UINT64_C(3) << 53)
#define ATTRIBUTE(n) ((uint64_t)(n) << 2)
#define DEVICE       (BLOCK | ACCESSED | NEVER_RUN | ATTRIBUTE(0))
#define CACHED       (BLOCK | ACCESSED | SHAREABLE | ATTRIBUTE(1))

/* 4 KiB granule, 39-bit addresses: level 1 has entries of 1 GiB. */
static uint64_t level1[512] __attribute__((aligned(4096)));
static uint64_t level2[512] __attribute__((aligned(4096))); /* of the GiB in which RAM begins */

void bare_mmu_on(void)
{
    level1[0] = DEVICE;
    level1[1] = (uint64_t)(uintptr_t)level2 | TABLE;
    for (unsigned i = 2; i < 8; i++) {
        level1[i] = i * GIB | CACHED;
    }
    for (uint64_t at = RAM; at < 2 * GIB; at += MIB2) {
        level2[(at - GIB) / MIB2] = at | CACHED;
    }
    __asm__ volatile("msr mair_el1, %0\n"
                     "msr tcr_el1, %1\n"
                     "msr ttbr0_el1, %2\n"
                     "dsb sy\n"
                     "isb\n"
                     "mrs x9, sctlr_el1\n"
                     "orr x9, x9, %3\n"
                     "msr sctlr_el1, x9\n"
                     "isb\n" ::"r"(UINT64_C(0xff00)),
                     /* T0SZ 25, inner-shareable write-back walks, no TTBR1, 40-bit addresses */
                     "r"(UINT64_C(25) | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | UINT64_C(2) << 32),
                     "r"(level1), "r"(UINT64_C(0x1005)) /* MMU, data and instruction caches */
                     : "x9", "memory");
}
