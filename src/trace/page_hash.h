/* SPDX-License-Identifier: MIT */
/* A hash of content, 128 bits: for pages of a recording and pictures of a display. It is fast and
 * not cryptographic: who knows the key can make two contents collide, so pages are hashed with a key
 * that no guest knows. */
#ifndef PVG_TRACE_PAGE_HASH_H
#define PVG_TRACE_PAGE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct pvg_hash {
    uint64_t words[2];
};

/* @key NULL: the same on every host, for hashes that people compare. */
struct pvg_hash pvg_hash_bytes(const struct pvg_hash *key, const void *bytes, size_t size);

/* Goes on from @so_far with more bytes. */
struct pvg_hash pvg_hash_more(struct pvg_hash so_far, const void *bytes, size_t size);

#endif
