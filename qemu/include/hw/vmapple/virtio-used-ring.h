/*
 * vmapple: cure for the used ring that Apple's virtio driver misplaces
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VMAPPLE_VIRTIO_USED_RING_H
#define HW_VMAPPLE_VIRTIO_USED_RING_H

/*
 * From now on, a virtqueue that is enabled with its used ring inside its
 * available ring gets the used ring that the driver reads. For all virtio
 * devices of this process; the machine calls it once, at class init or init.
 */
void vmapple_relocate_used_rings(void);

#endif
