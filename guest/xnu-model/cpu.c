/* SPDX-License-Identifier: MIT */
/* What the CPUs say they are, and the MMU with pages of 16 KiB. Spec: 81-booting-macos 3, 4. */
#include "model.h"

#define PAGE     UINT64_C(0x4000)
#define BLOCK    (UINT64_C(32) << 20)
#define ENTRIES  2048u /* a table fills a page */
#define RAM      UINT64_C(0x70000000)
#define ACCESSED (UINT64_C(1) << 10)
#define SHARED   (UINT64_C(3) << 8)
#define USER     (UINT64_C(1) << 6)
#define READONLY (UINT64_C(1) << 7)
#define NO_RUN   (UINT64_C(3) << 53) /* at either level */
#define NO_USER  (UINT64_C(1) << 54)
#define NO_KERN  (UINT64_C(1) << 53)
#define DEVICE   (ACCESSED | NO_RUN)
#define CACHED   (ACCESSED | SHARED | 1 << 2)

/* 36-bit addresses: one table of 32 MiB blocks, and one of pages for the block the kernel is in */
static uint64_t level2[ENTRIES] __attribute__((aligned(16384)));
static uint64_t level3[ENTRIES] __attribute__((aligned(16384)));

extern char user_page[];

void mmu_on(void)
{
    for (uint64_t i = 0; i < ENTRIES && level2[0] == 0; i++) {
        uint64_t at = RAM + i * PAGE;
        bool user = at == (uint64_t)user_page;

        level3[i] = at | CACHED | (user ? USER | READONLY | NO_KERN : NO_USER) | 3;
    }
    for (uint64_t i = 0; i < ENTRIES; i++) {
        level2[i] = i * BLOCK | (i * BLOCK < RAM ? DEVICE : CACHED | NO_USER) | 1;
    }
    level2[RAM / BLOCK] = (uint64_t)level3 | 3;
    write_register("mair_el1", 0xff00);
    /* T0SZ and T1SZ 28; both granules 16 KiB; write-back walks; 36-bit physical addresses */
    write_register("tcr_el1", UINT64_C(28) | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 14 | 28 << 16 |
                                  1 << 24 | 1 << 26 | UINT64_C(3) << 28 | UINT64_C(1) << 30 |
                                  UINT64_C(1) << 32);
    write_register("ttbr0_el1", level2);
    write_register("ttbr1_el1", level2);
    __asm__ volatile("tlbi vmalle1\ndsb sy\nisb" ::: "memory");
    write_register("sctlr_el1", read_register("sctlr_el1") | 0x1005); /* MMU and caches */
}

const char *pages_are_of_16_kib(void)
{
    static uint64_t word = 0x1122334455667788;
    uint64_t far;

    if (*(volatile uint64_t *)(UPPER_HALF | (uint64_t)&word) != word) {
        return "the upper half shows other memory";
    }
    __asm__ volatile("at s1e1r, %0\nisb" ::"r"(UPPER_HALF | (uint64_t)&word) : "memory");
    far = read_register("par_el1");
    if ((far & 1) ||
        (far & ~(PAGE - 1) & ((UINT64_C(1) << 36) - 1)) != ((uint64_t)&word & ~(PAGE - 1))) {
        return "a page is not where its table says";
    }
    return 0;
}

/* Spec: 81-booting-macos 4: what a register may show at all, and what it must. */
#define EXPECT(name, may, mask, must)                                                              \
    do {                                                                                           \
        uint64_t shown_ = read_register(name);                                                     \
        if (shown_ & ~(may)) {                                                                     \
            return name " shows what Apple's hypervisor hides";                                    \
        }                                                                                          \
        if ((shown_ & (mask)) != (must)) {                                                         \
            return name " lacks what macOS needs";                                                 \
        }                                                                                          \
    } while (0)

const char *ids_are_as_on_apples_hypervisor(void)
{
    uint64_t isar1 = read_register("id_aa64isar1_el1");

    /* 64-bit EL2 and EL3, and the GIC's registers */
    EXPECT("id_aa64pfr0_el1", UINT64_C(0xff0f0000ffff11ff), 0x0f00ff00, 0x01001100);
    EXPECT("id_aa64pfr1_el1", 0xf0, 0, 0);
    EXPECT("id_aa64dfr0_el1", 0xf0f0f006, 0xf, 6);
    EXPECT("id_aa64dfr1_el1", 0, 0, 0);
    EXPECT("id_aa64isar0_el1", ~UINT64_C(0x0f00000f), 0x00f000f0, 0x00200020); /* LSE, AES */
    EXPECT("id_aa64isar1_el1", UINT64_C(0xfffffffffff), 0, 0);
    EXPECT("s3_0_c0_c6_2", 0, 0, 0); /* ISAR2 */
    /* 36-bit addresses; pages of 16 KiB, without the longer addresses that 2 would mean */
    EXPECT("id_aa64mmfr0_el1", UINT64_C(0xf000fff000f7), 0x00f0000f, 0x00100001);
    EXPECT("id_aa64mmfr1_el1", 0xfffff0f0, 0, 0);
    EXPECT("id_aa64mmfr2_el1", UINT64_C(0xf0ff00ff000ff0ff), 0, 0);
    EXPECT("s3_0_c0_c7_3", 0, 0, 0); /* MMFR3 */
    EXPECT("id_aa64afr0_el1", 0, 0, 0);
    EXPECT("s3_0_c0_c4_4", 0, 0, 0); /* ZFR0 */
    EXPECT("s3_0_c0_c4_5", 0, 0, 0); /* SMFR0 */
    EXPECT("id_pfr0_el1", 0, 0, 0);
    EXPECT("id_pfr1_el1", 0, 0, 0);
    EXPECT("id_isar5_el1", 0, 0, 0);
    EXPECT("mvfr0_el1", 0, 0, 0);
    EXPECT("s3_0_c0_c5_7", 0, 0, 0);                      /* without a name */
    EXPECT("s3_1_c0_c0_7", 0xffffff, 0xffffff, 0x980200); /* AIDR */
    if ((isar1 & 0xff0) == 0 || (isar1 & 0xff000000) == 0) {
        return "no pointer authentication";
    }
    return 0;
}
