/* SPDX-License-Identifier: MIT
 * What the host says to this program: "key=value" words after "--" on the kernel command line. */
#ifndef GUEST_OPTIONS_H
#define GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Keeps @argv, which must outlive all calls below. */
void options_init(char **argv);

/* The value of @key; NULL when it was not given. */
const char *option_text(const char *key);

/* The value of @key as a number, decimal or 0x...; @otherwise when it was not given. */
uint64_t option_number(const char *key, uint64_t otherwise);

/* Whether the comma-separated list @key names @word; true when the list was not given. */
bool option_lists(const char *key, const char *word);

#endif
