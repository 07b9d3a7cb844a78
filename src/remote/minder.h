/* SPDX-License-Identifier: MIT */
/* The worker's life, in a thread that does nothing else: it starts, is heard until it dies, is
 * buried, and the next one is started and told how things are. One that dies before it has done
 * anything will do so again: then less and less often. */
#ifndef PVG_REMOTE_MINDER_H
#define PVG_REMOTE_MINDER_H

#include "remote/keeper.h"

/* Starts the first worker, and the thread. False and @error when the worker does not come up. */
bool pvg_minder_start(struct pvg_keeper *keeper, struct pvg_error *error);

/* Ends thread and worker, if there are any; what was asked for is completed. */
void pvg_minder_stop(struct pvg_keeper *keeper);

#endif
