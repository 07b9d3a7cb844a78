/* SPDX-License-Identifier: MIT */
/* The firmware framebuffer: what display 0 shows until the first present.
 *
 * The firmware reads a mode list in registers, draws into memory of its own choice, and announces
 * where it is. Everything in those registers is the guest's: the picture is read row by row through
 * the checked door, and where a row is not RAM the last picture stays. Spec: 10-device 14. */
#ifndef PVG_DEVICE_FIRMWARE_H
#define PVG_DEVICE_FIRMWARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <pvg/pvg.h>

struct pvg_device;

struct pvg_firmware {
    /* Control thread writes, vCPU reads: width << 16 | height. */
    _Atomic uint32_t mode_count;
    _Atomic uint32_t mode_size[PVG_MAX_MODES];
};

void pvg_firmware_set_modes(struct pvg_firmware *firmware, const struct pvg_mode *modes,
                            size_t count);

uint32_t pvg_firmware_mode_count(const struct pvg_firmware *firmware);
/* 0 for an index past the list. */
uint32_t pvg_firmware_mode_size(const struct pvg_firmware *firmware, uint32_t index);

/* Whether the guest announced a framebuffer. */
bool pvg_firmware_announced(const struct pvg_device *device);

/* Brings the picture that display 0 shows up to date. Returns whether a pixel changed. Control
 * thread. */
bool pvg_firmware_show(struct pvg_device *device);

#endif
