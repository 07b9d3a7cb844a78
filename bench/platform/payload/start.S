/* SPDX-License-Identifier: MIT */
/* Runs in place of the firmware, at EL1 with the MMU off; ends with PSCI SYSTEM_OFF. */
    .section .text.start, "ax"
    .global _start
_start:
    ldr x0, =0x70100000
    mov sp, x0
    bl main
    ldr x0, =0x84000008
    hvc #0
1:  wfi
    b 1b
