/*
 * vmapple: backdoor interface (bdif), the firmware's way to its disks
 *
 * A system bus device. MMIO 0 is the window; there is no interrupt.
 * Properties, all optional:
 *   root, aux      drives; a page whose drive is missing reads "absent"
 *   root-writable  off: the root disk is read-only through bdif
 *   busy-bit       on: a command returns at once, and the ready register
 *                  reads 0 until it is done; off: the store waits for it
 *
 * The guest sees each image twice, here and behind a virtio function. Name
 * one block node (-blockdev) in both places: then both see the same bytes,
 * and the image is locked once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_BDIF_H
#define HW_VMAPPLE_BDIF_H

#define TYPE_VMAPPLE_BDIF "vmapple-bdif"

#define VMAPPLE_BDIF_SIZE 0x200000

#endif
