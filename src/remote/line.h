/* SPDX-License-Identifier: MIT */
/* The line to the worker: messages, and the end of one that does not listen. */
#ifndef PVG_REMOTE_LINE_H
#define PVG_REMOTE_LINE_H

#include "base/section.h"
#include "remote/keeper.h"
#include "remote/link.h"

#define PVG_END_LIMIT_US 1000000 /* from SIGKILL to the end, for whoever waits for memory */

/* A payload that is being written, freed at the end of its scope. */
#define PVG_MESSAGE(name)                                                                          \
    __attribute__((cleanup(pvg_message_finish))) struct pvg_saver name = pvg_message_begin()

static inline void pvg_message_finish(struct pvg_saver *message)
{
    g_byte_array_unref(message->bytes);
}

static inline struct pvg_saver pvg_message_begin(void)
{
    struct pvg_saver message;

    pvg_saver_init(&message);
    return message;
}

/* Sends to the worker, if there is one; one that takes nothing is given up. @payload may be NULL;
 * @fd (borrowed) is -1 for none. send_lock is held. */
void pvg_keeper_send_locked(struct pvg_keeper *keeper, enum pvg_link_type type, uint64_t id,
                            const struct pvg_saver *payload, int fd);

/* The same for something that is not answered, without the lock. */
void pvg_keeper_tell(struct pvg_keeper *keeper, enum pvg_link_type type, uint64_t id,
                     const struct pvg_saver *payload);

/* A worker that does not listen is none: kills it, and the minder notices the end of its socket.
 * Any thread, under any lock but process_lock. */
void pvg_keeper_give_up(struct pvg_keeper *keeper);

/* Returns when a worker that was given up touches nothing any more. Not the minder. */
void pvg_keeper_await_end(struct pvg_keeper *keeper);

/* Kills the worker and waits for the end of its process. Minder thread. */
void pvg_keeper_end_process(struct pvg_keeper *keeper);

#endif
