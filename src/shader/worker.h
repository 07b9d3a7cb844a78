/* SPDX-License-Identifier: MIT */
/* How the device process and pvg-airc speak: one region of shared memory, and a message each way on
 * a socket that says how much of it is meant.
 *
 * The device process never looks at shared bytes twice: it copies a reply before it decodes it. The
 * region is sealed against shrinking, so touching it cannot fault. */
#ifndef PVG_SHADER_WORKER_H
#define PVG_SHADER_WORKER_H

#include <stdint.h>

#include "shader/translate.h"

/* Descriptors that pvg-airc is started with. */
#define PVG_WORKER_SOCKET 3
#define PVG_WORKER_MEMORY 4

/* The region: the request's fixed part, then bitcode, rounded up; then the reply. */
#define PVG_WORKER_AIR_AT     (64u << 10)
#define PVG_WORKER_REPLY_AT   (PVG_WORKER_AIR_AT + PVG_SHADER_MAX_AIR)
#define PVG_WORKER_REPLY_SIZE (8u << 20)
#define PVG_WORKER_SIZE       (PVG_WORKER_REPLY_AT + PVG_WORKER_REPLY_SIZE)

/* At the region's start. */
struct pvg_worker_request {
    struct pvg_shader_options options;
    char entry[PVG_SHADER_NAME_SIZE]; /* terminated; "" for the only one */
};

/* Device process to worker. */
struct pvg_worker_call {
    uint32_t air_size; /* bytes at PVG_WORKER_AIR_AT */
};

/* Worker to device process; the first one, of size 0, says that the worker is confined and ready.
 */
struct pvg_worker_reply {
    uint32_t size; /* bytes at PVG_WORKER_REPLY_AT: an encoded translation */
};

#endif
