/* SPDX-License-Identifier: MIT
 * What the host wrote on every disk: cells of 16 bytes, "NAME:SECTOR:CELL" and a newline, so that
 * each cell says where it belongs. scripts/vm/disks.py writes the same. */
#ifndef GUEST_PATTERN_H
#define GUEST_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECTOR = 512 };

/* Fills @out with sector @sector of the disk @name, a word of four letters. */
void pattern_fill(uint8_t out[SECTOR], const char *name, uint64_t sector);

/* The first of @count sectors at @data that is not as the disk @name has it from @sector on;
 * @count when all are. */
uint64_t pattern_check(const uint8_t *data, const char *name, uint64_t sector, uint64_t count);

#endif
