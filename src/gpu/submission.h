/* SPDX-License-Identifier: MIT */
/* One ExecIndirect packet: private copies of all that the guest sent with it.
 *
 * Spec: 10-device 10.5; 20-memory 11.3; 30-resources 1.1. */
#ifndef PVG_GPU_SUBMISSION_H
#define PVG_GPU_SUBMISSION_H

#include <glib.h>
#include <stdint.h>

#include "gpu/work.h"
#include "memory/object.h"
#include "wire/packets.h"
#include "wire/wire.h"

/* Bytes of all streams of one packet. Errata row "10.5, 20 11.3 against 30 1.1". */
#define PVG_SUBMISSION_BYTES_MAX 0x4000000

struct pvg_submission {
    struct pvg_work work;
    struct pvg_work *owner; /* the packet's, completed with it */
    uint64_t session; /* of guest memory in which it was sent */
    struct pvg_space space;
    struct pvg_wire_exec_resource_array resources; /* ref and validity quad each */
    uint32_t buffer_count;
    struct pvg_wire_bytes *buffers; /* owned; in order; no data where the guest's was not readable */
    uint8_t *payload;               /* owned; what the arrays above borrow from */
    uint64_t bytes;                 /* of all buffers */
    GHashTable *objects;            /* ref to struct pvg_object; resolved so far */
    void *prepared;                 /* the executor's */
};

/* Copies what @rec names, its own arrays too. @why tells the first thing that could not be had: a
 * buffer that is not readable has no bytes, and all have none when together they are above
 * PVG_SUBMISSION_BYTES_MAX (LIMIT). The validity quads are there in any case: the guest sends them
 * once. Engine thread. Never NULL. */
struct pvg_submission *pvg_submission_create(struct pvg_memory *memory, struct pvg_space space,
                                             const struct pvg_wire_exec_indirect *rec,
                                             enum pvg_refusal *why);

/* Not what the executor prepared. NULL is allowed. */
void pvg_submission_destroy(struct pvg_submission *submission);

/* What @ref stood for when it was first resolved for this submission, or resolves it now. NULL and
 * @why when nothing is published yet: ask again when the submission runs. Engine thread. Borrowed
 * until the submission ends. */
const struct pvg_object *pvg_submission_resolve(struct pvg_submission *submission,
                                                struct pvg_memory *memory, uint32_t ref,
                                                enum pvg_refusal *why);

#endif
