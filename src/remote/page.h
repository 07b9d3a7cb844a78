/* SPDX-License-Identifier: MIT */
/* The page that a device's keeper and its GPU worker share. */
#ifndef PVG_REMOTE_PAGE_H
#define PVG_REMOTE_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

#include "memory/ram.h"

#define PVG_LINK_COUNTERS_MAX 128

struct pvg_link_page {
    struct pvg_ram_gate gate;
    _Atomic uint64_t taken; /* messages that the worker is through with */
    _Atomic uint64_t counters[PVG_LINK_COUNTERS_MAX]; /* of the worker, since it started */
};

#endif
