/* SPDX-License-Identifier: MIT */
/* What Metal's built-in functions compute, in plain C, written from 70-air 8 and from nothing of
 * the translator: the oracle's half of every comparison. */
#ifndef PVG_TESTS_SHADER_REFERENCE_H
#define PVG_TESTS_SHADER_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which inputs a function is asked with. */
enum inputs {
    INPUTS_ANY,      /* all bit patterns of the edges: NaN, infinities, denormals, INT_MIN */
    INPUTS_FINITE,   /* normal numbers and zeros: fast functions promise nothing for others */
    INPUTS_UNIT,     /* -1 to 1 */
    INPUTS_ANGLE,    /* -pi to pi: where Vulkan bounds the error of sin and cos */
    INPUTS_POSITIVE, /* normal, above 0, below 2^20 */
    INPUTS_SMALL,    /* -80 to 80: exponentials stay finite */
    INPUTS_WHOLE,    /* 1 to 1000 */
    INPUTS_BITS,     /* integers 0 to 31, for offsets and counts */
};

struct reference {
    const char *name;  /* of the intrinsic */
    const char *types; /* result, then operands: f float, h half, i 32-bit, s 16-bit, c 8-bit, l
                          64-bit integer, b bool (a constant false) */
    void *function;
    enum inputs inputs;
    double ulps;     /* results may differ by so many units in the last place */
    double absolute; /* or by so much; both 0: the bits are equal */
};

extern const struct reference references[];
extern const size_t reference_count;

/* NULL when the name is not known. */
const struct reference *reference_find(const char *name);

#endif
