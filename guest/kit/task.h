/* SPDX-License-Identifier: MIT */
/* Tasks: address spaces with a page table and a list of objects. Spec: 20-memory 2-5. */
#ifndef KIT_TASK_H
#define KIT_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/channel.h"

struct kit_task {
    uint32_t id;
    uint64_t directory;        /* gpa */
    uint64_t root;             /* gpa of the level-0 node */
    uint64_t next;             /* gva that was not handed out yet */
    uint64_t descriptors;      /* gva of room for descriptors */
    uint32_t descriptors_left; /* bytes */
    uint32_t last_object;
    bool flag; /* alternates the entries' bit 31, which means nothing */
};

/* Builds the tables and announces the task. Id 0 is the kernel's; others are the caller's choice
 * below 256. */
void kit_task_create(struct kit *kit, struct kit_task *task, uint32_t id);

/* Announces the object list, 0x100000 slots at page 1, and waits until it is known. */
void kit_task_bind_objects(struct kit *kit, const struct kit_task *task);

/* Ends the task; its pages are not returned. */
uint32_t kit_task_delete(struct kit *kit, const struct kit_task *task);

/* ---- Single pages: what the CPU writes, no packets. ---- */

/* Makes @gva's page be @gpa, with the nodes that takes. */
void kit_task_enter(struct kit *kit, struct kit_task *task, uint64_t gva, uint64_t gpa);

/* Clears @gva's entry; returns the page that it named, 0 when none. */
uint64_t kit_task_leave(struct kit *kit, struct kit_task *task, uint64_t gva);

/* The address behind @gva, 0 when there is none. */
uint64_t kit_task_find(struct kit *kit, const struct kit_task *task, uint64_t gva);

/* ---- Ranges. ---- */

/* @size bytes on scattered pages, entered, then announced by MapMemory2. */
uint64_t kit_task_alloc(struct kit *kit, struct kit_task *task, uint64_t size);

/* Announces UnmapMemory, behind @after if that is not NULL, and clears the entries at once, as the
 * driver does; returns the packet's stamp. The pages must not be used for anything else before it
 * has come; kit_task_free waits for it and returns them. */
uint32_t kit_task_unmap(struct kit *kit, struct kit_task *task, uint64_t gva, uint64_t size,
                        const struct kit_point *after);
void kit_task_free(struct kit *kit, struct kit_task *task, uint64_t gva, uint64_t size,
                   const struct kit_point *after);

void kit_task_write(struct kit *kit, const struct kit_task *task, uint64_t gva, const void *bytes,
                    uint64_t size);
void kit_task_read(struct kit *kit, const struct kit_task *task, uint64_t gva, void *bytes,
                   uint64_t size);

#endif
