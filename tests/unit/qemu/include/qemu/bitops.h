/* SPDX-License-Identifier: MIT */
#ifndef QEMU_BITOPS_H
#define QEMU_BITOPS_H

#include <stdint.h>

static inline uint64_t extract64(uint64_t value, int start, int length)
{
    return value >> start & ~UINT64_C(0) >> (64 - length);
}

static inline uint32_t extract32(uint32_t value, int start, int length)
{
    return (uint32_t)extract64(value, start, length);
}

static inline int64_t sextract64(uint64_t value, int start, int length)
{
    return (int64_t)(value << (64 - length - start)) >> (64 - length);
}

static inline int32_t sextract32(uint32_t value, int start, int length)
{
    return (int32_t)sextract64(value, start, length);
}

static inline int ctz32(uint32_t value)
{
    return value ? __builtin_ctz(value) : 32;
}

#endif
