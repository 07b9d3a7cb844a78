/*
 * vmapple: AES engine
 *
 * A system bus device. MMIO 0 is the command window, MMIO 1 the security
 * window, IRQ 0 a level line. Property "iv-chaining" (off): an IV context
 * holds the last ciphertext block after CBC, as in Apple's SoCs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_AES_H
#define HW_VMAPPLE_AES_H

#define TYPE_VMAPPLE_AES "vmapple-aes"

#define VMAPPLE_AES_COMMAND_SIZE  0x4000
#define VMAPPLE_AES_SECURITY_SIZE 0x4000

#endif
