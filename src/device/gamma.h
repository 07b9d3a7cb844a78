/* SPDX-License-Identifier: MIT */
/* The colour correction that comes with a present. Spec: 10-device 13.7. */
#ifndef PVG_DEVICE_GAMMA_H
#define PVG_DEVICE_GAMMA_H

#include <stdbool.h>
#include <stdint.h>

#include "device/picture.h"
#include "memory/task.h"

#define PVG_GAMMA_MAX_ENTRIES 4096

/* Zero-initialised, it changes nothing. */
struct pvg_gamma {
    bool active; /* some colour changes */
    uint16_t levels[3][1024]; /* R, G, B: 10 bits in, 10 bits out */
};

/* Takes the guest's table of 3 * @entries words. What cannot be read, or makes no sense, leaves
 * @gamma as it is (errata row "10 13.6, 20 8.1, 30 9.3"). Engine thread. */
PVG_NODISCARD enum pvg_refusal pvg_gamma_load(struct pvg_gamma *gamma, struct pvg_memory *memory,
                                              struct pvg_space space, struct pvg_gva at,
                                              uint64_t length, uint32_t entries);

/* Corrects a whole picture in place. */
void pvg_gamma_apply(const struct pvg_gamma *gamma, struct pvg_picture *picture);

#endif
