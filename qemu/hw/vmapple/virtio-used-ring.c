/*
 * vmapple: cure for the used ring that Apple's virtio driver misplaces
 *
 * macOS 26 lays a split ring into one buffer of arbitrary alignment. It
 * reads the used ring at the first 4 KiB boundary after the available ring,
 * but when the available ring itself straddles a boundary, it gives the
 * device that one: inside the available ring. About a third of all boots
 * have such a ring, and wait for its answers for ever.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio.h"
#include "hw/vmapple/virtio-used-ring.h"
#include "trace.h"

#define USED_RING_ALIGN 4096

typedef void (*QueueEnable)(VirtIODevice *vdev, uint32_t n);

/* By class: what it did on a queue's enabling before we came. */
static GHashTable *parent_queue_enable;

static void queue_enable(VirtIODevice *vdev, uint32_t n)
{
    QueueEnable parent = g_hash_table_lookup(parent_queue_enable,
                                             VIRTIO_DEVICE_GET_CLASS(vdev));
    hwaddr avail = virtio_queue_get_avail_addr(vdev, n);
    hwaddr used = virtio_queue_get_used_addr(vdev, n);
    hwaddr avail_size = 4 + 2 * virtio_queue_get_num(vdev, n);

    if (!virtio_vdev_has_feature(vdev, VIRTIO_F_RING_PACKED) &&
        used >= avail && used - avail < avail_size) {
        /* With the event word that the driver counts, but does not use. */
        hwaddr moved = ROUND_UP(avail + avail_size + 2, USED_RING_ALIGN);

        trace_vmapple_relocate_used_ring(vdev->name, n, avail, used, moved);
        virtio_queue_set_rings(vdev, n, virtio_queue_get_desc_addr(vdev, n),
                               avail, moved);
    }
    if (parent) {
        parent(vdev, n);
    }
}

static void hook_class(ObjectClass *klass, void *opaque)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    g_hash_table_insert(parent_queue_enable, klass, vdc->queue_enable);
    vdc->queue_enable = queue_enable;
}

void vmapple_relocate_used_rings(void)
{
    if (parent_queue_enable) {
        return;
    }
    parent_queue_enable = g_hash_table_new(NULL, NULL);
    object_class_foreach(hook_class, TYPE_VIRTIO_DEVICE, false, NULL);
}
