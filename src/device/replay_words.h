/* SPDX-License-Identifier: MIT */
/* What happens in a replayed session, in words, one line each. */
#ifndef PVG_DEVICE_REPLAY_WORDS_H
#define PVG_DEVICE_REPLAY_WORDS_H

#include <pvg/replay.h>

#include "trace/event.h"
#include "trace/tape.h"

/* Each does nothing where nobody listens. */
void pvg_replay_say_event(const struct pvg_replay_options *options,
                          const struct pvg_trace_event *event);
void pvg_replay_say_command(const struct pvg_replay_options *options, enum pvg_tape_command what,
                            unsigned channel, const void *bytes, size_t size);

#endif
