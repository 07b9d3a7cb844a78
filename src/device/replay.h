/* SPDX-License-Identifier: MIT */
/* Replay from a descriptor, for the fuzzer and for tests. */
#ifndef PVG_DEVICE_REPLAY_H
#define PVG_DEVICE_REPLAY_H

#include <pvg/replay.h>

/* As pvg_replay; takes @fd, failure included. It must be able to seek. */
bool pvg_replay_fd(int fd, const struct pvg_replay_options *options,
                   struct pvg_replay_result *result, struct pvg_error *error);

#endif
