/* SPDX-License-Identifier: MIT */
/* Channels: rings of packets, and the stamps that say how far the device is. */
#include "kit/channel.h"

#include "wire/packets_encode.h"
#include "wire/registers.h"
#include "wire/shared_encode.h"

#include "kit/kit.h"

void kit_channel_open_root(struct kit *kit, uint64_t ring, uint32_t size)
{
    kit->channels[0] = (struct kit_channel){.live = true, .ring = ring, .size = size};
}

void kit_channel_define(struct kit *kit, unsigned id, unsigned pages)
{
    struct kit_channel *channel = &kit->channels[id];
    struct pvg_wire_child_record record = {.stamp_index = (uint16_t)id};
    struct pvg_writer w;

    *channel = (struct kit_channel){.live = true,
                                    .size = pages << kit->page_shift,
                                    .record = kit->root_page + PVG_WIRE_CHILD_RECORDS_AT +
                                              (id - 1) * PVG_WIRE_CHILD_RECORD_SIZE};
    channel->list = kit_pages(kit, 1);
    for (unsigned i = 0; i < pages; i++) {
        channel->pages[i] = kit_pages(kit, 1);
    }
    if (kit->failure) {
        return;
    }
    for (unsigned i = 0; i < pages; i++) {
        kit_store(kit, channel->list + 4 * i, (uint32_t)(channel->pages[i] >> kit->page_shift));
    }
    record.page_list.value = (uint32_t)(channel->list >> kit->page_shift);
    w = pvg_writer_over(kit_at(kit, channel->record), PVG_WIRE_CHILD_RECORD_SIZE);
    pvg_wire_child_record_encode(&w, &record);
    /* A channel that had this number left its last stamp behind. */
    kit_store(kit, kit->fifo + 4 * id, 0);
    pvg_wire_define_channel_encode(kit_packet(kit, PVG_WIRE_PACKET_DEFINE_CHANNEL),
                                   &(struct pvg_wire_define_channel){.channel = id});
    kit_send(kit, 0);
}

void kit_channel_free(struct kit *kit, unsigned id)
{
    struct kit_channel *channel = &kit->channels[id];

    pvg_wire_free_channel_encode(kit_packet(kit, PVG_WIRE_PACKET_FREE_CHANNEL),
                                 &(struct pvg_wire_free_channel){.channel = id});
    if (!kit_wait(kit, 0, kit_send(kit, 0))) {
        return;
    }
    for (unsigned i = 0; i < channel->size >> kit->page_shift; i++) {
        kit->platform->give_pages(kit->at, channel->pages[i], 1);
    }
    kit->platform->give_pages(kit->at, channel->list, 1);
    channel->live = false;
}

struct pvg_writer *kit_packet(struct kit *kit, uint16_t opcode)
{
    struct pvg_wire_packet_header header = {.opcode = opcode};

    kit_fill_junk(kit, kit->packet_bytes, 256);
    kit->packet = pvg_writer_over(kit->packet_bytes, sizeof(kit->packet_bytes));
    pvg_wire_packet_header_encode(&kit->packet, &header);
    return &kit->packet;
}

void kit_packet_after(struct kit *kit, struct kit_point point)
{
    kit->packet_bytes[2]++; /* the header's count */
    pvg_wire_packet_wait_encode(
        &kit->packet, &(struct pvg_wire_packet_wait){.slot = point.channel, .value = point.stamp});
}

static uint32_t next_stamp(const struct kit *kit, unsigned id)
{
    uint32_t last = kit->channels[id].stamp;

    /* On arm64 the low byte repeats the slot. Spec: 10-device 2.4. */
    return kit->machine == KIT_X86 ? last + 1 : ((last >> 8) + 1) << 8 | id;
}

static uint32_t read_head(struct kit *kit, unsigned id)
{
    return id == 0 ? kit->platform->read32(kit->at, KIT_GFX, PVG_WIRE_GFX_FIFO_READ)
                   : kit_load(kit, kit->channels[id].record + PVG_WIRE_CHILD_RECORD_HEAD_AT);
}

static bool wait_for_room(struct kit *kit, unsigned id, uint32_t need)
{
    const struct kit_channel *channel = &kit->channels[id];

    while (channel->size - (channel->tail - read_head(kit, id)) < need) {
        if (!kit->platform->pause(kit->at)) {
            kit_fail(kit, "the device does not empty a ring");
            return false;
        }
    }
    return true;
}

/* Copies the packet to the ring, across the ends of its pages and of the ring itself. */
static void copy_to_ring(struct kit *kit, struct kit_channel *channel)
{
    uint32_t page_mask = kit_page_size(kit) - 1;

    for (uint32_t done = 0; done < kit->packet.size;) {
        uint32_t at = (channel->tail + done) % channel->size;
        uint32_t part = kit_page_size(kit) - (at & page_mask);
        uint64_t gpa = channel->ring ? channel->ring + at
                                     : channel->pages[at >> kit->page_shift] + (at & page_mask);

        part = part < channel->size - at ? part : channel->size - at;
        part = part < kit->packet.size - done ? part : (uint32_t)kit->packet.size - done;
        kit_copy_in(kit, gpa, kit->packet_bytes + done, part);
        done += part;
    }
}

uint32_t kit_send_quietly(struct kit *kit, unsigned id)
{
    struct kit_channel *channel = &kit->channels[id];
    struct pvg_writer header = pvg_writer_over(kit->packet_bytes + 4, 8);

    if (!channel->live) {
        kit_fail(kit, "a packet for a channel that is not defined");
    }
    if (kit->packet.overflow) {
        kit_fail(kit, "a packet too long for the kit");
    }
    if (kit->failure || !wait_for_room(kit, id, (uint32_t)kit->packet.size)) {
        return 0;
    }
    channel->stamp = next_stamp(kit, id);
    pvg_put_u32(&header, (uint32_t)kit->packet.size);
    pvg_put_u32(&header, channel->stamp);
    copy_to_ring(kit, channel);
    channel->tail += (uint32_t)kit->packet.size;
    if (id != 0) {
        kit_store(kit, channel->record + PVG_WIRE_CHILD_RECORD_TAIL_AT, channel->tail);
    }
    return channel->stamp;
}

void kit_ring(struct kit *kit, unsigned id)
{
    if (id == 0) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        kit->platform->write32(kit->at, KIT_GFX, PVG_WIRE_GFX_FIFO_WRITTEN, kit->channels[0].tail);
    } else {
        kit->platform->write32(kit->at, KIT_GFX, PVG_WIRE_GFX_CHILD_DOORBELL, id);
    }
}

uint32_t kit_send(struct kit *kit, unsigned id)
{
    uint32_t old_tail = kit->channels[id].tail;
    uint32_t stamp = kit_send_quietly(kit, id);

    if (kit->failure) {
        return 0;
    }
    /* The tail is visible before the head is looked at: either we see that the device had read all,
     * or the device, which publishes its head first, sees the new tail. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (id == 0 || kit->doorbell == KIT_RING_ALWAYS || read_head(kit, id) == old_tail) {
        kit_ring(kit, id);
    }
    return stamp;
}

bool kit_done(struct kit *kit, unsigned id, uint32_t stamp)
{
    return (int32_t)(kit_load(kit, kit->fifo + 4 * id) - stamp) >= 0;
}

bool kit_wait(struct kit *kit, unsigned id, uint32_t stamp)
{
    while (!kit->failure && !kit_done(kit, id, stamp)) {
        if (!kit->platform->pause(kit->at)) {
            kit_fail(kit, "a stamp did not come");
        }
    }
    return !kit->failure;
}
