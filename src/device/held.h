/* SPDX-License-Identifier: MIT */
/* Submissions that wait while the machine is saved. Their packets lie in the ring and are fetched
 * again, but what they name may be gone: the guest empties slots and page tables right after it has
 * sent them. Those that could not be copied out of guest memory once more go into the state. */
#ifndef PVG_DEVICE_HELD_H
#define PVG_DEVICE_HELD_H

#include "base/section.h"
#include "gpu/submission.h"

struct pvg_device;

/* Control thread, engine parked, nothing running. */
void pvg_held_save(struct pvg_device *device, struct pvg_saver *saver);
/* Follows pvg_held_forget. */
PVG_NODISCARD enum pvg_refusal pvg_held_restore(struct pvg_device *device, struct pvg_cursor *from);

/* What was saved of the packet at @position of @channel, the caller's from now on; NULL: nothing.
 * Engine thread. */
struct pvg_submission *pvg_held_take(struct pvg_device *device, unsigned channel,
                                     uint32_t position);

/* Engine thread, or control thread with the engine parked. */
void pvg_held_forget(struct pvg_device *device);

#endif
