/*
 * vmapple: configuration region (cfg)
 *
 * A system bus device. MMIO 0 is a page of RAM that every reset fills anew.
 * Properties: nr-cpus, ecid, ram-size (the machine sets these), rnd (0: a
 * new seed at every reset), run-installer (for the first boot only),
 * mac-en0, mac-en1, mac-wifi0, mac-bt0, serial, model, soc-name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_CFG_H
#define HW_VMAPPLE_CFG_H

#define TYPE_VMAPPLE_CFG "vmapple-cfg"

#define VMAPPLE_CFG_SIZE     0x10000
#define VMAPPLE_CFG_MAX_CPUS 32

#endif
