/* SPDX-License-Identifier: MIT */
/* Guest memory, as the worker is told of it. */
#include "remote/told.h"

#include <sched.h>

#include "memory/mirror.h"
#include "remote/asked.h"
#include "remote/line.h"

#define GATE_LIMIT_US 500000 /* one copy of PVG_RAM_PIECE takes microseconds */

static void send_task_locked(struct pvg_keeper *keeper, uint32_t id)
{
    PVG_MESSAGE(payload);

    pvg_mirror_put_task(keeper->base.setup.memory, id, &payload);
    pvg_keeper_send_locked(keeper, PVG_LINK_TASK, 0, &payload, -1);
}

static void send_pages_locked(struct pvg_keeper *keeper, uint32_t id, struct pvg_gva at,
                              uint64_t size)
{
    PVG_MESSAGE(payload);

    pvg_mirror_put_pages(keeper->base.setup.memory, id, at, size, &payload);
    pvg_keeper_send_locked(keeper, PVG_LINK_PAGES, 0, &payload, -1);
}

static void send_all_tasks_locked(struct pvg_keeper *keeper)
{
    pvg_keeper_send_locked(keeper, PVG_LINK_FORGET_TASKS, 0, NULL, -1);
    for (uint32_t id = 0; id < PVG_MAX_TASKS; id++) {
        if (pvg_mirror_has_task(keeper->base.setup.memory, id)) {
            send_task_locked(keeper, id);
            send_pages_locked(keeper, id, (struct pvg_gva){0}, UINT64_MAX);
        }
    }
}

void pvg_told_task_changed(struct pvg_executor *executor, uint32_t task)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&keeper->send_lock);

    if (!atomic_load(&keeper->up)) {
        return;
    }
    if (task == PVG_EVERY_TASK) {
        send_all_tasks_locked(keeper);
    } else {
        send_task_locked(keeper, task);
    }
}

void pvg_told_pages_changed(struct pvg_executor *executor, uint32_t task, struct pvg_gva at,
                            uint64_t size)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&keeper->send_lock);

    if (atomic_load(&keeper->up)) {
        send_pages_locked(keeper, task, at, size);
    }
}

static void send_span_locked(struct pvg_keeper *keeper, const struct pvg_ram_span *span)
{
    PVG_MESSAGE(payload);

    if (span->fd < 0) {
        return; /* only what has a descriptor can be shared */
    }
    pvg_save_u64(&payload, span->gpa);
    pvg_save_u64(&payload, span->size);
    pvg_save_u64(&payload, span->fd_offset);
    pvg_save_u8(&payload, span->read_only);
    pvg_keeper_send_locked(keeper, PVG_LINK_RAM_ADD, 0, &payload, span->fd);
}

void pvg_told_ram_added(struct pvg_executor *executor, const struct pvg_ram_span *span)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&keeper->send_lock);

    g_array_append_val(keeper->spans, *span);
    send_span_locked(keeper, span);
}

void pvg_told_everything_locked(struct pvg_keeper *keeper)
{
    for (guint i = 0; i < keeper->spans->len; i++) {
        send_span_locked(keeper, &g_array_index(keeper->spans, struct pvg_ram_span, i));
    }
    send_all_tasks_locked(keeper);
}

/* Takes [@gpa, @end) out of the list of spans; what is left of one stays. */
static void cut_spans_locked(struct pvg_keeper *keeper, uint64_t gpa, uint64_t end)
{
    for (guint i = 0, count = keeper->spans->len; i < count;) {
        struct pvg_ram_span whole = g_array_index(keeper->spans, struct pvg_ram_span, i);
        struct pvg_ram_span head = whole, tail = whole;

        if (whole.gpa >= end || whole.gpa + whole.size <= gpa) {
            i++;
            continue;
        }
        g_array_remove_index(keeper->spans, i);
        count--;
        if (gpa > whole.gpa) {
            head.size = gpa - whole.gpa;
            g_array_append_val(keeper->spans, head);
        }
        if (end < whole.gpa + whole.size) {
            tail.gpa = end;
            tail.size = whole.gpa + whole.size - end;
            tail.fd_offset += end - whole.gpa;
            g_array_append_val(keeper->spans, tail);
        }
    }
}

void pvg_told_ram_removed(struct pvg_executor *executor, uint64_t gpa, uint64_t size)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    uint64_t end;
    PVG_MESSAGE(payload);

    if (__builtin_add_overflow(gpa, size, &end)) {
        end = UINT64_MAX;
    }
    g_mutex_lock(&keeper->send_lock);
    cut_spans_locked(keeper, gpa, end);
    g_mutex_unlock(&keeper->send_lock);
    pvg_save_u64(&payload, gpa);
    pvg_save_u64(&payload, size);
    (void)pvg_keeper_ask_and_wait(keeper, PVG_LINK_RAM_REMOVE, &payload);
}

void pvg_told_session_ended(void *owner, uint64_t session)
{
    struct pvg_keeper *keeper = owner;
    struct pvg_ram_gate *gate = &keeper->page->gate;
    int64_t end = g_get_monotonic_time() + GATE_LIMIT_US;

    atomic_store(&gate->session, session);
    while (atomic_load(&gate->holders) && atomic_load(&keeper->alive)) {
        if (g_get_monotonic_time() > end) {
            pvg_keeper_give_up(keeper);
            pvg_keeper_await_end(keeper);
            return;
        }
        sched_yield();
    }
}
