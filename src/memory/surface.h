/* SPDX-License-Identifier: MIT */
/* IOSurfaces: pictures in guest memory that the display and the GPU share by number.
 *
 * On x86-64 a surface is an object of type 4 in task 0's list and its pages are task 0's. On arm64
 * it is a slot of the iosfc directory and its pages are listed there. Both come out as the same
 * struct; nothing of it is remembered, since the guest edits descriptors in place and re-uses ids at
 * once. What the guest "maps" and "unmaps" is a notification that tells users to let go.
 *
 * Any thread, except where noted. Spec: 20-memory 8, 10; 21-surfaces-arm64 5 to 9; errata rows on
 * "S12", "task's list holds the presented surface", "plane end". */
#ifndef PVG_MEMORY_SURFACE_H
#define PVG_MEMORY_SURFACE_H

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/counters.h"
#include "base/section.h"
#include "memory/task.h"
#include "memory/view.h"

#define PVG_SURFACE_PLANES_MAX 8
#define PVG_SURFACE_SIDE_MAX   16384
#define PVG_SURFACE_IDS        131072 /* that one directory page can hold */

struct pvg_memory;

struct pvg_plane {
    uint64_t start;         /* bytes from the backing's first */
    uint32_t width, height; /* elements */
    uint32_t bytes_per_row;
    uint32_t bytes_per_element; /* 0: not stated */
};

struct pvg_surface {
    uint32_t id;
    uint32_t format;   /* enum pvg_wire_fourcc, or a Metal pixel format up to 0xffff */
    uint64_t size;     /* bytes of the backing */
    unsigned plane_count; /* 1 to PVG_SURFACE_PLANES_MAX */
    struct pvg_plane planes[PVG_SURFACE_PLANES_MAX]; /* each lies within the backing */
    uint32_t generation; /* grows each time the id is mapped anew or forgotten */

    /* Where its pages are named. */
    struct pvg_space space; /* PCI; and the first byte's address in it */
    struct pvg_gva base;
    struct pvg_gpa page_list; /* MMIO */
};

struct pvg_surfaces {
    _Atomic uint64_t directory; /* MMIO: address of the directory page; a vCPU writes */
    GHashTable *mapped;         /* MMIO: ids; engine */
    _Atomic uint32_t *generations; /* by id; engine writes */
    _Atomic uint32_t forgotten;    /* how often all ids were; part of each one's generation */
    struct {
        struct pvg_counter *mapped, *unmapped, *map_failed, *unresolved;
    } counts;
};

void pvg_surfaces_init(struct pvg_surfaces *surfaces, struct pvg_counters *counters);
void pvg_surfaces_finish(struct pvg_surfaces *surfaces);

/* What surface @id is now. On PCI task 0 is asked first, then @task. Refuses NO_OBJECT, KIND (the
 * slot holds something else), RANGE (planes leave the backing), LIMIT, or as pvg_object_read. */
PVG_NODISCARD enum pvg_refusal pvg_surface_find(struct pvg_memory *memory, uint32_t id,
                                                uint32_t task, struct pvg_surface *out);

/* Where all of its pages are now. */
PVG_NODISCARD enum pvg_refusal pvg_surface_view(struct pvg_memory *memory,
                                                const struct pvg_surface *surface,
                                                enum pvg_ram_access access, struct pvg_view *out);

/* Writes bytes of the backing, to where its pages are at this moment. @session: in which the work
 * that writes was given. Refuses also RANGE, STALE (another surface has the id), NOT_WRITABLE. */
PVG_NODISCARD enum pvg_refusal pvg_surface_write(struct pvg_memory *memory, uint64_t session,
                                                 const struct pvg_surface *surface,
                                                 uint64_t offset, const void *bytes, size_t size);

/* ---- What the guest announces. Engine thread. ---- */

/* Refuses as pvg_surface_find; a page list that cannot be read yet is no reason. */
PVG_NODISCARD enum pvg_refusal pvg_surface_map(struct pvg_memory *memory, uint32_t id);
void pvg_surface_unmap(struct pvg_memory *memory, uint32_t id);
bool pvg_surface_is_mapped(const struct pvg_memory *memory, uint32_t id);
/* The directory moved: all ids are forgotten. */
void pvg_surfaces_forget(struct pvg_memory *memory);

/* ---- Control thread, engine parked. ---- */

void pvg_surfaces_save(struct pvg_memory *memory, struct pvg_saver *saver);
PVG_NODISCARD enum pvg_refusal pvg_surfaces_restore(struct pvg_memory *memory,
                                                    struct pvg_cursor *from);

#endif
