/* SPDX-License-Identifier: MIT */
/* The bare-metal guest for -M vmapple: no kernel, no interrupts, one CPU. */
#ifndef BARE_H
#define BARE_H

#include <stdint.h>

/* mmu.c: maps memory and turns the caches on. Before it atomics do not work. */
void bare_mmu_on(void);

/* start.S calls it; when it returns the machine sleeps. */
void bare_main(void);

#endif
