/* SPDX-License-Identifier: MIT
 * The device tree that the machine made for this kernel, as /proc/device-tree shows it. */
#ifndef GUEST_DEVICETREE_H
#define GUEST_DEVICETREE_H

#include <stdbool.h>
#include <stdint.h>

struct devicetree_reg {
    uint64_t base;
    uint64_t size;
};

/* The @index'th reg entry of the first node directly under the root that is compatible with
 * @compatible. The root's cells are 2 and 2 on this machine. */
bool devicetree_find_reg(const char *compatible, unsigned index, struct devicetree_reg *out);

#endif
