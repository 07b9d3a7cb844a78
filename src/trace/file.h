/* SPDX-License-Identifier: MIT */
/* The file of a recorded session: a head, then chunks of events, each compressed by itself and
 * checked by zstd's own checksum, then an empty chunk. docs/tracing.md has the layout.
 *
 * Reading it is reading what a stranger wrote: sizes are bounded before memory is taken, and a
 * whole chunk is verified before its first event is looked at. */
#ifndef PVG_TRACE_FILE_H
#define PVG_TRACE_FILE_H

#include <pvg/error.h>

#include "trace/event.h"

#define PVG_TRACE_VERSION   1
#define PVG_TRACE_CHUNK_MAX 0x100000 /* bytes of events */

/* ---- Writing. One thread at a time. ---- */

struct pvg_trace_file {
    int fd;
    uint64_t size; /* bytes written */
    void *packed;  /* room for one chunk */
    void *zstd;
};

/* Makes or empties @path. */
PVG_NODISCARD bool pvg_trace_file_create(struct pvg_trace_file *file, const char *path,
                                         struct pvg_error *error);
/* Accepts a file whose creation failed. */
void pvg_trace_file_finish(struct pvg_trace_file *file);

/* At most PVG_TRACE_CHUNK_MAX bytes; none: the end mark. */
PVG_NODISCARD bool pvg_trace_file_put(struct pvg_trace_file *file, const void *events, size_t size,
                                      struct pvg_error *error);

/* ---- Reading. ---- */

struct pvg_trace_reader {
    int fd;
    uint8_t *chunk, *packed;
    void *zstd;
    struct pvg_cursor events; /* what is left of the chunk */
    bool ended;               /* the end mark was read */
    bool partial;             /* a file that breaks off ends with its last whole chunk */
};

/* Takes @fd, failure included. Reads all of it once, so that a file that is damaged or breaks off is
 * refused at once; unless @partial, which plays what is whole. */
PVG_NODISCARD bool pvg_trace_reader_init(struct pvg_trace_reader *reader, int fd, bool partial,
                                         struct pvg_error *error);
void pvg_trace_reader_finish(struct pvg_trace_reader *reader);

enum pvg_trace_result { PVG_TRACE_EVENT, PVG_TRACE_ENDED, PVG_TRACE_DAMAGED };

/* The next event; its bytes are good until the next call. */
enum pvg_trace_result pvg_trace_reader_next(struct pvg_trace_reader *reader,
                                            struct pvg_trace_event *out, struct pvg_error *error);

#endif
