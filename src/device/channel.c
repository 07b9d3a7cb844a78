/* SPDX-License-Identifier: MIT */
/* Rings, queues and retirement. */
#include "device/channel.h"

#include <glib.h>
#include <string.h>

#include "base/probe.h"
#include "device/device.h"
#include "device/held.h"
#include "wire/packets.h"
#include "wire/shared.h"

/* How far one channel is fetched ahead of what it has retired. */
#define QUEUE_MAX       256
#define QUEUE_BYTES_MAX 0x8000000

/* Packets of one service, so that a busy channel does not starve the others. */
#define SERVICE_MAX 64

#define LONG_WAIT_US 5000000

/* ---- The ring ---- */

static enum pvg_refusal ring_read(struct pvg_channel *channel, uint32_t counter, uint8_t *out,
                                  uint32_t size)
{
    const unsigned shift = channel->device->memory.page_shift;
    uint32_t position = counter % channel->ring_size;
    enum pvg_refusal why = PVG_ACCEPTED;

    while (why == PVG_ACCEPTED && size) {
        uint32_t piece = MIN(size, channel->ring_size - position);
        struct pvg_gpa at = {channel->base.value + position};

        if (channel->pages) {
            uint32_t into = position & ((1u << shift) - 1);

            piece = MIN(piece, (1u << shift) - into);
            at.value = channel->pages[position >> shift].value + into;
        }
        why = pvg_ram_read(&channel->device->memory.ram, at, out, piece);
        out += piece;
        size -= piece;
        position = (position + piece) % channel->ring_size;
    }
    return why;
}

/* Copies a child's page list once. A list that is empty or unreadable is not ready yet. */
static bool read_page_list(struct pvg_channel *channel, struct pvg_pfn list_page)
{
    struct pvg_memory *memory = &channel->device->memory;
    const uint32_t capacity = (1u << memory->page_shift) / 4;
    g_autofree uint8_t *bytes = g_malloc(capacity * 4);
    struct pvg_cursor cursor = pvg_cursor_over(bytes, capacity * 4);
    uint32_t count = 0;

    g_clear_pointer(&channel->pages, g_free);
    channel->ring_size = 0;
    if (pvg_ram_read(&memory->ram, pvg_pfn_to_gpa(list_page, memory->page_shift), bytes,
                     capacity * 4) != PVG_ACCEPTED) {
        return false;
    }
    channel->pages = g_new(struct pvg_gpa, capacity);
    while (count < capacity) {
        struct pvg_pfn page = {pvg_take_u32(&cursor)};

        if (!page.value) {
            break;
        }
        channel->pages[count++] = pvg_pfn_to_gpa(page, memory->page_shift);
    }
    if (!count) {
        g_clear_pointer(&channel->pages, g_free);
        return false;
    }
    channel->list_page = list_page;
    channel->ring_size = count << memory->page_shift;
    return true;
}

static bool load_record(struct pvg_channel *channel, uint64_t field, uint32_t *out)
{
    struct pvg_gpa at = {channel->record.value + field};

    return pvg_ram_load32(&channel->device->memory.ram, at, out) == PVG_ACCEPTED;
}

/* The guest's producer counter; false when the ring is not ready. */
static bool load_tail(struct pvg_channel *channel, uint32_t *out)
{
    struct pvg_pfn list_page;

    if (channel->id == 0) {
        *out = (uint32_t)pvg_tape_value(channel->device->memory.ram.tape, PVG_TAPE_FIFO_TAIL,
                                        atomic_load(&channel->device->registers.fifo_written));
        return true;
    }
    if (!load_record(channel, PVG_WIRE_CHILD_RECORD_TAIL_AT, out) ||
        !load_record(channel, PVG_WIRE_CHILD_RECORD_PAGE_LIST_AT, &list_page.value)) {
        return false;
    }
    if (*out == channel->fetched) {
        return true;
    }
    return (channel->pages && list_page.value == channel->list_page.value) ||
           read_page_list(channel, list_page);
}

/* ---- Opening and closing ---- */

static void open_channel(struct pvg_channel *channel, uint32_t start, uint32_t slot)
{
    struct pvg_device *device = channel->device;

    pthread_mutex_lock(&device->retire_lock);
    channel->session = device->session;
    channel->retired = start;
    channel->slot = slot;
    pthread_mutex_unlock(&device->retire_lock);
    channel->fetched = channel->tail_seen = start;
    channel->stopped = channel->told_long = false;
    channel->live = true;
}

enum pvg_refusal pvg_channel_open_root(struct pvg_device *device,
                                       const struct pvg_fifo_setup *setup)
{
    struct pvg_channel *root = &device->channels[0];
    struct pvg_gpa buffer =
        pvg_pfn_to_gpa((struct pvg_pfn){setup->base_page}, device->memory.page_shift);

    pvg_channel_close(root);
    if (!setup->base_page || setup->length > PVG_WIRE_FIFO_LENGTH_MAX ||
        setup->start < (1u << device->memory.page_shift) || setup->start >= setup->length ||
        setup->length - setup->start < PVG_WIRE_PACKET_HEADER_SIZE) {
        return PVG_REFUSED_LIMIT;
    }
    root->base.value = buffer.value + setup->start;
    root->ring_size = setup->length - setup->start;
    pthread_mutex_lock(&device->retire_lock);
    pvg_stamps_bind(&device->stamps, &device->memory, setup->session, buffer);
    pthread_mutex_unlock(&device->retire_lock);
    open_channel(root, 0, 0);
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_channel_define(struct pvg_device *device, uint32_t id)
{
    struct pvg_pfn page = {(uint32_t)pvg_tape_value(device->memory.ram.tape, PVG_TAPE_ROOT_PAGE,
                                                    atomic_load(&device->registers.root_page))};
    struct pvg_gpa root_page = pvg_pfn_to_gpa(page, device->memory.page_shift);
    struct pvg_channel *channel;
    uint32_t head, slot;

    if (id < 1 || id >= PVG_MAX_CHANNELS) {
        return PVG_REFUSED_RANGE;
    }
    channel = &device->channels[id];
    pvg_channel_close(channel);
    channel->record.value =
        root_page.value + PVG_WIRE_CHILD_RECORDS_AT + (id - 1) * PVG_WIRE_CHILD_RECORD_SIZE;
    if (!load_record(channel, PVG_WIRE_CHILD_RECORD_HEAD_AT, &head) ||
        !load_record(channel, PVG_WIRE_CHILD_RECORD_STAMP_INDEX_AT, &slot)) {
        return PVG_REFUSED_NOT_RAM;
    }
    slot &= 0xffff;
    pvg_stamps_load(&device->stamps, slot);
    open_channel(channel, head, slot);
    return PVG_ACCEPTED;
}

/* Empties the queue. What runs is cut loose: whoever completes it frees it. Returns the others. */
static struct pvg_packet *empty_queue_locked(struct pvg_channel *channel)
{
    struct pvg_packet *dead = NULL;
    bool started = true;

    for (struct pvg_packet *packet = channel->head, *later; packet; packet = later) {
        later = packet->later;
        started = started && packet != channel->next;
        if (started && !packet->done) {
            packet->channel = NULL;
        } else {
            packet->later = dead;
            dead = packet;
        }
    }
    channel->head = channel->tail = channel->next = NULL;
    channel->queued = channel->running = channel->running_alone = 0;
    channel->queued_bytes = 0;
    return dead;
}

static void destroy_all(struct pvg_packet *packets)
{
    while (packets) {
        struct pvg_packet *later = packets->later;

        pvg_packet_destroy(packets);
        packets = later;
    }
}

void pvg_channel_close(struct pvg_channel *channel)
{
    struct pvg_packet *dead;

    pthread_mutex_lock(&channel->device->retire_lock);
    dead = empty_queue_locked(channel);
    pthread_mutex_unlock(&channel->device->retire_lock);
    channel->live = false;
    g_clear_pointer(&channel->pages, g_free);
    destroy_all(dead);
}

/* ---- Retiring ---- */

/* Publishes how far the channel has come: head first, then the stamp. Spec: 10-device 8.2. */
static enum pvg_refusal publish_locked(struct pvg_channel *channel, uint32_t stamp)
{
    struct pvg_device *device = channel->device;
    struct pvg_gpa head = {channel->record.value + PVG_WIRE_CHILD_RECORD_HEAD_AT};
    enum pvg_refusal why;

    if (channel->id == 0) {
        why = pvg_registers_publish_head(device, channel->session, channel->retired);
    } else {
        why = pvg_ram_store32(&device->memory.ram, channel->session, head, channel->retired);
    }
    return why == PVG_ACCEPTED
               ? pvg_stamps_publish(&device->stamps, channel->session, channel->slot, stamp)
               : why;
}

/* Takes the finished packets from the front of the queue, and returns them, linked. */
static struct pvg_packet *retire_locked(struct pvg_channel *channel)
{
    struct pvg_packet *retired = NULL;

    while (channel->head && channel->head->done) {
        struct pvg_packet *packet = channel->head;

        channel->head = packet->later;
        channel->tail = channel->head ? channel->tail : NULL;
        channel->queued--;
        channel->queued_bytes -= pvg_packet_weight(packet);
        channel->retired += packet->size;
        packet->early = publish_locked(channel, packet->stamp);
        PVG_PROBE3(packet_retired, channel->id, packet->opcode, packet->stamp);
        packet->later = retired;
        retired = packet;
    }
    return retired;
}

/* Tells the guest. The engine does so at the end of a round, others at once, and have the engine
 * look at the ring again. */
static void announce(struct pvg_device *device, unsigned channel, uint32_t slot)
{
    uint32_t bit = 1u << (slot & 31);

    if (pvg_device_on_engine(device)) {
        device->status_to_raise |= bit;
        device->stamps_moved = true;
    } else {
        pvg_registers_event_gpu(device, bit);
        pvg_engine_mark(&device->engine, PVG_WORK_CHANNEL(channel) | PVG_WORK_AGAIN);
    }
}

static void note(struct pvg_packet *packet, const char *what, enum pvg_refusal why)
{
    pvg_refusals_note(&packet->device->refusals, why,
                      &(struct pvg_refusal_site){.what = what,
                                                 .channel = packet->channel_id,
                                                 .stamp = packet->stamp,
                                                 .detail = packet->opcode});
}

static void packet_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct pvg_packet *packet = (struct pvg_packet *)work;
    struct pvg_device *device = packet->device;
    struct pvg_packet *retired = NULL;
    struct pvg_channel *channel;
    unsigned id = packet->channel_id;
    uint32_t slot = 0;

    if (!pvg_tape_completed(device->memory.ram.tape,
                            &(struct pvg_tape_completion){.work = work,
                                                          .why = why,
                                                          .channel = id,
                                                          .opcode = packet->opcode,
                                                          .stamp = packet->stamp})) {
        return;
    }
    note(packet, pvg_packet_name(packet->opcode), why);
    pthread_mutex_lock(&device->retire_lock);
    channel = packet->channel;
    if (channel) {
        packet->done = true;
        channel->running--;
        channel->running_alone -= packet->alone;
        slot = channel->slot;
        retired = retire_locked(channel);
    }
    pthread_mutex_unlock(&device->retire_lock);
    if (!channel) {
        pvg_packet_destroy(packet);
        return;
    }
    if (retired) {
        announce(device, id, slot);
    }
    for (struct pvg_packet *each = retired; each; each = each->later) {
        pvg_count(device->counts.packets, 1);
        note(each, "(completion)", each->early);
    }
    destroy_all(retired);
}

/* ---- Fetching ---- */

static void stop(struct pvg_channel *channel, const char *what, uint64_t detail)
{
    channel->stopped = true;
    pvg_count(channel->device->counts.channels_stopped, 1);
    pvg_log_line(&channel->device->log, PVG_LOG_GUEST_ERROR,
                 "channel %u stops until the guest defines it anew: %s (0x%llx)", channel->id, what,
                 (unsigned long long)detail);
}

/* Reads the tail again once everything up to the last one seen was fetched. */
static bool see_tail(struct pvg_channel *channel)
{
    uint32_t retired, tail;

    if (channel->fetched != channel->tail_seen) {
        return true;
    }
    /* Pairs with the guest's fence between storing its tail and loading our head: one of the two
     * sees the other's store. */
    atomic_thread_fence(memory_order_seq_cst);
    if (!load_tail(channel, &tail) || tail == channel->fetched) {
        return false;
    }
    pthread_mutex_lock(&channel->device->retire_lock);
    retired = channel->retired;
    pthread_mutex_unlock(&channel->device->retire_lock);
    if (tail - retired > channel->ring_size || tail - channel->fetched > tail - retired) {
        stop(channel, "its tail jumped out of the ring", tail);
        return false;
    }
    channel->tail_seen = tail;
    return true;
}

bool pvg_channel_has_news(struct pvg_channel *channel)
{
    uint32_t tail;

    return channel->live && !channel->stopped && load_tail(channel, &tail) &&
           tail != channel->fetched;
}

static bool has_room(struct pvg_channel *channel)
{
    bool room;

    pthread_mutex_lock(&channel->device->retire_lock);
    room = channel->queued < QUEUE_MAX && channel->queued_bytes < QUEUE_BYTES_MAX;
    pthread_mutex_unlock(&channel->device->retire_lock);
    return room;
}

/* The size that a header claims, rounded up to words, or 0: the channel cannot be followed. */
static uint32_t checked_size(struct pvg_channel *channel,
                             const struct pvg_wire_packet_header *header)
{
    uint64_t size = ((uint64_t)header->size + 3) & ~UINT64_C(3);

    if (size < PVG_WIRE_PACKET_HEADER_SIZE +
                   (uint64_t)header->wait_count * PVG_WIRE_PACKET_WAIT_SIZE ||
        size > channel->ring_size) {
        return 0;
    }
    return (uint32_t)size;
}

/* The next packet in the ring, copied in one go; NULL when there is none. */
static struct pvg_packet *take_packet(struct pvg_channel *channel)
{
    uint8_t bytes[PVG_WIRE_PACKET_HEADER_SIZE];
    struct pvg_cursor cursor = pvg_cursor_over(bytes, sizeof(bytes));
    uint32_t used = channel->tail_seen - channel->fetched;
    struct pvg_wire_packet_header header;
    struct pvg_packet *packet;
    uint32_t size;

    if (used < sizeof(bytes) ||
        ring_read(channel, channel->fetched, bytes, sizeof(bytes)) != PVG_ACCEPTED ||
        pvg_wire_packet_header_decode(&cursor, &header) != PVG_ACCEPTED) {
        return NULL;
    }
    size = checked_size(channel, &header);
    if (!size) {
        stop(channel, "a packet's size is impossible", header.size);
        return NULL;
    }
    if (size > used) {
        return NULL;
    }
    packet = pvg_packet_create(channel->device, &header, size);
    if (!packet) {
        return NULL;
    }
    memcpy(packet->bytes, bytes, sizeof(bytes));
    if (ring_read(channel, channel->fetched + sizeof(bytes), packet->bytes + sizeof(bytes),
                  size - sizeof(bytes)) != PVG_ACCEPTED) {
        pvg_packet_destroy(packet);
        return NULL;
    }
    return packet;
}

static void enqueue(struct pvg_channel *channel, struct pvg_packet *packet)
{
    pthread_mutex_lock(&channel->device->retire_lock);
    if (channel->tail) {
        channel->tail->later = packet;
    } else {
        channel->head = packet;
    }
    channel->tail = packet;
    if (!channel->next) {
        channel->next = packet;
    }
    channel->queued++;
    channel->queued_bytes += pvg_packet_weight(packet);
    pthread_mutex_unlock(&channel->device->retire_lock);
}

static bool fetch(struct pvg_channel *channel, int64_t now)
{
    struct pvg_packet *packet;

    if (channel->stopped || !has_room(channel) || !see_tail(channel)) {
        return false;
    }
    packet = take_packet(channel);
    if (!packet) {
        channel->tail_seen = channel->fetched; /* look again when the guest has gone on */
        return false;
    }
    packet->work.completed = packet_completed;
    packet->channel = channel;
    packet->channel_id = channel->id;
    packet->fetched_at = now;
    packet->position = channel->fetched;
    channel->fetched += packet->size;
    PVG_PROBE3(packet_fetched, channel->id, packet->opcode, packet->stamp);
    pvg_tape_fetched(channel->device->memory.ram.tape, PVG_TAPE_PACKET, channel->id, packet->bytes,
                     packet->size);
    pvg_packet_prepare(packet);
    enqueue(channel, packet);
    return true;
}

/* ---- Starting ---- */

/* Whether an earlier packet of the channel will reach @value; if not, waiting for the channel's own
 * slot would be for ever. */
static bool own_stamp_comes(struct pvg_channel *channel, const struct pvg_packet *packet,
                            uint32_t value)
{
    bool comes = false;

    pthread_mutex_lock(&channel->device->retire_lock);
    for (const struct pvg_packet *each = channel->head; each && each != packet;
         each = each->later) {
        comes = comes || pvg_stamp_at_or_past(each->stamp, value);
    }
    pthread_mutex_unlock(&channel->device->retire_lock);
    return comes;
}

static bool waits_satisfied(struct pvg_channel *channel, const struct pvg_packet *packet)
{
    struct pvg_device *device = channel->device;

    for (uint32_t i = 0; i < packet->wait_count; i++) {
        struct pvg_wire_packet_wait wait = pvg_wire_packet_wait_at(
            (struct pvg_wire_packet_wait_array){packet->bytes + PVG_WIRE_PACKET_HEADER_SIZE,
                                                packet->wait_count},
            i);

        if (wait.slot >= device->stamps.count) {
            pvg_count(device->counts.impossible_waits, 1);
        } else if (!pvg_stamps_reached(&device->stamps, wait.slot, wait.value)) {
            if (wait.slot != channel->slot || own_stamp_comes(channel, packet, wait.value)) {
                return false;
            }
            pvg_count(device->counts.impossible_waits, 1);
        }
    }
    return true;
}

/* The next packet, if nothing of its own channel is in its way. */
static struct pvg_packet *next_startable(struct pvg_channel *channel)
{
    struct pvg_packet *packet;

    pthread_mutex_lock(&channel->device->retire_lock);
    packet = channel->next;
    if (packet && channel->running && (packet->alone || channel->running_alone)) {
        packet = NULL;
    }
    pthread_mutex_unlock(&channel->device->retire_lock);
    return packet;
}

static void mark_started(struct pvg_channel *channel, struct pvg_packet *packet)
{
    pthread_mutex_lock(&channel->device->retire_lock);
    channel->next = packet->later;
    channel->running++;
    channel->running_alone += packet->alone;
    pthread_mutex_unlock(&channel->device->retire_lock);
}

static void mark_held(struct pvg_channel *channel, struct pvg_packet *packet, int64_t until)
{
    pthread_mutex_lock(&channel->device->retire_lock);
    channel->next = packet;
    channel->running--;
    channel->running_alone -= packet->alone;
    pthread_mutex_unlock(&channel->device->retire_lock);
    packet->held_until = until;
}

/* Returns false when the packet is held. */
static bool start(struct pvg_channel *channel, struct pvg_packet *packet, int64_t now)
{
    struct pvg_execution execution = {.device = channel->device, .packet = packet, .now = now};
    enum pvg_refusal why;

    packet->held_since = packet->held_since ? packet->held_since : now;
    mark_started(channel, packet);
    why = pvg_packet_run(&execution);
    if (execution.hold) {
        mark_held(channel, packet, execution.hold);
        return false;
    }
    if (!execution.handed_over) {
        pvg_work_complete(&packet->work, why);
    }
    return true;
}

static void tell_long_wait(struct pvg_channel *channel, const struct pvg_packet *packet,
                           int64_t now)
{
    if (!channel->told_long && now - packet->fetched_at > LONG_WAIT_US) {
        channel->told_long = true;
        pvg_count(channel->device->counts.long_waits, 1);
        pvg_log_line(&channel->device->log, PVG_LOG_GUEST_ERROR,
                     "channel %u has waited for 5 s to run %s (stamp 0x%x): the stamps that it "
                     "waits for do not come",
                     channel->id, pvg_packet_name(packet->opcode), packet->stamp);
    }
}

static bool start_ready(struct pvg_channel *channel, int64_t now)
{
    bool moved = false;
    struct pvg_packet *packet;

    while ((packet = next_startable(channel))) {
        if (!pvg_tape_value(channel->device->memory.ram.tape, PVG_TAPE_WAITS,
                            waits_satisfied(channel, packet))) {
            tell_long_wait(channel, packet, now);
            break;
        }
        if (packet->held_until > now && !channel->device->try_held) {
            break;
        }
        if (!start(channel, packet, now)) {
            break;
        }
        moved = true;
    }
    return moved;
}

bool pvg_channel_service(struct pvg_channel *channel, int64_t now)
{
    bool moved;

    if (!channel->live) {
        return false;
    }
    moved = start_ready(channel, now);
    for (unsigned i = 0; i < SERVICE_MAX && channel->live && fetch(channel, now); i++) {
        start_ready(channel, now);
        moved = true;
    }
    return moved;
}

/* ---- Saved state ---- */

#define TAG     PVG_SECTION_TAG("CHAN")
#define VERSION 2 /* 2: with the submissions that wait */

void pvg_channels_save(struct pvg_device *device, struct pvg_saver *saver)
{
    pvg_save_begin(saver, TAG, VERSION);
    for (unsigned id = 0; id < PVG_MAX_CHANNELS; id++) {
        const struct pvg_channel *channel = &device->channels[id];

        pvg_save_u8(saver, channel->live);
        pvg_save_u8(saver, channel->stopped);
        pvg_save_u32(saver, channel->retired);
        pvg_save_u32(saver, channel->slot);
        pvg_save_u64(saver, channel->record.value);
    }
    pvg_held_save(device, saver);
    pvg_save_end(saver);
}

enum pvg_refusal pvg_channels_restore(struct pvg_device *device, struct pvg_cursor *from)
{
    struct pvg_cursor section;
    const uint32_t version = pvg_restore_section(from, TAG, VERSION, &section);

    for (unsigned id = 0; id < PVG_MAX_CHANNELS; id++) {
        struct pvg_channel *channel = &device->channels[id];
        bool live = pvg_take_u8(&section), stopped = pvg_take_u8(&section);
        uint32_t retired = pvg_take_u32(&section), slot = pvg_take_u32(&section);

        channel->record.value = pvg_take_u64(&section);
        if (section.refusal != PVG_ACCEPTED) {
            break;
        }
        if (id == 0 && live) {
            enum pvg_refusal why = pvg_channel_open_root(device, &device->registers.setup);

            if (why != PVG_ACCEPTED) {
                return why;
            }
        }
        if (live) {
            open_channel(channel, retired, slot);
            channel->stopped = stopped;
        }
    }
    return version >= 2 ? pvg_held_restore(device, &section) : section.refusal;
}
