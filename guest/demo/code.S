/* SPDX-License-Identifier: MIT */
/* The libraries themselves, found through -I. */
.macro library name
.section .rodata
.balign 8
.global demo_code_\name
demo_code_\name:
.incbin "\name\().metallib"
.global demo_code_end_\name
demo_code_end_\name:
.endm

library sky_vertex
library sky_fragment
library solid_vertex
library solid_fragment
library ground_fragment
library particle_vertex
library particle_fragment
library text_vertex
library text_fragment
library move_particles

.section .note.GNU-stack, "", %progbits
