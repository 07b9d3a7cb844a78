/* SPDX-License-Identifier: MIT */
/* What the keeper asks for, done with the executor. */
#include "remote/commands.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory/mirror.h"
#include "remote/answers.h"
#include "remote/submission.h"

/* Something that is answered when it is done. */
struct task {
    struct pvg_work work;
    struct pvg_worker *worker;
    uint64_t id;
    struct pvg_submission *submission; /* NULL: something else */
    struct pvg_compute_query query;
    struct pvg_present present;
};

static void submission_end(struct pvg_worker *worker, struct pvg_submission *submission)
{
    pvg_executor_unprepare(worker->executor, submission);
    pvg_submission_destroy(submission);
}

static void task_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct task *task = (struct task *)work;

    pvg_worker_say_done(task->worker, task->id, why);
    g_free(task);
}

static void submission_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct pvg_submission *submission = (struct pvg_submission *)work;
    struct task *task = (struct task *)submission->owner;
    struct pvg_worker *worker = task->worker;
    uint64_t id = task->id;

    g_free(task);
    submission_end(worker, submission);
    pvg_worker_say_done(worker, id, why);
}

static void query_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct task *task = (struct task *)((uint8_t *)work - offsetof(struct task, query.work));
    const struct pvg_link_done done = {
        .why = why,
        .answer = {task->query.max_threads, task->query.width, task->query.static_memory},
    };

    pvg_worker_say_answer(task->worker, task->id, &done);
    g_free(task);
}

static void present_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct task *task = (struct task *)((uint8_t *)work - offsetof(struct task, present.work));
    const struct pvg_link_done done = {.why = why, .answer = {task->present.format}};

    pvg_worker_say_answer(task->worker, task->id, &done);
    g_free(task);
}

static struct task *task_new(struct pvg_worker *worker, uint64_t id)
{
    struct task *task = g_new0(struct task, 1);

    task->work.completed = task_completed;
    task->worker = worker;
    task->id = id;
    return task;
}

/* ---- Commands. Each returns false when it makes no sense. ---- */

static struct pvg_space take_space(struct pvg_cursor *from)
{
    struct pvg_space space = {.task = pvg_take_u32(from)};

    space.serial = pvg_take_u64(from);
    return space;
}

static bool run_ram_add(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct pvg_ram_span span = {.gpa = pvg_take_u64(from), .fd = fd};
    struct pvg_error error = {0};

    span.size = pvg_take_u64(from);
    span.fd_offset = pvg_take_u64(from);
    span.read_only = pvg_take_u8(from);
    if (from->refusal != PVG_ACCEPTED || fd < 0) {
        return false;
    }
    span.host = mmap(NULL, span.size, PROT_READ | (span.read_only ? 0 : PROT_WRITE), MAP_SHARED, fd,
                     (off_t)span.fd_offset);
    if (span.host == MAP_FAILED) {
        pvg_log_line(&worker->log, PVG_LOG_WARNING, "the GPU worker cannot map guest memory: %s",
                     g_strerror(errno));
        close(fd);
        return true;
    }
    if (!pvg_ram_insert(&worker->memory.ram, &span, &error)) {
        munmap(span.host, span.size); /* told twice */
        close(fd);
        return true;
    }
    pvg_executor_ram_added(worker->executor, &span);
    return true;
}

/* Unmaps what lies in [@gpa, @end) of @span; the descriptor ends with the last part. */
static void unmap_part(const struct pvg_ram_span *span, uint64_t gpa, uint64_t end)
{
    uint64_t first = MAX(gpa, span->gpa), last = MIN(end, span->gpa + span->size);

    munmap((uint8_t *)span->host + (first - span->gpa), last - first);
    if (first == span->gpa && last == span->gpa + span->size) {
        close(span->fd);
    }
}

static bool run_ram_remove(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    uint64_t gpa = pvg_take_u64(from), size = pvg_take_u64(from), end;
    GArray *spans = worker->memory.ram.spans;
    g_autoptr(GArray) old = g_array_copy(spans);

    if (__builtin_add_overflow(gpa, size, &end)) {
        end = UINT64_MAX;
    }
    pvg_executor_ram_removed(worker->executor, gpa, size);
    pvg_ram_cut(&worker->memory.ram, gpa, size);
    for (guint i = 0; i < old->len; i++) {
        const struct pvg_ram_span *span = &g_array_index(old, struct pvg_ram_span, i);

        if (span->gpa < end && span->gpa + span->size > gpa) {
            unmap_part(span, gpa, end);
        }
    }
    pvg_worker_say_done(worker, id, PVG_ACCEPTED);
    return true;
}

static bool run_task(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    return pvg_mirror_take_task(&worker->memory, from) == PVG_ACCEPTED;
}

static bool run_pages(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    enum pvg_refusal why = pvg_mirror_take_pages(&worker->memory, from);

    return why == PVG_ACCEPTED || why == PVG_REFUSED_LIMIT; /* the rest is walked when used */
}

static bool run_forget_tasks(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from,
                             int fd)
{
    pvg_tasks_forget(&worker->memory);
    return true;
}

static bool run_prepare(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct pvg_submission *submission = pvg_submission_take(from);
    struct task *task;

    if (!submission) {
        return false;
    }
    if (g_hash_table_contains(worker->submissions, &id)) {
        pvg_submission_destroy(submission);
        return false;
    }
    task = task_new(worker, id);
    task->submission = submission;
    submission->owner = &task->work;
    submission->work.completed = submission_completed;
    pvg_executor_prepare(worker->executor, submission);
    g_hash_table_insert(worker->submissions, &task->id, task);
    return true;
}

static struct task *take_prepared(struct pvg_worker *worker, uint64_t id)
{
    struct task *task = g_hash_table_lookup(worker->submissions, &id);

    if (task) {
        g_hash_table_remove(worker->submissions, &id);
    }
    return task;
}

static bool run_submit(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct task *task = take_prepared(worker, id);

    if (task) {
        pvg_executor_submit(worker->executor, task->submission);
    }
    return task != NULL;
}

static bool run_drop(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct task *task = take_prepared(worker, id);

    if (task) { /* else its DONE is on the way */
        submission_end(worker, task->submission);
        g_free(task);
    }
    return true;
}

static bool run_invalidate(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct pvg_space space = take_space(from);
    uint32_t count = pvg_take_count(from, PVG_WIRE_INVALIDATION_SIZE);

    pvg_executor_invalidate(worker->executor, space,
                            (struct pvg_wire_invalidation_array){from->at, count});
    return true;
}

static bool run_synchronize(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    bool discard = pvg_take_u8(from);
    struct pvg_space space = take_space(from);
    uint32_t count = pvg_take_count(from, sizeof(uint32_t));

    pvg_executor_synchronize(worker->executor, space, (struct pvg_wire_u32_array){from->at, count},
                             discard, &task_new(worker, id)->work);
    return true;
}

static bool run_forget(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct pvg_forget what = {.kind = pvg_take_u32(from)};

    what.space = take_space(from);
    what.ref = pvg_take_u32(from);
    what.object_kind = pvg_take_u32(from);
    what.at.value = pvg_take_u64(from);
    what.size = pvg_take_u64(from);
    if (from->refusal != PVG_ACCEPTED || what.kind > PVG_FORGET_SURFACE) {
        return false;
    }
    if (what.kind == PVG_FORGET_SURFACE) {
        pvg_surface_unmap(&worker->memory, what.ref);
    }
    pvg_executor_forget(worker->executor, &what, id ? &task_new(worker, id)->work : NULL);
    return true;
}

static bool run_compute_info(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from,
                             int fd)
{
    struct task *task = task_new(worker, id);

    task->query.work.completed = query_completed;
    task->query.space = take_space(from);
    task->query.pipeline = pvg_take_u32(from);
    pvg_executor_compute_info(worker->executor, &task->query);
    return true;
}

/* The keeper's picture @index, mapped once; @fd comes when it is new. */
static struct pvg_worker_target *find_target(struct pvg_worker *worker, uint32_t index,
                                             uint64_t size, int fd)
{
    struct pvg_worker_target *target = index < PVG_MAX_DISPLAYS ? &worker->targets[index] : NULL;
    void *pixels;

    if (target && fd >= 0) {
        if (target->pixels) {
            munmap(target->pixels, target->size);
        }
        pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        *target = (struct pvg_worker_target){pixels == MAP_FAILED ? NULL : pixels, size};
    }
    return target && target->pixels && target->size == size ? target : NULL;
}

static bool run_present(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    uint32_t surface = pvg_take_u32(from), space = pvg_take_u32(from);
    struct task *task = task_new(worker, id);
    struct pvg_worker_target *target;
    uint32_t taken = 0, index;

    task->present.work.completed = present_completed;
    task->present.width = pvg_take_u32(from);
    task->present.height = pvg_take_u32(from);
    task->present.stride = pvg_take_u32(from);
    index = pvg_take_u32(from);
    target = find_target(worker, index, pvg_take_u64(from), fd);
    if (fd >= 0) {
        close(fd);
    }
    if (target && (uint64_t)task->present.stride * task->present.height <= target->size &&
        pvg_surface_find(&worker->memory, surface, space, &task->present.surface) == PVG_ACCEPTED &&
        task->present.surface.planes[0].width == task->present.width &&
        task->present.surface.planes[0].height == task->present.height) {
        task->present.pixels = target->pixels;
        taken = pvg_executor_present(worker->executor, &task->present);
    }
    if (!taken) {
        g_free(task);
    }
    pvg_worker_say(worker, PVG_LINK_TAKEN, id, &taken, sizeof(taken));
    return true;
}

static bool run_save(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct pvg_saver saver;

    pvg_saver_init(&saver);
    pvg_executor_save(worker->executor, &saver);
    pvg_worker_say(worker, PVG_LINK_SAVED, id, saver.bytes->data, saver.bytes->len);
    g_byte_array_unref(saver.bytes);
    return true;
}

static bool run_restore(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    pvg_worker_say_done(worker, id, pvg_executor_restore(worker->executor, from));
    return true;
}

static bool run_quiesce(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    pvg_executor_quiesce(worker->executor);
    pvg_worker_say_done(worker, id, PVG_ACCEPTED);
    return true;
}

static bool run_reset(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    pvg_executor_reset(worker->executor);
    return true;
}

static bool run_ping(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    return true;
}

/* A descriptor that comes with a message is the handler's; RAM_ADD and PRESENT have one. */
static bool (*const commands[])(struct pvg_worker *worker, uint64_t id, struct pvg_cursor *from,
                                int fd) = {
    [PVG_LINK_RAM_ADD] = run_ram_add,
    [PVG_LINK_RAM_REMOVE] = run_ram_remove,
    [PVG_LINK_TASK] = run_task,
    [PVG_LINK_PAGES] = run_pages,
    [PVG_LINK_FORGET_TASKS] = run_forget_tasks,
    [PVG_LINK_PREPARE] = run_prepare,
    [PVG_LINK_SUBMIT] = run_submit,
    [PVG_LINK_DROP] = run_drop,
    [PVG_LINK_INVALIDATE] = run_invalidate,
    [PVG_LINK_SYNCHRONIZE] = run_synchronize,
    [PVG_LINK_FORGET] = run_forget,
    [PVG_LINK_COMPUTE_INFO] = run_compute_info,
    [PVG_LINK_PRESENT] = run_present,
    [PVG_LINK_QUIESCE] = run_quiesce,
    [PVG_LINK_SAVE] = run_save,
    [PVG_LINK_RESTORE] = run_restore,
    [PVG_LINK_RESET] = run_reset,
    [PVG_LINK_PING] = run_ping,
};

bool pvg_worker_obey(struct pvg_worker *worker)
{
    struct pvg_link_header header;
    struct pvg_cursor from;
    int fd;

    if (!pvg_link_receive(worker->socket, &header, worker->payload, &fd, PVG_WORKER_MESSAGE_MAX)) {
        return false;
    }
    from = pvg_cursor_over(worker->payload->data, worker->payload->len);
    if (fd >= 0 && header.type != PVG_LINK_RAM_ADD && header.type != PVG_LINK_PRESENT) {
        close(fd);
    }
    if (header.type >= G_N_ELEMENTS(commands) || !commands[header.type] ||
        !commands[header.type](worker, header.id, &from, fd)) {
        return false;
    }
    atomic_fetch_add(&worker->page->taken, 1);
    return true;
}

void pvg_worker_drop_prepared(struct pvg_worker *worker)
{
    GHashTableIter iter;
    struct task *task;

    g_hash_table_iter_init(&iter, worker->submissions);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&task)) {
        submission_end(worker, task->submission);
        g_free(task);
    }
}
