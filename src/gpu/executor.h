/* SPDX-License-Identifier: MIT */
/* What executes the guest's GPU work: the door between device/, which speaks the FIFO protocol, and
 * whoever runs command streams: Vulkan, or nothing at all (gpu/executor_null.c).
 *
 * The life of a submission (packet ExecIndirect2), which is the life of most things here:
 *
 *   fetched    The device copied the packet and its command streams and made a pvg_submission.
 *              `prepare` looks through the streams and resolves the refs they name, now, because
 *              the guest clears its object slots right after sending (errata "5.2, 6.2, 7.3").
 *   waiting    Its waits are not satisfied. Nothing happens; other channels go on.
 *   submitted  `submit`: all that the packet waited for is complete. The executor starts the work
 *              and returns; it never waits for the GPU on the engine thread.
 *   completed  Somebody, from any thread, calls pvg_work_complete once everything that the guest
 *              may look at is in guest memory. The device writes head, stamp and status and raises
 *              the interrupt, from that same thread, in the channel's order.
 *
 * Packets of one channel may be submitted while earlier ones still run; they are completed towards
 * the guest in order, whatever order the executor completes them in. Packets that end the right to
 * memory or to an object (`forget`), and presents, start when all earlier ones of their channel are
 * complete and their waits are satisfied: a well-behaved guest's earlier users are then done.
 *
 * Guest memory is reached through memory/ only, which checks every access:
 *   - reading: pvg_space_read, pvg_space_view + pvg_view_read, pvg_surface_view;
 *   - writing: pvg_space_write (of submission->space) and pvg_surface_write. Both resolve the pages
 *     anew and refuse (STALE, MOVED, UNMAPPED) when the guest took them away meanwhile; a refused
 *     write is dropped and noted, never retried elsewhere (20-memory 11.6 R6 to R9).
 * Whoever imports guest RAM into the GPU, and so lets the GPU write it unchecked, must hold back
 * the work of `forget`, `quiesce` and `ram_removed` until those GPU writes are over.
 *
 * Threads: every operation is called on the engine thread, or on the control thread while the
 * engine is parked: never two at once. pvg_work_complete: any thread, also from within the
 * operation that was given the work. Spec: 10-device 7, 8, 10.5, 12; 20-memory 11, 12. */
#ifndef PVG_GPU_EXECUTOR_H
#define PVG_GPU_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pvg/pvg.h>

#include "base/counters.h"
#include "base/log.h"
#include "base/refusals.h"
#include "base/section.h"
#include "gpu/submission.h"
#include "gpu/work.h"
#include "memory/memory.h"
#include "wire/devinfo.h"
#include "wire/packets.h"

struct pvg_executor;
struct pvg_translator_impl;
struct pvg_translator_launcher;

#define PVG_EVERY_TASK UINT32_MAX

#define PVG_DEVICE_INFO_KEYS (PVG_WIRE_DEVICE_INFO_FAMILY_SET + 1)

/* An object, a task, or memory that the guest takes away. */
enum pvg_forget_kind {
    PVG_FORGET_TASK,    /* all of @space: deleted or redefined */
    PVG_FORGET_OBJECT,  /* resource @ref of @space (0x25), or its pages moved (0x3c) */
    PVG_FORGET_STATE,   /* object @ref of kind @object_kind, of @space (0x28) */
    PVG_FORGET_RANGE,   /* [@at, @at + @size) of @space is unmapped (0x22) */
    PVG_FORGET_SURFACE, /* surface @ref: unmapped, re-mapped, or its backing deleted (0x36) */
};

struct pvg_forget {
    enum pvg_forget_kind kind;
    struct pvg_space space;
    uint32_t ref;
    uint32_t object_kind; /* enum pvg_wire_destroy_kind; only kinds without guest memory */
    struct pvg_gva at;
    uint64_t size;
};

/* GetComputeInfo (0x3b). The executor fills the answer and completes the work; the device sends it.
 * The preset answer is what an unknown pipeline gets: the guest divides by the width, so no field
 * of it may become 0. Spec: 10-device 12.1; errata row "12.1 against 30 12.1". */
struct pvg_compute_query {
    struct pvg_work work;
    struct pvg_space space;
    uint32_t pipeline; /* ref */
    uint32_t max_threads, width, static_memory;
};

/* A present. The device sized the target after plane 0 of the surface. */
struct pvg_present {
    struct pvg_work work;
    struct pvg_surface surface;
    uint8_t *pixels; /* height rows of stride bytes; the executor's until the work is complete */
    uint32_t width, height, stride;
    enum pvg_pixels format; /* what to write; PVG_PIXELS_BGRX8888 unless the executor changes it */
};

struct pvg_executor_impl {
    const char *name; /* "null", "vulkan" */

    /* Nothing of it runs any more and all work was completed. Control thread. Mandatory. */
    void (*destroy)(struct pvg_executor *executor);

    /* Lowers what the device will promise to what can be kept: @values is indexed by
     * enum pvg_wire_device_info and holds the first profile of the errata; 0 in a key that the
     * profile leaves out means that it is not sent. Optional: nothing is lowered. */
    void (*limit)(struct pvg_executor *executor, uint32_t values[PVG_DEVICE_INFO_KEYS]);

    /* See above. What it makes of the streams may be kept in submission->prepared. Must not start
     * anything: the packet's waits are not satisfied. Optional. */
    void (*prepare)(struct pvg_executor *executor, struct pvg_submission *submission);

    /* Runs the submission: first all validity quads of its resource table, once, then its streams
     * in order. A stream that could not be copied has no bytes; the quads count nevertheless. The
     * submission lives until its work is complete. Mandatory. */
    void (*submit)(struct pvg_executor *executor, struct pvg_submission *submission);

    /* Goes on with what waited for something that is there now: called on the engine thread some
     * time after setup.wake was. Optional. */
    void (*resume)(struct pvg_executor *executor);

    /* Frees submission->prepared. Any thread: called when the submission ends, completed or dropped
     * before it was submitted. Mandatory if prepare is there. */
    void (*unprepare)(struct pvg_executor *executor, struct pvg_submission *submission);

    /* InvalidateResources (0x34): validity quads without a submission. Optional. */
    void (*invalidate)(struct pvg_executor *executor, struct pvg_space space,
                       struct pvg_wire_invalidation_array objects);

    /* 0x35 and 0x3e: completes @work when all that was written to @objects by earlier submissions
     * is in guest memory. @discard is a hint. Optional: complete at once. */
    void (*synchronize)(struct pvg_executor *executor, struct pvg_space space,
                        struct pvg_wire_u32_array objects, bool discard, struct pvg_work *work);

    /* Drops what is cached, keeps what running work still uses, and completes @work when the GPU
     * touches none of the pages any more. Does not write to them. @work is NULL for surfaces that
     * the iosfc ring unmaps: nothing waits there, and pvg_surface_write refuses from now on.
     * Optional: complete at once. */
    void (*forget)(struct pvg_executor *executor, const struct pvg_forget *what,
                   struct pvg_work *work);

    /* Fills the answer and completes. Optional: the preset answer is sent. */
    void (*compute_info)(struct pvg_executor *executor, struct pvg_compute_query *query);

    /* What a heap texture needs, both in bytes; @descriptor holds the 32 bytes of the narrow
     * texture descriptor (30-resources 7.1). Refuses what it cannot make. The device rounds both up
     * to 4096. Optional: computed from the format's size. */
    enum pvg_refusal (*heap_texture_size)(struct pvg_executor *executor,
                                          struct pvg_cursor descriptor, uint64_t *size,
                                          uint64_t *alignment);

    /* Whether it holds content of the surface that is newer than guest memory. If so it fills the
     * target and completes; if not, the device shows what is in guest memory. Optional: false. */
    bool (*present)(struct pvg_executor *executor, struct pvg_present *present);

    /* Returns when all work was completed and nothing touches guest memory, within two seconds:
     * what hangs longer is given up (the GPU device is lost to this guest) and completed as
     * HOST_DEVICE. Called before the VM stops, is saved, or is reset. Optional: there is never any.
     */
    void (*quiesce)(struct pvg_executor *executor);

    /* Forgets everything; nothing runs. Called after quiesce: reset, a new session, before restore.
     * Optional. */
    void (*reset)(struct pvg_executor *executor);

    /* After quiesce: what guest memory lacks is written there, or into @saver. Restoring follows a
     * reset; the bytes are not trusted. Optional: there is nothing. */
    void (*save)(struct pvg_executor *executor, struct pvg_saver *saver);
    enum pvg_refusal (*restore)(struct pvg_executor *executor, struct pvg_cursor *from);

    /* What the guest's packets made of a task, for executors that keep a copy of memory->tasks:
     * task @task itself or its object list changed (PVG_EVERY_TASK: all of any), or the pages that
     * are kept of [@at, @at + @size) did. Called after the change. Optional. */
    void (*task_changed)(struct pvg_executor *executor, uint32_t task);
    void (*pages_changed)(struct pvg_executor *executor, uint32_t task, struct pvg_gva at,
                          uint64_t size);

    /* The VMM added guest RAM, or is about to remove it: returns when [@gpa, @gpa + @size) is not
     * touched any more. Called with the engine parked. Optional. */
    void (*ram_added)(struct pvg_executor *executor, const struct pvg_ram_span *span);
    void (*ram_removed)(struct pvg_executor *executor, uint64_t gpa, uint64_t size);
};

/* What an executor is given when it is made; all borrowed, all outlive it. */
struct pvg_executor_setup {
    struct pvg_memory *memory;
    struct pvg_counters *counters; /* add counters in create */
    struct pvg_refusals *refusals;
    const struct pvg_log *log;
    const char *gpu; /* as in struct pvg_device_options */

    /* Asks for a call of pvg_executor_resume on the engine thread. Any thread. */
    void (*wake)(void *user);
    void *user;

    const struct pvg_translator_impl *translator; /* of shaders; NULL: the confined process */
    const struct pvg_translator_launcher *launcher; /* of that process; NULL: a child */
};

/* Embedded first in the concrete struct. */
struct pvg_executor {
    const struct pvg_executor_impl *impl;
    struct pvg_executor_setup setup;
};

/* Asserts the mandatory operations. */
void pvg_executor_init(struct pvg_executor *executor, const struct pvg_executor_impl *impl,
                       const struct pvg_executor_setup *setup);

/* ---- The operations, with their defaults: what device/ calls. ---- */

void pvg_executor_destroy(struct pvg_executor *executor); /* NULL is allowed */
void pvg_executor_limit(struct pvg_executor *executor, uint32_t values[PVG_DEVICE_INFO_KEYS]);
void pvg_executor_prepare(struct pvg_executor *executor, struct pvg_submission *submission);
void pvg_executor_submit(struct pvg_executor *executor, struct pvg_submission *submission);
void pvg_executor_unprepare(struct pvg_executor *executor, struct pvg_submission *submission);
void pvg_executor_resume(struct pvg_executor *executor);
void pvg_executor_invalidate(struct pvg_executor *executor, struct pvg_space space,
                             struct pvg_wire_invalidation_array objects);
void pvg_executor_synchronize(struct pvg_executor *executor, struct pvg_space space,
                              struct pvg_wire_u32_array objects, bool discard,
                              struct pvg_work *work);
void pvg_executor_forget(struct pvg_executor *executor, const struct pvg_forget *what,
                         struct pvg_work *work);
void pvg_executor_compute_info(struct pvg_executor *executor, struct pvg_compute_query *query);
PVG_NODISCARD enum pvg_refusal pvg_executor_heap_texture_size(struct pvg_executor *executor,
                                                              struct pvg_cursor descriptor,
                                                              uint64_t *size, uint64_t *alignment);
bool pvg_executor_present(struct pvg_executor *executor, struct pvg_present *present);
void pvg_executor_quiesce(struct pvg_executor *executor);
void pvg_executor_reset(struct pvg_executor *executor);
void pvg_executor_save(struct pvg_executor *executor, struct pvg_saver *saver);
PVG_NODISCARD enum pvg_refusal pvg_executor_restore(struct pvg_executor *executor,
                                                    struct pvg_cursor *from);
void pvg_executor_task_changed(struct pvg_executor *executor, uint32_t task);
void pvg_executor_pages_changed(struct pvg_executor *executor, uint32_t task, struct pvg_gva at,
                                uint64_t size);
void pvg_executor_ram_added(struct pvg_executor *executor, const struct pvg_ram_span *span);
void pvg_executor_ram_removed(struct pvg_executor *executor, uint64_t gpa, uint64_t size);

/* Executes on the Vulkan device that setup.gpu names. NULL and @error when there is none. */
struct pvg_executor *pvg_executor_vulkan_create(const struct pvg_executor_setup *setup,
                                                struct pvg_error *error);

/* Executes nothing: counts, and completes at once. For tests, and hosts without a GPU driver. */
struct pvg_executor *pvg_executor_null_create(const struct pvg_executor_setup *setup);

#endif
