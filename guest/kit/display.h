/* SPDX-License-Identifier: MIT */
/* Displays: bring-up, events, presents, the cursor. Spec: 10-device 13. */
#ifndef KIT_DISPLAY_H
#define KIT_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/channel.h"
#include "kit/task.h"

#define KIT_DISPLAYS 8

/* What a display that has been started always wants to hear of: bits of enum
 * pvg_wire_display_event. */
#define KIT_BASIC_EVENTS 0xcu

struct kit_display {
    bool live;
    uint64_t page; /* gpa of the shared page */

    /* What its events told so far. */
    bool online;
    unsigned onlines, offlines, blanks, transactions;
    uint32_t width, height; /* preferred mode, read when it came online */
    uint64_t cursor;        /* gva in task 0 of the newest cursor image */
};

unsigned kit_display_channel(const struct kit *kit, unsigned port);

/* Makes the channel and the shared page, checks the device's answer, and takes an online event that
 * is already there. */
bool kit_display_start(struct kit *kit, unsigned port);

/* Takes the events that are pending and enabled, as the driver's handler does. */
void kit_display_handle(struct kit *kit, unsigned port);

/* Waits until the display is online. */
bool kit_display_wait_online(struct kit *kit, unsigned port);

/* Sets which events are wanted: bits of enum pvg_wire_display_event. */
void kit_display_enable(struct kit *kit, unsigned port, uint32_t events);

/* Presents @surface behind @after, if that is not NULL; returns the stamp on the display's channel.
 * The opcode is kit->present_opcode. */
uint32_t kit_present(struct kit *kit, unsigned port, uint32_t surface,
                     const struct kit_point *after);

/* A cursor image of width * height pixels 0xAARRGGBB. Waits until it is loaded. */
void kit_cursor_image(struct kit *kit, unsigned port, const uint32_t *pixels, uint16_t width,
                      uint16_t height, uint16_t hot_x, uint16_t hot_y);

/* Moves, shows or hides it: words in the shared page and a doorbell. */
void kit_cursor_move(struct kit *kit, unsigned port, uint16_t x, uint16_t y, bool visible);

#endif
