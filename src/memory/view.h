/* SPDX-License-Identifier: MIT */
/* A view: where a range of guest memory lies, as runs of contiguous guest RAM.
 *
 * It holds addresses, not pointers: whoever reads through it is checked against the RAM that is
 * there at that moment. It is a snapshot: good for reading (at worst a wrong picture), never for
 * writing later, since the guest moves pages without notice (20-memory 3.6): writers resolve anew,
 * through pvg_space_write or pvg_surface_write. */
#ifndef PVG_MEMORY_VIEW_H
#define PVG_MEMORY_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/attributes.h"
#include "base/refusal.h"

#define PVG_VIEW_MAX 0x40000000ull /* bytes: 1 GiB, the largest surface that arm64 can describe */

struct pvg_ram;

struct pvg_run {
    struct pvg_gpa at;
    uint64_t size;  /* bytes */
    uint64_t start; /* bytes of the view before this run */
};

/* Zero-initialised, it is empty. */
struct pvg_view {
    struct pvg_run *runs; /* owned */
    size_t count, capacity;
    uint64_t size; /* bytes */
};

void pvg_view_finish(struct pvg_view *view);

/* Adds [@at, @at + @size), joining it to the last run if it follows that. */
void pvg_view_append(struct pvg_view *view, struct pvg_gpa at, uint64_t size);

/* The run that holds byte @offset, or NULL past the end. */
const struct pvg_run *pvg_view_find(const struct pvg_view *view, uint64_t offset);

/* Any thread. Refuses RANGE, NOT_RAM. */
PVG_NODISCARD enum pvg_refusal pvg_view_read(const struct pvg_view *view, struct pvg_ram *ram,
                                             uint64_t offset, void *out, size_t size);

#endif
