/* SPDX-License-Identifier: MIT */
/* What the CPUs say they are, and the MMU with pages of 16 KiB. Spec: 81-booting-macos 3, 4. */
#include "model.h"

#include "bare/machine.h"

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

/* What a register may show at all, and what it must; all that are not here are 0. */
static const struct rule {
    const char *name;
    unsigned crm, op2;
    uint64_t may, mask, must;
} rules[] = {
    /* 64-bit EL2 and EL3, and the GIC's registers */
    {"ID_AA64PFR0", 4, 0, UINT64_C(0xff0f0000ffff11ff), 0x0f00ff00, 0x01001100},
    {"ID_AA64PFR1", 4, 1, 0xf0, 0, 0},
    {"ID_AA64DFR0", 5, 0, 0xf0f0f006, 0xf, 6},
    {"ID_AA64ISAR0", 6, 0, ~UINT64_C(0x0f00000f), 0x00f000f0, 0x00200020}, /* LSE, AES */
    {"ID_AA64ISAR1", 6, 1, UINT64_C(0xfffffffffff), 0, 0},
    /* 36-bit addresses; pages of 16 KiB, without the longer addresses that 2 would mean */
    {"ID_AA64MMFR0", 7, 0, UINT64_C(0xf000fff000f7), 0x00f0000f, 0x00100001},
    {"ID_AA64MMFR1", 7, 1, 0xfffff0f0, 0, 0},
    {"ID_AA64MMFR2", 7, 2, UINT64_C(0xf0ff00ff000ff0ff), 0, 0},
};

static const struct rule *find_rule(unsigned crm, unsigned op2)
{
    for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].crm == crm && rules[i].op2 == op2) {
            return &rules[i];
        }
    }
    return 0;
}

static const char *complain(const char *name, const char *what)
{
    say(name);
    say("\n");
    return what;
}

const char *ids_are_as_on_apples_hypervisor(void)
{
    static uint64_t ids[7][8];
    uint64_t isar1;

    read_ids(ids);
    for (unsigned crm = 1; crm <= 7; crm++) {
        for (unsigned op2 = 0; op2 < 8; op2++) {
            const struct rule *rule = find_rule(crm, op2);
            uint64_t id = ids[crm - 1][op2];

            if (id & ~(rule ? rule->may : 0)) {
                return complain(rule ? rule->name : "another register",
                                "an ID register shows what Apple's hypervisor hides");
            }
            if (rule && (id & rule->mask) != rule->must) {
                return complain(rule->name, "an ID register lacks what macOS needs");
            }
        }
    }
    isar1 = ids[5][1];
    if ((isar1 & 0xff0) == 0 || (isar1 & 0xff000000) == 0) {
        return "no pointer authentication";
    }
    /* AIDR */
    return read_register("s3_1_c0_c0_7") == 0x980200 ? 0 : "not a CPU of Apple's";
}
