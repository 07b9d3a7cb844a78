/* SPDX-License-Identifier: MIT */
/* Chunks in a file. */
#include "trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define HEAD_SIZE   12 /* magic, version */
#define CHUNK_HEAD  8  /* bytes of events, bytes of the zstd frame */
#define LEVEL       3
#define PACKED_ROOM ZSTD_COMPRESSBOUND(PVG_TRACE_CHUNK_MAX)

static const char magic[8] = {'P', 'V', 'G', 'T', 'R', 'A', 'C', 'E'};

static void put_u32(uint8_t *at, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(at, &value, sizeof(value));
}

static uint32_t get_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return GUINT32_FROM_LE(value);
}

/* ---- Writing ---- */

void pvg_trace_file_finish(struct pvg_trace_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
    }
    ZSTD_freeCCtx(file->zstd);
    g_free(file->packed);
    *file = (struct pvg_trace_file){.fd = -1};
}

static bool put(struct pvg_trace_file *file, const uint8_t *bytes, size_t size,
                struct pvg_error *error)
{
    while (size) {
        ssize_t done = write(file->fd, bytes, size);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            pvg_error_set_errno(error, "cannot write the recording");
            return false;
        }
        bytes += done;
        size -= (size_t)done;
        file->size += (uint64_t)done;
    }
    return true;
}

bool pvg_trace_file_create(struct pvg_trace_file *file, const char *path, struct pvg_error *error)
{
    uint8_t head[HEAD_SIZE];

    *file = (struct pvg_trace_file){
        .fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600),
    };
    if (file->fd < 0) {
        pvg_error_set_errno(error, "cannot record to \"%s\"", path);
        return false;
    }
    file->packed = g_malloc(CHUNK_HEAD + PACKED_ROOM);
    file->zstd = ZSTD_createCCtx();
    if (!file->zstd) {
        pvg_error_set(error, "cannot record: no memory for the compressor");
        pvg_trace_file_finish(file);
        return false;
    }
    ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_checksumFlag, 1);
    memcpy(head, magic, sizeof(magic));
    put_u32(head + sizeof(magic), PVG_TRACE_VERSION);
    if (!put(file, head, sizeof(head), error)) {
        pvg_trace_file_finish(file);
        return false;
    }
    return true;
}

bool pvg_trace_file_put(struct pvg_trace_file *file, const void *events, size_t size,
                        struct pvg_error *error)
{
    uint8_t *packed = file->packed;
    size_t room = 0;

    if (size) {
        room = ZSTD_compress2(file->zstd, packed + CHUNK_HEAD, PACKED_ROOM, events, size);
        if (ZSTD_isError(room)) {
            pvg_error_set(error, "cannot compress the recording: %s", ZSTD_getErrorName(room));
            return false;
        }
    }
    put_u32(packed, (uint32_t)size);
    put_u32(packed + 4, (uint32_t)room);
    return put(file, packed, CHUNK_HEAD + room, error);
}

/* ---- Reading ---- */

void pvg_trace_reader_finish(struct pvg_trace_reader *reader)
{
    if (reader->fd >= 0) {
        close(reader->fd);
    }
    ZSTD_freeDCtx(reader->zstd);
    g_free(reader->chunk);
    g_free(reader->packed);
    *reader = (struct pvg_trace_reader){.fd = -1};
}

/* How many of @size bytes were there. */
static size_t get(struct pvg_trace_reader *reader, uint8_t *out, size_t size)
{
    size_t had = 0;

    while (had < size) {
        ssize_t more = read(reader->fd, out + had, size - had);

        if (more < 0 && errno == EINTR) {
            continue;
        }
        if (more <= 0) {
            break;
        }
        had += (size_t)more;
    }
    return had;
}

static enum pvg_trace_result breaks_off(struct pvg_trace_reader *reader, struct pvg_error *error)
{
    reader->ended = true;
    if (reader->partial) {
        return PVG_TRACE_ENDED;
    }
    pvg_error_set(error, "the recording breaks off: who made it did not end it, or the file was "
                         "cut; --partial plays what is there");
    return PVG_TRACE_DAMAGED;
}

static enum pvg_trace_result read_chunk(struct pvg_trace_reader *reader, struct pvg_error *error)
{
    uint8_t head[CHUNK_HEAD];
    uint32_t size, packed;
    size_t room;

    if (reader->ended) {
        return PVG_TRACE_ENDED;
    }
    if (get(reader, head, sizeof(head)) < sizeof(head)) {
        return breaks_off(reader, error);
    }
    size = get_u32(head);
    packed = get_u32(head + 4);
    if (!size && !packed) {
        reader->ended = true;
        return PVG_TRACE_ENDED;
    }
    if (!size || size > PVG_TRACE_CHUNK_MAX || !packed || packed > PACKED_ROOM) {
        pvg_error_set(error, "the recording is damaged: a chunk of %u bytes in %u is impossible",
                      size, packed);
        return PVG_TRACE_DAMAGED;
    }
    if (get(reader, reader->packed, packed) < packed) {
        return breaks_off(reader, error);
    }
    room = ZSTD_decompressDCtx(reader->zstd, reader->chunk, PVG_TRACE_CHUNK_MAX, reader->packed,
                               packed);
    if (ZSTD_isError(room) || room != size) {
        pvg_error_set(error, "the recording is damaged: %s",
                      ZSTD_isError(room) ? ZSTD_getErrorName(room) : "a chunk has another size");
        return PVG_TRACE_DAMAGED;
    }
    reader->events = pvg_cursor_over(reader->chunk, size);
    return PVG_TRACE_EVENT;
}

static bool read_head(struct pvg_trace_reader *reader, struct pvg_error *error)
{
    uint8_t head[HEAD_SIZE];

    if (get(reader, head, sizeof(head)) < sizeof(head) ||
        memcmp(head, magic, sizeof(magic)) != 0) {
        pvg_error_set(error, "this is no recording of libpvg");
        return false;
    }
    if (get_u32(head + sizeof(magic)) != PVG_TRACE_VERSION) {
        pvg_error_set(error, "the recording has version %u; this libpvg plays version %u",
                      get_u32(head + sizeof(magic)), PVG_TRACE_VERSION);
        return false;
    }
    return true;
}

/* Verifies every chunk, then goes back to the first. */
static bool verify(struct pvg_trace_reader *reader, struct pvg_error *error)
{
    enum pvg_trace_result result;

    do {
        result = read_chunk(reader, error);
    } while (result == PVG_TRACE_EVENT);
    reader->ended = false;
    reader->events = (struct pvg_cursor){0};
    if (result == PVG_TRACE_ENDED && lseek(reader->fd, HEAD_SIZE, SEEK_SET) < 0) {
        pvg_error_set_errno(error, "cannot read the recording twice");
        return false;
    }
    return result == PVG_TRACE_ENDED;
}

bool pvg_trace_reader_init(struct pvg_trace_reader *reader, int fd, bool partial,
                           struct pvg_error *error)
{
    *reader = (struct pvg_trace_reader){
        .fd = fd,
        .chunk = g_malloc(PVG_TRACE_CHUNK_MAX),
        .packed = g_malloc(PACKED_ROOM),
        .zstd = ZSTD_createDCtx(),
        .partial = partial,
    };
    if (!reader->zstd) {
        pvg_error_set(error, "no memory to read the recording");
    } else if (read_head(reader, error) && verify(reader, error)) {
        return true;
    }
    pvg_trace_reader_finish(reader);
    return false;
}

enum pvg_trace_result pvg_trace_reader_next(struct pvg_trace_reader *reader,
                                            struct pvg_trace_event *out, struct pvg_error *error)
{
    if (!reader->events.left) {
        enum pvg_trace_result result = read_chunk(reader, error);

        if (result != PVG_TRACE_EVENT) {
            return result;
        }
    }
    if (pvg_trace_decode(&reader->events, out) != PVG_ACCEPTED) {
        pvg_error_set(error, "the recording is damaged: an event cannot be understood (%s)",
                      pvg_refusal_words(reader->events.refusal));
        return PVG_TRACE_DAMAGED;
    }
    return PVG_TRACE_EVENT;
}
