/* SPDX-License-Identifier: MIT */
/* A display port. */
#include "device/display.h"

#include <glib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "device/device.h"
#include "device/modes.h"
#include "wire/shared.h"
#include "wire/shared_encode.h"

#define DEFAULT_NAME "vmapple display"
#define DEFAULT_DPI  110.0

/* Spec: 10-device 13.4; errata rows "13.4 rule 4" and "13.4, 13.5". */
#define ONLINE_POLL_US   5000
#define ONLINE_WAIT_US   1000000 /* after the guest took the preset */
#define ONLINE_REPEAT_US 200000
#define ONLINE_REPEATS   150

/* Unique within the process and never 0: macOS ignores a display whose serial repeats another's.
 * Spec: 10-device 2.1. */
static uint32_t next_serial(void)
{
    static _Atomic uint32_t last;

    return atomic_fetch_add(&last, 1) + 1;
}

/* Whole centimetres: the guest's EDID has no finer unit. Spec: 10-device 13.3. */
static uint32_t millimetres(uint32_t pixels)
{
    return MAX(10, (uint32_t)lround(pixels / DEFAULT_DPI * 2.54) * 10);
}

void pvg_display_init(struct pvg_display *display, struct pvg_device *device, unsigned port,
                      const struct pvg_display_options *options)
{
    display->device = device;
    display->port = port;
    display->name = g_strdup(options->name ? options->name : DEFAULT_NAME);
    display->serial = options->serial ? options->serial : next_serial();
    display->width_mm =
        options->width_mm ? options->width_mm : millimetres(options->modes[0].width);
    display->height_mm =
        options->height_mm ? options->height_mm : millimetres(options->modes[0].height);
    atomic_init(&display->connected, !options->disconnected);
    pvg_output_init(&display->output);
    display->counts.presents =
        pvg_counters_add(&device->counters, "displays.%u.presents", port);
    display->counts.dropped = pvg_counters_add(&device->counters, "displays.%u.dropped", port);
    display->counts.vertical_blanks =
        pvg_counters_add(&device->counters, "displays.%u.vertical-blanks", port);
    pvg_display_use_modes(display, options->modes, options->mode_count);
}

void pvg_display_finish(struct pvg_display *display)
{
    if (!display->device) {
        return;
    }
    pvg_output_finish(&display->output);
    g_free(display->name);
}

void pvg_display_reset(struct pvg_display *display)
{
    pvg_display_close(display);
    display->generation = 0;
    display->gamma.active = false;
    display->gamma_checksum = 0;
    display->tell_online = display->tell_offline = false;
    atomic_store(&display->presented, false);
    atomic_store(&display->transaction_done, false);
    pvg_output_reset(&display->output);
}

void pvg_display_use_modes(struct pvg_display *display, const struct pvg_mode *modes, size_t count)
{
    memcpy(display->modes, modes, count * sizeof(*modes));
    display->mode_count = count;
    if (display->port == 0) {
        pvg_firmware_set_modes(&display->device->firmware, modes, count);
    }
    display->tell_online = display->page_known && pvg_display_is_connected(display);
}

void pvg_display_plug(struct pvg_display *display, bool connected)
{
    if (connected != pvg_display_is_connected(display)) {
        atomic_store(&display->connected, connected);
        display->tell_online = display->page_known && connected;
        display->tell_offline = display->page_known && !connected;
    }
}

void pvg_display_notify(struct pvg_display *display)
{
    struct pvg_device *device = display->device;

    if (atomic_exchange(&display->output.changed, true)) {
        return;
    }
    (void)!write(device->display_eventfd, &(uint64_t){1}, sizeof(uint64_t));
    if (device->ops->display_changed) {
        device->ops->display_changed(device->host, display->port);
    }
}

void pvg_display_note_picture(struct pvg_display *display, const struct pvg_picture *picture)
{
    pvg_tape_shown(display->device->memory.ram.tape,
                   &(struct pvg_tape_picture){.display = display->port,
                                              .width = picture->width,
                                              .height = picture->height,
                                              .stride = picture->stride,
                                              .pixels = picture->pixels});
}

/* ---- The shared page ---- */

static struct pvg_gpa page_at(const struct pvg_display *display, uint64_t offset)
{
    return (struct pvg_gpa){display->page.value + offset};
}

static uint32_t load(const struct pvg_display *display, uint64_t offset)
{
    uint32_t value;

    /* A page that is not RAM any more reads 0: no event is enabled. */
    return pvg_ram_load32(&display->device->memory.ram, page_at(display, offset), &value) ==
                   PVG_ACCEPTED
               ? value
               : 0;
}

static void store(struct pvg_display *display, uint64_t offset, uint32_t value)
{
    enum pvg_refusal why = pvg_ram_store32(&display->device->memory.ram, display->session,
                                           page_at(display, offset), value);

    pvg_refusals_note(&display->device->refusals, why,
                      &(struct pvg_refusal_site){.what = "(display page)",
                                                 .channel = display->channel,
                                                 .detail = display->page.value});
}

/* The fields before the chromaticities are ours; those, and what follows, the guest has seeded. */
static enum pvg_refusal publish_fields(struct pvg_display *display)
{
    struct pvg_wire_display_page fields = {
        .serial = display->serial,
        .port = (uint16_t)display->port,
        .width_mm = (uint16_t)MIN(display->width_mm, UINT16_MAX),
        .height_mm = (uint16_t)MIN(display->height_mm, UINT16_MAX),
        .max_cursor_width = PVG_MAX_CURSOR_SIDE,
        .max_cursor_height = PVG_MAX_CURSOR_SIDE,
        .cursor_features =
            PVG_WIRE_CURSOR_FEATURE_KICK_ON_SHOW | PVG_WIRE_CURSOR_FEATURE_KICK_ON_MOVE,
        .width_mm_f32 = (float)display->width_mm,
        .height_mm_f32 = (float)display->height_mm,
    };
    uint8_t bytes[PVG_WIRE_DISPLAY_PAGE_SIZE] = {0};
    struct pvg_writer writer = pvg_writer_over(bytes, sizeof(bytes));

    g_strlcpy((char *)fields.name, display->name, sizeof(fields.name));
    pvg_wire_display_page_encode(&writer, &fields);
    return pvg_ram_write(&display->device->memory.ram, display->session, display->page, bytes,
                         PVG_WIRE_DISPLAY_PAGE_CHROMATICITIES_AT);
}

static enum pvg_refusal publish_modes(struct pvg_display *display)
{
    uint8_t bytes[PVG_MAX_MODES * PVG_WIRE_DISPLAY_MODE_SIZE] = {0};
    struct pvg_writer writer = pvg_writer_over(bytes, sizeof(bytes));

    for (size_t i = 0; i < display->mode_count; i++) {
        pvg_wire_display_mode_encode(
            &writer, &(struct pvg_wire_display_mode){
                         .width = (uint16_t)display->modes[i].width,
                         .height = (uint16_t)display->modes[i].height,
                         .refresh = (uint32_t)((uint64_t)display->modes[i].refresh_mhz * 65536 /
                                               1000),
                     });
    }
    return pvg_ram_write(&display->device->memory.ram, display->session,
                         page_at(display, PVG_WIRE_DISPLAY_MODES_AT), bytes, writer.size);
}

/* In this order, for the guest may be looking: modes, count, generation. */
static enum pvg_refusal publish(struct pvg_display *display)
{
    enum pvg_refusal why = publish_fields(display);

    if (why == PVG_ACCEPTED) {
        why = publish_modes(display);
    }
    if (why == PVG_ACCEPTED) {
        store(display, PVG_WIRE_DISPLAY_PAGE_MODE_COUNT_AT, (uint32_t)display->mode_count);
        store(display, PVG_WIRE_DISPLAY_PAGE_GENERATION_AT, ++display->generation);
    }
    return why;
}

/* ---- Events ---- */

static void raise_port(struct pvg_display *display)
{
    pvg_registers_event_display(display->device, 1u << display->port);
}

/* A bit that the guest has not enabled is never set: it would not be cleared and would fire stale,
 * later. Returns the bits that were posted. */
static uint32_t post(struct pvg_display *display, uint32_t events)
{
    events &= load(display, PVG_WIRE_DISPLAY_PAGE_ENABLE_AT);
    if (events && pvg_ram_or32(&display->device->memory.ram, display->session,
                               page_at(display, PVG_WIRE_DISPLAY_PAGE_PENDING_AT),
                               events) == PVG_ACCEPTED) {
        raise_port(display);
        return events;
    }
    return 0;
}

static void expect_acknowledgement(struct pvg_display *display)
{
    display->acked = display->enable_seen = false;
    display->onlines_left = ONLINE_REPEATS;
}

enum pvg_refusal pvg_display_open(struct pvg_display *display, unsigned channel,
                                  struct pvg_gpa page, int64_t now)
{
    enum pvg_refusal why = pvg_ram_check(&display->device->memory.ram, page,
                                         (size_t)1 << display->device->memory.page_shift);

    pvg_display_close(display);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    display->page = page;
    display->channel = channel;
    display->session = display->device->session;
    why = publish(display);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    display->page_known = true;
    display->next_blank = now;
    expect_acknowledgement(display);
    if (pvg_display_is_connected(display)) {
        /* Preset: the guest looks by itself once it listens. The one bit that is set unenabled. */
        why = pvg_ram_or32(&display->device->memory.ram, display->session,
                           page_at(display, PVG_WIRE_DISPLAY_PAGE_PENDING_AT),
                           PVG_WIRE_DISPLAY_EVENT_ONLINE);
    }
    return why;
}

void pvg_display_close(struct pvg_display *display)
{
    display->page_known = display->acked = false;
}

void pvg_display_acknowledge(struct pvg_display *display, int64_t now)
{
    display->acked = true;
    display->next_blank = now;
    /* A second handling of online would make the guest create the display again. */
    if (display->page_known &&
        pvg_ram_and32(&display->device->memory.ram, display->session,
                      page_at(display, PVG_WIRE_DISPLAY_PAGE_PENDING_AT),
                      ~(uint32_t)PVG_WIRE_DISPLAY_EVENT_ONLINE) != PVG_ACCEPTED) {
        pvg_display_close(display);
    }
}

void pvg_display_repeat_online(struct pvg_display *display, int64_t now)
{
    expect_acknowledgement(display);
    display->enable_seen = true;
    display->next_online = now;
}

/* Says online until the guest acknowledges. Returns when to look again. */
static int64_t tick_online(struct pvg_display *display, int64_t now)
{
    uint32_t enabled = load(display, PVG_WIRE_DISPLAY_PAGE_ENABLE_AT);

    if (!(enabled & PVG_WIRE_DISPLAY_EVENT_ONLINE)) {
        return now + ONLINE_POLL_US;
    }
    if (!display->enable_seen) {
        display->enable_seen = true;
        if (load(display, PVG_WIRE_DISPLAY_PAGE_PENDING_AT) & PVG_WIRE_DISPLAY_EVENT_ONLINE) {
            display->next_online = now + ONLINE_REPEAT_US;
            raise_port(display);
        } else {
            display->next_online = now + ONLINE_WAIT_US;
        }
    } else if (now >= display->next_online && display->onlines_left) {
        display->onlines_left--;
        display->next_online = now + ONLINE_REPEAT_US;
        post(display, PVG_WIRE_DISPLAY_EVENT_ONLINE);
    }
    return display->onlines_left ? display->next_online : PVG_ENGINE_NEVER;
}

/* A guest may arm the blank for one tick at a time: a slot is used up only when it was armed.
 * Transactions are told with each tick too: one guest waits for nothing else. Spec: 10-device 13.5. */
static int64_t tick_blank(struct pvg_display *display, int64_t now)
{
    const int64_t period = 1000000000 / display->modes[0].refresh_mhz;

    if (now >= display->next_blank) {
        uint32_t posted = post(display, PVG_WIRE_DISPLAY_EVENT_VERTICAL_BLANK |
                                            PVG_WIRE_DISPLAY_EVENT_TRANSACTION);

        if (!posted) {
            return now + period / 4;
        }
        if (posted & PVG_WIRE_DISPLAY_EVENT_VERTICAL_BLANK) {
            pvg_count(display->counts.vertical_blanks, 1);
        }
        display->next_blank += period;
        if (display->next_blank <= now) {
            display->next_blank = now + period;
        }
        pvg_display_read_cursor(display);
    }
    return display->next_blank;
}

static void tell_changes(struct pvg_display *display, int64_t now)
{
    if (display->tell_offline) {
        display->tell_offline = false;
        post(display, PVG_WIRE_DISPLAY_EVENT_OFFLINE);
    }
    if (display->tell_online) {
        display->tell_online = false;
        if (publish(display) == PVG_ACCEPTED) {
            pvg_display_repeat_online(display, now);
        }
    }
}

int64_t pvg_display_tick(struct pvg_display *display, int64_t now)
{
    if (!display->page_known || display->session != pvg_ram_session(&display->device->memory.ram)) {
        return PVG_ENGINE_NEVER;
    }
    tell_changes(display, now);
    if (atomic_exchange(&display->transaction_done, false)) {
        post(display, PVG_WIRE_DISPLAY_EVENT_TRANSACTION);
    }
    if (!pvg_display_is_connected(display)) {
        return PVG_ENGINE_NEVER;
    }
    return display->acked ? tick_blank(display, now) : tick_online(display, now);
}

/* ---- Cursor ---- */

#define NOT_PLACED 0xffffffffu

void pvg_display_read_cursor(struct pvg_display *display)
{
    uint32_t position, visible;
    bool changed = false;

    if (!display->page_known) {
        return;
    }
    position = load(display, PVG_WIRE_CURSOR_WORDS_AT + PVG_WIRE_CURSOR_WORDS_POSITION_AT);
    visible = load(display, PVG_WIRE_CURSOR_WORDS_AT + PVG_WIRE_CURSOR_WORDS_VISIBLE_AT) & 0xff;
    if (position != NOT_PLACED) {
        changed = pvg_output_move_cursor(&display->output, (int32_t)(position & 0xffff),
                                         (int32_t)(position >> 16));
    }
    if (pvg_output_show_cursor(&display->output, visible != 0) || changed) {
        pvg_display_notify(display);
    }
}

void pvg_displays_forget_channel(struct pvg_device *device, unsigned id)
{
    for (unsigned i = 0; i < device->display_count; i++) {
        if (device->displays[i].channel == id) {
            pvg_display_close(&device->displays[i]);
        }
    }
}

/* ---- Saved state ---- */

#define TAG     PVG_SECTION_TAG("DISP")
#define VERSION 1

static void save_display(struct pvg_display *display, struct pvg_saver *saver)
{
    pvg_save_u32(saver, display->serial);
    pvg_save_u32(saver, (uint32_t)display->mode_count);
    for (size_t i = 0; i < display->mode_count; i++) {
        pvg_save_u32(saver, display->modes[i].width);
        pvg_save_u32(saver, display->modes[i].height);
        pvg_save_u32(saver, display->modes[i].refresh_mhz);
    }
    pvg_save_u8(saver, pvg_display_is_connected(display));
    pvg_save_u8(saver, atomic_load(&display->presented));
    pvg_save_u8(saver, atomic_load(&display->transaction_done));
    pvg_save_u8(saver, display->tell_online);
    pvg_save_u8(saver, display->tell_offline);
    pvg_save_u8(saver, display->gamma.active);
    for (size_t i = 0; display->gamma.active && i < sizeof(display->gamma.levels) / 2; i++) {
        pvg_save_u32(saver, (&display->gamma.levels[0][0])[i]);
    }
    pvg_save_u32(saver, display->gamma_checksum);
    pvg_save_u8(saver, display->page_known);
    pvg_save_u64(saver, display->page.value);
    pvg_save_u32(saver, display->channel);
    pvg_save_u32(saver, display->generation);
    pvg_save_u8(saver, display->acked);
    pvg_save_u8(saver, display->enable_seen);
    pvg_save_u32(saver, display->onlines_left);
    pvg_output_save(&display->output, saver);
}

static enum pvg_refusal restore_modes(struct pvg_display *display, struct pvg_cursor *from)
{
    struct pvg_mode modes[PVG_MAX_MODES];
    uint32_t count = pvg_take_count(from, 3 * sizeof(uint32_t));

    for (uint32_t i = 0; i < MIN(count, PVG_MAX_MODES); i++) {
        modes[i].width = pvg_take_u32(from);
        modes[i].height = pvg_take_u32(from);
        modes[i].refresh_mhz = pvg_take_u32(from);
    }
    if (!pvg_modes_check(modes, count, NULL)) {
        return PVG_REFUSED_VALUE;
    }
    pvg_display_use_modes(display, modes, count);
    return from->refusal;
}

static enum pvg_refusal restore_display(struct pvg_display *display, struct pvg_cursor *from)
{
    uint32_t serial = pvg_take_u32(from);
    enum pvg_refusal why = restore_modes(display, from);

    if (why != PVG_ACCEPTED) {
        return why;
    }
    display->serial = serial;
    atomic_store(&display->connected, pvg_take_u8(from) != 0);
    atomic_store(&display->presented, pvg_take_u8(from) != 0);
    atomic_store(&display->transaction_done, pvg_take_u8(from) != 0);
    display->tell_online = pvg_take_u8(from);
    display->tell_offline = pvg_take_u8(from);
    display->gamma.active = pvg_take_u8(from);
    for (size_t i = 0; display->gamma.active && i < sizeof(display->gamma.levels) / 2; i++) {
        (&display->gamma.levels[0][0])[i] = (uint16_t)(pvg_take_u32(from) & 0x3ff);
    }
    display->gamma_checksum = pvg_take_u32(from);
    display->page_known = pvg_take_u8(from);
    display->page.value = pvg_take_u64(from);
    display->channel = pvg_take_u32(from);
    display->generation = pvg_take_u32(from);
    display->acked = pvg_take_u8(from);
    display->enable_seen = pvg_take_u8(from);
    display->onlines_left = pvg_take_u32(from);
    display->session = pvg_ram_session(&display->device->memory.ram);
    display->next_blank = display->next_online = pvg_engine_now(&display->device->engine);
    return from->refusal == PVG_ACCEPTED ? pvg_output_restore(&display->output, from)
                                         : from->refusal;
}

void pvg_displays_save(struct pvg_device *device, struct pvg_saver *saver)
{
    pvg_save_begin(saver, TAG, VERSION);
    for (unsigned i = 0; i < device->display_count; i++) {
        save_display(&device->displays[i], saver);
    }
    pvg_save_end(saver);
}

enum pvg_refusal pvg_displays_restore(struct pvg_device *device, struct pvg_cursor *from)
{
    struct pvg_cursor section;

    pvg_restore_section(from, TAG, VERSION, &section);
    for (unsigned i = 0; section.refusal == PVG_ACCEPTED && i < device->display_count; i++) {
        enum pvg_refusal why = restore_display(&device->displays[i], &section);

        if (why != PVG_ACCEPTED) {
            return why;
        }
    }
    return section.refusal;
}
