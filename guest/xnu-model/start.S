/* SPDX-License-Identifier: MIT */
/* Where CPUs enter: the booter in the firmware's place, the kernel, its secondaries; and what C
 * cannot say: exceptions, another level, another stack, signed return addresses. */
    .arch armv8.5-a

#define PAC_SET_INITIAL_STATE 0xc1000000

    .macro load32 register, value
    movz    \register, #((\value) & 0xffff)
    movk    \register, #((\value) >> 16), lsl #16
    .endm

/* What a C function finds as it left it; 96 bytes of the stack */
    .macro push_kept
    stp     x19, x20, [sp, #-96]!
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    .endm

    .macro pop_kept
    ldp     x21, x22, [sp, #16]
    ldp     x23, x24, [sp, #32]
    ldp     x25, x26, [sp, #48]
    ldp     x27, x28, [sp, #64]
    ldp     x29, x30, [sp, #80]
    ldp     x19, x20, [sp], #96
    .endm

/*
 * The booter. It signs before it says anything, so without pointer authentication it is never heard
 * of: it waits at 0x0010_040C, as Apple's does. Spec: 81-booting-macos 2.
 */
    .section .booter, "ax"
    .global booter
booter:
    mrs     x9, mpidr_el1
    adr     x9, booter_vectors
    msr     vbar_el1, x9
    isb
    /* Keys of its own choice; the kernel's first hypercall makes them everybody's. */
    load32  x10, 0x600dc0de
    msr     apiakeylo_el1, x10
    add     x10, x10, #1
    msr     apiakeyhi_el1, x10
    add     x10, x10, #1
    msr     apibkeylo_el1, x10
    add     x10, x10, #1
    msr     apibkeyhi_el1, x10
    add     x10, x10, #1
    msr     apdakeylo_el1, x10
    add     x10, x10, #1
    msr     apdakeyhi_el1, x10
    add     x10, x10, #1
    msr     apdbkeylo_el1, x10
    add     x10, x10, #1
    msr     apdbkeyhi_el1, x10
    add     x10, x10, #1
    msr     apgakeylo_el1, x10
    add     x10, x10, #1
    msr     apgakeyhi_el1, x10
    isb
    pacga   x11, x10, x9
    mov     x0, #(3 << 20)
    msr     cpacr_el1, x0
    isb
    ldr     x0, =stack_top
    mov     sp, x0
    ldr     x1, =firmware_main
    blr     x1                      /* x0: the boot arguments, or 0 */
    cbz     x0, booter_wait
    mov     x1, x0
    mov     x0, #0
    ldr     x2, =kernel_start
    br      x2

    .org    booter + 0x40c
booter_wait:
    b       booter_wait
    .ltorg

    .org    booter + 0x1000
booter_vectors:
    .rept   16
    .balign 128
    b       booter_wait
    .endr

/*
 * The kernel: the MMU is off, x1 is the boot arguments. Until the first call is answered with 0
 * it does nothing but wait for that, as from macOS 26 on.
 */
    .section .text.start, "ax"
    .global kernel_start, kernel_spin, secondary_start
kernel_start:
    mov     x20, x1
    load32  x0, PAC_SET_INITIAL_STATE
    hvc     #0
    cbnz    x0, kernel_spin
    ldr     x0, =stack_top
    mov     sp, x0
    ldr     x0, =vectors
    msr     vbar_el1, x0
    isb
    mov     x0, x20
    bl      kernel_main
0:  wfi
    b       0b

kernel_spin:
    b       kernel_spin

/* x0: the CPU's number */
secondary_start:
    mov     x20, x0
    load32  x0, PAC_SET_INITIAL_STATE
    hvc     #0
    cbnz    x0, kernel_spin
    mov     x0, #(3 << 20)
    msr     cpacr_el1, x0
    ldr     x0, =secondary_stacks
    add     x1, x20, #1
    add     x0, x0, x1, lsl #14     /* STACK */
    mov     sp, x0
    ldr     x0, =vectors
    msr     vbar_el1, x0
    isb
    mov     x0, x20
    bl      secondary_main
0:  wfi
    b       0b
    .ltorg

/*
 * Exceptions. A frame is x0 to x30, the return address, the state.
 */
#define FRAME 272

    .macro vector handler
    .balign 128
    sub     sp, sp, #FRAME
    stp     x0, x1, [sp]
    ldr     x1, =\handler
    b       enter
    .endm

    .macro unexpected
    vector  model_unexpected
    .endm

    .balign 2048
vectors:
    .rept 4
    unexpected
    .endr
    vector  model_sync
    vector  model_irq
    vector  model_fiq
    unexpected
    /* From EL0: only what run_at_el0 began, and its end is a return. */
    .balign 128
    mrs     x1, esr_el1
    b       return_from_el0
    .rept 7
    unexpected
    .endr

enter:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x30, x2, [sp, #240]
    str     x3, [sp, #256]
    mov     x0, sp
    blr     x1
    ldp     x30, x2, [sp, #240]
    ldr     x3, [sp, #256]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldp     x0, x1, [sp]
    add     sp, sp, #FRAME
    eret
    .ltorg

/* struct el0_result run_at_el0(code, x0, x1): what x0 was in the end, and how it ended */
    .global run_at_el0
run_at_el0:
    push_kept
    mov     x9, #0x3c0
    msr     elr_el1, x0
    msr     spsr_el1, x9
    mov     x0, x1
    mov     x1, x2
    eret
return_from_el0:
    pop_kept
    msr     daifclr, #3
    ret

/* void switch_stack(uint64_t *from, uint64_t to): goes on where @to was left */
    .global switch_stack, begin_thread
switch_stack:
    push_kept
    mov     x9, sp
    str     x9, [x0]
    mov     sp, x1
    pop_kept
    ret

/* What a new thread's stack returns to: x19 is what it runs, and never comes back from */
begin_thread:
    blr     x19
    b       kernel_spin

/* void call_signed(void (*work)(void)): @work runs while the return address lies signed */
    .global call_signed
call_signed:
    pacibsp
    stp     x29, x30, [sp, #-16]!
    blr     x0
    ldp     x29, x30, [sp], #16
    autibsp
    ret

/* void read_ids(uint64_t ids[7][8]): S3_0_C0_C<1 to 7>_<0 to 7> */
    .global read_ids
read_ids:
    .irp    crm, 1, 2, 3, 4, 5, 6, 7
    .irp    op2, 0, 1, 2, 3, 4, 5, 6, 7
    mrs     x1, S3_0_C0_C\crm\()_\op2
    str     x1, [x0], #8
    .endr
    .endr
    ret

/* What runs at EL0: each signs or authenticates x0, with x1 */
    .section .user, "ax"
    .global user_sign, user_authenticate
user_sign:
    pacia   x0, x1
    svc     #0
user_authenticate:
    autia   x0, x1
    svc     #0
