/* SPDX-License-Identifier: MIT */
/* Tasks: the guest's GPU address spaces and their page tables.
 *
 * A page table is walked at every use, for the guest edits it by plain stores. What MapMemory2
 * announced is kept besides (memory/kept.h): a read falls back to it where the table has been
 * cleared already, a write never does, and a write to a page that moved without notice is dropped.
 *
 * A `struct pvg_space` names one address space for as long as it lives; it is a value, may be held
 * anywhere, and simply finds nothing (STALE) once its task was redefined or deleted, or the session
 * ended. Work that is still queued so cannot touch the memory of whoever came after.
 *
 * Engine thread, except for what says "any thread". Spec: 20-memory 2 to 4; 01-errata-device. */
#ifndef PVG_MEMORY_TASK_H
#define PVG_MEMORY_TASK_H

#include "base/counters.h"
#include "base/section.h"
#include "memory/kept.h"
#include "memory/ram.h"
#include "memory/view.h"

#define PVG_MAX_TASKS 256 /* the guest's own allocator has as many */

struct pvg_memory;

struct pvg_space {
    uint32_t task;
    uint64_t serial; /* 0 names nothing */
};

/* All fields: exclusive RAM lock to write, shared to read. */
struct pvg_task {
    uint64_t serial;  /* of the address space; 0: no such task */
    uint64_t session; /* in which it was defined */
    uint64_t length;  /* bytes; told, not trusted */
    struct pvg_pfn directory;
    struct pvg_kept kept;
    bool list_bound; /* the object list stays bound while the task is redefined */
    uint32_t list_page, list_count; /* virtual page number, slots */
};

struct pvg_tasks {
    struct pvg_task all[PVG_MAX_TASKS];
    uint64_t last_serial;
    size_t kept_groups;
    struct {
        struct pvg_counter *kept_reads;    /* reads that found their page only among the kept */
        struct pvg_counter *not_kept;      /* pages that could not be kept */
        struct pvg_counter *not_present;   /* pages that MapMemory2 named and nobody had mapped */
        struct pvg_counter *beyond_length; /* addresses past the task's announced length */
    } counts;
};

void pvg_tasks_init(struct pvg_tasks *tasks, struct pvg_counters *counters);
void pvg_tasks_finish(struct pvg_tasks *tasks);

/* Forgets every task and every object list. */
void pvg_tasks_forget(struct pvg_memory *memory);

/* Makes the task, or gives it a new page table. Refuses LIMIT (id). */
PVG_NODISCARD enum pvg_refusal pvg_task_define(struct pvg_memory *memory, uint32_t id,
                                               struct pvg_pfn directory, uint64_t length);
/* Refuses NO_TASK. */
PVG_NODISCARD enum pvg_refusal pvg_task_delete(struct pvg_memory *memory, uint32_t id);

/* The address space of a live task. Refuses NO_TASK. Any thread. */
PVG_NODISCARD enum pvg_refusal pvg_task_space(struct pvg_memory *memory, uint32_t id,
                                              struct pvg_space *out);

/* Keeps the pages of [@at, @at + @size) as they are mapped now; at most 2^20 pages, the rest is
 * walked when used. Refuses NO_TASK, RANGE (wraps). An empty range or address 0 does nothing. */
PVG_NODISCARD enum pvg_refusal pvg_task_map(struct pvg_memory *memory, uint32_t id,
                                            struct pvg_gva at, uint64_t size);
PVG_NODISCARD enum pvg_refusal pvg_task_unmap(struct pvg_memory *memory, uint32_t id,
                                              struct pvg_gva at, uint64_t size);

/* The kept pages of the range are what the page table says now, or nothing. */
PVG_NODISCARD enum pvg_refusal pvg_task_remap(struct pvg_memory *memory, uint32_t id,
                                              struct pvg_gva at, uint64_t size);

/* ---- Access. Any thread. All or nothing, but for a page that is taken away in the middle.
 * Refuse STALE, RANGE (wraps), UNMAPPED, NOT_RAM, CORRUPT, VALUE (depth of the table); writes also
 * NOT_WRITABLE, MOVED. ---- */

PVG_NODISCARD enum pvg_refusal pvg_space_read(struct pvg_memory *memory, struct pvg_space space,
                                              struct pvg_gva at, void *out, size_t size);
PVG_NODISCARD enum pvg_refusal pvg_space_write(struct pvg_memory *memory, struct pvg_space space,
                                               struct pvg_gva at, const void *bytes, size_t size);

/* Where one byte is. */
PVG_NODISCARD enum pvg_refusal pvg_space_translate(struct pvg_memory *memory,
                                                   struct pvg_space space, struct pvg_gva at,
                                                   enum pvg_ram_access access,
                                                   struct pvg_gpa *out);

/* Where a range is: runs of contiguous guest RAM, joined. @out is empty on refusal. Refuses LIMIT
 * when @size is above PVG_VIEW_MAX. */
PVG_NODISCARD enum pvg_refusal pvg_space_view(struct pvg_memory *memory, struct pvg_space space,
                                              struct pvg_gva at, uint64_t size,
                                              enum pvg_ram_access access, struct pvg_view *out);

/* Whether the pages at @at may be written and are those that @view names. */
bool pvg_space_is_at(struct pvg_memory *memory, struct pvg_space space, struct pvg_gva at,
                     const struct pvg_view *view);

/* ---- Control thread, engine parked. ---- */

void pvg_tasks_save(struct pvg_memory *memory, struct pvg_saver *saver);
/* Into a device that has no tasks. */
PVG_NODISCARD enum pvg_refusal pvg_tasks_restore(struct pvg_memory *memory,
                                                 struct pvg_cursor *from);

#endif
