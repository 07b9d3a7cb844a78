/* SPDX-License-Identifier: MIT */
/* The GPU worker: an executor over a copy of the keeper's view of guest memory. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pvg/pvg.h>

#include "gpu/executor.h"
#include "memory/mirror.h"
#include "remote/link.h"
#include "remote/page.h"
#include "remote/submission.h"
#include "shader/compiler.h"

#define MESSAGE_MAX (1u << 30)

struct worker {
    struct pvg_executor *executor;
    struct pvg_memory memory;
    struct pvg_counters counters;
    struct pvg_refusals refusals;
    struct pvg_log log;
    struct pvg_link_page *page;
    int wake_fd;

    /* Engine: the thread that runs the worker. */
    GByteArray *payload;
    GHashTable *submissions; /* struct task by id: prepared, not submitted */

    struct target {
        uint8_t *pixels; /* NULL: none */
        size_t size;
    } targets[PVG_MAX_DISPLAYS]; /* of presents: the keeper's pictures */

    GMutex send_lock; /* messages of several threads stay whole */
    int socket;
    struct pvg_translator_launcher launcher;
};

/* Something that is answered. */
struct task {
    struct pvg_work work;
    struct worker *worker;
    uint64_t id;
    struct pvg_submission *submission; /* NULL: something else */
    struct pvg_compute_query query;
    struct pvg_present present;
};

/* ---- Answers. Any thread. ---- */

static void say(struct worker *worker, enum pvg_link_type type, uint64_t id, const void *bytes,
                size_t size)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&worker->send_lock);

    /* A keeper that is gone is noticed where its messages are read. */
    (void)!pvg_link_send(worker->socket, type, id, bytes, size, -1);
}

static void say_answer(struct worker *worker, uint64_t id, const struct pvg_link_done *done)
{
    GPtrArray *all = worker->counters.all;

    for (guint i = 0; i < MIN(all->len, PVG_LINK_COUNTERS_MAX); i++) {
        atomic_store(&worker->page->counters[i], pvg_counter_value(g_ptr_array_index(all, i)));
    }
    say(worker, PVG_LINK_DONE, id, done, sizeof(*done));
}

static void say_done(struct worker *worker, uint64_t id, enum pvg_refusal why)
{
    say_answer(worker, id, &(struct pvg_link_done){.why = why});
}

static void submission_end(struct worker *worker, struct pvg_submission *submission)
{
    pvg_executor_unprepare(worker->executor, submission);
    pvg_submission_destroy(submission);
}

static void task_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct task *task = (struct task *)work;

    say_done(task->worker, task->id, why);
    g_free(task);
}

static void submission_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct pvg_submission *submission = (struct pvg_submission *)work;
    struct task *task = (struct task *)submission->owner;
    struct worker *worker = task->worker;
    uint64_t id = task->id;

    g_free(task);
    submission_end(worker, submission);
    say_done(worker, id, why);
}

static void query_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct task *task = (struct task *)((uint8_t *)work - offsetof(struct task, query.work));
    const struct pvg_link_done done = {
        .why = why,
        .answer = {task->query.max_threads, task->query.width, task->query.static_memory},
    };

    say_answer(task->worker, task->id, &done);
    g_free(task);
}

static void present_completed(struct pvg_work *work, enum pvg_refusal why)
{
    struct task *task = (struct task *)((uint8_t *)work - offsetof(struct task, present.work));
    const struct pvg_link_done done = {.why = why, .answer = {task->present.format}};

    say_answer(task->worker, task->id, &done);
    g_free(task);
}

static struct task *task_new(struct worker *worker, uint64_t id)
{
    struct task *task = g_new0(struct task, 1);

    task->work.completed = task_completed;
    task->worker = worker;
    task->id = id;
    return task;
}

static void say_log(void *host, enum pvg_log_level level, const char *message)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    uint32_t word = level;

    g_byte_array_append(payload, (const uint8_t *)&word, sizeof(word));
    g_byte_array_append(payload, (const uint8_t *)message, strlen(message));
    say(host, PVG_LINK_LOG, 0, payload->data, payload->len);
}

/* ---- Commands. Each returns false when it makes no sense. ---- */

static struct pvg_space take_space(struct pvg_cursor *from)
{
    struct pvg_space space = {.task = pvg_take_u32(from)};

    space.serial = pvg_take_u64(from);
    return space;
}

static bool run_ram_add(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
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

static bool run_ram_remove(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
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
    say_done(worker, id, PVG_ACCEPTED);
    return true;
}

static bool run_task(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    return pvg_mirror_take_task(&worker->memory, from) == PVG_ACCEPTED;
}

static bool run_pages(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    enum pvg_refusal why = pvg_mirror_take_pages(&worker->memory, from);

    return why == PVG_ACCEPTED || why == PVG_REFUSED_LIMIT; /* the rest is walked when used */
}

static bool run_forget_tasks(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    pvg_tasks_forget(&worker->memory);
    return true;
}

static bool run_prepare(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
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

static struct task *take_prepared(struct worker *worker, uint64_t id)
{
    struct task *task = g_hash_table_lookup(worker->submissions, &id);

    if (task) {
        g_hash_table_remove(worker->submissions, &id);
    }
    return task;
}

static bool run_submit(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct task *task = take_prepared(worker, id);

    if (task) {
        pvg_executor_submit(worker->executor, task->submission);
    }
    return task != NULL;
}

static bool run_drop(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct task *task = take_prepared(worker, id);

    if (task) { /* else its DONE is on the way */
        submission_end(worker, task->submission);
        g_free(task);
    }
    return true;
}

static bool run_invalidate(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct pvg_space space = take_space(from);
    uint32_t count = pvg_take_count(from, PVG_WIRE_INVALIDATION_SIZE);

    pvg_executor_invalidate(worker->executor, space,
                            (struct pvg_wire_invalidation_array){from->at, count});
    return true;
}

static bool run_synchronize(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    bool discard = pvg_take_u8(from);
    struct pvg_space space = take_space(from);
    uint32_t count = pvg_take_count(from, sizeof(uint32_t));

    pvg_executor_synchronize(worker->executor, space, (struct pvg_wire_u32_array){from->at, count},
                             discard, &task_new(worker, id)->work);
    return true;
}

static bool run_forget(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
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

static bool run_compute_info(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct task *task = task_new(worker, id);

    task->query.work.completed = query_completed;
    task->query.space = take_space(from);
    task->query.pipeline = pvg_take_u32(from);
    pvg_executor_compute_info(worker->executor, &task->query);
    return true;
}

/* The keeper's picture @index, mapped once; @fd comes when it is new. */
static struct target *find_target(struct worker *worker, uint32_t index, uint64_t size, int fd)
{
    struct target *target = index < PVG_MAX_DISPLAYS ? &worker->targets[index] : NULL;
    void *pixels;

    if (target && fd >= 0) {
        if (target->pixels) {
            munmap(target->pixels, target->size);
        }
        pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        *target = (struct target){pixels == MAP_FAILED ? NULL : pixels, size};
    }
    return target && target->pixels && target->size == size ? target : NULL;
}

static bool run_present(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    uint32_t surface = pvg_take_u32(from), space = pvg_take_u32(from);
    struct task *task = task_new(worker, id);
    struct target *target;
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
        pvg_surface_find(&worker->memory, surface, space, &task->present.surface) ==
            PVG_ACCEPTED &&
        task->present.surface.planes[0].width == task->present.width &&
        task->present.surface.planes[0].height == task->present.height) {
        task->present.pixels = target->pixels;
        taken = pvg_executor_present(worker->executor, &task->present);
    }
    if (!taken) {
        g_free(task);
    }
    say(worker, PVG_LINK_TAKEN, id, &taken, sizeof(taken));
    return true;
}

static bool run_save(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    struct pvg_saver saver;

    pvg_saver_init(&saver);
    pvg_executor_save(worker->executor, &saver);
    say(worker, PVG_LINK_SAVED, id, saver.bytes->data, saver.bytes->len);
    g_byte_array_unref(saver.bytes);
    return true;
}

static bool run_restore(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    say_done(worker, id, pvg_executor_restore(worker->executor, from));
    return true;
}

static bool run_quiesce(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    pvg_executor_quiesce(worker->executor);
    say_done(worker, id, PVG_ACCEPTED);
    return true;
}

static bool run_reset(struct worker *worker, uint64_t id, struct pvg_cursor *from, int fd)
{
    pvg_executor_reset(worker->executor);
    return true;
}

/* A descriptor that comes with a message is the handler's; RAM_ADD and PRESENT have one. */
static bool (*const commands[])(struct worker *worker, uint64_t id, struct pvg_cursor *from,
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
};

/* False when the keeper is gone. */
static bool run_message(struct worker *worker)
{
    struct pvg_link_header header;
    struct pvg_cursor from;
    int fd;

    if (!pvg_link_receive(worker->socket, &header, worker->payload, &fd, MESSAGE_MAX)) {
        return false;
    }
    from = pvg_cursor_over(worker->payload->data, worker->payload->len);
    if (fd >= 0 && header.type != PVG_LINK_RAM_ADD && header.type != PVG_LINK_PRESENT) {
        close(fd);
    }
    return header.type < G_N_ELEMENTS(commands) && commands[header.type] &&
           commands[header.type](worker, header.id, &from, fd);
}

static void run(struct worker *worker)
{
    for (;;) {
        struct pollfd wait[] = {
            {.fd = worker->socket, .events = POLLIN},
            {.fd = worker->wake_fd, .events = POLLIN},
        };
        uint64_t count;

        if (poll(wait, G_N_ELEMENTS(wait), -1) < 0 && errno != EINTR) {
            return;
        }
        if (wait[1].revents && read(worker->wake_fd, &count, sizeof(count)) > 0) {
            pvg_executor_resume(worker->executor);
        }
        if (wait[0].revents && !run_message(worker)) {
            return;
        }
    }
}

/* ---- Life ---- */

static void wake(void *user)
{
    const struct worker *worker = user;

    (void)!write(worker->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
}

static bool take_setup(struct worker *worker, struct pvg_error *error)
{
    struct pvg_link_header header;
    bool mmio;
    void *page;
    int fd;

    if (!pvg_link_receive(worker->socket, &header, worker->payload, &fd, MESSAGE_MAX) ||
        header.type != PVG_LINK_SETUP || worker->payload->len < 1 || fd < 0) {
        pvg_error_set(error, "a GPU worker is started by a device, not by hand");
        return false;
    }
    mmio = worker->payload->data[0];
    page = mmap(NULL, sizeof(*worker->page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED) {
        pvg_error_set_errno(error, "cannot map the page that is shared with the device");
        return false;
    }
    worker->page = page;
    pvg_memory_init(&worker->memory, mmio ? PVG_VARIANT_MMIO : PVG_VARIANT_PCI, &worker->counters);
    worker->memory.ram.gate = &worker->page->gate;
    return true;
}

static void say_hello(struct worker *worker)
{
    uint32_t limits[PVG_DEVICE_INFO_KEYS];
    GPtrArray *all = worker->counters.all;
    struct pvg_saver payload;

    memset(limits, 0xff, sizeof(limits));
    pvg_executor_limit(worker->executor, limits);
    pvg_saver_init(&payload);
    for (unsigned i = 0; i < PVG_DEVICE_INFO_KEYS; i++) {
        pvg_save_u32(&payload, limits[i]);
    }
    pvg_save_u32(&payload, all->len);
    for (guint i = 0; i < all->len; i++) {
        const struct pvg_counter *counter = g_ptr_array_index(all, i);

        pvg_save_u32(&payload, (uint32_t)strlen(counter->name));
        pvg_save_bytes(&payload, counter->name, strlen(counter->name));
    }
    say(worker, PVG_LINK_HELLO, 0, payload.bytes->data, payload.bytes->len);
    g_byte_array_unref(payload.bytes);
}

static bool open_gpu(struct worker *worker, const struct pvg_gpu_worker_options *options,
                     struct pvg_error *error)
{
    const struct pvg_executor_setup setup = {
        .memory = &worker->memory,
        .counters = &worker->counters,
        .refusals = &worker->refusals,
        .log = &worker->log,
        .gpu = options->gpu,
        .wake = wake,
        .user = worker,
        .launcher = options->start_compiler ? &worker->launcher : NULL,
    };

    worker->executor = options->gpu && strcmp(options->gpu, "none") == 0
                           ? pvg_executor_null_create(&setup)
                           : pvg_executor_vulkan_create(&setup, error);
    return worker->executor && (!options->confine || options->confine(options->owner, error));
}

static void worker_destroy(struct worker *worker)
{
    GHashTableIter iter;
    struct task *task;

    if (worker->executor) {
        pvg_executor_quiesce(worker->executor);
        g_hash_table_iter_init(&iter, worker->submissions);
        while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&task)) {
            submission_end(worker, task->submission);
            g_free(task);
        }
        pvg_executor_destroy(worker->executor);
    }
    if (worker->page) {
        pvg_memory_finish(&worker->memory); /* its mappings end with the process */
        munmap(worker->page, sizeof(*worker->page));
    }
    close(worker->wake_fd);
    close(worker->socket);
    pvg_counters_finish(&worker->counters);
    g_hash_table_unref(worker->submissions);
    g_byte_array_unref(worker->payload);
    g_mutex_clear(&worker->send_lock);
    g_free(worker);
}

bool pvg_gpu_worker_run(const struct pvg_gpu_worker_options *options, struct pvg_error *error)
{
    struct worker *worker = g_new0(struct worker, 1);
    struct pvg_error wrong = {0};
    bool ready;

    worker->socket = options->socket;
    worker->payload = g_byte_array_new();
    g_mutex_init(&worker->send_lock);
    worker->submissions = g_hash_table_new(g_int64_hash, g_int64_equal);
    worker->log = (struct pvg_log){.line = say_log, .host = worker};
    worker->launcher = (struct pvg_translator_launcher){options->start_compiler, options->owner};
    pvg_counters_init(&worker->counters);
    pvg_refusals_init(&worker->refusals, &worker->log, &worker->counters);
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ready = take_setup(worker, &wrong) && open_gpu(worker, options, &wrong);
    if (ready) {
        say_hello(worker);
        run(worker);
    } else {
        say(worker, PVG_LINK_FAILED, 0, wrong.message, strlen(wrong.message));
        pvg_error_set(error, "%s", wrong.message);
    }
    worker_destroy(worker);
    return ready;
}
