/* SPDX-License-Identifier: MIT */
/* Property lists: the self-describing structures that carry pipelines. A list is a count and that
 * many (tag, length, value); some values are offsets of further sections. Spec: 30-resources 7.6.
 *
 * All functions borrow the bytes and check every offset and count against them. */
#ifndef PVG_GPU_PROPERTY_LIST_H
#define PVG_GPU_PROPERTY_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/refusal.h"

#define PVG_PROPERTY_TAGS 32 /* tags at or above are skipped and counted */

struct pvg_property_list {
    uint32_t values[PVG_PROPERTY_TAGS];
    uint32_t present;  /* bit n: tag n was there */
    uint32_t wide;     /* bit n: tag n came as 8 bytes, all ones ("dynamic") */
    unsigned unknown;  /* how many were skipped */
    size_t size;       /* of the list itself, without the sections it points to */
    uint16_t two_byte; /* the value of a 2-byte field: a compute list's thread limit; else 0 */
};

/* Reads the list at @bytes. Refuses SHORT, and VALUE for a duplicate tag or a value of more than
 * four bytes (eight bytes of all ones, or with a zero upper half, are let through). */
PVG_NODISCARD enum pvg_refusal pvg_property_list_parse(const uint8_t *bytes, size_t size,
                                                       struct pvg_property_list *out);

static inline bool pvg_property_has(const struct pvg_property_list *list, unsigned tag)
{
    return list->present >> tag & 1;
}

static inline uint32_t pvg_property_get(const struct pvg_property_list *list, unsigned tag,
                                        uint32_t otherwise)
{
    return pvg_property_has(list, tag) ? list->values[tag] : otherwise;
}

/* An array section: a count, then that many offsets from the section's start, one list each. */
struct pvg_property_array {
    const uint8_t *bytes; /* NULL: the section is not there, and count is 0 */
    size_t size;          /* to the end of the record */
    uint32_t count;
};

/* The array section at @offset of @bytes; @offset 0 is nil. Refuses RANGE, and LIMIT for more than
 * @most entries. */
PVG_NODISCARD enum pvg_refusal pvg_property_array_open(const uint8_t *bytes, size_t size,
                                                       uint32_t offset, uint32_t most,
                                                       struct pvg_property_array *out);

/* Entry @index, below the count. */
PVG_NODISCARD enum pvg_refusal pvg_property_array_at(const struct pvg_property_array *array,
                                                     uint32_t index, struct pvg_property_list *out);

#endif
