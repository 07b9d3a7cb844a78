/*
 * vmapple: backdoor interface (bdif)
 *
 * How the firmware reaches its disks before there is a PCI driver: a page
 * of registers for each disk, and requests in the shape of virtio-blk's.
 * Requests are carried out by QEMU's block layer, straight from and to guest
 * RAM, while the guest goes on or polls the ready register.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/aio.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/registerfields.h"
#include "hw/resettable.h"
#include "hw/sysbus.h"
#include "hw/vmapple/bdif.h"
#include "hw/vmapple/disk-checks.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/block-backend.h"
#include "system/runstate.h"
#include "guest-ram.h"
#include "trace.h"

/* One page of registers a sub-device */
#define PAGE_SHIFT  16
#define PAGE_ROOT   0x00
#define PAGE_AUX    0x01

REG32(STATUS, 0x000)
    FIELD(STATUS, PRESENT, 0, 1)
REG32(TYPE, 0x004)
REG32(CONFIG_OFFSET, 0x008)
REG32(READY, 0x010)
REG32(QUEUE_ENABLE, 0x400)
REG64(COMMAND, 0x408)
REG32(CONFIG, 0x420)
REG32(CONFIG_CAPACITY_LOW, 0x420)
REG32(CONFIG_CAPACITY_HIGH, 0x424)
REG32(CONFIG_BLOCK_SIZE, 0x434)

#define TYPE_BLOCK      2           /* virtio's device type */
#define NO_REGISTER     UINT32_MAX

/* What a command points at; all fields little-endian. */
typedef struct QEMU_PACKED BdifDescriptor {
    uint64_t addr;
    uint32_t len;
    uint16_t next;
    uint16_t flags;
} BdifDescriptor;

#define DESCRIPTOR_CHAINED      BIT(0)
#define DESCRIPTOR_DEVICE_WRITES BIT(1)

enum {
    DESCRIPTOR_HEADER,
    DESCRIPTOR_DATA,
    DESCRIPTOR_STATUS,
    DESCRIPTORS,
};

typedef struct QEMU_PACKED BdifHeader {
    uint32_t type;      /* the data descriptor's direction counts */
    uint32_t reserved;
    uint64_t sector;
} BdifHeader;

enum {
    STATUS_OK,
    STATUS_ERROR,
};

/* At work at a time, for one disk */
#define REQUESTS        16

/* What is asked of the block layer at a time, so that a reset is prompt. */
#define PIECE_SIZE      (4 * MiB)

#define TYPE_VMAPPLE_BDIF_DISK "vmapple-bdif-disk"
OBJECT_DECLARE_SIMPLE_TYPE(BdifDisk, VMAPPLE_BDIF_DISK)

typedef struct BdifRequest {
    BdifDisk *disk;
    bool busy;
    bool write;
    uint64_t sector;
    uint64_t address;
    uint32_t length;
    uint64_t status_address;

    uint32_t done;
    bool submitted;         /* a piece is with the block layer */
    void *data;             /* the guest's RAM, mapped, while submitted */
    uint32_t piece;
} BdifRequest;

OBJECT_DECLARE_SIMPLE_TYPE(VMAppleBdifState, VMAPPLE_BDIF)

/*
 * A device for each disk: management software finds block backends by the
 * path of their device, and expects one behind each (libvirt refuses two).
 */
struct BdifDisk {
    DeviceState parent_obj;

    VMAppleBdifState *bdif;
    const char *name;
    BlockBackend *blk;
    bool writable;
    BdifRequest requests[REQUESTS];
};

struct VMAppleBdifState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    bool root_writable;
    bool busy_bit;
    bool check_disks;
    QEMUBH *go_on;          /* with what has a piece behind it */

    /* Guarded by the BQL. */
    BdifDisk root;
    BdifDisk aux;
    bool stopped;           /* the VM is: requests stay where they are */
    bool abandon;           /* a reset is under way: they end */
};

static BdifDisk *bdif_disk(VMAppleBdifState *s, hwaddr offset)
{
    BdifDisk *disk;

    switch (offset >> PAGE_SHIFT) {
    case PAGE_ROOT:
        disk = &s->root;
        break;
    case PAGE_AUX:
        disk = &s->aux;
        break;
    default:
        return NULL;
    }
    return disk->blk ? disk : NULL;
}

static bool bdif_busy(const BdifDisk *disk)
{
    for (int i = 0; i < REQUESTS; i++) {
        if (disk->requests[i].busy) {
            return true;
        }
    }
    return false;
}

/*
 * Requests
 */

/* The guest learns of it last. */
static void bdif_report(BdifDisk *disk, uint64_t sector,
                        uint64_t status_address, uint8_t status)
{
    trace_vmapple_bdif_done(disk->name, sector, status);
    if (!guest_ram_write(status_address, &status, sizeof(status))) {
        qemu_log_mask(LOG_GUEST_ERROR, "vmapple-bdif: %s: no RAM at 0x%"
                      PRIx64 " for a status\n", disk->name, status_address);
    }
}

static void bdif_finish(BdifRequest *req, uint8_t status)
{
    req->busy = false;
    bdif_report(req->disk, req->sector, req->status_address, status);
}

static void bdif_piece_done(BdifRequest *req, int ret)
{
    VMAppleBdifState *s = req->disk->bdif;

    guest_ram_unmap(req->data, req->piece, !req->write, req->piece);
    req->submitted = false;

    if (s->abandon) {
        req->busy = false;
        return;
    }
    if (ret < 0) {
        bdif_finish(req, STATUS_ERROR);
        return;
    }
    req->done += req->piece;
    if (req->done == req->length) {
        bdif_finish(req, STATUS_OK);
        return;
    }
    /* Not at once: pieces may be done as they are asked for. */
    qemu_bh_schedule(s->go_on);
}

/*
 * Unlike blk_aio_preadv() a coroutine of ours is done when the block layer
 * is: when the host had the data at hand, within the store of the command.
 */
static void coroutine_fn bdif_co_piece(void *opaque)
{
    BdifRequest *req = opaque;
    BlockBackend *blk = req->disk->blk;
    int64_t offset = req->sector * BDRV_SECTOR_SIZE + req->done;

    bdif_piece_done(req, req->write ?
        blk_co_pwrite(blk, offset, req->piece, req->data, BDRV_REQ_FUA) :
        blk_co_pread(blk, offset, req->piece, req->data, 0));
}

/* The next piece, unless the machine stands still. */
static void bdif_submit(BdifRequest *req)
{
    if (req->disk->bdif->stopped) {
        return;
    }
    req->piece = MIN(req->length - req->done, PIECE_SIZE);
    req->data = guest_ram_map(req->address + req->done, req->piece,
                              !req->write);
    if (!req->data) {
        /* It was there when the request came; it has been unplugged. */
        bdif_finish(req, STATUS_ERROR);
        return;
    }
    req->submitted = true;
    qemu_coroutine_enter(qemu_coroutine_create(bdif_co_piece, req));
}

static void bdif_resume(BdifDisk *disk)
{
    for (int i = 0; i < REQUESTS; i++) {
        BdifRequest *req = &disk->requests[i];

        if (req->busy && !req->submitted) {
            bdif_submit(req);
        }
    }
}

static void bdif_go_on(void *opaque)
{
    VMAppleBdifState *s = opaque;

    bdif_resume(&s->root);
    bdif_resume(&s->aux);
}

static bool bdif_in_range(BdifDisk *disk, uint64_t sector, uint32_t length)
{
    uint64_t sectors = MAX(blk_nb_sectors(disk->blk), 0);
    uint64_t count = length / BDRV_SECTOR_SIZE;

    return count <= sectors && sector <= sectors - count;
}

/* NULL if the request may go ahead, or what is wrong with it. */
static const char *bdif_check(BdifDisk *disk, const BdifDescriptor *data,
                              uint64_t sector, bool *write)
{
    uint16_t flags = le16_to_cpu(data->flags);
    uint32_t length = le32_to_cpu(data->len);
    void *host;

    switch (flags) {
    case DESCRIPTOR_CHAINED:
        *write = true;
        break;
    case DESCRIPTOR_CHAINED | DESCRIPTOR_DEVICE_WRITES:
        *write = false;
        break;
    default:
        return "unknown flags";
    }
    if (*write && !disk->writable) {
        return "the disk is read-only";
    }
    if (length % BDRV_SECTOR_SIZE) {
        return "not whole sectors";
    }
    if (!bdif_in_range(disk, sector, length)) {
        return "past the disk's end";
    }
    if (length) {
        /* All of it, so that nothing is half done. */
        host = guest_ram_map(le64_to_cpu(data->addr), length, !*write);
        if (!host) {
            return "the data is not in RAM";
        }
        guest_ram_unmap(host, length, !*write, 0);
    }
    return NULL;
}

static BdifRequest *bdif_free_request(BdifDisk *disk)
{
    for (int i = 0; i < REQUESTS; i++) {
        if (!disk->requests[i].busy) {
            return &disk->requests[i];
        }
    }
    return NULL;
}

static void bdif_command(BdifDisk *disk, uint64_t table_address)
{
    BdifDescriptor table[DESCRIPTORS];
    const BdifDescriptor *header_desc = &table[DESCRIPTOR_HEADER];
    const BdifDescriptor *data = &table[DESCRIPTOR_DATA];
    uint64_t status_address;
    BdifHeader header;
    BdifRequest *req;
    const char *wrong;
    bool write = false;

    if (!guest_ram_read(table_address, table, sizeof(table))) {
        qemu_log_mask(LOG_GUEST_ERROR, "vmapple-bdif: %s: no RAM at 0x%"
                      PRIx64 " with a descriptor table\n", disk->name,
                      table_address);
        return;
    }
    status_address = le64_to_cpu(table[DESCRIPTOR_STATUS].addr);

    if (le32_to_cpu(header_desc->len) != sizeof(header)) {
        wrong = "header of a wrong length";
        header.sector = 0;
    } else if (!guest_ram_read(le64_to_cpu(header_desc->addr), &header,
                               sizeof(header))) {
        wrong = "the header is not in RAM";
        header.sector = 0;
    } else {
        header.sector = le64_to_cpu(header.sector);
        wrong = bdif_check(disk, data, header.sector, &write);
    }
    req = bdif_free_request(disk);
    if (!wrong && !req) {
        wrong = "too many at a time";
    }
    if (wrong) {
        qemu_log_mask(LOG_GUEST_ERROR, "vmapple-bdif: %s: request refused: "
                      "%s (sector 0x%" PRIx64 ", 0x%" PRIx32 " bytes)\n",
                      disk->name, wrong, header.sector,
                      le32_to_cpu(data->len));
        bdif_report(disk, header.sector, status_address, STATUS_ERROR);
        return;
    }

    *req = (BdifRequest) {
        .disk = disk,
        .busy = true,
        .write = write,
        .sector = header.sector,
        .address = le64_to_cpu(data->addr),
        .length = le32_to_cpu(data->len),
        .status_address = status_address,
    };
    trace_vmapple_bdif_request(disk->name, req->write, req->sector,
                               req->address, req->length);
    if (!req->length) {
        bdif_finish(req, STATUS_OK);
        return;
    }
    bdif_submit(req);
    if (!disk->bdif->busy_bit) {
        AIO_WAIT_WHILE(NULL, req->busy && !disk->bdif->stopped);
    }
}

/*
 * Registers
 */

static uint32_t bdif_register(BdifDisk *disk, hwaddr offset)
{
    switch (offset) {
    case A_STATUS:
        return R_STATUS_PRESENT_MASK;
    case A_TYPE:
        return TYPE_BLOCK;
    case A_CONFIG_OFFSET:
        return A_CONFIG;
    case A_READY:
        return !bdif_busy(disk);
    case A_QUEUE_ENABLE:
        return 1;
    case A_CONFIG_CAPACITY_LOW:
        return extract64(MAX(blk_nb_sectors(disk->blk), 0), 0, 32);
    case A_CONFIG_CAPACITY_HIGH:
        return extract64(MAX(blk_nb_sectors(disk->blk), 0), 32, 32);
    case A_CONFIG_BLOCK_SIZE:
        return 0;   /* 512 */
    default:
        return NO_REGISTER;
    }
}

/* A register, a part of one, or two. */
static uint64_t bdif_read(void *opaque, hwaddr offset, unsigned size)
{
    BdifDisk *disk = bdif_disk(opaque, offset);
    hwaddr reg = QEMU_ALIGN_DOWN(offset, 4) & MAKE_64BIT_MASK(0, PAGE_SHIFT);
    uint64_t value;

    if (disk) {
        value = bdif_register(disk, reg);
        if (size == 8) {
            value = deposit64(value, 32, 32, bdif_register(disk, reg + 4));
        }
    } else {
        /* Nobody there */
        value = reg == A_STATUS ? 0 : UINT64_MAX;
    }
    value = extract64(value, (offset % 4) * 8, size * 8);
    trace_vmapple_bdif_read(offset, size, value);
    return value;
}

static void bdif_write(void *opaque, hwaddr offset, uint64_t value,
                       unsigned size)
{
    BdifDisk *disk = bdif_disk(opaque, offset);

    trace_vmapple_bdif_write(offset, size, value);
    if (disk && size >= 4 &&
        (offset & MAKE_64BIT_MASK(0, PAGE_SHIFT)) == A_COMMAND) {
        bdif_command(disk, value);
    }
}

static const MemoryRegionOps bdif_ops = {
    .read = bdif_read,
    .write = bdif_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

/*
 * Life cycle
 */

static void bdif_drain(VMAppleBdifState *s)
{
    if (s->root.blk) {
        blk_drain(s->root.blk);
    }
    if (s->aux.blk) {
        blk_drain(s->aux.blk);
    }
}

/* What is left of the requests is saved, and goes on in the next machine. */
static void bdif_vm_state_change(void *opaque, bool running, RunState state)
{
    VMAppleBdifState *s = opaque;

    s->stopped = !running;
    if (running) {
        bdif_go_on(s);
    } else {
        bdif_drain(s);
    }
}

static void bdif_reset_hold(Object *obj, ResetType type)
{
    VMAppleBdifState *s = VMAPPLE_BDIF(obj);

    s->abandon = true;
    bdif_drain(s);
    s->abandon = false;
    /* Those that stood still */
    for (int i = 0; i < REQUESTS; i++) {
        s->root.requests[i].busy = false;
        s->aux.requests[i].busy = false;
    }
}

/*
 * The same image is behind a virtio function too: everything is shared. A
 * write is only done once it is stored.
 */
static bool bdif_realize_disk(BdifDisk *disk, VMAppleBdifState *s,
                              const char *name, bool want_write, Error **errp)
{
    uint64_t perm = BLK_PERM_CONSISTENT_READ;

    disk->bdif = s;
    disk->name = name;
    for (int i = 0; i < REQUESTS; i++) {
        disk->requests[i].disk = disk;
    }
    if (!disk->blk) {
        return qdev_realize(DEVICE(disk), NULL, errp);
    }
    if (!blk_is_inserted(disk->blk)) {
        error_setg(errp, "property '%s': the drive is empty", name);
        return false;
    }
    disk->writable = want_write && blk_supports_write_perm(disk->blk);
    if (disk->writable) {
        perm |= BLK_PERM_WRITE;
    }
    if (blk_set_perm(disk->blk, perm, BLK_PERM_ALL, errp) < 0) {
        error_prepend(errp, "property '%s': ", name);
        return false;
    }
    return qdev_realize(DEVICE(disk), NULL, errp);
}

static void bdif_realize(DeviceState *dev, Error **errp)
{
    VMAppleBdifState *s = VMAPPLE_BDIF(dev);

    if (!bdif_realize_disk(&s->root, s, "root", s->root_writable, errp) ||
        !bdif_realize_disk(&s->aux, s, "aux", true, errp)) {
        return;
    }
    if (s->check_disks && s->aux.blk) {
        vmapple_check_aux(s->aux.blk);
    }
    if (s->check_disks && s->root.blk) {
        vmapple_check_root(s->root.blk);
    }
    s->stopped = true;
    s->go_on = qemu_bh_new_guarded(bdif_go_on, s, &dev->mem_reentrancy_guard);
    qdev_add_vm_change_state_handler(dev, bdif_vm_state_change, s);
}

static void bdif_init(Object *obj)
{
    VMAppleBdifState *s = VMAPPLE_BDIF(obj);

    object_initialize_child(obj, "root-disk", &s->root, TYPE_VMAPPLE_BDIF_DISK);
    object_initialize_child(obj, "aux-disk", &s->aux, TYPE_VMAPPLE_BDIF_DISK);
    object_property_add_alias(obj, "root", OBJECT(&s->root), "drive");
    object_property_add_alias(obj, "aux", OBJECT(&s->aux), "drive");
    memory_region_init_io(&s->mmio, obj, &bdif_ops, s, TYPE_VMAPPLE_BDIF,
                          VMAPPLE_BDIF_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
}

static bool bdif_request_valid(BdifRequest *req)
{
    return !req->busy ||
           (req->disk->blk &&
            !(req->write && !req->disk->writable) &&
            req->length % BDRV_SECTOR_SIZE == 0 &&
            req->done % BDRV_SECTOR_SIZE == 0 &&
            req->done < req->length &&
            bdif_in_range(req->disk, req->sector, req->length));
}

static int bdif_post_load(void *opaque, int version_id)
{
    VMAppleBdifState *s = opaque;

    for (int i = 0; i < REQUESTS; i++) {
        if (!bdif_request_valid(&s->root.requests[i]) ||
            !bdif_request_valid(&s->aux.requests[i])) {
            return -EINVAL;
        }
    }
    return 0;
}

static bool bdif_requests_needed(void *opaque)
{
    VMAppleBdifState *s = opaque;

    return bdif_busy(&s->root) || bdif_busy(&s->aux);
}

static const VMStateDescription vmstate_bdif_request = {
    .name = "vmapple-bdif/request",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(busy, BdifRequest),
        VMSTATE_BOOL(write, BdifRequest),
        VMSTATE_UINT64(sector, BdifRequest),
        VMSTATE_UINT64(address, BdifRequest),
        VMSTATE_UINT32(length, BdifRequest),
        VMSTATE_UINT64(status_address, BdifRequest),
        VMSTATE_UINT32(done, BdifRequest),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_bdif_requests = {
    .name = "vmapple-bdif/requests",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = bdif_requests_needed,
    .post_load = bdif_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_ARRAY(root.requests, VMAppleBdifState, REQUESTS, 1,
                             vmstate_bdif_request, BdifRequest),
        VMSTATE_STRUCT_ARRAY(aux.requests, VMAppleBdifState, REQUESTS, 1,
                             vmstate_bdif_request, BdifRequest),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_bdif = {
    .name = TYPE_VMAPPLE_BDIF,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &vmstate_bdif_requests,
        NULL
    }
};

static const Property bdif_disk_properties[] = {
    DEFINE_PROP_DRIVE("drive", BdifDisk, blk),
};

static void bdif_disk_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "disk of the vmapple machine's backdoor interface";
    dc->user_creatable = false;
    device_class_set_props(dc, bdif_disk_properties);
}

static const Property bdif_properties[] = {
    DEFINE_PROP_BOOL("root-writable", VMAppleBdifState, root_writable, false),
    DEFINE_PROP_BOOL("busy-bit", VMAppleBdifState, busy_bit, true),
    DEFINE_PROP_BOOL("check-disks", VMAppleBdifState, check_disks, false),
};

static void bdif_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "backdoor interface of the vmapple machine";
    dc->realize = bdif_realize;
    dc->vmsd = &vmstate_bdif;
    rc->phases.hold = bdif_reset_hold;
    device_class_set_props(dc, bdif_properties);
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo bdif_types[] = {
    {
        .name = TYPE_VMAPPLE_BDIF,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(VMAppleBdifState),
        .instance_init = bdif_init,
        .class_init = bdif_class_init,
    },
    {
        .name = TYPE_VMAPPLE_BDIF_DISK,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(BdifDisk),
        .class_init = bdif_disk_class_init,
    },
};

DEFINE_TYPES(bdif_types)
