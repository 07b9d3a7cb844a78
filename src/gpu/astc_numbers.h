/* SPDX-License-Identifier: MIT */
/* Numbers in an ASTC block: its bits, the integer sequences in them, and what the numbers of a
 * sequence stand for. The format is Khronos' Data Format Specification, chapter ASTC. */
#ifndef PVG_GPU_ASTC_NUMBERS_H
#define PVG_GPU_ASTC_NUMBERS_H

#include <stdint.h>

struct pvg_astc_bits {
    uint64_t low, high;
};

struct pvg_astc_bits pvg_astc_bits_of(const uint8_t block[16]);

/* @count bits, at most 16, from @at on; those behind the end are 0. */
unsigned pvg_astc_bits_get(const struct pvg_astc_bits *b, unsigned at, unsigned count);

/* The same bits, read from the other end: so weights are stored. */
struct pvg_astc_bits pvg_astc_bits_reversed(const struct pvg_astc_bits *b);

/* What the numbers of a sequence can be: below 2^bits, 3 * 2^bits or 5 * 2^bits. */
struct pvg_astc_range {
    uint8_t levels; /* the largest number is one less; 0 stands for 256 */
    uint8_t trits, quints, bits;
};

/* In rising order; the first twelve serve weights. */
#define PVG_ASTC_RANGES             21
#define PVG_ASTC_FIRST_COLOUR_RANGE 4 /* six levels */
extern const struct pvg_astc_range pvg_astc_ranges[PVG_ASTC_RANGES];

/* Bits that @count numbers take. */
unsigned pvg_astc_sequence_size(const struct pvg_astc_range *r, unsigned count);

/* @count numbers from bit @at on. Each is its bits, and its trit or quint above them. Bits behind
 * the sequence's own end count as 0. */
void pvg_astc_read_sequence(const struct pvg_astc_bits *b, unsigned at,
                            const struct pvg_astc_range *r, unsigned count, uint8_t *out);

/* A colour from 0 to 255, and a weight from 0 to 64. */
int pvg_astc_colour_value(const struct pvg_astc_range *r, unsigned v);
int pvg_astc_weight_value(const struct pvg_astc_range *r, unsigned v);

#endif
