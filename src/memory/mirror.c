/* SPDX-License-Identifier: MIT */
/* Tasks as messages between two processes. */
#include "memory/mirror.h"

#include <glib.h>

/* The last page of [@at, @at + @size); a range that wraps ends with the address space. */
static uint64_t last_page(const struct pvg_memory *memory, struct pvg_gva at, uint64_t size)
{
    uint64_t last;

    if (__builtin_add_overflow(at.value, size - 1, &last)) {
        last = UINT64_MAX;
    }
    return last >> memory->page_shift;
}

bool pvg_mirror_has_task(struct pvg_memory *memory, uint32_t id)
{
    const struct pvg_task *task = &memory->tasks.all[id];
    bool has;

    pvg_ram_lock(&memory->ram);
    has = task->serial || task->list_bound;
    pvg_ram_unlock(&memory->ram);
    return has;
}

void pvg_mirror_put_task(struct pvg_memory *memory, uint32_t id, struct pvg_saver *out)
{
    const struct pvg_task *task = &memory->tasks.all[id];

    pvg_ram_lock(&memory->ram);
    pvg_save_u32(out, id);
    pvg_save_u64(out, task->serial);
    pvg_save_u64(out, task->session);
    pvg_save_u64(out, task->length);
    pvg_save_u32(out, task->directory.value);
    pvg_save_u8(out, task->list_bound);
    pvg_save_u32(out, task->list_page);
    pvg_save_u32(out, task->list_count);
    pvg_ram_unlock(&memory->ram);
}

enum pvg_refusal pvg_mirror_take_task(struct pvg_memory *memory, struct pvg_cursor *from)
{
    uint32_t id = pvg_take_u32(from);
    struct pvg_task *task, told = {0};

    told.serial = pvg_take_u64(from);
    told.session = pvg_take_u64(from);
    told.length = pvg_take_u64(from);
    told.directory.value = pvg_take_u32(from);
    told.list_bound = pvg_take_u8(from);
    told.list_page = pvg_take_u32(from);
    told.list_count = pvg_take_u32(from);
    if (from->refusal != PVG_ACCEPTED || id >= PVG_MAX_TASKS) {
        return from->refusal != PVG_ACCEPTED ? from->refusal : PVG_REFUSED_LIMIT;
    }
    pvg_ram_lock_exclusive(&memory->ram);
    task = &memory->tasks.all[id];
    if (told.serial != task->serial) {
        pvg_kept_drop_all(&task->kept);
    }
    told.kept = task->kept;
    *task = told;
    pvg_ram_unlock(&memory->ram);
    return PVG_ACCEPTED;
}

static void put_page(void *ctx, uint64_t page, uint32_t frame)
{
    pvg_save_u64(ctx, page);
    pvg_save_u32(ctx, frame);
}

void pvg_mirror_put_pages(struct pvg_memory *memory, uint32_t id, struct pvg_gva at, uint64_t size,
                          struct pvg_saver *out)
{
    uint64_t first = at.value >> memory->page_shift;
    uint64_t count = size ? last_page(memory, at, size) - first + 1 : 0;

    pvg_save_u32(out, id);
    pvg_save_u64(out, first);
    pvg_save_u64(out, count);
    if (id < PVG_MAX_TASKS) {
        pvg_ram_lock(&memory->ram);
        pvg_kept_walk(&memory->tasks.all[id].kept, first, count, put_page, out);
        pvg_ram_unlock(&memory->ram);
    }
}

enum pvg_refusal pvg_mirror_take_pages(struct pvg_memory *memory, struct pvg_cursor *from)
{
    uint32_t id = pvg_take_u32(from);
    uint64_t first = pvg_take_u64(from), count = pvg_take_u64(from);
    enum pvg_refusal why = from->refusal;
    struct pvg_kept *kept;

    if (why != PVG_ACCEPTED || id >= PVG_MAX_TASKS) {
        return why != PVG_ACCEPTED ? why : PVG_REFUSED_LIMIT;
    }
    pvg_ram_lock_exclusive(&memory->ram);
    kept = &memory->tasks.all[id].kept;
    pvg_kept_drop(kept, first, count);
    while (why == PVG_ACCEPTED && from->left) {
        uint64_t page = pvg_take_u64(from);
        uint32_t frame = pvg_take_u32(from);

        why = from->refusal;
        if (why == PVG_ACCEPTED && !frame) {
            why = PVG_REFUSED_VALUE;
        }
        if (why == PVG_ACCEPTED && !pvg_kept_put(kept, page, frame)) {
            why = PVG_REFUSED_LIMIT;
        }
    }
    pvg_ram_unlock(&memory->ram);
    return why;
}
