/*
 * vmapple: device access to guest RAM, and to nothing else
 *
 * An address that a guest gives a device may point at another device. These
 * reach RAM only; anything else is refused, without side effects. They may
 * be called from any thread, with or without the BQL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_GUEST_RAM_H
#define HW_VMAPPLE_GUEST_RAM_H

#include "exec/hwaddr.h"

/*
 * Maps @len bytes of one RAM region, all of them or none: NULL if a part of
 * them is missing, is not RAM, or is not writable though @is_write. @len
 * must not be 0.
 */
void *guest_ram_map(hwaddr addr, hwaddr len, bool is_write);

/*
 * Ends a mapping. @written is how much of it, from its start, has been
 * written to.
 */
void guest_ram_unmap(void *host, hwaddr len, bool is_write, hwaddr written);

/* Copies @len bytes, all of them or none. */
bool guest_ram_read(hwaddr addr, void *buf, hwaddr len);
bool guest_ram_write(hwaddr addr, const void *buf, hwaddr len);

#endif
