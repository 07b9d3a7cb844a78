/* SPDX-License-Identifier: MIT */
/* What a recorded session says about the device it was recorded from: all that making the same one
 * takes. */
#ifndef PVG_DEVICE_SESSION_H
#define PVG_DEVICE_SESSION_H

#include <pvg/pvg.h>

#include "base/attributes.h"
#include "base/cursor.h"

struct pvg_device;

/* Says so to the device's recorder, if there is one. */
void pvg_session_describe(struct pvg_device *device);

/* Likewise, that a display got other modes. */
void pvg_session_note_modes(struct pvg_device *device, unsigned display,
                            const struct pvg_mode *modes, size_t count);

/* At most PVG_MAX_MODES of them; not checked. Refuses SHORT, COUNT. */
PVG_NODISCARD enum pvg_refusal pvg_session_decode_modes(struct pvg_cursor *from,
                                                        struct pvg_mode *modes, size_t *count);

struct pvg_session {
    enum pvg_variant variant;
    bool executes; /* on a GPU; else with the null executor */
    size_t display_count;
    struct pvg_display_options displays[PVG_MAX_DISPLAYS]; /* modes and names point below */
    struct pvg_mode modes[PVG_MAX_DISPLAYS][PVG_MAX_MODES];
    char names[PVG_MAX_DISPLAYS][64];
};

/* The bytes are not trusted. Refuses SHORT, COUNT, VALUE. */
PVG_NODISCARD enum pvg_refusal pvg_session_decode(struct pvg_cursor *from, struct pvg_session *out);

#endif
