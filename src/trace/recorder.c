/* SPDX-License-Identifier: MIT */
#include "trace/recorder.h"

#include <string.h>
#include <time.h>

#define LIMIT_DEFAULT 0x100000000ull
#define TICK_NS       100000000 /* how often the accesses are taken when nothing else does */
#define TICKS_OLD     10        /* a chunk that is so old is written though it is not full */

/* ---- Events. The lock is held. ---- */

static bool in_block(const struct pvg_recorder *r)
{
    return atomic_load_explicit(&((struct pvg_recorder *)r)->blocker, memory_order_relaxed) ==
           (uintptr_t)pthread_self();
}

static void finish_chunk(struct pvg_recorder *r)
{
    if (r->chunk->len) {
        r->queued += r->chunk->len;
        g_queue_push_tail(&r->full, g_byte_array_free_to_bytes(r->chunk));
        r->chunk = g_byte_array_sized_new(PVG_TRACE_CHUNK_MAX);
        pthread_cond_broadcast(&r->changed);
    }
}

/* The engine, where it holds no other lock. */
static void wait_for_disk(struct pvg_recorder *r)
{
    while (r->queued > PVG_RECORDER_QUEUED_MAX && !r->ended) {
        pthread_cond_wait(&r->changed, &r->lock);
    }
}

static void append(struct pvg_recorder *r, const struct pvg_trace_event *event)
{
    if (r->ended) {
        return;
    }
    if (r->chunk->len + event->size + 128 > PVG_TRACE_CHUNK_MAX) {
        finish_chunk(r);
    }
    pvg_trace_encode(r->chunk, event);
}

/* An event of the calling thread: tagged if that is inside a block. */
static void append_here(struct pvg_recorder *r, struct pvg_trace_event event)
{
    if (in_block(r)) {
        event.tagged = true;
        event.advance = r->point - r->tagged_at;
        r->tagged_at = r->point;
    }
    append(r, &event);
}

static void take_accesses(struct pvg_recorder *r)
{
    uint64_t lost = atomic_load_explicit(&r->accesses.lost, memory_order_relaxed);
    struct pvg_access access;

    while (pvg_access_ring_take(&r->accesses, &access)) {
        append_here(r, (struct pvg_trace_event){
                           .kind = access.write ? PVG_TRACE_WRITE : PVG_TRACE_READ,
                           .numbers = {access.window, access.offset, access.value, access.size}});
    }
    if (lost != r->lost_told) {
        append(r, &(struct pvg_trace_event){.kind = PVG_TRACE_LOST,
                                            .numbers = {lost - r->lost_told}});
        r->lost_told = lost;
    }
}

/* ---- The tape ---- */

static void tape_point(struct pvg_tape *tape)
{
    struct pvg_recorder *r = (struct pvg_recorder *)tape;

    if (in_block(r)) {
        r->point++;
    }
}

static void note_page(struct pvg_recorder *r, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    struct pvg_trace_event event = {PVG_TRACE_MEMORY, .numbers = {gpa}, .bytes = bytes,
                                    .size = size};
    bool known;

    if (pvg_shadow_is_full(&r->shadow)) {
        pvg_shadow_forget(&r->shadow);
        append_here(r, (struct pvg_trace_event){.kind = PVG_TRACE_FORGET});
    }
    if (!pvg_shadow_put(&r->shadow, gpa, bytes, size)) {
        return;
    }
    if (size == PVG_SHADOW_PAGE) {
        event.numbers[1] = pvg_shadow_slot(&r->shadow, bytes, &known);
        event.kind = known ? PVG_TRACE_SAME_PAGE : PVG_TRACE_PAGE;
    }
    append_here(r, event);
}

/* Has @note look at each page of what was read or written. */
static void by_page(struct pvg_recorder *r, uint64_t gpa, const uint8_t *bytes, size_t size,
                    void (*note)(struct pvg_recorder *r, uint64_t gpa, const uint8_t *bytes,
                                 size_t size))
{
    pthread_mutex_lock(&r->lock);
    for (size_t piece; size && !r->ended; gpa += piece, bytes += piece, size -= piece) {
        piece = MIN(size, PVG_SHADOW_PAGE - gpa % PVG_SHADOW_PAGE);
        note(r, gpa, bytes, piece);
    }
    pthread_mutex_unlock(&r->lock);
}

static void tape_read(struct pvg_tape *tape, uint64_t gpa, const void *bytes, size_t size)
{
    by_page((struct pvg_recorder *)tape, gpa, bytes, size, note_page);
}

/* The player's device writes the same. */
static void keep_page(struct pvg_recorder *r, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    pvg_shadow_put(&r->shadow, gpa, bytes, size);
}

static void tape_wrote(struct pvg_tape *tape, uint64_t gpa, const void *bytes, size_t size)
{
    by_page((struct pvg_recorder *)tape, gpa, bytes, size, keep_page);
}

static uint64_t tape_value(struct pvg_tape *tape, enum pvg_tape_value which, uint64_t live)
{
    struct pvg_recorder *r = (struct pvg_recorder *)tape;

    if (!in_block(r)) {
        return live;
    }
    r->point++;
    pthread_mutex_lock(&r->lock);
    if (which == PVG_TAPE_WAITS) {
        wait_for_disk(r); /* between packets, as between steps: one packet alone reads a lot */
    }
    if (r->values[which] != live) {
        r->values[which] = live;
        append_here(r, (struct pvg_trace_event){.kind = PVG_TRACE_VALUE, .numbers = {which, live}});
    }
    pthread_mutex_unlock(&r->lock);
    return live;
}

static void tape_catch_up(struct pvg_tape *tape)
{
    struct pvg_recorder *r = (struct pvg_recorder *)tape;

    pthread_mutex_lock(&r->lock);
    take_accesses(r);
    pthread_mutex_unlock(&r->lock);
}

static bool tape_completed(struct pvg_tape *tape, const struct pvg_tape_completion *completion)
{
    struct pvg_recorder *r = (struct pvg_recorder *)tape;

    tape_point(tape);
    pthread_mutex_lock(&r->lock);
    r->packets++;
    append_here(r, (struct pvg_trace_event){
                       .kind = PVG_TRACE_COMPLETE,
                       .numbers = {completion->channel, completion->opcode, completion->stamp,
                                   completion->why}});
    pthread_mutex_unlock(&r->lock);
    return true;
}

static void tape_shown(struct pvg_tape *tape, const struct pvg_tape_picture *picture)
{
    struct pvg_recorder *r = (struct pvg_recorder *)tape;
    struct pvg_hash hash = pvg_tape_picture_hash(picture);

    pthread_mutex_lock(&r->lock);
    r->frames++;
    append(r, &(struct pvg_trace_event){
                  .kind = PVG_TRACE_FRAME,
                  .numbers = {picture->display, picture->width, picture->height, hash.words[0],
                              hash.words[1]}});
    pthread_mutex_unlock(&r->lock);
}

static const struct pvg_tape_impl recorder_impl = {
    .point = tape_point,
    .turn = tape_point,
    .read = tape_read,
    .wrote = tape_wrote,
    .value = tape_value,
    .catch_up = tape_catch_up,
    .completed = tape_completed,
    .shown = tape_shown,
};

/* ---- What the device and the VMM do ---- */

void pvg_recorder_access(struct pvg_recorder *recorder, const struct pvg_access *access)
{
    if (recorder) {
        pvg_access_ring_put(&recorder->accesses, access);
    }
}

void pvg_recorder_begin(struct pvg_recorder *recorder, const struct pvg_trace_event *event)
{
    if (!recorder) {
        return;
    }
    pthread_mutex_lock(&recorder->lock);
    wait_for_disk(recorder);
    take_accesses(recorder);
    append(recorder, event);
    recorder->point = recorder->tagged_at = 0;
    pthread_mutex_unlock(&recorder->lock);
    atomic_store_explicit(&recorder->blocker, (uintptr_t)pthread_self(), memory_order_relaxed);
}

void pvg_recorder_end(struct pvg_recorder *recorder)
{
    if (recorder) {
        atomic_store_explicit(&recorder->blocker, 0, memory_order_relaxed);
        pvg_recorder_note(recorder, &(struct pvg_trace_event){.kind = PVG_TRACE_END});
    }
}

void pvg_recorder_note(struct pvg_recorder *recorder, const struct pvg_trace_event *event)
{
    if (recorder) {
        pthread_mutex_lock(&recorder->lock);
        take_accesses(recorder);
        if (event->kind == PVG_TRACE_RAM_CUT) {
            pvg_shadow_forget(&recorder->shadow);
        }
        append(recorder, event);
        pthread_mutex_unlock(&recorder->lock);
    }
}

void pvg_recorder_parts(struct pvg_recorder *recorder, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (size_t piece; size; at += piece, size -= piece) {
        piece = MIN(size, PVG_TRACE_BYTES_MAX);
        pvg_recorder_note(recorder, &(struct pvg_trace_event){
                                        .kind = PVG_TRACE_PART, .bytes = at, .size = piece});
    }
}

/* ---- The recorder's thread ---- */

/* Nothing is taken any more, and what waits is dropped. The lock is held. */
static void end(struct pvg_recorder *r)
{
    GBytes *chunk;

    r->ended = true;
    g_byte_array_set_size(r->chunk, 0);
    while ((chunk = g_queue_pop_head(&r->full))) {
        g_bytes_unref(chunk);
    }
    r->queued = 0;
    pthread_cond_broadcast(&r->changed);
}

static bool write_close(struct pvg_recorder *r, uint64_t packets, uint64_t frames,
                        struct pvg_error *error)
{
    g_autoptr(GByteArray) last = g_byte_array_new();

    pvg_trace_encode(last, &(struct pvg_trace_event){.kind = PVG_TRACE_CLOSE,
                                                     .numbers = {packets, frames}});
    return pvg_trace_file_put(&r->file, last->data, last->len, error) &&
           pvg_trace_file_put(&r->file, NULL, 0, error);
}

/* Writes one chunk; the lock is held on entry and on return, not while the disk works. */
static void write_one(struct pvg_recorder *r)
{
    struct pvg_error error = {0};
    GBytes *chunk = g_queue_pop_head(&r->full);
    uint64_t packets = r->packets, frames = r->frames;
    size_t size;
    const void *bytes = g_bytes_get_data(chunk, &size);
    bool done, full;

    pthread_mutex_unlock(&r->lock);
    done = pvg_trace_file_put(&r->file, bytes, size, &error);
    full = done && r->file.size >= r->limit;
    if (full) {
        done = write_close(r, packets, frames, &error);
        pvg_log_line(r->log, PVG_LOG_WARNING,
                     "the recording has its full size of %llu bytes and ends here",
                     (unsigned long long)r->limit);
    }
    if (!done) {
        pvg_log_line(r->log, PVG_LOG_WARNING, "the recording ends here: %s", error.message);
    }
    g_bytes_unref(chunk);
    pthread_mutex_lock(&r->lock);
    r->queued -= MIN(r->queued, size);
    if (full || !done) {
        end(r);
    }
    pthread_cond_broadcast(&r->changed);
}

static void *recorder_main(void *data)
{
    struct pvg_recorder *r = data;
    unsigned ticks = 0;

    pthread_setname_np(pthread_self(), "pvg-recorder");
    pthread_mutex_lock(&r->lock);
    while (!r->quit) {
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TICK_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (g_queue_is_empty(&r->full) &&
            pthread_cond_timedwait(&r->changed, &r->lock, &until) != 0) {
            take_accesses(r);
            if (++ticks % TICKS_OLD == 0) {
                finish_chunk(r);
            }
        }
        while (!g_queue_is_empty(&r->full)) {
            write_one(r);
        }
    }
    take_accesses(r);
    finish_chunk(r);
    while (!g_queue_is_empty(&r->full)) {
        write_one(r);
    }
    if (!r->ended) {
        struct pvg_error error = {0};

        if (!write_close(r, r->packets, r->frames, &error)) {
            pvg_log_line(r->log, PVG_LOG_WARNING, "the recording lacks its end: %s",
                         error.message);
        }
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- Life ---- */

void pvg_recorder_finish(struct pvg_recorder *recorder)
{
    if (!recorder || !recorder->threaded) {
        return;
    }
    pthread_mutex_lock(&recorder->lock);
    recorder->quit = true;
    pthread_cond_broadcast(&recorder->changed);
    pthread_mutex_unlock(&recorder->lock);
    pthread_join(recorder->thread, NULL);
    recorder->threaded = false;
    pthread_mutex_lock(&recorder->lock);
    end(recorder);
    pthread_mutex_unlock(&recorder->lock);
}

void pvg_recorder_destroy(struct pvg_recorder *recorder)
{
    if (!recorder) {
        return;
    }
    pvg_recorder_finish(recorder);
    pvg_trace_file_finish(&recorder->file);
    pvg_shadow_finish(&recorder->shadow);
    pvg_access_ring_finish(&recorder->accesses);
    g_byte_array_unref(recorder->chunk);
    pthread_cond_destroy(&recorder->changed);
    pthread_mutex_destroy(&recorder->lock);
    g_free(recorder);
}

struct pvg_recorder *pvg_recorder_create(const char *path, uint64_t limit,
                                         const struct pvg_log *log, struct pvg_error *error)
{
    struct pvg_trace_file file;
    struct pvg_recorder *r;
    pthread_condattr_t monotonic;

    if (!pvg_trace_file_create(&file, path, error)) {
        return NULL;
    }
    r = g_new0(struct pvg_recorder, 1);
    r->tape.impl = &recorder_impl;
    r->log = log;
    r->limit = limit ? limit : LIMIT_DEFAULT;
    r->file = file;
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pvg_access_ring_init(&r->accesses);
    pvg_shadow_init(&r->shadow);
    r->chunk = g_byte_array_sized_new(PVG_TRACE_CHUNK_MAX);
    g_queue_init(&r->full);
    if (pthread_create(&r->thread, NULL, recorder_main, r)) {
        pvg_error_set(error, "cannot start the thread that writes the recording");
        pvg_recorder_destroy(r);
        return NULL;
    }
    r->threaded = true;
    return r;
}
