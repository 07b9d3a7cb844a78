/* SPDX-License-Identifier: MIT
 * Input devices, found by name. */
#ifndef GUEST_INPUT_H
#define GUEST_INPUT_H

#include <stdbool.h>
#include <linux/input.h>

/* Opens the input device whose name contains @name, waiting for it up to @seconds; -1 when none
 * appears. */
int input_open(const char *name, double seconds);

/* Waits up to @seconds for an event of @type, @code and @value; whether it came. */
bool input_wait(int input, unsigned type, unsigned code, int value, double seconds);

#endif
