/* SPDX-License-Identifier: MIT */
/* The spans of guest RAM and every access to them. */
#include "memory/ram.h"

#include <assert.h>
#include <string.h>

#include "base/range.h"

#define DIRTY_SHIFT 12 /* finest page that a VMM can ask for */

/* Bits of pages that we wrote, one log for each span. Set with the lock held shared: atomically. */
struct dirty_log {
    _Atomic uint32_t *words; /* NULL while not logging */
};

static struct pvg_ram_span *span_get(const struct pvg_ram *ram, guint index)
{
    return &g_array_index(ram->spans, struct pvg_ram_span, index);
}

static struct dirty_log *dirty_get(const struct pvg_ram *ram, guint index)
{
    return &g_array_index(ram->dirty, struct dirty_log, index);
}

static size_t dirty_words(uint64_t size)
{
    return ((size >> DIRTY_SHIFT) + 31) / 32;
}

static void dirty_clear(gpointer data)
{
    struct dirty_log *log = data;

    g_free((void *)log->words);
}

void pvg_ram_init(struct pvg_ram *ram)
{
    pthread_rwlockattr_t attributes;

    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&ram->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    ram->spans = g_array_new(FALSE, FALSE, sizeof(struct pvg_ram_span));
    ram->dirty = g_array_new(FALSE, TRUE, sizeof(struct dirty_log));
    g_array_set_clear_func(ram->dirty, dirty_clear);
    atomic_init(&ram->session, 1);
}

void pvg_ram_finish(struct pvg_ram *ram)
{
    g_clear_pointer(&ram->spans, g_array_unref);
    g_clear_pointer(&ram->dirty, g_array_unref);
    pthread_rwlock_destroy(&ram->lock);
}

/* The first span that ends after @gpa; ram->spans->len when there is none. */
static guint span_after(const struct pvg_ram *ram, uint64_t gpa)
{
    guint low = 0, high = ram->spans->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const struct pvg_ram_span *span = span_get(ram, middle);

        if (gpa - span->gpa < span->size || gpa < span->gpa) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static void log_allocate(const struct pvg_ram *ram, guint index)
{
    if (ram->log_writes && !dirty_get(ram, index)->words) {
        dirty_get(ram, index)->words =
            g_malloc0(dirty_words(span_get(ram, index)->size) * sizeof(uint32_t));
    }
}

static void span_put(struct pvg_ram *ram, guint index, const struct pvg_ram_span *span)
{
    struct dirty_log none = {0};

    g_array_insert_val(ram->spans, index, *span);
    g_array_insert_val(ram->dirty, index, none);
    log_allocate(ram, index);
}

static bool span_usable(const struct pvg_ram_span *span)
{
    uint64_t end;

    return span->host && span->size && pvg_add(span->gpa, span->size, &end) &&
           !((span->gpa | span->size | (uintptr_t)span->host) & ((1u << DIRTY_SHIFT) - 1));
}

bool pvg_ram_insert(struct pvg_ram *ram, const struct pvg_ram_span *span, struct pvg_error *error)
{
    bool done = false;
    guint index;

    if (!span_usable(span)) {
        pvg_error_set(error, "cannot add guest RAM at 0x%llx: it is empty, wraps, or is not "
                             "aligned to 4 KiB pages",
                      (unsigned long long)span->gpa);
        return false;
    }
    pvg_ram_lock_exclusive(ram);
    index = span_after(ram, span->gpa);
    if (index < ram->spans->len && span_get(ram, index)->gpa < span->gpa + span->size) {
        pvg_error_set(error, "cannot add guest RAM at 0x%llx: it overlaps the span at 0x%llx",
                      (unsigned long long)span->gpa,
                      (unsigned long long)span_get(ram, index)->gpa);
    } else {
        span_put(ram, index, span);
        done = true;
    }
    pvg_ram_unlock(ram);
    return done;
}

/* The part of @span from @offset on, @size bytes. */
static struct pvg_ram_span span_part(const struct pvg_ram_span *span, uint64_t offset,
                                     uint64_t size)
{
    struct pvg_ram_span part = *span;

    part.gpa += offset;
    part.host = (uint8_t *)span->host + offset;
    part.fd_offset += offset;
    part.size = size;
    return part;
}

/* Puts back what a cut left of a span. What had been logged for it is not known by page any more:
 * all of it counts as written. */
static void span_put_back(struct pvg_ram *ram, guint index, struct pvg_ram_span part)
{
    span_put(ram, index, &part);
    if (ram->log_writes) {
        memset((void *)dirty_get(ram, index)->words, 0xff,
               dirty_words(part.size) * sizeof(uint32_t));
    }
}

void pvg_ram_cut(struct pvg_ram *ram, uint64_t gpa, uint64_t size)
{
    uint64_t end;

    if (!pvg_add(gpa, size, &end)) {
        end = UINT64_MAX;
    }
    pvg_ram_lock_exclusive(ram);
    for (guint i = span_after(ram, gpa);
         i < ram->spans->len && span_get(ram, i)->gpa < end;) {
        struct pvg_ram_span whole = *span_get(ram, i);
        uint64_t head = gpa > whole.gpa ? gpa - whole.gpa : 0;
        uint64_t tail_at = MIN(end - whole.gpa, whole.size);

        g_array_remove_index(ram->spans, i);
        g_array_remove_index(ram->dirty, i);
        if (head) {
            span_put_back(ram, i++, span_part(&whole, 0, head));
        }
        if (tail_at < whole.size) {
            span_put_back(ram, i++, span_part(&whole, tail_at, whole.size - tail_at));
        }
    }
    pvg_ram_unlock(ram);
}

uint64_t pvg_ram_end_session(struct pvg_ram *ram)
{
    uint64_t session;

    pvg_ram_lock_exclusive(ram);
    session = atomic_load_explicit(&ram->session, memory_order_relaxed) + 1;
    atomic_store_explicit(&ram->session, session, memory_order_release);
    pvg_ram_unlock(ram);
    if (ram->session_ended) {
        ram->session_ended(ram->session_owner, session);
    }
    return session;
}

static void note_written(struct pvg_ram *ram, guint index, uint64_t offset, size_t size)
{
    _Atomic uint32_t *words = dirty_get(ram, index)->words;

    if (!words) {
        return;
    }
    for (uint64_t page = offset >> DIRTY_SHIFT; page <= (offset + size - 1) >> DIRTY_SHIFT;
         page++) {
        atomic_fetch_or_explicit(&words[page / 32], 1u << (page % 32), memory_order_relaxed);
    }
}

uint8_t *pvg_ram_at_locked(struct pvg_ram *ram, struct pvg_gpa at, size_t size,
                           enum pvg_ram_access access, enum pvg_refusal *why)
{
    guint index = span_after(ram, at.value);
    const struct pvg_ram_span *span;

    *why = PVG_REFUSED_NOT_RAM;
    if (index == ram->spans->len) {
        return NULL;
    }
    span = span_get(ram, index);
    if (at.value < span->gpa ||
        !pvg_range_fits((struct pvg_range){at.value - span->gpa, size}, span->size)) {
        return NULL;
    }
    if (access == PVG_RAM_WRITE) {
        if (span->read_only) {
            *why = PVG_REFUSED_NOT_WRITABLE;
            return NULL;
        }
        if (size) {
            note_written(ram, index, at.value - span->gpa, size);
        }
    }
    *why = PVG_ACCEPTED;
    return (uint8_t *)span->host + (at.value - span->gpa);
}

/* How much of [@at, @at + @left) can be had in one piece: it ends where a span may end. */
static size_t piece_size(struct pvg_gpa at, size_t left)
{
    size_t to_boundary = PVG_RAM_PIECE - (at.value & (PVG_RAM_PIECE - 1));

    return MIN(left, to_boundary);
}

/* Copies in pieces of one hold each. A piece that crosses from one span to the next is done page by
 * page, for spans begin and end at pages. */
static enum pvg_refusal copy(struct pvg_ram *ram, struct pvg_gpa at, uint8_t *out,
                             const uint8_t *in, size_t size, uint64_t session)
{
    enum pvg_ram_access access = in ? PVG_RAM_WRITE : PVG_RAM_READ;
    enum pvg_refusal why = PVG_ACCEPTED;
    size_t done = 0;

    while (done < size) {
        struct pvg_gpa here = {at.value + done};
        size_t piece = piece_size(here, size - done);
        uint8_t *host;

        pvg_ram_lock(ram);
        if (in && session != pvg_ram_session(ram)) {
            pvg_ram_unlock(ram);
            return PVG_REFUSED_STALE;
        }
        host = pvg_ram_at_locked(ram, here, piece, access, &why);
        if (!host) {
            piece = MIN(piece, 4096 - (here.value & 4095));
            host = pvg_ram_at_locked(ram, here, piece, access, &why);
        }
        if (host && in) {
            pvg_ram_put_locked(ram, here, host, in + done, piece);
        } else if (host) {
            pvg_ram_take_locked(ram, here, host, out + done, piece);
        }
        pvg_ram_unlock(ram);
        if (!host) {
            return why;
        }
        done += piece;
    }
    return PVG_ACCEPTED;
}

/* Checks without touching, so that a write is all or nothing. */
enum pvg_refusal pvg_ram_check(struct pvg_ram *ram, struct pvg_gpa at, size_t size)
{
    enum pvg_refusal why = PVG_ACCEPTED;
    uint64_t end;

    if (!pvg_add(at.value, size, &end)) {
        return PVG_REFUSED_NOT_RAM;
    }
    pvg_ram_lock(ram);
    while (why == PVG_ACCEPTED && at.value < end) {
        guint index = span_after(ram, at.value);
        const struct pvg_ram_span *span =
            index < ram->spans->len ? span_get(ram, index) : NULL;

        if (!span || span->gpa > at.value) {
            why = PVG_REFUSED_NOT_RAM;
        } else {
            at.value = span->gpa + span->size;
        }
    }
    pvg_ram_unlock(ram);
    return why;
}

enum pvg_refusal pvg_ram_read(struct pvg_ram *ram, struct pvg_gpa at, void *out, size_t size)
{
    uint64_t end;

    if (!pvg_add(at.value, size, &end)) {
        return PVG_REFUSED_NOT_RAM;
    }
    return copy(ram, at, out, NULL, size, 0);
}

enum pvg_refusal pvg_ram_write(struct pvg_ram *ram, uint64_t session, struct pvg_gpa at,
                               const void *bytes, size_t size)
{
    enum pvg_refusal why = pvg_ram_check(ram, at, size);

    return why == PVG_ACCEPTED ? copy(ram, at, NULL, bytes, size, session) : why;
}

static _Atomic uint32_t *word_at_locked(struct pvg_ram *ram, struct pvg_gpa at,
                                        enum pvg_ram_access access, enum pvg_refusal *why)
{
    if (at.value & 3) {
        *why = PVG_REFUSED_VALUE;
        return NULL;
    }
    return (_Atomic uint32_t *)(void *)pvg_ram_at_locked(ram, at, 4, access, why);
}

enum pvg_refusal pvg_ram_load32_locked(struct pvg_ram *ram, struct pvg_gpa at, uint32_t *out)
{
    enum pvg_refusal why;
    _Atomic uint32_t *word = word_at_locked(ram, at, PVG_RAM_READ, &why);
    uint32_t raw = 0;

    if (word) {
        pvg_tape_point(ram->tape);
        raw = atomic_load_explicit(word, memory_order_acquire);
        pvg_tape_read(ram->tape, at.value, &raw, sizeof(raw));
    }
    *out = GUINT32_FROM_LE(raw);
    return why;
}

enum pvg_refusal pvg_ram_load32(struct pvg_ram *ram, struct pvg_gpa at, uint32_t *out)
{
    enum pvg_refusal why;

    pvg_ram_lock(ram);
    why = pvg_ram_load32_locked(ram, at, out);
    pvg_ram_unlock(ram);
    return why;
}

/* The word at @at for a writer of @session, with the lock held on success only. */
static _Atomic uint32_t *word_begin(struct pvg_ram *ram, uint64_t session, struct pvg_gpa at,
                                    enum pvg_refusal *why)
{
    _Atomic uint32_t *word;

    pvg_ram_lock(ram);
    if (session != pvg_ram_session(ram)) {
        *why = PVG_REFUSED_STALE;
        word = NULL;
    } else {
        word = word_at_locked(ram, at, PVG_RAM_WRITE, why);
    }
    if (!word) {
        pvg_ram_unlock(ram);
    }
    return word;
}

/* @raw: what the word holds now. */
static void word_end(struct pvg_ram *ram, struct pvg_gpa at, uint32_t raw)
{
    pvg_tape_wrote(ram->tape, at.value, &raw, sizeof(raw));
    pvg_ram_unlock(ram);
}

enum pvg_refusal pvg_ram_store32(struct pvg_ram *ram, uint64_t session, struct pvg_gpa at,
                                 uint32_t value)
{
    enum pvg_refusal why;
    _Atomic uint32_t *word = word_begin(ram, session, at, &why);

    if (word) {
        atomic_store_explicit(word, GUINT32_TO_LE(value), memory_order_release);
        word_end(ram, at, GUINT32_TO_LE(value));
    }
    return why;
}

enum pvg_refusal pvg_ram_or32(struct pvg_ram *ram, uint64_t session, struct pvg_gpa at,
                              uint32_t bits)
{
    enum pvg_refusal why;
    _Atomic uint32_t *word = word_begin(ram, session, at, &why);

    if (word) {
        uint32_t raw = GUINT32_TO_LE(bits);

        word_end(ram, at, atomic_fetch_or_explicit(word, raw, memory_order_acq_rel) | raw);
    }
    return why;
}

enum pvg_refusal pvg_ram_and32(struct pvg_ram *ram, uint64_t session, struct pvg_gpa at,
                               uint32_t bits)
{
    enum pvg_refusal why;
    _Atomic uint32_t *word = word_begin(ram, session, at, &why);

    if (word) {
        uint32_t raw = GUINT32_TO_LE(bits);

        word_end(ram, at, atomic_fetch_and_explicit(word, raw, memory_order_acq_rel) & raw);
    }
    return why;
}

void pvg_ram_log_writes(struct pvg_ram *ram, bool on)
{
    pvg_ram_lock_exclusive(ram);
    ram->log_writes = on;
    for (guint i = 0; i < ram->spans->len; i++) {
        if (!on) {
            g_free((void *)dirty_get(ram, i)->words);
            dirty_get(ram, i)->words = NULL;
        }
        log_allocate(ram, i);
    }
    pvg_ram_unlock(ram);
}

static void take_written_of_span(const struct pvg_ram_span *span, struct dirty_log *log,
                                 uint64_t gpa, uint64_t end, unsigned page_shift, uint8_t *bitmap)
{
    uint64_t first = (MAX(gpa, span->gpa) - span->gpa) >> DIRTY_SHIFT;
    uint64_t last = (MIN(end, span->gpa + span->size) - span->gpa) >> DIRTY_SHIFT;

    for (uint64_t page = first; page < last; page++) {
        uint32_t bit = 1u << (page % 32);

        if (atomic_fetch_and_explicit(&log->words[page / 32], ~bit, memory_order_relaxed) & bit) {
            uint64_t n = (span->gpa + (page << DIRTY_SHIFT) - gpa) >> page_shift;

            bitmap[n / 8] |= 1u << (n % 8);
        }
    }
}

void pvg_ram_take_written(struct pvg_ram *ram, uint64_t gpa, uint64_t size, unsigned page_shift,
                          uint8_t *bitmap)
{
    uint64_t end;

    assert(page_shift >= DIRTY_SHIFT && pvg_add(gpa, size, &end));
    end = gpa + size;
    pvg_ram_lock(ram);
    for (guint i = span_after(ram, gpa); i < ram->spans->len && span_get(ram, i)->gpa < end; i++) {
        if (dirty_get(ram, i)->words) {
            take_written_of_span(span_get(ram, i), dirty_get(ram, i), gpa, end, page_shift, bitmap);
        }
    }
    pvg_ram_unlock(ram);
}
