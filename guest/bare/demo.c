/* SPDX-License-Identifier: MIT */
/* The demo without an operating system: what "vmapple demo" starts. */
#include "bare.h"
#include "machine.h"

#include "demo/show.h"

#define GICD       UINT64_C(0x10000000)
#define GICR       UINT64_C(0x10010000)
#define TIMER      27u /* the virtual timer's interrupt */
#define TOLD_EVERY 60  /* pictures */

static struct kit kit;
static struct show show;

static void store32(uint64_t at, uint32_t value)
{
    *(volatile uint32_t *)at = value;
}

/* Lets the timer's interrupt arrive as far as it takes to end a WFI; it is never taken. */
static void interrupts_on(void)
{
    store32(GICD + 0x0, 1 << 4 | 1 << 1);       /* CTLR: affinity routing, group 1 */
    store32(GICR + 0x14, 0);                    /* WAKER: be awake */
    store32(GICR + 0x10080, ~0u);               /* IGROUPR0: all in group 1 */
    store32(GICR + 0x10100, 1u << TIMER);       /* ISENABLER0 */
    __asm__ volatile("msr S3_0_C12_C12_5, %0\n" /* ICC_SRE_EL1: system registers */
                     "isb\n"
                     "msr S3_0_C4_C6_0, %1\n"   /* ICC_PMR_EL1: every priority */
                     "msr S3_0_C12_C12_7, %2\n" /* ICC_IGRPEN1_EL1 */
                     "isb\n" ::"r"(UINT64_C(7)),
                     "r"(UINT64_C(0xff)), "r"(UINT64_C(1)));
}

/* Sleeps half a millisecond: a spinning CPU would take the time in which a host without a GPU
 * draws.
 */
static bool sleep_a_little(void *at)
{
    __asm__ volatile("msr cntv_tval_el0, %0\n"
                     "msr cntv_ctl_el0, %1\n"
                     "isb\n"
                     "wfi\n"
                     "msr cntv_ctl_el0, xzr\n"
                     "isb\n" ::"r"(ticks_per_second() / 2000),
                     "r"(UINT64_C(1))
                     : "memory");
    return is_patient();
}

static double now(void)
{
    return (double)ticks() / (double)ticks_per_second();
}

static void tell_pictures(void)
{
    struct text text = {.length = 0};

    text_add(&text, "demo-frames: ");
    text_add_number(&text, show.pictures);
    text_add(&text, " in ");
    text_add_tenths(&text, show.last - show.started);
    text_add(&text, " s\n");
    say(text.bytes);
}

void bare_main(void)
{
    struct kit_platform platform = machine_gpu;

    platform.pause = sleep_a_little;
    bare_mmu_on();
    interrupts_on();
    machine_init(MACHINE_MOST_PAGES);
    be_patient();
    kit_init(&kit, KIT_ARM64, &platform, NULL);
    show_start(&show, &kit, now, 0, 0, NULL);
    while (!kit.failure) {
        be_patient();
        show_picture(&show, (float)(now() - show.started));
        if (show.pictures == 1) {
            say("demo-first-frame\n");
        } else if (show.pictures % TOLD_EVERY == 0) {
            tell_pictures();
        }
    }
    say("demo: FAILED ");
    say(kit.failure);
    say("\n");
}
