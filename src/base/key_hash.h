/* SPDX-License-Identifier: MIT */
/* A hash of plain bytes, for tables whose keys are structures without padding or with zeroes there. */
#ifndef PVG_BASE_KEY_HASH_H
#define PVG_BASE_KEY_HASH_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a. */
static inline uint32_t pvg_key_hash(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 16777619u;
    }
    return hash;
}

#endif
