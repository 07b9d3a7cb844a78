/* SPDX-License-Identifier: MIT */
/* Display modes: parsing a list that a person wrote, and what a mode may be. */
#ifndef PVG_DEVICE_MODES_H
#define PVG_DEVICE_MODES_H

#include <stdbool.h>
#include <stddef.h>

#include <pvg/pvg.h>

/* A picture larger than this is refused, be it a mode or a surface. */
#define PVG_MAX_SIDE 16384

/* Whether each of @modes is one that the shared page can express: 1 to PVG_MAX_MODES of them. */
bool pvg_modes_check(const struct pvg_mode *modes, size_t count, struct pvg_error *error);

#endif
