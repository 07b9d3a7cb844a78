/* SPDX-License-Identifier: MIT */
/* Displays: bring-up, events, presents, the cursor. */
#include "kit/display.h"

#include "wire/packets_encode.h"
#include "wire/registers.h"
#include "wire/shared_encode.h"

#include "kit/kit.h"

_Static_assert(KIT_BASIC_EVENTS == (PVG_WIRE_DISPLAY_EVENT_ONLINE | PVG_WIRE_DISPLAY_EVENT_OFFLINE),
               "the events of KIT_BASIC_EVENTS");

unsigned kit_display_channel(const struct kit *kit, unsigned port)
{
    return (kit->machine == KIT_X86 ? 5 : 4) + port;
}

/* What the driver writes before the device sees the page. */
static void seed_page(struct kit *kit, uint64_t page)
{
    static const float chromaticities[] = {0.64f, 0.33f, 0.30f,   0.60f,
                                           0.15f, 0.06f, 0.3127f, 0.329f};
    struct pvg_writer w = pvg_writer_over(kit_at(kit, page), kit_page_size(kit));

    pvg_put_nothing(&w, PVG_WIRE_DISPLAY_PAGE_CHROMATICITIES_AT);
    for (unsigned i = 0; i < 8; i++) {
        pvg_put_f32(&w, chromaticities[i]);
    }
    pvg_put_u16(&w, 0xffff); /* origin: unset */
    pvg_put_u16(&w, 0xffff);
    kit_store(kit, page + PVG_WIRE_CURSOR_WORDS_AT, 0xffffffff);
}

static uint16_t load16(struct kit *kit, uint64_t gpa)
{
    const uint8_t *bytes = kit_at(kit, gpa);

    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

bool kit_display_start(struct kit *kit, unsigned port)
{
    struct kit_display *display = &kit->displays[port];
    unsigned channel = kit_display_channel(kit, port);
    struct pvg_wire_display_set_page packet = {.port = port};

    *display = (struct kit_display){.page = kit_pages(kit, 1)};
    kit_channel_define(kit, channel, 1);
    if (kit->failure) {
        return false;
    }
    seed_page(kit, display->page);
    packet.page.value = (uint32_t)(display->page >> kit->page_shift);
    pvg_wire_display_set_page_encode(kit_packet(kit, PVG_WIRE_PACKET_DISPLAY_SET_PAGE), &packet);
    if (!kit_wait(kit, channel, kit_send(kit, channel))) {
        return false;
    }
    if (load16(kit, display->page + PVG_WIRE_DISPLAY_PAGE_PORT_AT) != port) {
        kit_fail(kit, "the device did not echo a display's port");
        return false;
    }
    display->live = true;
    kit_display_enable(kit, port, KIT_BASIC_EVENTS);
    kit_display_handle(kit, port);
    return true;
}

void kit_display_enable(struct kit *kit, unsigned port, uint32_t events)
{
    kit_store(kit, kit->displays[port].page + PVG_WIRE_DISPLAY_PAGE_ENABLE_AT, events);
}

static void go_online(struct kit *kit, unsigned port)
{
    struct kit_display *display = &kit->displays[port];
    uint64_t modes = display->page + PVG_WIRE_DISPLAY_MODES_AT;
    struct pvg_wire_display_ack ack = {
        .port = port,
        .generation = kit_load(kit, display->page + PVG_WIRE_DISPLAY_PAGE_GENERATION_AT)};

    if (load16(kit, display->page + PVG_WIRE_DISPLAY_PAGE_MODE_COUNT_AT) == 0) {
        kit_fail(kit, "a display without modes came online");
        return;
    }
    display->online = true;
    display->onlines++;
    display->width = load16(kit, modes);
    display->height = load16(kit, modes + 2);
    pvg_wire_display_ack_encode(kit_packet(kit, PVG_WIRE_PACKET_DISPLAY_ACK), &ack);
    kit_send(kit, kit_display_channel(kit, port));
}

void kit_display_handle(struct kit *kit, unsigned port)
{
    struct kit_display *display = &kit->displays[port];
    uint32_t enabled, taken;

    if (!display->live) {
        return;
    }
    enabled = kit_load(kit, display->page + PVG_WIRE_DISPLAY_PAGE_ENABLE_AT);
    taken = enabled & __atomic_fetch_and(
                          (uint32_t *)kit_at(kit, display->page + PVG_WIRE_DISPLAY_PAGE_PENDING_AT),
                          ~enabled, __ATOMIC_ACQ_REL);
    display->blanks += (taken & PVG_WIRE_DISPLAY_EVENT_VERTICAL_BLANK) != 0;
    display->transactions += (taken & PVG_WIRE_DISPLAY_EVENT_TRANSACTION) != 0;
    if (taken & PVG_WIRE_DISPLAY_EVENT_ONLINE) { /* wins over offline */
        go_online(kit, port);
    } else if (taken & PVG_WIRE_DISPLAY_EVENT_OFFLINE) {
        display->online = false;
        display->offlines++;
    }
}

bool kit_display_wait_online(struct kit *kit, unsigned port)
{
    while (!kit->failure && !kit->displays[port].online) {
        if (!kit->platform->pause(kit->at)) {
            kit_fail(kit, "a display does not come online");
        }
        kit_interrupt(kit);
    }
    return !kit->failure;
}

uint32_t kit_present(struct kit *kit, unsigned port, uint32_t surface,
                     const struct kit_point *after)
{
    /* What follows the surface in DisplaySwapMapping on arm64; none of it is acted on. */
    static const uint8_t tail[28] = {
        [6] = 0x10, [13] = 0x40, [20] = 0x01, [21] = 0x01, [26] = 0x40, [27] = 0x48};
    uint16_t opcode = kit->present_opcode       ? kit->present_opcode
                      : kit->machine == KIT_X86 ? PVG_WIRE_PACKET_DISPLAY_TRANSACTION_2
                                                : PVG_WIRE_PACKET_DISPLAY_SWAP_MAPPING;
    struct pvg_wire_present packet = {.port = port, .surface = surface};

    kit_packet(kit, opcode);
    if (after) {
        kit_packet_after(kit, *after);
    }
    switch (opcode) {
    case PVG_WIRE_PACKET_DISPLAY_TRANSACTION_2:
        pvg_wire_display_transaction_2_encode(&kit->packet, &packet);
        break;
    case PVG_WIRE_PACKET_DISPLAY_TRANSACTION_3:
        pvg_wire_display_transaction_3_encode(&kit->packet, &packet);
        break;
    case PVG_WIRE_PACKET_DISPLAY_SWAP_MAPPING:
        packet.tail = (struct pvg_wire_bytes){tail, sizeof(tail)};
        pvg_wire_display_swap_mapping_encode(&kit->packet, &packet);
        break;
    default:
        kit_fail(kit, "kit->present_opcode is no present");
    }
    return kit_send(kit, kit_display_channel(kit, port));
}

void kit_cursor_image(struct kit *kit, unsigned port, const uint32_t *pixels, uint16_t width,
                      uint16_t height, uint16_t hot_x, uint16_t hot_y)
{
    struct kit_display *display = &kit->displays[port];
    uint64_t size = (uint64_t)width * height * 4;
    struct pvg_wire_cursor_glyph packet = {.port = port,
                                           .length = size,
                                           .stride = width * 4u,
                                           .width = width,
                                           .height = height,
                                           .hot_x = hot_x,
                                           .hot_y = hot_y};

    display->cursor = kit_task_alloc(kit, &kit->kernel, size);
    if (kit->failure) {
        return;
    }
    for (uint32_t i = 0; i < (uint32_t)width * height; i++) {
        packet.checksum += pixels[i];
    }
    packet.address.value = display->cursor;
    kit_task_write(kit, &kit->kernel, display->cursor, pixels, size);
    pvg_wire_cursor_glyph_encode(kit_packet(kit, PVG_WIRE_PACKET_CURSOR_GLYPH), &packet);
    if (kit_wait(kit, kit_display_channel(kit, port),
                 kit_send(kit, kit_display_channel(kit, port)))) {
        kit_task_free(kit, &kit->kernel, display->cursor, size, NULL);
    }
}

void kit_cursor_move(struct kit *kit, unsigned port, uint16_t x, uint16_t y, bool visible)
{
    uint64_t words = kit->displays[port].page + PVG_WIRE_CURSOR_WORDS_AT;

    kit_store(kit, words + PVG_WIRE_CURSOR_WORDS_POSITION_AT, x | (uint32_t)y << 16);
    *(volatile uint8_t *)kit_at(kit, words + PVG_WIRE_CURSOR_WORDS_VISIBLE_AT) = visible;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    kit->platform->write32(kit->at, KIT_GFX, PVG_WIRE_GFX_DISPLAY_DOORBELL, port);
}
