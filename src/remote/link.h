/* SPDX-License-Identifier: MIT */
/* How the process that keeps a device and its GPU worker speak: messages on a stream socket, at
 * most one descriptor with each. Both come from the same build, so payloads may change freely; the
 * keeper nevertheless believes nothing: a worker that runs a guest's work may have been taken over. */
#ifndef PVG_REMOTE_LINK_H
#define PVG_REMOTE_LINK_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* Payloads: what the keeper (remote/keeper.h) puts and the worker (remote/commands.h) takes, or the
 * other way round. */
enum pvg_link_type {
    /* Keeper to worker. */
    PVG_LINK_SETUP = 1,     /* variant; with the descriptor of the shared page (remote/page.h) */
    PVG_LINK_RAM_ADD,       /* a span, with its descriptor */
    PVG_LINK_RAM_REMOVE,    /* gpa, size; answered by DONE */
    PVG_LINK_TASK,          /* memory/mirror.h */
    PVG_LINK_PAGES,         /* memory/mirror.h */
    PVG_LINK_FORGET_TASKS,
    PVG_LINK_PREPARE,       /* remote/submission.c */
    PVG_LINK_SUBMIT,        /* the one of that id; answered by DONE */
    PVG_LINK_DROP,          /* the one of that id ends without having been submitted */
    PVG_LINK_INVALIDATE,    /* space, invalidations */
    PVG_LINK_SYNCHRONIZE,   /* discard, space, objects; answered by DONE */
    PVG_LINK_FORGET,        /* a struct pvg_forget; answered by DONE if its id is not 0 */
    PVG_LINK_COMPUTE_INFO,  /* space, pipeline; answered by DONE */
    PVG_LINK_PRESENT,       /* remote/pictures.c; answered by TAKEN, and by DONE if it was */
    PVG_LINK_QUIESCE,       /* answered by DONE, after all others */
    PVG_LINK_SAVE,          /* answered by SAVED */
    PVG_LINK_RESTORE,       /* what a worker saved; answered by DONE */
    PVG_LINK_RESET,
    PVG_LINK_PING, /* to be taken, as a sign of life */

    /* Worker to keeper. */
    PVG_LINK_HELLO = 64, /* limits, names of counters */
    PVG_LINK_FAILED,     /* why there will be no HELLO, as text */
    PVG_LINK_DONE,       /* a struct pvg_link_done */
    PVG_LINK_TAKEN,      /* whether the worker shows what it holds: a u32 */
    PVG_LINK_SAVED,      /* the executor's part of a saved device */
    PVG_LINK_LOG,        /* level, text */
};

struct pvg_link_header {
    uint32_t type; /* enum pvg_link_type */
    uint32_t size; /* of the payload */
    uint64_t id;   /* of what was asked for; 0: nothing that is answered */
};

struct pvg_link_done {
    uint32_t why;       /* enum pvg_refusal */
    uint32_t answer[3]; /* of COMPUTE_INFO: max_threads, width, static_memory; of PRESENT: format */
};

/* Sends the whole message. @fd (borrowed): -1: none. False when the other side is gone, or takes
 * nothing for as long as the socket's send timeout says. One thread at a time. */
PVG_NODISCARD bool pvg_link_send(int socket, enum pvg_link_type type, uint64_t id,
                                 const void *bytes, size_t size, int fd);

/* Receives a whole message into @payload, and its descriptor into @fd (the caller's; -1: none).
 * False when the other side is gone, or the message is larger than @limit. */
PVG_NODISCARD bool pvg_link_receive(int socket, struct pvg_link_header *header,
                                    GByteArray *payload, int *fd, size_t limit);

#endif
