/* SPDX-License-Identifier: MIT */
/* Keys by hypercall, and what is signed with them: across levels, threads and CPUs.
 * Spec: 81-booting-macos 5, 6; 80-platform 3.3. */
#include "model.h"

#define GET_DEFAULT_KEYS 0xc1000001
#define SET_A_KEYS       0xc1000002
#define SET_B_KEYS       0xc1000003
#define SET_DIVERSIFIER  0xc1000004
#define DIVERSIFY_AT_EL1 0xc1000005
#define SET_G_KEY        0xc1000006
#define NOP              0xc10000f0
#define UNKNOWN_CALL     0xc1000007
#define NOT_SUPPORTED    UINT64_C(0xffffffff)

#define POINTER  (UPPER_HALF | 0x70001230)
#define USER     UINT64_C(0x5001234)
#define MODIFIER UINT64_C(0x1234)
#define ENABLES  (UINT64_C(1) << 31 | 1 << 30 | 1 << 27 | 1 << 13) /* IA, IB, DA, DB */
#define PAC_FAIL 0x1cu                                             /* class of exception */

static uint64_t seeds[4]; /* A, B, EL0 diversifier, G */

uint64_t hypercall(uint64_t function, uint64_t a1, uint64_t a2, uint64_t results[4])
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = 0;
    register uint64_t x4 __asm__("x4") = 0;

    __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4)::"memory");
    if (results) {
        results[0] = x1;
        results[1] = x2;
        results[2] = x3;
        results[3] = x4;
    }
    return x0;
}

void take_default_keys(void)
{
    hypercall(SET_A_KEYS, seeds[0], 0, 0);
    hypercall(SET_B_KEYS, seeds[1], 0, 0);
    hypercall(SET_DIVERSIFIER, seeds[2], 0, 0);
    hypercall(SET_G_KEY, seeds[3], 0, 0);
}

const char *keys_are_given(void)
{
    if (hypercall(GET_DEFAULT_KEYS, 0, 0, seeds) != 0) {
        return "the default keys are refused";
    }
    for (unsigned i = 0; i < 4; i++) {
        if (hypercall(NOP, 0, 0, 0) == NOT_SUPPORTED) {
            return "the service is not there";
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        if (seeds[i] == 0) {
            return "initproc failed to start: subcode 0xa (a default key is 0)";
        }
        for (unsigned j = 0; j < i; j++) {
            if (seeds[i] == seeds[j]) {
                return "two default keys are the same";
            }
        }
    }
    if (hypercall(UNKNOWN_CALL, 0, 0, 0) != NOT_SUPPORTED) {
        return "an unknown call is answered";
    }
    take_default_keys();
    return 0;
}

void pac_on(void)
{
    write_register("sctlr_el1", read_register("sctlr_el1") | ENABLES);
}

uint64_t sign(uint64_t pointer)
{
    __asm__ volatile(".arch armv8.5-a\npacda %0, %1" : "+r"(pointer) : "r"(MODIFIER));
    return pointer;
}

uint64_t authenticate(uint64_t pointer)
{
    __asm__ volatile(".arch armv8.5-a\nautda %0, %1" : "+r"(pointer) : "r"(MODIFIER));
    return pointer;
}

#define AGREES(key)                                                                                \
    ({                                                                                             \
        uint64_t signed_ = POINTER, back_;                                                         \
        __asm__ volatile(".arch armv8.5-a\npac" key " %0, %1" : "+r"(signed_) : "r"(MODIFIER));    \
        back_ = signed_;                                                                           \
        __asm__ volatile(".arch armv8.5-a\naut" key " %0, %1" : "+r"(back_) : "r"(MODIFIER));      \
        signed_ != POINTER &&back_ == POINTER;                                                     \
    })

const char *pointers_are_signed(void)
{
    uint64_t faults = authentication_faults, tampered = sign(POINTER) + 0x40, back;

    if (!AGREES("ia") || !AGREES("ib") || !AGREES("da") || !AGREES("db")) {
        return "a signed pointer does not authenticate";
    }
    back = authenticate(tampered);
    if (authentication_faults == faults && back == POINTER + 0x40) {
        return "a tampered pointer authenticates";
    }
    return 0;
}

/*
 * Two threads take turns. Each has a B key of its own, set when it is switched to, and return
 * addresses signed with that on its stack.
 */

enum { TURNS = 50 };

static char stack[STACK] __attribute__((aligned(16)));
static uint64_t left[2];        /* where each thread's stack was left */
static volatile unsigned turns; /* of the second thread */

static void switch_to(unsigned thread)
{
    hypercall(SET_B_KEYS, seeds[1] + 8 * thread, 0, 0);
    switch_stack(&left[!thread], left[thread]);
}

static void to_first(void)
{
    turns++;
    switch_to(0);
}

static void to_second(void)
{
    switch_to(1);
}

static void second_thread(void)
{
    for (;;) {
        call_signed(to_first);
    }
}

const char *threads_keep_their_signatures(void)
{
    uint64_t *top = (uint64_t *)(stack + sizeof(stack) - 96);
    uint64_t faults = authentication_faults;

    for (unsigned i = 0; i < 12; i++) {
        top[i] = 0;
    }
    top[0] = (uint64_t)second_thread; /* x19 */
    top[11] = (uint64_t)begin_thread; /* x30 */
    left[1] = (uint64_t)top;
    turns = 0;
    hypercall(SET_B_KEYS, seeds[1], 0, 0);
    for (unsigned i = 0; i < TURNS; i++) {
        call_signed(to_second);
    }
    if (authentication_faults != faults) {
        return "PAC failure on a return address";
    }
    return turns == TURNS ? 0 : "a thread lost its turn";
}

/*
 * The kernel signs for its user, with the diversifier on, and the user for itself.
 */

static bool user_gets(uint64_t signed_pointer)
{
    struct el0_result result = run_at_el0((uint64_t)user_authenticate, signed_pointer, MODIFIER);

    return result.esr >> 26 == 0x15 && result.x0 == USER;
}

const char *users_share_the_kernels_signatures(void)
{
    struct el0_result by_user;
    uint64_t by_kernel = USER;

    hypercall(DIVERSIFY_AT_EL1, 1, seeds[2], 0);
    __asm__ volatile(".arch armv8.5-a\npacia %0, %1" : "+r"(by_kernel) : "r"(MODIFIER));
    hypercall(DIVERSIFY_AT_EL1, 0, seeds[2], 0);
    if (by_kernel == USER) {
        return "the kernel cannot sign for its user";
    }
    if (!user_gets(by_kernel)) {
        return "launchd dies: a pointer that the kernel signed does not authenticate";
    }
    by_user = run_at_el0((uint64_t)user_sign, USER, MODIFIER);
    if (by_user.x0 == USER || !user_gets(by_user.x0)) {
        return "a user's own pointer does not authenticate";
    }
    return 0;
}

/* No macOS does this: any id with any argument, and the start again. Spec: 81-booting-macos 19. */
const char *wild_calls_do_no_harm(void)
{
    static const uint64_t arguments[] = {0, 1, 2, UINT64_MAX, UINT64_C(0xc1000000)};
    static const uint64_t blocks[] = {0xc1000000, 0xc3000100, 0x83000000, 0xc6000000,
                                      UINT64_C(0xffffffffc1000000)};
    uint64_t results[4];

    for (unsigned block = 0; block < 5; block++) {
        for (unsigned i = 0; i < 0x100; i++) {
            for (unsigned a = 0; a < 5; a++) {
                hypercall(blocks[block] + i, arguments[a], arguments[4 - a], results);
            }
        }
    }
    hypercall(GET_DEFAULT_KEYS, 0, 0, results);
    for (unsigned i = 0; i < 4; i++) {
        if (results[i] != seeds[i]) {
            return "the default keys have changed";
        }
    }
    take_default_keys();
    return pointers_are_signed();
}
