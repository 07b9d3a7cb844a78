/*
 * vmapple: Apple's flavour of virtio-blk
 *
 * A PCI device, virtio-blk-pci with Apple's ids. Property "variant", which
 * must be given: "aux" or "root".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_VIRTIO_BLK_H
#define HW_VMAPPLE_VIRTIO_BLK_H

#define TYPE_VMAPPLE_VIRTIO_BLK_PCI "vmapple-virtio-blk-pci"

#endif
