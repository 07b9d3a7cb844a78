/* SPDX-License-Identifier: MIT */
#include "driver/follow.h"

static void look(struct driver_seen *seen, const struct kit_display *display)
{
    seen->online = display->online;
    seen->width = display->width;
    seen->height = display->height;
}

void driver_follow_from_now(struct driver_follower *follower, struct kit *kit)
{
    for (unsigned port = 0; port < DRIVER_PORTS; port++) {
        follower->displays[port].surface.id = 0;
        look(&follower->displays[port], &kit->displays[port]);
    }
}

static void show_anew(struct driver_seen *seen, struct kit *kit, unsigned port)
{
    struct kit_surface before = seen->surface;

    kit_surface_create(kit, &seen->surface, seen->width, seen->height);
    driver_show_picture(kit, port, &seen->surface);
    if (before.id) {
        kit_surface_destroy(kit, &before);
    }
}

void driver_follow(struct driver_follower *follower, struct kit *kit,
                   void (*tell)(unsigned port, uint32_t width, uint32_t height))
{
    for (unsigned port = 0; port < DRIVER_PORTS && !kit->failure; port++) {
        struct driver_seen *seen = &follower->displays[port], before = *seen;

        look(seen, &kit->displays[port]);
        if (seen->online && (!before.online || seen->width != before.width ||
                             seen->height != before.height)) {
            show_anew(seen, kit, port);
            tell(port, seen->width, seen->height);
        } else if (before.online && !seen->online) {
            tell(port, 0, 0);
        }
    }
}
