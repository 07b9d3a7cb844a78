/* SPDX-License-Identifier: MIT */
/* Plays a session that was recorded through pvg_device_options.trace_file: without a VM, through the
 * library that is linked, with the same results each time. docs/tracing.md */
#ifndef PVG_REPLAY_H
#define PVG_REPLAY_H

#include <pvg/pvg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A picture that a display came to show. */
struct pvg_replay_frame {
    unsigned display;
    uint32_t width, height;
    uint64_t hash[2]; /* of its pixels; the same on every host */
    bool as_recorded; /* the recorded session showed the same */
};

struct pvg_replay_options {
    size_t size;     /* sizeof(struct pvg_replay_options) */
    const char *gpu; /* as in struct pvg_device_options; a session recorded without a GPU is played
                        without one */
    bool partial;    /* play what is there of a recording that breaks off */

    /* All optional; called on the caller's thread. */
    void *user;
    void (*frame)(void *user, const struct pvg_replay_frame *frame);
    void (*line)(void *user, const char *text); /* each access, packet and record in words */
    void (*log)(void *user, enum pvg_log_level level, const char *message);
};

struct pvg_replay_result {
    uint64_t steps, accesses, packets, frames;
    uint64_t lost; /* register accesses that the recorder had no room for */
    uint64_t completions_hash[2]; /* of channel, command, stamp and verdict of each packet, in order */
    bool as_recorded;             /* the same packets and pictures came out */
    char divergence[256];         /* else: where it went another way first */
};

/* Any thread; returns when all was played. False and @error when the file is damaged, is no
 * recording, or cannot be played here. The file is not trusted. */
PVG_EXPORT bool pvg_replay(const char *path, const struct pvg_replay_options *options,
                           struct pvg_replay_result *result, struct pvg_error *error);

#ifdef __cplusplus
}
#endif

#endif
