/* SPDX-License-Identifier: MIT */
/* One display port: what the VMM plugged into it, and what the guest made of it.
 *
 * Spec: 10-device 13. */
#ifndef PVG_DEVICE_DISPLAY_H
#define PVG_DEVICE_DISPLAY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <pvg/pvg.h>

#include "base/counters.h"
#include "device/gamma.h"
#include "device/output.h"
#include "memory/memory.h"

struct pvg_device;

struct pvg_display {
    /* Constant. */
    struct pvg_device *device;
    unsigned port;
    char *name;
    uint32_t serial, width_mm, height_mm;
    struct pvg_output output;
    struct {
        struct pvg_counter *presents, *dropped, *vertical_blanks;
    } counts;

    atomic_bool connected; /* control thread writes with the engine parked */

    atomic_bool presented;        /* since reset: the firmware framebuffer is not shown any more */
    atomic_bool transaction_done; /* a present was completed; the guest is still to be told */

    /* Engine, or the control thread while it is parked. */
    struct pvg_mode modes[PVG_MAX_MODES];
    size_t mode_count;
    bool tell_online, tell_offline; /* plugged, unplugged or new modes: the guest is to be told */
    struct pvg_gamma gamma;
    uint32_t gamma_checksum; /* of the table in use */

    /* The same; what the guest set up with DisplaySetSharedStatePage. */
    bool page_known;
    uint64_t session;
    struct pvg_gpa page;
    unsigned channel;    /* that carried it */
    uint32_t generation; /* of what was published */
    bool acked;          /* the guest is online */
    bool enable_seen;    /* it listens to online */
    unsigned onlines_left;
    int64_t next_online; /* when to say it again */
    int64_t next_blank;
};

/* Takes what @options says. Control thread. */
void pvg_display_init(struct pvg_display *display, struct pvg_device *device, unsigned port,
                      const struct pvg_display_options *options);
/* Accepts a display whose init never ran. */
void pvg_display_finish(struct pvg_display *display);

/* As after pvg_display_init, but for what the VMM set since. Control thread, engine parked. */
void pvg_display_reset(struct pvg_display *display);

static inline bool pvg_display_is_connected(const struct pvg_display *display)
{
    return atomic_load(&((struct pvg_display *)display)->connected);
}

/* Control thread, engine parked. */
void pvg_display_plug(struct pvg_display *display, bool connected);
void pvg_display_use_modes(struct pvg_display *display, const struct pvg_mode *modes, size_t count);

/* ---- Engine thread. ---- */

/* DisplaySetSharedStatePage: fills the page and starts the handshake. Refuses NOT_RAM. */
PVG_NODISCARD enum pvg_refusal pvg_display_open(struct pvg_display *display, unsigned channel,
                                                struct pvg_gpa page, int64_t now);
/* The page is the guest's own again. */
void pvg_display_close(struct pvg_display *display);
/* DisplayAck. */
void pvg_display_acknowledge(struct pvg_display *display, int64_t now);
/* Has online told again, as after 0x09. */
void pvg_display_repeat_online(struct pvg_display *display, int64_t now);

/* Events that are due; returns when the next ones are. */
int64_t pvg_display_tick(struct pvg_display *display, int64_t now);

/* The guest moved, showed or hid its cursor. */
void pvg_display_read_cursor(struct pvg_display *display);

/* Closes the display that channel @id opened. */
void pvg_displays_forget_channel(struct pvg_device *device, unsigned id);

/* Tells the VMM that there is something to fetch. Engine or completion
 * thread, no lock held. */
void pvg_display_notify(struct pvg_display *display);

/* Tells the tape, if there is one, what the display shows from now on. The same threads. */
void pvg_display_note_picture(struct pvg_display *display, const struct pvg_picture *picture);

/* Control thread, engine parked. Restoring follows a reset. */
void pvg_displays_save(struct pvg_device *device, struct pvg_saver *saver);
PVG_NODISCARD enum pvg_refusal pvg_displays_restore(struct pvg_device *device,
                                                    struct pvg_cursor *from);

#endif
