/* SPDX-License-Identifier: MIT */
/* Results in the Test Anything Protocol, of tests whose rows are made at run time. */
#ifndef PVG_TESTS_SHADER_TAP_H
#define PVG_TESTS_SHADER_TAP_H

#include <stdbool.h>
#include <stdint.h>

/* @why is said of what failed. */
void tap_result(bool ok, const char *sentence, const char *why);

/* Whether a device with @features has those that are @needed; else the sentence is skipped. Both
 * are PVG_SHADER_FEATURE() bits. */
bool tap_has(uint64_t features, uint64_t needed, const char *sentence);

/* The end of main(): how many there were. */
int tap_end(void);

/* The same where nothing can be tested. */
int tap_skip_all(const char *why);

#endif
