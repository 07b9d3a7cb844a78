/* SPDX-License-Identifier: MIT
 * Kernel modules of the initramfs. */
#ifndef GUEST_MODULES_H
#define GUEST_MODULES_H

/* Loads all of /modules; their names begin with numbers that give the order. */
void modules_load(void);

#endif
