/* SPDX-License-Identifier: MIT */
/* The guest's address spaces, each a type of its own so that one cannot be passed for another.
 * Spec: 10-device 0, 2.3. */
#ifndef PVG_BASE_ADDRESS_H
#define PVG_BASE_ADDRESS_H

#include <stdint.h>

/* Guest physical address, in bytes. */
struct pvg_gpa {
    uint64_t value;
};

/* Address in a GPU task's address space, in bytes. */
struct pvg_gva {
    uint64_t value;
};

/* Guest physical page number, in guest pages: 4 KiB on the PCI variant, 16 KiB on MMIO. */
struct pvg_pfn {
    uint32_t value;
};

/* Page number in a GPU task's address space. Taken for a physical one it names arbitrary guest RAM,
 * hence the type. */
struct pvg_vpn {
    uint32_t value;
};

/* The only ways from a page number to an address; they cannot overflow. */
static inline struct pvg_gva pvg_vpn_to_gva(struct pvg_vpn vpn, unsigned page_shift)
{
    return (struct pvg_gva){(uint64_t)vpn.value << page_shift};
}

static inline struct pvg_gpa pvg_pfn_to_gpa(struct pvg_pfn pfn, unsigned page_shift)
{
    return (struct pvg_gpa){(uint64_t)pfn.value << page_shift};
}

#endif
