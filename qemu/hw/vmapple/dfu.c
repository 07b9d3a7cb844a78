/*
 * vmapple: the firmware as a USB device, for a restore (DFU)
 *
 * A page of bdif by which the firmware, in DFU mode, is a USB device with
 * nothing but a control endpoint. Its packets go over a character device in
 * the usbredir protocol, in which we are the side with the device: whoever
 * connects, such as another machine's "-device usb-redir", sees it plugged in.
 *
 * Experimental: nobody has finished a restore this way. Spec: 80-platform
 * 12.5, all of which is observed, and 20.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <usbredirparser.h>
#include "chardev/char-fe.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/registerfields.h"
#include "hw/sysbus.h"
#include "hw/vmapple/dfu.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "guest-ram.h"
#include "trace.h"

OBJECT_DECLARE_SIMPLE_TYPE(VMAppleDfuState, VMAPPLE_DFU)

REG32(STATUS, 0x000)
REG32(TYPE, 0x004)
REG32(CONFIG_OFFSET, 0x008)
REG32(READY, 0x010)
REG32(QUEUE_ENABLE, 0x400)
REG64(COMMAND, 0x408)
REG32(QUEUE_SELECT, 0x410)

#define PAGE_SIZE_      (64 * KiB)
#define TYPE_USB        0x1a01
#define CONFIG          0x420

/* Queues, as seen by the firmware */
enum {
    QUEUE_RECEIVE,
    QUEUE_SEND,
};

/* Kinds of packets, in either direction */
enum {
    PACKET_BUS_RESET = 0,
    PACKET_SETUP = 1,
    PACKET_OUT = 3,
    PACKET_OUT_DONE = 5,
};

typedef struct QEMU_PACKED DfuDescriptor {
    uint64_t addr;
    uint32_t len;
    uint16_t next;
    uint16_t flags;
} DfuDescriptor;

#define DESCRIPTOR_DEVICE_WRITES 2

/* Before the bytes of a packet to the firmware */
typedef struct QEMU_PACKED DfuPacket {
    int32_t length;
    uint8_t endpoint;
    uint8_t kind;
} DfuPacket;

enum {
    SENT_HEADER = 2,                /* from it: kind, endpoint */
    MAX_RECEIVE = 128 * KiB,
    MAX_SENT = SENT_HEADER + 4096,
    MAX_REQUESTS = 16,              /* of the client, waiting */
    MAX_UNREAD = 64 * KiB,          /* answers that it has not taken */
};

/* bmRequestType and bRequest of what we must know */
enum {
    DIRECTION_IN = 0x80,
    SET_CONFIGURATION = 9,
    CLASS_INTERFACE_IN = 0xa1,
    DFU_GETSTATUS = 3,
    DFU_DOWNLOAD_IDLE = 5,
};

/* A control transfer that the client asks for */
typedef struct DfuRequest {
    uint64_t id;
    struct usb_redir_control_packet_header header;
    bool configures;    /* by usbredir's own message */
    bool cancelled;     /* told so, but the firmware has it */
    uint8_t *data;      /* of an OUT transfer */
    uint32_t length;
    uint32_t delivered; /* of that */
    bool set_up;        /* the firmware has the SETUP packet */
} DfuRequest;

typedef struct DfuBuffer {
    uint64_t addr;
    uint32_t len;       /* 0: there is none */
} DfuBuffer;

struct VMAppleDfuState {
    SysBusDevice parent_obj;

    MemoryRegion mmio;
    CharBackend chardev;
    guint watch;
    QEMUBH *close;      /* not while the parser is at work */

    struct usbredirparser *parser;
    const uint8_t *input;
    int input_left;
    GQueue requests;    /* the first is the firmware's */
    uint8_t configuration;

    uint32_t queue;
    DfuBuffer posted;
    DfuBuffer next;     /* posted before the packet in the other was seen */
    bool ready;
    bool bus_reset;     /* to be delivered */
};

static void dfu_deliver(VMAppleDfuState *s);

static void dfu_guest_error(const char *what)
{
    qemu_log_mask(LOG_GUEST_ERROR, "vmapple-dfu: %s\n", what);
}

/*
 * The client
 */

static void request_free(gpointer data)
{
    DfuRequest *request = data;

    g_free(request->data);
    g_free(request);
}

static void flush_output(VMAppleDfuState *s)
{
    if (s->parser) {
        usbredirparser_do_write(s->parser);
    }
}

/* Answers the first request, and is done with it. */
static void complete(VMAppleDfuState *s, int status, const uint8_t *data,
                     uint32_t length)
{
    DfuRequest *request = g_queue_pop_head(&s->requests);
    struct usb_redir_control_packet_header header = request->header;

    if (s->parser && request->configures) {
        struct usb_redir_configuration_status_header answer = {
            .status = status,
            .configuration = s->configuration,
        };

        usbredirparser_send_configuration_status(s->parser, request->id,
                                                 &answer);
    } else if (s->parser && !request->cancelled) {
        bool in = header.requesttype & DIRECTION_IN;

        header.status = status;
        header.length = in ? length : request->length;
        usbredirparser_send_control_packet(s->parser, request->id, &header,
                                           in ? (uint8_t *)data : NULL,
                                           in ? length : 0);
    }
    request_free(request);
    flush_output(s);
}

static void drop_requests(VMAppleDfuState *s)
{
    while (!g_queue_is_empty(&s->requests)) {
        complete(s, usb_redir_ioerror, NULL, 0);
    }
}

static void add_request(VMAppleDfuState *s, DfuRequest *request)
{
    g_queue_push_tail(&s->requests, request);
    if (g_queue_get_length(&s->requests) > MAX_REQUESTS) {
        struct usb_redir_control_packet_header header = request->header;

        g_queue_pop_tail(&s->requests);
        header.status = usb_redir_stall;
        header.length = 0;
        usbredirparser_send_control_packet(s->parser, request->id, &header,
                                           NULL, 0);
        request_free(request);
        return;
    }
    dfu_deliver(s);
}

static void on_control_packet(void *priv, uint64_t id,
                              struct usb_redir_control_packet_header *header,
                              uint8_t *data, int length)
{
    VMAppleDfuState *s = priv;
    DfuRequest *request = g_new0(DfuRequest, 1);

    request->id = id;
    request->header = *header;
    request->length = length;
    request->data = g_memdup2(data, length);
    usbredirparser_free_packet_data(s->parser, data);
    add_request(s, request);
}

static void on_set_configuration(void *priv, uint64_t id,
                                 struct usb_redir_set_configuration_header *h)
{
    VMAppleDfuState *s = priv;
    DfuRequest *request = g_new0(DfuRequest, 1);

    request->id = id;
    request->configures = true;
    request->header.request = SET_CONFIGURATION;
    request->header.value = h->configuration;
    s->configuration = h->configuration;
    add_request(s, request);
}

static void on_get_configuration(void *priv, uint64_t id)
{
    VMAppleDfuState *s = priv;
    struct usb_redir_configuration_status_header answer = {
        .configuration = s->configuration,
    };

    usbredirparser_send_configuration_status(s->parser, id, &answer);
}

/* There is one interface, with one setting. */
static void send_alt_setting(VMAppleDfuState *s, uint64_t id, uint8_t interface,
                             bool good)
{
    struct usb_redir_alt_setting_status_header answer = {
        .status = good ? usb_redir_success : usb_redir_stall,
        .interface = interface,
    };

    usbredirparser_send_alt_setting_status(s->parser, id, &answer);
}

static void on_set_alt_setting(void *priv, uint64_t id,
                               struct usb_redir_set_alt_setting_header *h)
{
    send_alt_setting(priv, id, h->interface, h->interface == 0 && h->alt == 0);
}

static void on_get_alt_setting(void *priv, uint64_t id,
                               struct usb_redir_get_alt_setting_header *h)
{
    send_alt_setting(priv, id, h->interface, h->interface == 0);
}

static void on_reset(void *priv)
{
    VMAppleDfuState *s = priv;

    drop_requests(s);
    s->configuration = 0;
    s->bus_reset = true;
    dfu_deliver(s);
}

static void on_cancel(void *priv, uint64_t id)
{
    VMAppleDfuState *s = priv;

    for (GList *at = s->requests.head; at; at = at->next) {
        DfuRequest *request = at->data;

        if (request->id == id && !request->cancelled) {
            struct usb_redir_control_packet_header header = request->header;

            header.status = usb_redir_cancelled;
            header.length = 0;
            usbredirparser_send_control_packet(s->parser, id, &header, NULL, 0);
            request->cancelled = true;
            if (!request->set_up) {
                g_queue_delete_link(&s->requests, at);
                request_free(request);
            }
            return;
        }
    }
}

/* The device, as the firmware's descriptors say. */
static void on_hello(void *priv, struct usb_redir_hello_header *hello)
{
    VMAppleDfuState *s = priv;
    struct usb_redir_interface_info_header interface = {
        .interface_count = 1,
        .interface_class[0] = 0xfe,     /* application specific ... */
        .interface_subclass[0] = 1,     /* ... firmware upgrade */
        .interface_protocol[0] = 2,
    };
    struct usb_redir_ep_info_header endpoints;
    struct usb_redir_device_connect_header device = {
        .speed = usb_redir_speed_high,
        .vendor_id = 0x05ac,
        .product_id = 0x1227,
    };

    memset(&endpoints, 0, sizeof(endpoints));
    memset(endpoints.type, usb_redir_type_invalid, sizeof(endpoints.type));
    endpoints.type[0] = endpoints.type[16] = usb_redir_type_control;
    endpoints.max_packet_size[0] = endpoints.max_packet_size[16] = 64;

    usbredirparser_send_interface_info(s->parser, &interface);
    usbredirparser_send_ep_info(s->parser, &endpoints);
    usbredirparser_send_device_connect(s->parser, &device);
}

static void on_log(void *priv, int level, const char *message)
{
    trace_vmapple_dfu_log(level, message);
}

/* What this device has no endpoint for: the parser wants an answer to each. */
static void on_bulk_packet(void *priv, uint64_t id,
                           struct usb_redir_bulk_packet_header *header,
                           uint8_t *data, int length)
{
    VMAppleDfuState *s = priv;

    usbredirparser_free_packet_data(s->parser, data);
    header->status = usb_redir_inval;
    header->length = header->length_high = 0;
    usbredirparser_send_bulk_packet(s->parser, id, header, NULL, 0);
}

static int on_read(void *priv, uint8_t *data, int count)
{
    VMAppleDfuState *s = priv;

    count = MIN(count, s->input_left);
    memcpy(data, s->input, count);
    s->input += count;
    s->input_left -= count;
    return count;
}

static gboolean on_writable(void *do_not_use, GIOCondition condition,
                            void *opaque)
{
    VMAppleDfuState *s = opaque;

    s->watch = 0;
    flush_output(s);
    qemu_chr_fe_accept_input(&s->chardev);
    return G_SOURCE_REMOVE;
}

static int on_write(void *priv, uint8_t *data, int count)
{
    VMAppleDfuState *s = priv;
    int written = qemu_chr_fe_write(&s->chardev, data, count);

    if (written < count && !s->watch) {
        s->watch = qemu_chr_fe_add_watch(&s->chardev, G_IO_OUT | G_IO_HUP,
                                         on_writable, s);
    }
    return MAX(written, 0);
}

static void disconnect(void *opaque)
{
    VMAppleDfuState *s = opaque;

    if (!s->parser) {
        return;
    }
    g_clear_handle_id(&s->watch, g_source_remove);
    g_clear_pointer(&s->parser, usbredirparser_destroy);
    drop_requests(s);
}

static void connect_client(VMAppleDfuState *s)
{
    uint32_t caps[USB_REDIR_CAPS_SIZE] = { 0 };

    disconnect(s);
    s->parser = usbredirparser_create();
    s->parser->priv = s;
    s->parser->log_func = on_log;
    s->parser->read_func = on_read;
    s->parser->write_func = on_write;
    s->parser->hello_func = on_hello;
    s->parser->reset_func = on_reset;
    s->parser->set_configuration_func = on_set_configuration;
    s->parser->get_configuration_func = on_get_configuration;
    s->parser->set_alt_setting_func = on_set_alt_setting;
    s->parser->get_alt_setting_func = on_get_alt_setting;
    s->parser->cancel_data_packet_func = on_cancel;
    s->parser->control_packet_func = on_control_packet;
    s->parser->bulk_packet_func = on_bulk_packet;
    usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
    usbredirparser_init(s->parser, "vmapple", caps, USB_REDIR_CAPS_SIZE,
                        usbredirparser_fl_usb_host);
    flush_output(s);
}

static void dfu_chr_event(void *opaque, QEMUChrEvent event)
{
    VMAppleDfuState *s = opaque;

    if (event == CHR_EVENT_OPENED) {
        qemu_bh_cancel(s->close);
        connect_client(s);
    } else if (event == CHR_EVENT_CLOSED) {
        qemu_bh_schedule(s->close);
    }
}

static int dfu_chr_can_read(void *opaque)
{
    VMAppleDfuState *s = opaque;

    return s->parser && usbredirparser_get_bufferered_output_size(s->parser) <
                            MAX_UNREAD ? 64 * KiB : 0;
}

static void dfu_chr_read(void *opaque, const uint8_t *data, int size)
{
    VMAppleDfuState *s = opaque;

    s->input = data;
    s->input_left = size;
    /* A packet that it does not understand is skipped. */
    while (s->input_left > 0 && usbredirparser_do_read(s->parser) >= 0) {
        /* until all is taken */
    }
    s->input_left = 0;
    flush_output(s);
}

/*
 * The firmware
 */

/* Puts a packet into the buffer that the firmware has posted. */
static bool put(VMAppleDfuState *s, uint8_t kind, const void *bytes,
                uint32_t length)
{
    DfuPacket packet = { .length = cpu_to_le32(length), .kind = kind };
    DfuBuffer buffer = s->posted;

    s->posted.len = 0;
    if (!guest_ram_write(buffer.addr, &packet, sizeof(packet)) ||
        (length && !guest_ram_write(buffer.addr + sizeof(packet), bytes,
                                    length))) {
        dfu_guest_error("a posted buffer is not in RAM");
        return false;
    }
    s->ready = true;
    trace_vmapple_dfu_deliver(kind, length);
    return true;
}

/* Gives the firmware its next packet, if there are one and room for it. */
static void dfu_deliver(VMAppleDfuState *s)
{
    DfuRequest *request = g_queue_peek_head(&s->requests);
    uint32_t room;

    if (s->ready || s->posted.len == 0) {
        return;
    }
    room = s->posted.len - sizeof(DfuPacket);
    if (s->bus_reset) {
        s->bus_reset = !put(s, PACKET_BUS_RESET, NULL, 0);
    } else if (request && !request->set_up) {
        struct usb_redir_control_packet_header *h = &request->header;
        uint8_t setup[8] = { h->requesttype, h->request };

        stw_le_p(setup + 2, h->value);
        stw_le_p(setup + 4, h->index);
        stw_le_p(setup + 6, h->length);
        if (room < sizeof(setup)) {
            dfu_guest_error("a posted buffer has no room for a request");
            s->posted.len = 0;
            return;
        }
        request->set_up = put(s, PACKET_SETUP, setup, sizeof(setup));
    } else if (request && request->delivered < request->length && room) {
        uint32_t length = MIN(room, request->length - request->delivered);

        if (put(s, PACKET_OUT, request->data + request->delivered, length)) {
            request->delivered += length;
        }
    }
}

static bool could_be_posted(DfuBuffer buffer)
{
    return buffer.len == 0 ||
           (buffer.len >= sizeof(DfuPacket) && buffer.len <= MAX_RECEIVE);
}

static void dfu_post(VMAppleDfuState *s, DfuBuffer buffer)
{
    if (buffer.len == 0 || !could_be_posted(buffer)) {
        dfu_guest_error("a posted buffer is too small or too large");
    } else if (!s->ready && s->posted.len == 0) {
        s->posted = buffer;
        dfu_deliver(s);
    } else if (s->next.len == 0) {
        s->next = buffer;
    } else {
        dfu_guest_error("a third buffer is posted, and dropped");
    }
}

static uint32_t dfu_take_ready(VMAppleDfuState *s)
{
    bool ready = s->ready;

    if (ready) {
        s->ready = false;
        s->posted = s->next;
        s->next.len = 0;
        dfu_deliver(s);
    }
    return ready;
}

/* The firmware answers the request it has. */
static void dfu_send(VMAppleDfuState *s, DfuBuffer buffer)
{
    /* After a block is written, "download idle" comes as an empty packet. */
    static const uint8_t idle[6] = { [4] = DFU_DOWNLOAD_IDLE };
    DfuRequest *request = g_queue_peek_head(&s->requests);
    uint8_t packet[MAX_SENT];
    const uint8_t *data = packet + SENT_HEADER;
    uint32_t length = buffer.len - SENT_HEADER;

    if (buffer.len < SENT_HEADER || buffer.len > sizeof(packet) ||
        !guest_ram_read(buffer.addr, packet, buffer.len)) {
        dfu_guest_error("a packet of a wrong size, or not in RAM");
        return;
    }
    trace_vmapple_dfu_send(packet[0], length);
    if (!request || !request->set_up) {
        dfu_guest_error("an answer to no request");
        return;
    }
    if (request->length > 0 && packet[0] != PACKET_OUT_DONE) {
        return; /* of the request itself; that of its data ends it */
    }
    if (request->header.requesttype == CLASS_INTERFACE_IN &&
        request->header.request == DFU_GETSTATUS && length == 0) {
        data = idle;
        length = sizeof(idle);
    }
    complete(s, usb_redir_success, data,
             MIN(length, request->header.length));
    dfu_deliver(s);
}

static void dfu_command(VMAppleDfuState *s, uint64_t table)
{
    DfuDescriptor descriptor;
    DfuBuffer buffer;
    bool writes;

    if (!guest_ram_read(table, &descriptor, sizeof(descriptor))) {
        dfu_guest_error("a descriptor is not in RAM");
        return;
    }
    buffer.addr = le64_to_cpu(descriptor.addr);
    buffer.len = le32_to_cpu(descriptor.len);
    writes = le16_to_cpu(descriptor.flags) & DESCRIPTOR_DEVICE_WRITES;
    if (writes != (s->queue == QUEUE_RECEIVE)) {
        dfu_guest_error("a buffer of the wrong direction");
    } else if (writes) {
        dfu_post(s, buffer);
    } else {
        dfu_send(s, buffer);
    }
}

static uint64_t dfu_read(void *opaque, hwaddr offset, unsigned size)
{
    VMAppleDfuState *s = opaque;

    switch (offset) {
    case A_STATUS:
    case A_QUEUE_ENABLE:
        return 1;
    case A_TYPE:
        return TYPE_USB;
    case A_CONFIG_OFFSET:
        return CONFIG;
    case A_READY:
        return s->queue == QUEUE_RECEIVE ? dfu_take_ready(s) : 1;
    case A_QUEUE_SELECT:
        return s->queue;
    default:
        return UINT64_MAX;
    }
}

static void dfu_write(void *opaque, hwaddr offset, uint64_t value,
                      unsigned size)
{
    VMAppleDfuState *s = opaque;

    switch (offset) {
    case A_COMMAND:
        dfu_command(s, value);
        break;
    case A_QUEUE_SELECT:
        if (value > QUEUE_SEND) {
            dfu_guest_error("there are two queues");
            break;
        }
        s->queue = value;
        break;
    }
}

static const MemoryRegionOps dfu_ops = {
    .read = dfu_read,
    .write = dfu_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/*
 * The device
 */

static void dfu_reset_hold(Object *obj, ResetType type)
{
    VMAppleDfuState *s = VMAPPLE_DFU(obj);

    s->queue = QUEUE_RECEIVE;
    s->posted.len = s->next.len = 0;
    s->ready = s->bus_reset = false;
    drop_requests(s);
}

static void dfu_realize(DeviceState *dev, Error **errp)
{
    VMAppleDfuState *s = VMAPPLE_DFU(dev);

    if (!qemu_chr_fe_backend_connected(&s->chardev)) {
        error_setg(errp, "chardev: give one that speaks usbredir");
        return;
    }
    memory_region_init_io(&s->mmio, OBJECT(s), &dfu_ops, s, TYPE_VMAPPLE_DFU,
                          PAGE_SIZE_);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->mmio);
    g_queue_init(&s->requests);
    s->close = qemu_bh_new_guarded(disconnect, s, &dev->mem_reentrancy_guard);
    qemu_chr_fe_set_handlers(&s->chardev, dfu_chr_can_read, dfu_chr_read,
                             dfu_chr_event, NULL, s, NULL, true);
}

static void dfu_unrealize(DeviceState *dev)
{
    VMAppleDfuState *s = VMAPPLE_DFU(dev);

    disconnect(s);
    qemu_chr_fe_deinit(&s->chardev, false);
    qemu_bh_delete(s->close);
}

static int dfu_post_load(void *opaque, int version_id)
{
    VMAppleDfuState *s = opaque;

    return s->queue <= QUEUE_SEND && could_be_posted(s->posted) &&
           could_be_posted(s->next) ? 0 : -EINVAL;
}

/* What the client has asked for stays behind: its connection does, too. */
static const VMStateDescription vmstate_dfu = {
    .name = TYPE_VMAPPLE_DFU,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = dfu_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(queue, VMAppleDfuState),
        VMSTATE_UINT64(posted.addr, VMAppleDfuState),
        VMSTATE_UINT32(posted.len, VMAppleDfuState),
        VMSTATE_UINT64(next.addr, VMAppleDfuState),
        VMSTATE_UINT32(next.len, VMAppleDfuState),
        VMSTATE_BOOL(ready, VMAppleDfuState),
        VMSTATE_BOOL(bus_reset, VMAppleDfuState),
        VMSTATE_END_OF_LIST()
    },
};

static const Property dfu_properties[] = {
    DEFINE_PROP_CHR("chardev", VMAppleDfuState, chardev),
};

static void dfu_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "Apple's firmware as a USB device (experimental)";
    dc->realize = dfu_realize;
    dc->unrealize = dfu_unrealize;
    dc->vmsd = &vmstate_dfu;
    dc->user_creatable = false;
    device_class_set_props(dc, dfu_properties);
    RESETTABLE_CLASS(oc)->phases.hold = dfu_reset_hold;
}

static const TypeInfo dfu_types[] = {
    {
        .name = TYPE_VMAPPLE_DFU,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(VMAppleDfuState),
        .class_init = dfu_class_init,
    },
};

DEFINE_TYPES(dfu_types)
