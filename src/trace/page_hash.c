/* SPDX-License-Identifier: MIT */
/* Folded multiplications over words of 8 bytes, in two lanes. */
#include "trace/page_hash.h"

#include <glib.h>
#include <string.h>

static uint64_t fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word_at(const uint8_t *bytes, size_t size)
{
    uint64_t word = 0;

    memcpy(&word, bytes, MIN(size, sizeof(word)));
    return GUINT64_FROM_LE(word);
}

struct pvg_hash pvg_hash_more(struct pvg_hash so_far, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t a = so_far.words[0] ^ size, b = so_far.words[1];

    while (size) {
        size_t first = MIN(size, 8), second = MIN(size - first, 8);
        uint64_t low = word_at(at, first), high = word_at(at + first, second);

        a = fold(a ^ low, high ^ 0x9fb21c651e98df25ull);
        b = fold(b ^ high, low ^ 0xa0761d6478bd642full) + 0x2545f4914f6cdd1dull;
        at += first + second;
        size -= first + second;
    }
    return (struct pvg_hash){{fold(a ^ 0xe7037ed1a0b428dbull, b ^ 0x8ebc6af09c88c6e3ull),
                              fold(b ^ 0x589965cc75374cc3ull, a ^ 0x1d8e4e27c47d124full)}};
}

struct pvg_hash pvg_hash_bytes(const struct pvg_hash *key, const void *bytes, size_t size)
{
    static const struct pvg_hash fixed = {{0x243f6a8885a308d3ull, 0x13198a2e03707344ull}};

    return pvg_hash_more(key ? *key : fixed, bytes, size);
}
