/* SPDX-License-Identifier: MIT */
/* Runs of guest RAM. */
#include "memory/view.h"

#include <glib.h>

#include "base/range.h"
#include "memory/ram.h"

void pvg_view_finish(struct pvg_view *view)
{
    g_free(view->runs);
    *view = (struct pvg_view){0};
}

void pvg_view_append(struct pvg_view *view, struct pvg_gpa at, uint64_t size)
{
    if (view->count) {
        struct pvg_run *last = &view->runs[view->count - 1];

        if (last->at.value + last->size == at.value) {
            last->size += size;
            view->size += size;
            return;
        }
    }
    if (view->count == view->capacity) {
        view->capacity = MAX(8, view->capacity * 2);
        view->runs = g_renew(struct pvg_run, view->runs, view->capacity);
    }
    view->runs[view->count++] = (struct pvg_run){at, size, view->size};
    view->size += size;
}

const struct pvg_run *pvg_view_find(const struct pvg_view *view, uint64_t offset)
{
    size_t low = 0, high = view->count;

    if (offset >= view->size) {
        return NULL;
    }
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (view->runs[middle].start <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &view->runs[low];
}

enum pvg_refusal pvg_view_read(const struct pvg_view *view, struct pvg_ram *ram, uint64_t offset,
                               void *out, size_t size)
{
    const struct pvg_run *run = pvg_view_find(view, offset);

    if (!pvg_range_fits((struct pvg_range){offset, size}, view->size)) {
        return PVG_REFUSED_RANGE;
    }
    for (uint8_t *to = out; size; run++) {
        uint64_t into = offset - run->start;
        size_t piece = MIN(size, run->size - into);
        enum pvg_refusal why =
            pvg_ram_read(ram, (struct pvg_gpa){run->at.value + into}, to, piece);

        if (why != PVG_ACCEPTED) {
            return why;
        }
        offset += piece;
        to += piece;
        size -= piece;
    }
    return PVG_ACCEPTED;
}
