/* SPDX-License-Identifier: MIT */
/* The whole device as bytes, and back. */
#ifndef PVG_DEVICE_SAVE_H
#define PVG_DEVICE_SAVE_H

#include <stdbool.h>
#include <stddef.h>

#include <pvg/error.h>

struct pvg_device;

/* Control thread, engine parked, executor quiet. */
void *pvg_state_save(struct pvg_device *device, size_t *size);

/* Into a device that was just reset. On failure it is half restored: reset it again. */
bool pvg_state_restore(struct pvg_device *device, const void *bytes, size_t size,
                       struct pvg_error *error);

#endif
