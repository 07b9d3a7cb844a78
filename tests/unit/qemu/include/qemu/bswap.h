/* SPDX-License-Identifier: MIT */
#ifndef QEMU_BSWAP_H
#define QEMU_BSWAP_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline int lduw_le_p(const void *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof(value));
    return le16toh(value);
}

static inline uint32_t ldl_le_p(const void *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static inline uint64_t ldq_le_p(const void *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

static inline void stq_le_p(void *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof(value));
}

#endif
