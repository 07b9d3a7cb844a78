/*
 * vmapple: Apple's flavour of virtio-blk
 *
 * virtio-blk under Apple's PCI ids, with two additions: a field in its
 * configuration space says which of the machine's disks it is, and macOS
 * asks for barriers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "block/aio.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/virtio/virtio-blk.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/vmapple/virtio-blk.h"
#include "qapi/error.h"
#include "qapi/qapi-types-virtio.h"
#include "qemu/module.h"
#include "standard-headers/linux/virtio_blk.h"
#include "system/block-backend.h"
#include "system/runstate.h"
#include "trace.h"

#define PCI_VENDOR_ID_APPLE_VM      0x106b
#define PCI_DEVICE_ID_APPLE_VIRTIO  0x1a00
#define PCI_REVISION_APPLE_VIRTIO   1

/* A request without data, complete when all before it are. */
#define REQUEST_APPLE_BARRIER       0x10000

/* Where the standard has max_secure_erase_sectors */
#define CONFIG_VARIANT \
    offsetof(struct virtio_blk_config, max_secure_erase_sectors)

/*
 * The device behind the function
 */

#define TYPE_VMAPPLE_VIRTIO_BLK "vmapple-virtio-blk"

OBJECT_DECLARE_TYPE(VMAppleVirtIOBlk, VMAppleVirtIOBlkClass, VMAPPLE_VIRTIO_BLK)

struct VMAppleVirtIOBlkClass {
    VirtIOBlkClass parent_class;

    DeviceRealize parent_realize;
    DeviceUnrealize parent_unrealize;
    uint64_t (*parent_get_features)(VirtIODevice *vdev, uint64_t features,
                                    Error **errp);
    void (*parent_get_config)(VirtIODevice *vdev, uint8_t *config);
    void (*parent_reset)(VirtIODevice *vdev);
};

struct VMAppleVirtIOBlk {
    VirtIOBlock parent_obj;

    VMAppleVirtioBlkVariant variant;

    /* Guarded by the BQL. */
    VirtIOBlockReq *barriers;       /* waiting, the latest first, by next */
    QEMUBH *barrier_bh;
    VMChangeStateEntry *vm_change;
};

static void barriers_complete(VMAppleVirtIOBlk *s)
{
    VirtIOBlockReq *reversed = NULL;
    VirtIOBlockReq *req;

    while ((req = s->barriers)) {
        s->barriers = req->next;
        req->next = reversed;
        reversed = req;
    }
    while ((req = reversed)) {
        reversed = req->next;
        virtio_blk_req_complete(req, VIRTIO_BLK_S_OK);
        g_free(req);
    }
}

/*
 * By now the requests before the barriers have been submitted, all those
 * read from the ring along with them. Draining waits for them and keeps
 * later ones in the ring.
 */
static void barrier_bh(void *opaque)
{
    VMAppleVirtIOBlk *s = opaque;
    BlockBackend *blk = VIRTIO_BLK(s)->blk;

    if (!s->barriers) {
        return; /* the device was reset */
    }
    blk_drain(blk);
    barriers_complete(s);
}

/* No barrier waits in a saved machine. */
static void vm_state_change(void *opaque, bool running, RunState state)
{
    if (!running) {
        barrier_bh(opaque);
    }
}

static bool handle_unknown_request(VirtIOBlockReq *req, MultiReqBuffer *mrb,
                                   uint32_t type)
{
    VMAppleVirtIOBlk *s = VMAPPLE_VIRTIO_BLK(req->dev);

    type &= ~(VIRTIO_BLK_T_OUT | VIRTIO_BLK_T_BARRIER);
    if (type != REQUEST_APPLE_BARRIER) {
        return false;
    }
    trace_vmapple_virtio_blk_barrier(s, req);
    req->next = s->barriers;
    s->barriers = req;
    qemu_bh_schedule(s->barrier_bh);
    return true;
}

/*
 * Apple's driver wants a configuration space that reaches to the end of the
 * zone fields. There are no zones, though, and virtio-blk must know it: it
 * does not expect requests for them on a disk without.
 */
static uint64_t vmapple_virtio_blk_get_features(VirtIODevice *vdev,
                                                uint64_t features,
                                                Error **errp)
{
    VMAppleVirtIOBlkClass *vvbc = VMAPPLE_VIRTIO_BLK_GET_CLASS(vdev);

    features = vvbc->parent_get_features(vdev, features, errp);
    virtio_add_feature(&features, VIRTIO_BLK_F_ZONED);
    return features;
}

static void vmapple_virtio_blk_get_config(VirtIODevice *vdev, uint8_t *config)
{
    VMAppleVirtIOBlk *s = VMAPPLE_VIRTIO_BLK(vdev);

    VMAPPLE_VIRTIO_BLK_GET_CLASS(s)->parent_get_config(vdev, config);
    stl_le_p(config + CONFIG_VARIANT, s->variant);
}

/* The rings are gone, and what came out of them with them. */
static void vmapple_virtio_blk_reset(VirtIODevice *vdev)
{
    VMAppleVirtIOBlk *s = VMAPPLE_VIRTIO_BLK(vdev);
    VirtIOBlockReq *req;

    while ((req = s->barriers)) {
        s->barriers = req->next;
        virtqueue_detach_element(req->vq, &req->elem, 0);
        g_free(req);
    }
    VMAPPLE_VIRTIO_BLK_GET_CLASS(s)->parent_reset(vdev);
}

static void vmapple_virtio_blk_unrealize(DeviceState *dev)
{
    VMAppleVirtIOBlk *s = VMAPPLE_VIRTIO_BLK(dev);

    qemu_del_vm_change_state_handler(s->vm_change);
    qemu_bh_delete(s->barrier_bh);
    VMAPPLE_VIRTIO_BLK_GET_CLASS(s)->parent_unrealize(dev);
}

static void vmapple_virtio_blk_realize(DeviceState *dev, Error **errp)
{
    VMAppleVirtIOBlk *s = VMAPPLE_VIRTIO_BLK(dev);
    VirtIOBlock *blk = VIRTIO_BLK(dev);
    Error *err = NULL;

    if (s->variant == VM_APPLE_VIRTIO_BLK_VARIANT_UNSPECIFIED) {
        error_setg(errp, "property 'variant' is missing; "
                   "it is 'aux' or 'root'");
        return;
    }
    if (!blk->conf.conf.blk) {
        error_setg(errp, "property 'drive' is missing; give it the id of a "
                   "-drive, or the node-name of a -blockdev");
        return;
    }
    if (blk->conf.iothread || blk->conf.iothread_vq_mapping_list) {
        error_setg(errp, "an iothread cannot keep the order that a barrier "
                   "asks for; leave out 'iothread' and 'iothread-vq-mapping'");
        return;
    }

    /* The firmware has the same image, through bdif. */
    blk->conf.conf.share_rw = true;

    /* While the size of the configuration space is made out; see above. */
    virtio_add_feature(&blk->host_features, VIRTIO_BLK_F_ZONED);
    VMAPPLE_VIRTIO_BLK_GET_CLASS(s)->parent_realize(dev, &err);
    virtio_clear_feature(&blk->host_features, VIRTIO_BLK_F_ZONED);
    if (err) {
        error_propagate(errp, err);
        return;
    }
    s->barrier_bh = qemu_bh_new_guarded(barrier_bh, s,
                                        &dev->mem_reentrancy_guard);
    s->vm_change = qdev_add_vm_change_state_handler(dev, vm_state_change, s);
}

static const Property vmapple_virtio_blk_properties[] = {
    DEFINE_PROP_VMAPPLE_VIRTIO_BLK_VARIANT("variant", VMAppleVirtIOBlk,
        variant, VM_APPLE_VIRTIO_BLK_VARIANT_UNSPECIFIED),
};

static void vmapple_virtio_blk_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);
    VirtIOBlkClass *vbc = VIRTIO_BLK_CLASS(klass);
    VMAppleVirtIOBlkClass *vvbc = VMAPPLE_VIRTIO_BLK_CLASS(klass);

    device_class_set_props(dc, vmapple_virtio_blk_properties);
    vvbc->parent_realize = vdc->realize;
    vdc->realize = vmapple_virtio_blk_realize;
    vvbc->parent_unrealize = vdc->unrealize;
    vdc->unrealize = vmapple_virtio_blk_unrealize;
    vvbc->parent_get_features = vdc->get_features;
    vdc->get_features = vmapple_virtio_blk_get_features;
    vvbc->parent_get_config = vdc->get_config;
    vdc->get_config = vmapple_virtio_blk_get_config;
    vvbc->parent_reset = vdc->reset;
    vdc->reset = vmapple_virtio_blk_reset;
    vbc->handle_unknown_request = handle_unknown_request;
}

/*
 * The PCI function
 */

OBJECT_DECLARE_SIMPLE_TYPE(VMAppleVirtIOBlkPCI, VMAPPLE_VIRTIO_BLK_PCI)

struct VMAppleVirtIOBlkPCI {
    VirtIOPCIProxy parent_obj;

    VMAppleVirtIOBlk vdev;
};

static void vmapple_virtio_blk_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VMAppleVirtIOBlkPCI *dev = VMAPPLE_VIRTIO_BLK_PCI(proxy);
    VirtIOBlkConf *conf = &VIRTIO_BLK(&dev->vdev)->conf;
    uint8_t *config = PCI_DEVICE(proxy)->config;

    if (conf->num_queues == VIRTIO_BLK_AUTO_NUM_QUEUES) {
        conf->num_queues = 1;
    }
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = conf->num_queues + 1;
    }
    if (!qdev_realize(DEVICE(&dev->vdev), BUS(&proxy->bus), errp)) {
        return;
    }

    /* Those of virtio are in place by now. */
    pci_config_set_vendor_id(config, PCI_VENDOR_ID_APPLE_VM);
    pci_config_set_device_id(config, PCI_DEVICE_ID_APPLE_VIRTIO);
    pci_config_set_revision(config, PCI_REVISION_APPLE_VIRTIO);
}

static void vmapple_virtio_blk_pci_init(Object *obj)
{
    VMAppleVirtIOBlkPCI *dev = VMAPPLE_VIRTIO_BLK_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev),
                                TYPE_VMAPPLE_VIRTIO_BLK);
    object_property_add_alias(obj, "bootindex", OBJECT(&dev->vdev),
                              "bootindex");
}

static const Property vmapple_virtio_blk_pci_properties[] = {
    DEFINE_PROP_BIT("ioeventfd", VirtIOPCIProxy, flags,
                    VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT, true),
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED),
};

static void vmapple_virtio_blk_pci_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioPCIClass *vpc = VIRTIO_PCI_CLASS(klass);
    PCIDeviceClass *pdc = PCI_DEVICE_CLASS(klass);

    dc->desc = "Apple's virtio-blk";
    vpc->realize = vmapple_virtio_blk_pci_realize;
    pdc->class_id = PCI_CLASS_STORAGE_SCSI;
    device_class_set_props(dc, vmapple_virtio_blk_pci_properties);
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const VirtioPCIDeviceTypeInfo vmapple_virtio_blk_pci_info = {
    .generic_name = TYPE_VMAPPLE_VIRTIO_BLK_PCI,
    .instance_size = sizeof(VMAppleVirtIOBlkPCI),
    .instance_init = vmapple_virtio_blk_pci_init,
    .class_init = vmapple_virtio_blk_pci_class_init,
};

static const TypeInfo vmapple_virtio_blk_types[] = {
    {
        .name = TYPE_VMAPPLE_VIRTIO_BLK,
        .parent = TYPE_VIRTIO_BLK,
        .instance_size = sizeof(VMAppleVirtIOBlk),
        .class_size = sizeof(VMAppleVirtIOBlkClass),
        .class_init = vmapple_virtio_blk_class_init,
    },
};

static void vmapple_virtio_blk_register_types(void)
{
    type_register_static_array(vmapple_virtio_blk_types,
                               ARRAY_SIZE(vmapple_virtio_blk_types));
    virtio_pci_types_register(&vmapple_virtio_blk_pci_info);
}

type_init(vmapple_virtio_blk_register_types)
