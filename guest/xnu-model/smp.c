/* SPDX-License-Identifier: MIT */
/* The other CPUs. Each asks for its keys before all else. Spec: 81-booting-macos 5, 9. */
#include "model.h"

#include "bare/machine.h"

#define PSCI_VERSION 0x84000000
#define PSCI_CPU_ON  0xc4000003
#define NEWEST_KNOWN 0x10001

#define POINTER (UPPER_HALF | 0x70004560)

#define GET_MABS_OFFSET       0xc3000003
#define GET_BOOT_SESSION_UUID 0xc3000004
#define VCPU_WAIT_FOR_KICK    0xc3000005
#define VCPU_KICK             0xc3000006
#define UID                   0x8300ff01
#define REVISION              0x8300ff03
#define FEATURES              0x8300feff
#define NOT_SUPPORTED         UINT64_C(0xffffffff)

char secondary_stacks[MAX_CPUS][STACK] __attribute__((aligned(16)));

static unsigned running = 1;
static volatile unsigned waiting, asleep, kicked; /* for a kick */
static volatile unsigned online;
static volatile uint64_t letter;     /* a pointer that CPU 0 signed */
static volatile unsigned answers;    /* CPUs that have read it ... */
static volatile unsigned agreements; /* ... and found it good */

void handle_ipi(unsigned cpu)
{
    if (waiting) {
        return; /* it only wakes */
    }
    uint64_t back = authenticate(letter);

    __atomic_add_fetch(&agreements, back == POINTER && sign(POINTER) == letter, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&answers, 1, __ATOMIC_SEQ_CST);
}

void secondary_main(unsigned cpu)
{
    mmu_on();
    take_default_keys();
    pac_on();
    gic_start(cpu);
    if (timer_comes_as_fiq() == 0) {
        __atomic_add_fetch(&online, 1, __ATOMIC_SEQ_CST);
    }
    for (;;) {
        if (waiting) {
            /* Not before it is asked for, and then by a kick and nothing else. */
            __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
            hypercall(VCPU_WAIT_FOR_KICK, 1, 0, 0);
            __atomic_add_fetch(&kicked, 1, __ATOMIC_SEQ_CST);
            while (waiting) {
                __asm__ volatile("yield");
            }
        }
        __asm__ volatile("wfi");
    }
}

const char *cpus_start(void)
{
    if (hypercall(PSCI_VERSION, 0, 0, 0) > NEWEST_KNOWN) {
        return "unsupported PSCI version; one CPU";
    }
    for (unsigned cpu = 1; cpu < machine.cpus; cpu++) {
        uint64_t affinity = cpu % 16 | cpu / 16 << 8;

        /* x3, the number, is beyond what hypercall() takes */
        register uint64_t x0 __asm__("x0") = PSCI_CPU_ON;
        register uint64_t x1 __asm__("x1") = affinity;
        register uint64_t x2 __asm__("x2") = (uint64_t)secondary_start;
        register uint64_t x3 __asm__("x3") = cpu;

        __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
        if (x0 != 0) {
            return "CPU_ON is refused";
        }
        if (!interrupts_wait(&online, cpu)) {
            return "a CPU does not come up";
        }
    }
    running = machine.cpus;
    return 0;
}

const char *cpus_agree_on_signatures(void)
{
    answers = agreements = 0;
    letter = sign(POINTER);
    for (unsigned cpu = 1; cpu < running; cpu++) {
        send_ipi(cpu);
    }
    if (!interrupts_wait(&answers, running - 1)) {
        return "an interrupt from CPU to CPU is lost";
    }
    return agreements == running - 1 ? 0 : "PAC failure with data key A: the CPUs' keys differ";
}

static const char *secondaries_wait_for_their_kick(void)
{
    asleep = kicked = 0;
    waiting = 1;
    for (unsigned cpu = 1; cpu < running; cpu++) {
        send_ipi(cpu);
    }
    if (!interrupts_wait(&asleep, running - 1)) {
        return "a CPU does not go to sleep";
    }
    for (uint64_t until = ticks() + ticks_per_second() / 20; ticks() < until;) {
        if (kicked) {
            return "a CPU wakes without a kick";
        }
    }
    for (unsigned cpu = 1; cpu < running; cpu++) {
        hypercall(VCPU_KICK, cpu % 16 | cpu / 16 << 8, 0, 0);
    }
    if (!interrupts_wait(&kicked, running - 1)) {
        return "a kick is lost";
    }
    waiting = 0;
    return 0;
}

/* None of these is needed; where they are offered they must work. */
const char *services_are_what_discovery_says(void)
{
    uint64_t words[4], again[4];

    /* KVM answers what it does not forward, and in 64 bits. */
    if ((uint32_t)hypercall(UID, 0, 0, words) == NOT_SUPPORTED) {
        return (uint32_t)hypercall(GET_MABS_OFFSET, 5, 0, 0) == NOT_SUPPORTED
                   ? 0
                   : "not offered, yet served";
    }
    if (hypercall(UID, 0, 0, words) != 0x9cbb6ebb || words[0] != 0x9dc9d679 ||
        words[1] != 0xaa624e1f || words[2] != 0x3b878185) {
        return "another hypervisor";
    }
    if (hypercall(REVISION, 0, 0, words) != 1 || words[0] != 0) {
        return "another revision";
    }
    if (hypercall(FEATURES, VCPU_KICK, 0, 0) != 0 ||
        hypercall(FEATURES, 0xc3000099, 0, 0) != NOT_SUPPORTED) {
        return "features are told wrongly";
    }
    if (hypercall(GET_MABS_OFFSET, 5, 0, words) != 0 || words[0] != 5) {
        return "the clock has an offset";
    }
    if (hypercall(GET_BOOT_SESSION_UUID, 0, 0, words) != 0 ||
        hypercall(GET_BOOT_SESSION_UUID, 0, 0, again) != 0 ||
        (words[0] | words[1] | words[2] | words[3]) == 0 || words[0] != again[0]) {
        return "no boot session";
    }
    if (hypercall(VCPU_KICK, 0xffff, 0, 0) != NOT_SUPPORTED) {
        return "a CPU that is not there is kicked";
    }
    say("services are offered\n");
    return secondaries_wait_for_their_kick();
}
