/* SPDX-License-Identifier: MIT */
/* From a packet's bytes to the handler of its command. */
#include "device/packet.h"

#include <glib.h>

#include "device/device.h"
#include "device/handlers.h"
#include "wire/shared.h"

/* ---- Commands with nothing to do ---- */

static enum pvg_refusal nop(void *ctx, const struct pvg_wire_nop *rec)
{
    return PVG_ACCEPTED;
}

/* Known by name or position only, or hints that we do not take: completed and counted. */
static enum pvg_refusal ignore(struct pvg_execution *execution)
{
    pvg_count(execution->device->counts.ignored, 1);
    return PVG_ACCEPTED;
}

#define IGNORE(name)                                                                               \
    static enum pvg_refusal ignore_##name(void *ctx, const struct pvg_wire_##name *rec)            \
    {                                                                                              \
        return ignore(ctx);                                                                        \
    }
IGNORE(debug)
IGNORE(delay)
IGNORE(retired)
IGNORE(set_object_list_and_placement)
IGNORE(delete_shared_texture)
IGNORE(discard_resources)
IGNORE(info_indirect)
IGNORE(display_properties)
#undef IGNORE

/* Every command of 10-device 9. */
static const struct pvg_wire_packet_handlers handlers = {
    .debug = ignore_debug,
    .nop = nop,
    .define_channel = pvg_define_channel,
    .free_channel = pvg_free_channel,
    .delay = ignore_delay,
    .retired = ignore_retired,
    .define_task = pvg_define_task,
    .delete_task = pvg_delete_task,
    .map_memory = pvg_map_memory,
    .unmap_memory = pvg_unmap_memory,
    .replace_physical = pvg_replace_physical,
    .set_object_list = pvg_set_object_list,
    .set_object_list_and_placement = ignore_set_object_list_and_placement,
    .delete_resource = pvg_delete_resource,
    .delete_surface = pvg_delete_surface,
    .delete_shared_texture = ignore_delete_shared_texture,
    .delete_object = pvg_delete_object,
    .invalidate_resources = pvg_invalidate,
    .synchronize_resources = pvg_synchronize,
    .discard_resources = ignore_discard_resources,
    .exec_indirect = pvg_exec_indirect,
    .info_indirect = ignore_info_indirect,
    .get_device_info = pvg_get_device_info,
    .get_compute_info = pvg_get_compute_info,
    .heap_texture_size = pvg_get_heap_texture_size,
    .display_set_page = pvg_display_set_page,
    .display_ack = pvg_display_ack,
    .cursor_glyph = pvg_cursor_glyph,
    .cursor_show = pvg_cursor_show,
    .present = pvg_present,
    .display_sleep = pvg_display_sleep,
    .display_properties = ignore_display_properties,
};

/* ---- Life ---- */

/* Commands that the executor orders by itself: they may be started while earlier ones of the same
 * channel still run. */
static bool pipelined(uint16_t opcode)
{
    switch (opcode) {
    case PVG_WIRE_PACKET_EXEC_INDIRECT:
    case PVG_WIRE_PACKET_EXEC_INDIRECT_3:
    case PVG_WIRE_PACKET_INVALIDATE_RESOURCES:
    case PVG_WIRE_PACKET_SYNCHRONIZE_RESOURCES:
    case PVG_WIRE_PACKET_SYNCHRONIZE_AND_DISCARD:
        return true;
    default:
        return false;
    }
}

struct pvg_packet *pvg_packet_create(struct pvg_device *device,
                                     const struct pvg_wire_packet_header *header, uint32_t size)
{
    struct pvg_packet *packet = g_try_malloc(sizeof(*packet) + size);

    if (!packet) {
        return NULL;
    }
    *packet = (struct pvg_packet){
        .device = device,
        .opcode = header->opcode,
        .wait_count = header->wait_count,
        .stamp = header->stamp,
        .size = size,
        .alone = !pipelined(header->opcode),
    };
    if (header->wait_count > PVG_WIRE_WAITS_MAX) {
        packet->early = PVG_REFUSED_LIMIT;
        packet->wait_count = 0;
    }
    return packet;
}

void pvg_packet_destroy(struct pvg_packet *packet)
{
    if (packet->submission) {
        pvg_executor_unprepare(packet->device->executor, packet->submission);
        pvg_submission_destroy(packet->submission);
    }
    g_free(packet);
}

uint64_t pvg_packet_weight(const struct pvg_packet *packet)
{
    return sizeof(*packet) + packet->size +
           (packet->submission ? packet->submission->bytes : 0);
}

const char *pvg_packet_name(uint16_t opcode)
{
    const char *name = pvg_wire_packet_name(opcode);

    return name ? name : "an unknown command";
}

struct pvg_cursor pvg_packet_payload(const struct pvg_packet *packet)
{
    size_t before = PVG_WIRE_PACKET_HEADER_SIZE + packet->wait_count * PVG_WIRE_PACKET_WAIT_SIZE;

    return pvg_cursor_over(packet->bytes + before, packet->size - before);
}

void pvg_packet_prepare(struct pvg_packet *packet)
{
    if (packet->early == PVG_ACCEPTED && (packet->opcode == PVG_WIRE_PACKET_EXEC_INDIRECT ||
                                          packet->opcode == PVG_WIRE_PACKET_EXEC_INDIRECT_3)) {
        pvg_exec_fetched(packet);
    }
}

enum pvg_refusal pvg_packet_run(struct pvg_execution *execution)
{
    struct pvg_packet *packet = execution->packet;
    struct pvg_cursor payload = pvg_packet_payload(packet);

    if (packet->early != PVG_ACCEPTED) {
        return packet->early;
    }
    return pvg_wire_packet_dispatch(&handlers, execution, packet->opcode, &payload);
}
