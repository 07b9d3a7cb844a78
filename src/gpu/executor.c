/* SPDX-License-Identifier: MIT */
/* The one place where an executor's operations and their defaults meet. */
#include "gpu/executor.h"

#include <assert.h>
#include <glib.h>

#include "gpu/heap_size.h"

/* Never 0, and a page: errata row "30 8.5, 9, 13". */
#define ROUND_UP(bytes) (((bytes) + 4095) & ~UINT64_C(4095))

void pvg_executor_init(struct pvg_executor *executor, const struct pvg_executor_impl *impl,
                       const struct pvg_executor_setup *setup)
{
    assert(impl->destroy && impl->submit && (!impl->prepare || impl->unprepare));
    executor->impl = impl;
    executor->setup = *setup;
}

void pvg_executor_destroy(struct pvg_executor *executor)
{
    if (executor) {
        executor->impl->destroy(executor);
    }
}

void pvg_executor_limit(struct pvg_executor *executor, uint32_t values[PVG_DEVICE_INFO_KEYS])
{
    if (executor->impl->limit) {
        executor->impl->limit(executor, values);
    }
}

void pvg_executor_prepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    if (executor->impl->prepare) {
        executor->impl->prepare(executor, submission);
    }
}

void pvg_executor_submit(struct pvg_executor *executor, struct pvg_submission *submission)
{
    executor->impl->submit(executor, submission);
}

void pvg_executor_unprepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    if (executor->impl->unprepare) {
        executor->impl->unprepare(executor, submission);
    }
}

void pvg_executor_resume(struct pvg_executor *executor)
{
    if (executor->impl->resume) {
        executor->impl->resume(executor);
    }
}

void pvg_executor_invalidate(struct pvg_executor *executor, struct pvg_space space,
                             struct pvg_wire_invalidation_array objects)
{
    if (executor->impl->invalidate) {
        executor->impl->invalidate(executor, space, objects);
    }
}

void pvg_executor_synchronize(struct pvg_executor *executor, struct pvg_space space,
                              struct pvg_wire_u32_array objects, bool discard,
                              struct pvg_work *work)
{
    if (executor->impl->synchronize) {
        executor->impl->synchronize(executor, space, objects, discard, work);
    } else {
        pvg_work_complete(work, PVG_ACCEPTED);
    }
}

void pvg_executor_forget(struct pvg_executor *executor, const struct pvg_forget *what,
                         struct pvg_work *work)
{
    if (executor->impl->forget) {
        executor->impl->forget(executor, what, work);
    } else {
        pvg_work_complete(work, PVG_ACCEPTED);
    }
}

void pvg_executor_compute_info(struct pvg_executor *executor, struct pvg_compute_query *query)
{
    if (executor->impl->compute_info) {
        executor->impl->compute_info(executor, query);
    } else {
        pvg_work_complete(&query->work, PVG_ACCEPTED);
    }
}

enum pvg_refusal pvg_executor_heap_texture_size(struct pvg_executor *executor,
                                                struct pvg_cursor descriptor, uint64_t *size,
                                                uint64_t *alignment)
{
    enum pvg_refusal why =
        executor->impl->heap_texture_size
            ? executor->impl->heap_texture_size(executor, descriptor, size, alignment)
            : pvg_heap_texture_size(descriptor, size, alignment);

    if (why == PVG_ACCEPTED) {
        *size = ROUND_UP(MAX(*size, 1));
        *alignment = ROUND_UP(MAX(*alignment, 1));
    }
    return why;
}

bool pvg_executor_present(struct pvg_executor *executor, struct pvg_present *present)
{
    return executor->impl->present && executor->impl->present(executor, present);
}

void pvg_executor_quiesce(struct pvg_executor *executor)
{
    if (executor->impl->quiesce) {
        executor->impl->quiesce(executor);
    }
}

void pvg_executor_reset(struct pvg_executor *executor)
{
    if (executor->impl->reset) {
        executor->impl->reset(executor);
    }
}

void pvg_executor_save(struct pvg_executor *executor, struct pvg_saver *saver)
{
    if (executor->impl->save) {
        executor->impl->save(executor, saver);
    }
}

enum pvg_refusal pvg_executor_restore(struct pvg_executor *executor, struct pvg_cursor *from)
{
    return executor->impl->restore ? executor->impl->restore(executor, from) : PVG_ACCEPTED;
}

void pvg_executor_task_changed(struct pvg_executor *executor, uint32_t task)
{
    if (executor->impl->task_changed) {
        executor->impl->task_changed(executor, task);
    }
}

void pvg_executor_pages_changed(struct pvg_executor *executor, uint32_t task, struct pvg_gva at,
                                uint64_t size)
{
    if (executor->impl->pages_changed) {
        executor->impl->pages_changed(executor, task, at, size);
    }
}

void pvg_executor_ram_added(struct pvg_executor *executor, const struct pvg_ram_span *span)
{
    if (executor->impl->ram_added) {
        executor->impl->ram_added(executor, span);
    }
}

void pvg_executor_ram_removed(struct pvg_executor *executor, uint64_t gpa, uint64_t size)
{
    if (executor->impl->ram_removed) {
        executor->impl->ram_removed(executor, gpa, size);
    }
}
