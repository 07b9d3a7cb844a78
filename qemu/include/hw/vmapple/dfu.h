/*
 * vmapple: the firmware as a USB device, for a restore (DFU)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_DFU_H
#define HW_VMAPPLE_DFU_H

/* Absent where QEMU is built without libusbredirparser */
#define TYPE_VMAPPLE_DFU "vmapple-dfu"

/* Where its page is in the window of bdif */
#define VMAPPLE_DFU_OFFSET 0x100000

#endif
