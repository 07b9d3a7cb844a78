/* SPDX-License-Identifier: MIT */
/* What a driver does when its displays change at run time: one that gets another preferred mode, or
 * is plugged in again, gets a picture of that size. */
#ifndef DRIVER_FOLLOW_H
#define DRIVER_FOLLOW_H

#include "driver/steps.h"

struct driver_follower {
    struct driver_seen {
        bool online;
        uint32_t width, height; /* preferred */
        struct kit_surface surface; /* id 0: none yet */
    } displays[DRIVER_PORTS];
};

/* What is there now is nothing new. */
void driver_follow_from_now(struct driver_follower *follower, struct kit *kit);

/* Looks at what the displays' events told. @tell hears of each change, once it is on the display;
 * without a size: it was unplugged. */
void driver_follow(struct driver_follower *follower, struct kit *kit,
                   void (*tell)(unsigned port, uint32_t width, uint32_t height));

#endif
