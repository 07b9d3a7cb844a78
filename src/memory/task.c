/* SPDX-License-Identifier: MIT */
/* Page-table walks and what hangs on them. */
#include "memory/task.h"

#include <glib.h>
#include <string.h>

#include "base/range.h"
#include "memory/memory.h"
#include "memory/object.h"
#include "wire/shared.h"

/* Pages of one MapMemory2 that are kept; the largest that was seen has 7225. Spec: 20-memory 4.1. */
#define MAP_PAGES_MAX (1u << 20)
/* Pages handled in one hold of the exclusive lock. */
#define MAP_PAGES_PIECE 512

#define FRAME_MASK 0x7fffffffu /* bit 31 of an entry means nothing that is known */

void pvg_tasks_init(struct pvg_tasks *tasks, struct pvg_counters *counters)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tasks->all); i++) {
        tasks->all[i].kept.group_count = &tasks->kept_groups;
    }
    tasks->counts.kept_reads = pvg_counters_add(counters, "memory.kept-reads");
    tasks->counts.not_kept = pvg_counters_add(counters, "memory.pages-not-kept");
    tasks->counts.not_present = pvg_counters_add(counters, "memory.mapped-not-present");
    tasks->counts.beyond_length = pvg_counters_add(counters, "memory.beyond-task-length");
}

void pvg_tasks_finish(struct pvg_tasks *tasks)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tasks->all); i++) {
        pvg_kept_drop_all(&tasks->all[i].kept);
    }
}

void pvg_tasks_forget(struct pvg_memory *memory)
{
    pvg_ram_lock_exclusive(&memory->ram);
    for (size_t i = 0; i < G_N_ELEMENTS(memory->tasks.all); i++) {
        struct pvg_task *task = &memory->tasks.all[i];

        pvg_kept_drop_all(&task->kept);
        *task = (struct pvg_task){.kept = task->kept};
    }
    pvg_ram_unlock(&memory->ram);
}

/* The live task @id, or NULL. */
static struct pvg_task *task_find_locked(struct pvg_memory *memory, uint32_t id)
{
    struct pvg_task *task = id < PVG_MAX_TASKS ? &memory->tasks.all[id] : NULL;

    return task && task->serial && task->session == pvg_ram_session(&memory->ram) ? task : NULL;
}

static struct pvg_task *space_find_locked(struct pvg_memory *memory, struct pvg_space space)
{
    struct pvg_task *task = task_find_locked(memory, space.task);

    return task && task->serial == space.serial ? task : NULL;
}

enum pvg_refusal pvg_task_define(struct pvg_memory *memory, uint32_t id, struct pvg_pfn directory,
                                 uint64_t length)
{
    struct pvg_task *task;

    if (id >= PVG_MAX_TASKS) {
        return PVG_REFUSED_LIMIT;
    }
    pvg_ram_lock_exclusive(&memory->ram);
    task = &memory->tasks.all[id];
    pvg_kept_drop_all(&task->kept);
    task->serial = ++memory->tasks.last_serial;
    task->session = pvg_ram_session(&memory->ram);
    task->length = length;
    task->directory = directory;
    pvg_ram_unlock(&memory->ram);
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_task_delete(struct pvg_memory *memory, uint32_t id)
{
    struct pvg_task *task;

    pvg_ram_lock_exclusive(&memory->ram);
    task = task_find_locked(memory, id);
    if (task) {
        pvg_kept_drop_all(&task->kept);
        *task = (struct pvg_task){.kept = task->kept};
    }
    pvg_ram_unlock(&memory->ram);
    return task ? PVG_ACCEPTED : PVG_REFUSED_NO_TASK;
}

enum pvg_refusal pvg_task_space(struct pvg_memory *memory, uint32_t id, struct pvg_space *out)
{
    const struct pvg_task *task;

    pvg_ram_lock(&memory->ram);
    task = task_find_locked(memory, id);
    *out = (struct pvg_space){id, task ? task->serial : 0};
    pvg_ram_unlock(&memory->ram);
    return task ? PVG_ACCEPTED : PVG_REFUSED_NO_TASK;
}

/* The frame that the task's page table names for virtual page number @page. UNMAPPED is ordinary:
 * not mapped yet, or not any more. Spec: 20-memory 3.2. */
static enum pvg_refusal walk_locked(struct pvg_memory *memory, const struct pvg_task *task,
                                    uint64_t page, uint32_t *frame)
{
    const unsigned shift = memory->page_shift;
    const unsigned bits = shift - 2; /* of the page number, for each level */
    struct pvg_gpa directory = pvg_pfn_to_gpa(task->directory, shift);
    enum pvg_refusal why;
    uint32_t node, depth;

    if (!task->directory.value) {
        return PVG_REFUSED_UNMAPPED;
    }
    directory.value += PVG_WIRE_TASK_DIRECTORY_ROOT_AT;
    why = pvg_ram_load32_locked(&memory->ram, directory, &node);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    directory.value += PVG_WIRE_TASK_DIRECTORY_DEPTH_AT - PVG_WIRE_TASK_DIRECTORY_ROOT_AT;
    why = pvg_ram_load32_locked(&memory->ram, directory, &depth);
    if (why != PVG_ACCEPTED) {
        return why;
    }
    if (!node || depth < 1 || depth > PVG_WIRE_PAGE_TABLE_DEPTH_MAX) {
        return PVG_REFUSED_VALUE;
    }
    while (depth--) {
        uint64_t index = (page >> (depth * bits)) & ((1u << bits) - 1);
        struct pvg_gpa entry = {pvg_pfn_to_gpa((struct pvg_pfn){node}, shift).value + 4 * index};

        why = pvg_ram_load32_locked(&memory->ram, entry, &node);
        if (why != PVG_ACCEPTED) {
            return why;
        }
        if (!node) {
            return PVG_REFUSED_UNMAPPED;
        }
        node &= FRAME_MASK;
        if (!node) {
            return PVG_REFUSED_CORRUPT;
        }
    }
    *frame = node;
    return PVG_ACCEPTED;
}

/* The frame for an access. Errata row "20 3.7 (A or B)": reads fall back to what was announced,
 * writes must agree with it. */
static enum pvg_refusal translate_locked(struct pvg_memory *memory, const struct pvg_task *task,
                                         uint64_t page, enum pvg_ram_access access,
                                         uint32_t *frame)
{
    enum pvg_refusal why = walk_locked(memory, task, page, frame);
    uint32_t kept;

    if (access == PVG_RAM_READ && why != PVG_REFUSED_UNMAPPED) {
        return why;
    }
    kept = pvg_kept_find(&task->kept, page);
    if (why == PVG_REFUSED_UNMAPPED && access == PVG_RAM_READ && kept) {
        pvg_count(memory->tasks.counts.kept_reads, 1);
        *frame = kept;
        return PVG_ACCEPTED;
    }
    if (why == PVG_ACCEPTED && kept && kept != *frame) {
        return PVG_REFUSED_MOVED;
    }
    return why;
}

/* The pages that [@at, @at + @size) touches; false when it wraps. */
static bool pages_of(const struct pvg_memory *memory, struct pvg_gva at, uint64_t size,
                     uint64_t *first, uint64_t *count)
{
    uint64_t last;

    if (!pvg_add(at.value, size - 1, &last)) {
        return false;
    }
    *first = at.value >> memory->page_shift;
    *count = (last >> memory->page_shift) - *first + 1;
    return true;
}

static void keep_locked(struct pvg_memory *memory, struct pvg_task *task, uint64_t page)
{
    uint32_t frame;

    if (walk_locked(memory, task, page, &frame) != PVG_ACCEPTED) {
        pvg_count(memory->tasks.counts.not_present, 1);
        pvg_kept_drop(&task->kept, page, 1);
    } else if (!pvg_kept_put(&task->kept, page, frame)) {
        pvg_count(memory->tasks.counts.not_kept, 1);
    }
}

enum pvg_refusal pvg_task_map(struct pvg_memory *memory, uint32_t id, struct pvg_gva at,
                              uint64_t size)
{
    enum pvg_refusal why = PVG_ACCEPTED;
    uint64_t page, left;

    if (!at.value || !size) {
        return PVG_ACCEPTED;
    }
    if (!pages_of(memory, at, size, &page, &left)) {
        return PVG_REFUSED_RANGE;
    }
    if (left > MAP_PAGES_MAX) {
        pvg_count(memory->tasks.counts.not_kept, left - MAP_PAGES_MAX);
        left = MAP_PAGES_MAX;
    }
    while (why == PVG_ACCEPTED && left) {
        uint64_t piece = MIN(left, MAP_PAGES_PIECE);
        struct pvg_task *task;

        pvg_ram_lock_exclusive(&memory->ram);
        task = task_find_locked(memory, id);
        if (!task) {
            why = PVG_REFUSED_NO_TASK;
        } else {
            if (at.value + (size - 1) >= task->length && task->length) {
                pvg_count(memory->tasks.counts.beyond_length, 1);
            }
            for (uint64_t i = 0; i < piece; i++) {
                keep_locked(memory, task, page + i);
            }
        }
        pvg_ram_unlock(&memory->ram);
        page += piece;
        left -= piece;
    }
    return why;
}

enum pvg_refusal pvg_task_unmap(struct pvg_memory *memory, uint32_t id, struct pvg_gva at,
                                uint64_t size)
{
    struct pvg_task *task;
    uint64_t first, count;

    if (!at.value || !size) {
        return PVG_ACCEPTED;
    }
    if (!pages_of(memory, at, size, &first, &count)) {
        return PVG_REFUSED_RANGE;
    }
    pvg_ram_lock_exclusive(&memory->ram);
    task = task_find_locked(memory, id);
    if (task) {
        pvg_kept_drop(&task->kept, first, count);
    }
    pvg_ram_unlock(&memory->ram);
    return task ? PVG_ACCEPTED : PVG_REFUSED_NO_TASK;
}

struct remap {
    struct pvg_memory *memory;
    const struct pvg_task *task;
};

static uint32_t remap_page(void *ctx, uint64_t page, uint32_t frame)
{
    const struct remap *remap = ctx;

    return walk_locked(remap->memory, remap->task, page, &frame) == PVG_ACCEPTED ? frame : 0;
}

enum pvg_refusal pvg_task_remap(struct pvg_memory *memory, uint32_t id, struct pvg_gva at,
                                uint64_t size)
{
    struct pvg_task *task;
    uint64_t first, count;

    if (!size) {
        return PVG_ACCEPTED;
    }
    if (!pages_of(memory, at, size, &first, &count)) {
        return PVG_REFUSED_RANGE;
    }
    pvg_ram_lock_exclusive(&memory->ram);
    task = task_find_locked(memory, id);
    if (task) {
        pvg_kept_visit(&task->kept, first, count, remap_page, &(struct remap){memory, task});
    }
    pvg_ram_unlock(&memory->ram);
    return task ? PVG_ACCEPTED : PVG_REFUSED_NO_TASK;
}

/* Translates page by page, in holds of the lock that are bounded, and gives each piece to @each. */
static enum pvg_refusal for_each_page(struct pvg_memory *memory, struct pvg_space space,
                                      struct pvg_gva at, uint64_t size, enum pvg_ram_access access,
                                      enum pvg_refusal (*each)(struct pvg_memory *memory, void *ctx,
                                                               struct pvg_gpa at, size_t size),
                                      void *ctx)
{
    const uint64_t page_size = 1ull << memory->page_shift;
    enum pvg_refusal why = PVG_ACCEPTED;
    uint64_t end;

    if (size && !pvg_add(at.value, size - 1, &end)) {
        return PVG_REFUSED_RANGE;
    }
    while (why == PVG_ACCEPTED && size) {
        const struct pvg_task *task;
        unsigned pages = PVG_RAM_PIECE >> memory->page_shift;

        pvg_ram_lock(&memory->ram);
        task = space_find_locked(memory, space);
        if (!task) {
            why = PVG_REFUSED_STALE;
        }
        while (why == PVG_ACCEPTED && size && pages--) {
            uint64_t into = at.value & (page_size - 1);
            size_t piece = (size_t)MIN(size, page_size - into);
            uint32_t frame = 0;

            why = translate_locked(memory, task, at.value >> memory->page_shift, access, &frame);
            if (why == PVG_ACCEPTED) {
                struct pvg_gpa to = pvg_pfn_to_gpa((struct pvg_pfn){frame}, memory->page_shift);

                to.value += into;
                why = each(memory, ctx, to, piece);
            }
            at.value += piece;
            size -= piece;
        }
        pvg_ram_unlock(&memory->ram);
    }
    return why;
}

struct transfer {
    uint8_t *out;
    const uint8_t *in;
};

static enum pvg_refusal transfer_page(struct pvg_memory *memory, void *ctx, struct pvg_gpa at,
                                      size_t size)
{
    struct transfer *transfer = ctx;
    enum pvg_refusal why;
    uint8_t *host = pvg_ram_at_locked(&memory->ram, at, size,
                                      transfer->in ? PVG_RAM_WRITE : PVG_RAM_READ, &why);

    if (!host) {
        return why;
    }
    if (transfer->in) {
        pvg_ram_put_locked(&memory->ram, at, host, transfer->in, size);
        transfer->in += size;
    } else {
        pvg_ram_take_locked(&memory->ram, at, host, transfer->out, size);
        transfer->out += size;
    }
    return PVG_ACCEPTED;
}

static enum pvg_refusal check_page(struct pvg_memory *memory, void *ctx, struct pvg_gpa at,
                                   size_t size)
{
    enum pvg_refusal why;

    pvg_ram_at_locked(&memory->ram, at, size, *(enum pvg_ram_access *)ctx, &why);
    return why;
}

enum pvg_refusal pvg_space_read(struct pvg_memory *memory, struct pvg_space space,
                                struct pvg_gva at, void *out, size_t size)
{
    struct transfer transfer = {.out = out};

    return for_each_page(memory, space, at, size, PVG_RAM_READ, transfer_page, &transfer);
}

/* Checks every page before the first byte is written, so that a torn result never reaches the
 * guest. Spec: 20-memory 3.4. */
enum pvg_refusal pvg_space_write(struct pvg_memory *memory, struct pvg_space space,
                                 struct pvg_gva at, const void *bytes, size_t size)
{
    enum pvg_ram_access access = PVG_RAM_WRITE;
    struct transfer transfer = {.in = bytes};
    enum pvg_refusal why =
        for_each_page(memory, space, at, size, PVG_RAM_WRITE, check_page, &access);

    return why == PVG_ACCEPTED ? for_each_page(memory, space, at, size, PVG_RAM_WRITE,
                                               transfer_page, &transfer)
                               : why;
}

enum pvg_refusal pvg_space_translate(struct pvg_memory *memory, struct pvg_space space,
                                     struct pvg_gva at, enum pvg_ram_access access,
                                     struct pvg_gpa *out)
{
    const uint64_t page_size = 1ull << memory->page_shift;
    enum pvg_refusal why = PVG_REFUSED_STALE;
    const struct pvg_task *task;
    uint32_t frame = 0;

    pvg_ram_lock(&memory->ram);
    task = space_find_locked(memory, space);
    if (task) {
        why = translate_locked(memory, task, at.value >> memory->page_shift, access, &frame);
    }
    if (why == PVG_ACCEPTED) {
        *out = pvg_pfn_to_gpa((struct pvg_pfn){frame}, memory->page_shift);
        out->value += at.value & (page_size - 1);
        pvg_ram_at_locked(&memory->ram, *out, 1, PVG_RAM_READ, &why);
    }
    pvg_ram_unlock(&memory->ram);
    return why;
}

static enum pvg_refusal view_page(struct pvg_memory *memory, void *ctx, struct pvg_gpa at,
                                  size_t size)
{
    enum pvg_refusal why;

    if (pvg_ram_at_locked(&memory->ram, at, size, PVG_RAM_READ, &why)) {
        pvg_view_append(ctx, at, size);
    }
    return why;
}

enum pvg_refusal pvg_space_view(struct pvg_memory *memory, struct pvg_space space,
                                struct pvg_gva at, uint64_t size, enum pvg_ram_access access,
                                struct pvg_view *out)
{
    enum pvg_refusal why;

    *out = (struct pvg_view){0};
    if (size > PVG_VIEW_MAX) {
        return PVG_REFUSED_LIMIT;
    }
    why = for_each_page(memory, space, at, size, access, view_page, out);
    if (why != PVG_ACCEPTED) {
        pvg_view_finish(out);
    }
    return why;
}

struct comparison {
    const struct pvg_run *run;
    uint64_t into; /* bytes of it compared so far */
};

static enum pvg_refusal compare_page(struct pvg_memory *memory, void *ctx, struct pvg_gpa at,
                                     size_t size)
{
    struct comparison *comparison = ctx;

    if (comparison->into == comparison->run->size) {
        comparison->run++;
        comparison->into = 0;
    }
    if (at.value != comparison->run->at.value + comparison->into) {
        return PVG_REFUSED_MOVED;
    }
    comparison->into += size;
    return PVG_ACCEPTED;
}

bool pvg_space_is_at(struct pvg_memory *memory, struct pvg_space space, struct pvg_gva at,
                     const struct pvg_view *view)
{
    struct comparison comparison = {.run = view->runs};

    return for_each_page(memory, space, at, view->size, PVG_RAM_WRITE, compare_page,
                         &comparison) == PVG_ACCEPTED;
}

/* ---- Saved state ---- */

#define TAG     PVG_SECTION_TAG("TASK")
#define VERSION 1

void pvg_tasks_save(struct pvg_memory *memory, struct pvg_saver *saver)
{
    pvg_save_begin(saver, TAG, VERSION);
    for (uint32_t id = 0; id < PVG_MAX_TASKS; id++) {
        const struct pvg_task *task = &memory->tasks.all[id];
        bool live = task->serial && task->session == pvg_ram_session(&memory->ram);

        pvg_save_u8(saver, live);
        if (live) {
            pvg_save_u64(saver, task->length);
            pvg_save_u32(saver, task->directory.value);
            pvg_kept_save(&task->kept, saver);
        }
        pvg_save_u8(saver, task->list_bound);
        pvg_save_u32(saver, task->list_page);
        pvg_save_u32(saver, task->list_count);
    }
    pvg_save_end(saver);
}

static enum pvg_refusal restore_task(struct pvg_memory *memory, uint32_t id,
                                     struct pvg_cursor *from)
{
    uint64_t length = pvg_take_u64(from);
    struct pvg_pfn directory = {pvg_take_u32(from)};
    enum pvg_refusal why = pvg_task_define(memory, id, directory, length);

    if (why == PVG_ACCEPTED) {
        pvg_ram_lock_exclusive(&memory->ram);
        why = pvg_kept_restore(&memory->tasks.all[id].kept, from);
        pvg_ram_unlock(&memory->ram);
    }
    return why;
}

enum pvg_refusal pvg_tasks_restore(struct pvg_memory *memory, struct pvg_cursor *from)
{
    struct pvg_cursor section;

    pvg_restore_section(from, TAG, VERSION, &section);
    for (uint32_t id = 0; section.refusal == PVG_ACCEPTED && id < PVG_MAX_TASKS; id++) {
        bool bound;
        uint32_t page, count;

        if (pvg_take_u8(&section)) {
            enum pvg_refusal why = restore_task(memory, id, &section);

            if (why != PVG_ACCEPTED) {
                return why;
            }
        }
        bound = pvg_take_u8(&section);
        page = pvg_take_u32(&section);
        count = pvg_take_u32(&section);
        if (bound && section.refusal == PVG_ACCEPTED) {
            enum pvg_refusal why = pvg_objects_bind(memory, id, page, count);

            if (why != PVG_ACCEPTED) {
                return why;
            }
        }
    }
    return section.refusal;
}
