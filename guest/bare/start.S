/* SPDX-License-Identifier: MIT */
/* The first instructions: a stack, floating point, then C. The machine starts us at EL1. */
    .section .text.start, "ax"
    .global _start
_start:
    adrp    x0, stack_top
    add     x0, x0, :lo12:stack_top
    mov     sp, x0
    mov     x0, #(3 << 20)
    msr     cpacr_el1, x0
    isb
    bl      bare_main
0:  wfi
    b       0b
