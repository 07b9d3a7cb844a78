/* SPDX-License-Identifier: MIT */
/* Gives out slots. */
#include "gpu/handles.h"

#define TAG     PVG_SECTION_TAG("GPUH")
#define VERSION 1

struct row {
    uint32_t refs[PVG_HANDLE_SLOTS]; /* 0: free */
    uint32_t end;                    /* behind the last that was ever taken */
    GHashTable *slots;               /* by ref */
};

struct pvg_handles {
    struct row rows[PVG_HANDLE_ROWS];
};

void pvg_handles_forget_task(struct pvg_gpu *gpu, uint32_t task)
{
    struct pvg_handles *handles = gpu->handles[task];

    if (handles) {
        for (unsigned row = 0; row < PVG_HANDLE_ROWS; row++) {
            g_hash_table_unref(handles->rows[row].slots);
        }
        g_free(handles);
        gpu->handles[task] = NULL;
    }
}

void pvg_handles_forget_all(struct pvg_gpu *gpu)
{
    for (uint32_t task = 0; task < PVG_MAX_TASKS; task++) {
        pvg_handles_forget_task(gpu, task);
    }
}

static struct row *row_of(struct pvg_gpu *gpu, uint32_t task, enum pvg_handle_row row)
{
    if (!gpu->handles[task]) {
        gpu->handles[task] = g_new0(struct pvg_handles, 1);
        for (unsigned i = 0; i < PVG_HANDLE_ROWS; i++) {
            gpu->handles[task]->rows[i].end = 1;
            gpu->handles[task]->rows[i].slots = g_hash_table_new(NULL, NULL);
        }
    }
    return &gpu->handles[task]->rows[row];
}

static void take(struct row *row, uint32_t slot, uint32_t ref)
{
    row->refs[slot] = ref;
    row->end = MAX(row->end, slot + 1);
    g_hash_table_insert(row->slots, GUINT_TO_POINTER(ref), GUINT_TO_POINTER(slot));
}

uint32_t pvg_handles_give(struct pvg_gpu *gpu, uint32_t task, enum pvg_handle_row which,
                          uint32_t ref)
{
    struct row *row;
    uint32_t slot;

    if (!gpu->heap_slots || task >= PVG_MAX_TASKS || !ref) {
        return 0;
    }
    row = row_of(gpu, task, which);
    slot = GPOINTER_TO_UINT(g_hash_table_lookup(row->slots, GUINT_TO_POINTER(ref)));
    if (slot) {
        return slot;
    }
    for (slot = 1; slot < gpu->heap_slots - 1; slot++) {
        if (!row->refs[slot]) {
            take(row, slot, ref);
            return slot;
        }
    }
    return 0;
}

const uint32_t *pvg_handles_of(const struct pvg_gpu *gpu, uint32_t task, enum pvg_handle_row row,
                               uint32_t *end)
{
    const struct pvg_handles *handles = task < PVG_MAX_TASKS ? gpu->handles[task] : NULL;

    *end = handles ? MIN(handles->rows[row].end, MAX(gpu->heap_slots, 1u) - 1) : 0;
    return handles ? handles->rows[row].refs : NULL;
}

void pvg_handles_forget(struct pvg_gpu *gpu, uint32_t task, uint32_t ref)
{
    struct pvg_handles *handles = task < PVG_MAX_TASKS ? gpu->handles[task] : NULL;

    for (unsigned i = 0; handles && i < PVG_HANDLE_ROWS; i++) {
        struct row *row = &handles->rows[i];
        const uint32_t slot =
            GPOINTER_TO_UINT(g_hash_table_lookup(row->slots, GUINT_TO_POINTER(ref)));

        if (slot) {
            row->refs[slot] = 0;
            g_hash_table_remove(row->slots, GUINT_TO_POINTER(ref));
        }
    }
}

/* ---- Save and restore ---- */

void pvg_handles_save(struct pvg_gpu *gpu, struct pvg_saver *saver)
{
    pvg_save_begin(saver, TAG, VERSION);
    for (uint32_t task = 0; task < PVG_MAX_TASKS; task++) {
        for (unsigned i = 0; gpu->handles[task] && i < PVG_HANDLE_ROWS; i++) {
            const struct row *row = &gpu->handles[task]->rows[i];

            for (uint32_t slot = 1; slot < row->end; slot++) {
                if (row->refs[slot]) {
                    pvg_save_u8(saver, 1);
                    pvg_save_u32(saver, task);
                    pvg_save_u8(saver, (uint8_t)i);
                    pvg_save_u32(saver, slot);
                    pvg_save_u32(saver, row->refs[slot]);
                }
            }
        }
    }
    pvg_save_u8(saver, 0);
    pvg_save_end(saver);
}

enum pvg_refusal pvg_handles_restore(struct pvg_gpu *gpu, struct pvg_cursor *from)
{
    struct pvg_cursor c;

    pvg_handles_forget_all(gpu);
    if (!from->left) {
        return PVG_ACCEPTED; /* saved before there were any */
    }
    pvg_restore_section(from, TAG, VERSION, &c);
    while (pvg_take_u8(&c)) {
        const uint32_t task = pvg_take_u32(&c);
        const uint8_t which = pvg_take_u8(&c);
        const uint32_t slot = pvg_take_u32(&c), ref = pvg_take_u32(&c);
        struct row *row;

        if (c.refusal != PVG_ACCEPTED) {
            break;
        }
        if (task >= PVG_MAX_TASKS || which >= PVG_HANDLE_ROWS || !slot ||
            slot >= PVG_HANDLE_SLOTS - 1 || !ref) {
            return PVG_REFUSED_VALUE;
        }
        row = row_of(gpu, task, which);
        if (row->refs[slot] || g_hash_table_contains(row->slots, GUINT_TO_POINTER(ref))) {
            return PVG_REFUSED_VALUE;
        }
        take(row, slot, ref);
    }
    return c.refusal;
}
