/* SPDX-License-Identifier: MIT */
/* Numbers a guest sent: the one comparison for ranges, and arithmetic that cannot wrap unseen. */
#ifndef PVG_BASE_RANGE_H
#define PVG_BASE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/* Bytes, unless the user says otherwise. */
struct pvg_range {
    uint64_t start;
    uint64_t size;
};

/* Whether @range lies within [0, @limit). An empty range fits up to and including @limit. */
PVG_NODISCARD static inline bool pvg_range_fits(struct pvg_range range, uint64_t limit)
{
    return range.size <= limit && range.start <= limit - range.size;
}

/* @out = @a + @b, or false, and @out is not to be used. */
PVG_NODISCARD static inline bool pvg_add(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

/* @out = @a * @b, or false, and @out is not to be used. */
PVG_NODISCARD static inline bool pvg_mul(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

#endif
