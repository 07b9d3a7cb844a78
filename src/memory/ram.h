/* SPDX-License-Identifier: MIT */
/* Guest RAM: the spans that the VMM gave us, and the only code that touches them.
 *
 * Two promises hang on one lock. Whoever reads or writes guest memory holds it shared, for one
 * bounded piece at a time. Whoever ends the right to touch memory holds it exclusively: removing a
 * span, and ending a session (a session lasts from one start of the guest's driver to the next: the
 * driver frees all its pages when it stops the FIFO, errata row "CONTROL_FIFO = 0"). So after
 * pvg_ram_cut or pvg_ram_end_session has returned, nothing touches the pages that they took away:
 * an access that had begun is over, a later one is refused.
 *
 * A writer names the session in which its order to write was given. All addresses are checked
 * against the spans byte by byte; the offset never wraps.
 *
 * Lock order: this lock is the innermost; it does not nest. Spec: 20-memory 15, 16.4. */
#ifndef PVG_MEMORY_RAM_H
#define PVG_MEMORY_RAM_H

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <pvg/pvg.h>

#include "base/address.h"
#include "base/attributes.h"
#include "base/refusal.h"
#include "trace/tape.h"

/* The piece that is copied in one hold of the lock: it bounds how long anybody waits. */
#define PVG_RAM_PIECE 0x10000

/* The two promises across processes. One process keeps the device; another, its GPU worker, touches
 * the same memory. They share this page: the keeper says which session it is, the worker how many
 * of its threads are inside guest memory. Whoever counts in and then sees the old session makes the
 * keeper wait; whoever sees the new one is refused. Both sides are sequentially consistent. */
struct pvg_ram_gate {
    _Atomic uint64_t session; /* the keeper stores, the worker loads */
    _Atomic uint32_t holders; /* the worker counts, the keeper waits for 0 */
};

struct pvg_ram {
    struct pvg_ram_gate *gate; /* in the worker: whose session it is; NULL: our own */
    /* In the keeper: has to return when the worker writes nothing of an earlier session any more.
     * NULL: there is no worker. Set before guest RAM is. */
    void (*session_ended)(void *owner, uint64_t session);
    void *session_owner;
    pthread_rwlock_t lock;
    GArray *spans;            /* struct pvg_ram_span, sorted by gpa, none overlapping; lock */
    _Atomic uint64_t session; /* changes under the exclusive lock only */
    GArray *dirty;            /* struct dirty_log, one for each span; lock */
    bool log_writes;          /* lock */
    struct pvg_tape *tape;    /* constant since the device was made; NULL: nobody records */
};

void pvg_ram_init(struct pvg_ram *ram);
void pvg_ram_finish(struct pvg_ram *ram);

/* ---- What the VMM does. Control thread. ---- */

bool pvg_ram_insert(struct pvg_ram *ram, const struct pvg_ram_span *span, struct pvg_error *error);

/* Takes [@gpa, @gpa + @size) away, splitting spans where needed. */
void pvg_ram_cut(struct pvg_ram *ram, uint64_t gpa, uint64_t size);

/* ---- Sessions. Any thread. ---- */

static inline uint64_t pvg_ram_session(const struct pvg_ram *ram)
{
    if (ram->gate) {
        return atomic_load(&ram->gate->session);
    }
    return atomic_load_explicit(&((struct pvg_ram *)ram)->session, memory_order_acquire);
}

/* When it returns, no write of an earlier session lands any more. Returns the new session. */
uint64_t pvg_ram_end_session(struct pvg_ram *ram);

/* ---- Access. Any thread. All of the bytes, or none and a refusal: NOT_RAM, NOT_WRITABLE, STALE
 * (the session has ended). Pieces of large accesses may be interrupted by pvg_ram_cut: then the
 * rest is refused. ---- */

PVG_NODISCARD enum pvg_refusal pvg_ram_read(struct pvg_ram *ram, struct pvg_gpa at, void *out,
                                            size_t size);
PVG_NODISCARD enum pvg_refusal pvg_ram_write(struct pvg_ram *ram, uint64_t session,
                                             struct pvg_gpa at, const void *bytes, size_t size);

/* Whether all of [@at, @at + @size) is RAM. */
PVG_NODISCARD enum pvg_refusal pvg_ram_check(struct pvg_ram *ram, struct pvg_gpa at, size_t size);

/* Atomic words, 4-byte aligned (else VALUE). Loads acquire, stores release: they pair with the
 * guest's own. Values in host order. Spec: 10-device 17, last line. */
PVG_NODISCARD enum pvg_refusal pvg_ram_load32(struct pvg_ram *ram, struct pvg_gpa at,
                                              uint32_t *out);
PVG_NODISCARD enum pvg_refusal pvg_ram_store32(struct pvg_ram *ram, uint64_t session,
                                               struct pvg_gpa at, uint32_t value);
PVG_NODISCARD enum pvg_refusal pvg_ram_or32(struct pvg_ram *ram, uint64_t session,
                                            struct pvg_gpa at, uint32_t bits);
PVG_NODISCARD enum pvg_refusal pvg_ram_and32(struct pvg_ram *ram, uint64_t session,
                                             struct pvg_gpa at, uint32_t bits);

/* ---- For the rest of memory/ only: several accesses in one hold. ---- */

static inline void pvg_ram_lock(struct pvg_ram *ram)
{
    pthread_rwlock_rdlock(&ram->lock);
    if (ram->gate) {
        atomic_fetch_add(&ram->gate->holders, 1);
    }
}

static inline void pvg_ram_unlock(struct pvg_ram *ram)
{
    if (ram->gate) {
        atomic_fetch_sub(&ram->gate->holders, 1);
    }
    pthread_rwlock_unlock(&ram->lock);
}

static inline void pvg_ram_lock_exclusive(struct pvg_ram *ram)
{
    pthread_rwlock_wrlock(&ram->lock);
    if (ram->gate) {
        atomic_fetch_add(&ram->gate->holders, 1);
    }
}

enum pvg_ram_access { PVG_RAM_READ, PVG_RAM_WRITE };

/* Where @size bytes at @at are mapped, or NULL and @why. They lie in one span: spans that touch in
 * guest memory need not touch here. Good until unlock. @size is at most PVG_RAM_PIECE. */
uint8_t *pvg_ram_at_locked(struct pvg_ram *ram, struct pvg_gpa at, size_t size,
                           enum pvg_ram_access access, enum pvg_refusal *why);

/* Every byte of guest memory that the device copies passes one of these: @host comes from
 * pvg_ram_at_locked for @at. */
static inline void pvg_ram_take_locked(struct pvg_ram *ram, struct pvg_gpa at, const uint8_t *host,
                                       void *out, size_t size)
{
    pvg_tape_point(ram->tape);
    memcpy(out, host, size);
    pvg_tape_read(ram->tape, at.value, out, size);
}

static inline void pvg_ram_put_locked(struct pvg_ram *ram, struct pvg_gpa at, uint8_t *host,
                                      const void *bytes, size_t size)
{
    memcpy(host, bytes, size);
    pvg_tape_wrote(ram->tape, at.value, bytes, size);
}

/* As pvg_ram_load32. */
enum pvg_refusal pvg_ram_load32_locked(struct pvg_ram *ram, struct pvg_gpa at, uint32_t *out);

/* ---- The VMM's migration: which pages we wrote. Control thread. ---- */

void pvg_ram_log_writes(struct pvg_ram *ram, bool on);

/* Sets a bit in @bitmap for each page of 1 << @page_shift bytes of [@gpa, @gpa + @size) that was
 * written since the last call, and forgets it. Bit n is in byte n / 8, lowest first. */
void pvg_ram_take_written(struct pvg_ram *ram, uint64_t gpa, uint64_t size, unsigned page_shift,
                          uint8_t *bitmap);

#endif
