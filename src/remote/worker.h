/* SPDX-License-Identifier: MIT */
/* The GPU worker: an executor over a copy of the keeper's view of guest memory.
 *
 *   worker.c     its life: it is set up, opens the GPU, is confined, serves until the keeper is gone
 *   commands.c   what the keeper asks for
 *   answers.c    what it says
 *
 * One thread reads messages and is the executor's engine; answers come from any. */
#ifndef PVG_REMOTE_WORKER_H
#define PVG_REMOTE_WORKER_H

#include "gpu/executor.h"
#include "remote/page.h"
#include "shader/compiler.h"

struct pvg_worker {
    struct pvg_executor *executor;
    struct pvg_memory memory;
    struct pvg_counters counters;
    struct pvg_refusals refusals;
    struct pvg_log log;
    struct pvg_link_page *page;
    struct pvg_translator_launcher launcher;
    int wake_fd;

    /* Engine. */
    GByteArray *payload;
    GHashTable *submissions; /* by id: prepared, not submitted; commands.c */

    struct pvg_worker_target {
        uint8_t *pixels; /* NULL: none */
        size_t size;
    } targets[PVG_MAX_DISPLAYS]; /* of presents: the keeper's pictures */

    GMutex send_lock; /* messages of several threads stay whole */
    int socket;
};

#endif
