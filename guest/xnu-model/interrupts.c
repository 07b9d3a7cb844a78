/* SPDX-License-Identifier: MIT */
/* The interrupt controller as macOS sets it up: timers in Group 0, which come as FIQ; all else in
 * Group 1. Spec: 81-booting-macos 8, 9 and vector B4. */
#include "model.h"

#include "bare/machine.h"

#define GICD            UINT64_C(0x10000000)
#define GICD_CTLR       0x0000
#define GICD_IGROUPR    0x0080
#define GICD_ISENABLER  0x0100
#define GICD_IPRIORITYR 0x0400
#define GICD_IROUTER    0x6000
#define GICR            UINT64_C(0x10010000)
#define GICR_STRIDE     0x20000
#define GICR_WAKER      0x00014
#define GICR_SGI        0x10000
#define IGROUPR0        0x0080
#define ISENABLER0      0x0100

#define GROUP1_PPIS  0x81ffffffu
#define TIMER_ENABLE 0x08000000u

#define AVP_RTC    UINT64_C(0x30240000)
#define RTC_ENABLE 0x20
#define RTC_ACK    0x38

enum { TIMER = 27, IPI = 0, SPURIOUS = 1020, CLASS_PAC_FAIL = 0x1c };

volatile unsigned timer_ticks[MAX_CPUS], device_interrupts;
volatile uint64_t authentication_faults;

unsigned this_cpu(void)
{
    uint64_t mpidr = read_register("mpidr_el1");

    return (mpidr & 0xff) + (mpidr >> 8 & 0xff) * 16;
}

/* The instructions that macOS has here: two stores that move their base. */
static void odd_stores(uint64_t frame)
{
    register uint64_t x8 __asm__("x8") = frame;
    register uint64_t x9 __asm__("x9") = GROUP1_PPIS;

    __asm__ volatile("dsb sy\n"
                     ".inst 0xb8080d09\n" /* str w9, [x8, #128]! */
                     "mov w9, %w2\n"
                     ".inst 0xb8080d09\n"
                     "dsb sy"
                     : "+r"(x8), "+r"(x9)
                     : "r"(TIMER_ENABLE)
                     : "memory");
}

static uint64_t sgi_frame(unsigned cpu)
{
    return GICR + (uint64_t)cpu * GICR_STRIDE + GICR_SGI;
}

void gic_start(unsigned cpu)
{
    write32(sgi_frame(cpu) - GICR_SGI + GICR_WAKER, 0);
    odd_stores(sgi_frame(cpu));
    write_register("s3_0_c12_c12_5", 7);  /* ICC_SRE: registers */
    write_register("s3_0_c4_c6_0", 0xff); /* ICC_PMR: all priorities */
    write_register("s3_0_c12_c12_4", 2);  /* ICC_CTLR: end and deactivation apart */
    write_register("s3_0_c12_c12_6", 1);  /* ICC_IGRPEN0 */
    write_register("s3_0_c12_c12_7", 1);  /* ICC_IGRPEN1 */
    if (cpu == 0) {
        write32(GICD + GICD_CTLR, 0x13); /* affinity routing, both groups */
    }
    __asm__ volatile("msr daifclr, #3" ::: "memory");
}

void gic_route(unsigned intid)
{
    write32(GICD + GICD_IGROUPR + intid / 32 * 4,
            read32(GICD + GICD_IGROUPR + intid / 32 * 4) | 1u << intid % 32);
    write64(GICD + GICD_IROUTER + intid * 8, 0);
    write32(GICD + GICD_ISENABLER + intid / 32 * 4, 1u << intid % 32);
}

void send_ipi(unsigned cpu)
{
    __asm__ volatile("dsb sy" ::: "memory");
    write_register("s3_0_c12_c11_5", (uint64_t)(cpu / 16) << 16 | 1u << cpu % 16); /* ICC_SGI1R */
}

bool interrupts_wait(volatile unsigned *count, unsigned until)
{
    for (uint64_t deadline = ticks() + ticks_per_second(); ticks() < deadline;) {
        if (*count >= until) {
            return true;
        }
        __asm__ volatile("yield");
    }
    return *count >= until;
}

void model_fiq(struct frame *frame);
void model_irq(struct frame *frame);
void model_sync(struct frame *frame);
void model_unexpected(struct frame *frame);

void model_fiq(struct frame *frame)
{
    uint64_t intid = read_register("s3_0_c12_c8_0"); /* ICC_IAR0 */

    if (intid == TIMER) {
        write_register("cntv_ctl_el0", 0);
        timer_ticks[this_cpu()]++;
    }
    if (intid < SPURIOUS) {
        write_register("s3_0_c12_c8_1", intid);  /* ICC_EOIR0 */
        write_register("s3_0_c12_c11_1", intid); /* ICC_DIR */
    }
}

void model_irq(struct frame *frame)
{
    uint64_t intid = read_register("s3_0_c12_c12_0"); /* ICC_IAR1 */

    if (intid == IPI) {
        handle_ipi(this_cpu());
    } else if (intid < SPURIOUS) {
        /* A line: its device is quieted here, or it would come again. */
        write32(GICD + 0x180 + intid / 32 * 4, 1u << intid % 32);
        device_interrupts++;
    }
    if (intid < SPURIOUS) {
        write_register("s3_0_c12_c12_1", intid); /* ICC_EOIR1 */
        write_register("s3_0_c12_c11_1", intid);
    }
}

static void say_hex(uint64_t value)
{
    say("0x");
    for (int shift = 60; shift >= 0; shift -= 4) {
        char digit[2] = {"0123456789abcdef"[value >> shift & 15], 0};

        say(digit);
    }
}

static void panic(struct frame *frame)
{
    say("panic: ESR ");
    say_hex(read_register("esr_el1"));
    say(" FAR ");
    say_hex(read_register("far_el1"));
    say(" PC ");
    say_hex(frame->elr);
    say("\n");
    for (;;) {
        __asm__ volatile("wfi");
    }
}

/* The kernel survives a failed authentication, and counts it. */
void model_sync(struct frame *frame)
{
    if (read_register("esr_el1") >> 26 != CLASS_PAC_FAIL) {
        panic(frame);
    }
    authentication_faults++;
    frame->elr += 4;
}

void model_unexpected(struct frame *frame)
{
    panic(frame);
}

const char *gic_takes_the_odd_stores(void)
{
    if (read32(sgi_frame(0) + IGROUPR0) != GROUP1_PPIS) {
        return "the timers are not in Group 0";
    }
    return read32(sgi_frame(0) + ISENABLER0) & TIMER_ENABLE ? 0 : "the timer is not enabled";
}

const char *timer_comes_as_fiq(void)
{
    unsigned cpu = this_cpu();

    for (unsigned i = 0; i < 5; i++) {
        unsigned before = timer_ticks[cpu];

        write_register("cntv_tval_el0", ticks_per_second() / 1000);
        write_register("cntv_ctl_el0", 1);
        if (!interrupts_wait(&timer_ticks[cpu], before + 1)) {
            return "no FIQ";
        }
    }
    return 0;
}

/* Both clocks at one time, as near as a busy host lets us */
static void read_clocks(uint64_t *microseconds, uint64_t *counter)
{
    uint64_t narrowest = UINT64_MAX;

    for (unsigned i = 0; i < 200; i++) {
        uint64_t before = ticks(), time = read64(AVP_RTC), width = ticks() - before;

        if (width < narrowest) {
            narrowest = width;
            *microseconds = time;
            *counter = before + width / 2;
        }
    }
}

/* A tenth of a second by Apple's clock, and how long the kernel thinks it was */
const char *clock_has_the_trees_rate(void)
{
    uint64_t start = 0, from = 0, until = 0, to = 0, passed;

    write64(AVP_RTC + RTC_ENABLE, 6);
    write64(AVP_RTC + RTC_ACK, UINT64_C(0x00ffffffffffffff));
    read_clocks(&start, &from);
    do {
        if (ticks() - from > 10 * ticks_per_second()) {
            return "Apple's clock stands still";
        }
    } while (read64(AVP_RTC) - start < 100000);
    read_clocks(&until, &to);
    /* in thousandths of a second, for each tenth */
    passed = (to - from) * 100000000 / machine.timebase / (until - start);
    if (passed < 80) {
        return "the clock runs slow";
    }
    if (passed > 300) {
        static char text[] = "the clock runs 00 times too fast";

        text[15] = (char)('0' + passed / 100 / 10 % 10);
        text[16] = (char)('0' + passed / 100 % 10);
        return text;
    }
    return 0;
}
