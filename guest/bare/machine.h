/* SPDX-License-Identifier: MIT */
/* What bare-metal guests know of the machine. One CPU calls these. */
#ifndef BARE_MACHINE_H
#define BARE_MACHINE_H

#include "kit/kit.h"

/* First of all, with the MMU on: fills the store of GPU memory. */
void machine_init(void);

/* To the serial port */
void say(const char *text);
void say_number(uint64_t number);

/* The virtual counter, and its rate as the CPU tells it */
uint64_t ticks(void);
uint64_t ticks_per_second(void);

/* For kit_init(): the GPU at its windows, with memory from 0x72000000 to 0x74800000 */
extern const struct kit_platform machine_gpu;

/* From now on the kit waits for ten seconds in all before it gives up. */
void be_patient(void);

#endif
