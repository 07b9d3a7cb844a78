/* SPDX-License-Identifier: MIT */
/* A guest in the process of its device, for tests, fuzzers and benchmarks: registers are calls of
 * libpvg, memory is plain. */
#ifndef PLAIN_H
#define PLAIN_H

#include <pvg/pvg.h>

#include "kit/platform.h"
#include "kit/pool.h"

struct plain {
    struct pvg_device *device;
    const uint8_t *ram; /* at gpa */
    uint64_t gpa, size;
    struct kit_pool_memory memory; /* that the kit gets its pages from */
    struct kit_pool pool;
    uint64_t *singles;

    bool (*pause)(void *owner); /* kit_platform.pause */
    void *owner;
};

static inline unsigned plain_page_shift(enum pvg_variant variant)
{
    return variant == PVG_VARIANT_PCI ? 12 : 14;
}

/* @device, @ram and what is behind @owner are borrowed; memory->gpa is an offset in @ram. */
void plain_init(struct plain *plain, struct pvg_device *device, const struct pvg_ram_span *ram,
                const struct kit_pool_memory *memory, bool (*pause)(void *owner), void *owner);
void plain_finish(struct plain *plain);

/* All pages are free again. */
void plain_forget(struct plain *plain);

/* Where @gpa is; it lies in the guest's memory. */
void *plain_at(const struct plain *plain, uint64_t gpa);

/* For kit_init(), with a struct plain. */
extern const struct kit_platform plain_platform;

#endif
