/* SPDX-License-Identifier: MIT */
/* What bare-metal guests know of the machine. One CPU calls these. */
#ifndef BARE_MACHINE_H
#define BARE_MACHINE_H

#include "kit/kit.h"

#define MACHINE_MOST_PAGES 16384u

/* First of all, with the MMU on: fills the store of GPU memory with @pages single pages of 16 KiB, a
 * power of two up to MACHINE_MOST_PAGES, and a quarter as many in rows. */
void machine_init(unsigned pages);

/* To the serial port */
void say(const char *text);
void say_number(uint64_t number);

/* A step's name and its verdict; @failure: what went wrong, NULL: nothing */
void say_verdict(const char *name, const char *failure);

/* The virtual counter, and its rate as the CPU tells it */
uint64_t ticks(void);
uint64_t ticks_per_second(void);

/* For kit_init(): the GPU at its windows, with memory from 0x72000000 on */
extern const struct kit_platform machine_gpu;

/* From now on the kit waits for a minute in all before it gives up. */
void be_patient(void);
bool is_patient(void);

#endif
