/* SPDX-License-Identifier: MIT */
/* The keeper's half: hands everything to the worker, and gets along without it for a while. */
#include "remote/executor.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "memory/mirror.h"
#include "remote/link.h"
#include "remote/page.h"
#include "remote/submission.h"

#define HELLO_LIMIT_MS  30000 /* from its start to the first message: drivers load slowly */
#define ANSWER_LIMIT_US 2000000 /* quiesce and RAM_REMOVE; a client of ours waits 5 s */
#define SEND_LIMIT_S    2 /* a worker that reads nothing for so long hangs */
#define END_LIMIT_US    1000000 /* from SIGKILL to the end */
#define GATE_LIMIT_US   500000 /* one copy of PVG_RAM_PIECE takes microseconds */
#define QUEUE_LIMIT_US  3000000 /* how long work waits for the next worker */
#define RETRY_MIN_MS    50
#define RETRY_MAX_MS    5000

#define MESSAGE_MAX 65536 /* from the worker */
#define SAVED_MAX   (1u << 30)
#define LINES_MAX   1000  /* of its log: one that was taken over does not fill a disk */

/* Where the worker draws what a display shows. The keeper copies it: the worker may go on writing. */
struct picture {
    int fd;
    uint8_t *pixels; /* NULL: there is none */
    size_t size;
    bool busy;
    bool known; /* to the worker that there is now */
};

/* Something that the worker was asked for and will answer. */
struct asked {
    uint64_t id;
    struct pvg_work *work;
    struct pvg_compute_query *query; /* filled before its work is completed */
    struct pvg_present *present; /* drawn into picture first */
    struct picture *picture;
    struct pvg_submission *submission; /* NULL: something else */
    uint64_t turn; /* of a submission: in which it was submitted; 0: only prepared */
    bool given;    /* and that some worker was told so */
};

struct remote {
    struct pvg_executor base;
    const struct pvg_host_ops *ops;
    void *host;

    /* Constant after create. */
    int page_fd;
    struct pvg_link_page *page;
    uint32_t limits[PVG_DEVICE_INFO_KEYS];
    struct pvg_counter *restarts;
    struct pvg_counter *counters[PVG_LINK_COUNTERS_MAX]; /* that the worker counts too */
    unsigned counter_count;
    uint64_t counted[PVG_LINK_COUNTERS_MAX]; /* by this worker and added there; minder thread */
    bool useful;    /* the worker has answered something; minder thread */
    unsigned lines; /* that workers have logged; minder thread */
    GThread *minder;

    atomic_bool up;    /* there is a worker, and it is sent to */
    atomic_bool alive; /* its process may still touch guest memory */

    /* Held while sending, so that messages keep their order and a new worker's briefing is whole.
     * Taken before lock, never by who reads what the worker says: it must not wait for a worker that
     * waits for it. */
    GMutex send_lock;
    int socket;        /* -1: no worker; the minder changes it, and reads it without the lock */
    GArray *spans;     /* struct pvg_ram_span: what a worker has to be told of guest RAM */

    GMutex process_lock; /* innermost */
    int process;         /* the worker's pidfd, -1: none */

    GMutex lock; /* of everything below */
    GCond changed;
    bool stopping;
    int64_t down_since;
    uint64_t last_id, last_turn;
    GHashTable *asked; /* by id */
    struct picture pictures[PVG_MAX_DISPLAYS]; /* a display shows one at a time; `known` is
                                                  under send_lock */
    uint64_t present_id; /* of the present whose taking the engine awaits; 0: none */
    bool present_answered, present_taken;
    GByteArray *saved; /* by the worker, until remote_save takes it; NULL: nothing */
    enum pvg_refusal answer;
    bool answered;     /* what the control thread waits for, awaited_id, has come */
    uint64_t awaited_id;
};

static struct remote *remote_of(struct pvg_executor *executor)
{
    return (struct remote *)executor;
}

/* ---- Sending. The send lock is held. ---- */

static void kill_locked(struct remote *remote)
{
    if (remote->process >= 0) {
        syscall(SYS_pidfd_send_signal, remote->process, SIGKILL, NULL, 0);
    }
}

/* A worker that does not listen is none: the minder notices the end of its socket. */
static void give_up(struct remote *remote)
{
    atomic_store(&remote->up, false);
    g_mutex_lock(&remote->process_lock);
    kill_locked(remote);
    g_mutex_unlock(&remote->process_lock);
}

/* Returns when a worker that was killed touches nothing any more. */
static void await_end(struct remote *remote)
{
    int64_t end = g_get_monotonic_time() + END_LIMIT_US;

    while (atomic_load(&remote->alive) && g_get_monotonic_time() < end) {
        g_usleep(100);
    }
}

static void send_locked(struct remote *remote, enum pvg_link_type type, uint64_t id,
                        const struct pvg_saver *payload, int fd)
{
    if (atomic_load(&remote->up) &&
        !pvg_link_send(remote->socket, type, id, payload ? payload->bytes->data : NULL,
                       payload ? payload->bytes->len : 0, fd)) {
        give_up(remote);
    }
}

/* ---- Messages ---- */

static void message_finish(struct pvg_saver *message)
{
    g_byte_array_unref(message->bytes);
}

static struct pvg_saver message_begin(void)
{
    struct pvg_saver message;

    pvg_saver_init(&message);
    return message;
}

#define MESSAGE(name) \
    __attribute__((cleanup(message_finish))) struct pvg_saver name = message_begin()

static void put_space(struct pvg_saver *out, struct pvg_space space)
{
    pvg_save_u32(out, space.task);
    pvg_save_u64(out, space.serial);
}

static void tell(struct remote *remote, enum pvg_link_type type, uint64_t id,
                 const struct pvg_saver *payload)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&remote->send_lock);

    send_locked(remote, type, id, payload, -1);
}

/* ---- What was asked for ---- */

static struct asked *ask_locked(struct remote *remote, struct pvg_work *work)
{
    struct asked *asked = g_new0(struct asked, 1);

    asked->id = ++remote->last_id;
    asked->work = work;
    g_hash_table_insert(remote->asked, &asked->id, asked);
    return asked;
}

/* Asks for something that is nothing without a worker: then it is done. */
static void ask(struct remote *remote, enum pvg_link_type type, const struct pvg_saver *payload,
                struct pvg_work *work, struct pvg_compute_query *query)
{
    uint64_t id = 0;
    bool up;

    g_mutex_lock(&remote->send_lock);
    up = atomic_load(&remote->up);
    if (up && work) {
        struct asked *asked;

        g_mutex_lock(&remote->lock);
        asked = ask_locked(remote, work);
        asked->query = query;
        id = asked->id;
        g_mutex_unlock(&remote->lock);
    }
    send_locked(remote, type, id, payload, -1);
    g_mutex_unlock(&remote->send_lock);
    if (!up) {
        pvg_work_complete(work, PVG_ACCEPTED);
    }
}

/* Completes what was taken out of the table. Submissions free it with themselves. */
static void complete(struct asked *asked, enum pvg_refusal why)
{
    struct pvg_work *work = asked->work;

    if (!asked->submission) {
        g_free(asked);
    }
    pvg_work_complete(work, why);
}

/* Sends, and waits for the answer; a worker that does not give it is killed. Control thread. */
static enum pvg_refusal ask_and_wait(struct remote *remote, enum pvg_link_type type,
                                     const struct pvg_saver *payload)
{
    enum pvg_refusal why = PVG_REFUSED_HOST_DEVICE;
    int64_t end = g_get_monotonic_time() + ANSWER_LIMIT_US;
    uint64_t id;

    g_mutex_lock(&remote->send_lock);
    g_mutex_lock(&remote->lock);
    id = remote->awaited_id = ++remote->last_id;
    remote->answered = false;
    g_mutex_unlock(&remote->lock);
    send_locked(remote, type, id, payload, -1);
    g_mutex_unlock(&remote->send_lock);

    g_mutex_lock(&remote->lock);
    while (atomic_load(&remote->up) && !remote->answered) {
        if (!g_cond_wait_until(&remote->changed, &remote->lock, end)) {
            give_up(remote);
        }
    }
    if (remote->answered) {
        why = remote->answer;
    }
    remote->awaited_id = 0;
    g_mutex_unlock(&remote->lock);
    if (!atomic_load(&remote->up)) {
        await_end(remote);
    }
    return why;
}

/* ---- Submissions ---- */

static void send_prepare_locked(struct remote *remote, const struct asked *asked)
{
    MESSAGE(payload);

    pvg_submission_put(asked->submission, &payload);
    send_locked(remote, PVG_LINK_PREPARE, asked->id, &payload, -1);
}

/* The guest clears its slots right after sending: what the resource table names is looked up here,
 * before the message is on its way. */
static void remote_prepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    struct remote *remote = remote_of(executor);
    struct asked *asked;

    for (uint32_t i = 0; i < submission->resources.count; i++) {
        uint32_t ref = pvg_wire_exec_resource_at(submission->resources, i).object;
        enum pvg_refusal why;

        if (ref) {
            (void)pvg_submission_resolve(submission, executor->setup.memory, ref, &why);
        }
    }
    g_mutex_lock(&remote->send_lock);
    g_mutex_lock(&remote->lock);
    asked = ask_locked(remote, &submission->work);
    asked->submission = submission;
    submission->prepared = asked;
    g_mutex_unlock(&remote->lock);
    send_prepare_locked(remote, asked);
    g_mutex_unlock(&remote->send_lock);
}

/* Any thread. */
static void remote_unprepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    struct remote *remote = remote_of(executor);
    struct asked *asked = g_steal_pointer(&submission->prepared);
    bool known;

    if (!asked) {
        return;
    }
    g_mutex_lock(&remote->lock);
    known = g_hash_table_remove(remote->asked, &asked->id);
    g_mutex_unlock(&remote->lock);
    if (known) { /* never when it was answered: the minder does not wait to send */
        tell(remote, PVG_LINK_DROP, asked->id, NULL);
    }
    g_free(asked);
}

static void remote_submit(struct pvg_executor *executor, struct pvg_submission *submission)
{
    struct remote *remote = remote_of(executor);
    struct asked *asked = submission->prepared;
    uint64_t id = asked->id;
    bool hopeless;

    g_mutex_lock(&remote->send_lock);
    g_mutex_lock(&remote->lock);
    hopeless = !atomic_load(&remote->up) &&
               g_get_monotonic_time() - remote->down_since > QUEUE_LIMIT_US;
    if (hopeless) {
        g_hash_table_remove(remote->asked, &id);
    } else {
        asked->turn = ++remote->last_turn;
        asked->given = atomic_load(&remote->up);
    }
    g_mutex_unlock(&remote->lock);
    if (!hopeless) {
        send_locked(remote, PVG_LINK_SUBMIT, id, NULL, -1);
    }
    g_mutex_unlock(&remote->send_lock);
    if (hopeless) {
        complete(asked, PVG_REFUSED_HOST_DEVICE);
    }
}

/* ---- The other operations ---- */

static void remote_limit(struct pvg_executor *executor, uint32_t values[PVG_DEVICE_INFO_KEYS])
{
    for (unsigned i = 0; i < PVG_DEVICE_INFO_KEYS; i++) {
        values[i] = MIN(values[i], remote_of(executor)->limits[i]);
    }
}

static void remote_invalidate(struct pvg_executor *executor, struct pvg_space space,
                              struct pvg_wire_invalidation_array objects)
{
    MESSAGE(payload);

    put_space(&payload, space);
    pvg_save_u32(&payload, objects.count);
    pvg_save_bytes(&payload, objects.bytes, (size_t)objects.count * PVG_WIRE_INVALIDATION_SIZE);
    tell(remote_of(executor), PVG_LINK_INVALIDATE, 0, &payload);
}

static void remote_synchronize(struct pvg_executor *executor, struct pvg_space space,
                               struct pvg_wire_u32_array objects, bool discard,
                               struct pvg_work *work)
{
    MESSAGE(payload);

    pvg_save_u8(&payload, discard);
    put_space(&payload, space);
    pvg_save_u32(&payload, objects.count);
    pvg_save_bytes(&payload, objects.bytes, (size_t)objects.count * sizeof(uint32_t));
    ask(remote_of(executor), PVG_LINK_SYNCHRONIZE, &payload, work, NULL);
}

static void remote_forget(struct pvg_executor *executor, const struct pvg_forget *what,
                          struct pvg_work *work)
{
    MESSAGE(payload);

    pvg_save_u32(&payload, what->kind);
    put_space(&payload, what->space);
    pvg_save_u32(&payload, what->ref);
    pvg_save_u32(&payload, what->object_kind);
    pvg_save_u64(&payload, what->at.value);
    pvg_save_u64(&payload, what->size);
    ask(remote_of(executor), PVG_LINK_FORGET, &payload, work, NULL);
}

static void remote_compute_info(struct pvg_executor *executor, struct pvg_compute_query *query)
{
    MESSAGE(payload);

    put_space(&payload, query->space);
    pvg_save_u32(&payload, query->pipeline);
    ask(remote_of(executor), PVG_LINK_COMPUTE_INFO, &payload, &query->work, query);
}

/* ---- Presents ---- */

static void picture_finish(struct picture *picture)
{
    if (picture->pixels) {
        munmap(picture->pixels, picture->size);
        close(picture->fd);
    }
    *picture = (struct picture){0};
}

/* Sealed, so that the worker cannot take the bytes away while they are copied. */
static bool picture_init(struct picture *picture, size_t size)
{
    int fd = memfd_create("pvg-picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *pixels = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        pixels = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    }
    if (pixels == MAP_FAILED) {
        close(fd);
        return false;
    }
    *picture = (struct picture){.fd = fd, .pixels = pixels, .size = size};
    return true;
}

/* One that is not in use: of that size if there is one, else made anew. NULL: no memory. */
static struct picture *take_picture_locked(struct remote *remote, size_t size)
{
    struct picture *found = NULL;

    for (unsigned i = 0; i < PVG_MAX_DISPLAYS; i++) {
        struct picture *picture = &remote->pictures[i];

        if (!picture->busy && (!found || picture->size == size)) {
            found = picture;
        }
    }
    if (!found) {
        return NULL;
    }
    if (found->size != size) {
        picture_finish(found);
        if (!picture_init(found, size)) {
            return NULL;
        }
    }
    found->busy = true;
    return found;
}

static void send_present_locked(struct remote *remote, uint64_t id,
                                const struct pvg_present *present, struct picture *picture)
{
    bool known = picture->known;
    MESSAGE(payload);

    pvg_save_u32(&payload, present->surface.id);
    pvg_save_u32(&payload, present->surface.space.task);
    pvg_save_u32(&payload, present->width);
    pvg_save_u32(&payload, present->height);
    pvg_save_u32(&payload, present->stride);
    pvg_save_u32(&payload, (uint32_t)(picture - remote->pictures));
    pvg_save_u64(&payload, picture->size);
    picture->known = true;
    send_locked(remote, PVG_LINK_PRESENT, id, &payload, known ? -1 : picture->fd);
}

/* Asks for @present; 0 when there is nobody to ask. */
static uint64_t ask_present_locked(struct remote *remote, struct pvg_present *present,
                                   struct picture **out)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&remote->lock);
    struct picture *picture;
    struct asked *asked;

    if (!atomic_load(&remote->up) || !remote->last_turn) {
        return 0; /* there is, or was, nothing drawn */
    }
    picture = take_picture_locked(remote, (size_t)present->stride * present->height);
    if (!picture) {
        return 0;
    }
    asked = ask_locked(remote, &present->work);
    asked->present = present;
    asked->picture = *out = picture;
    remote->present_id = asked->id;
    remote->present_answered = remote->present_taken = false;
    return asked->id;
}

/* The engine waits for the worker to look whether it holds the surface's newest content, behind
 * what it was given before; not for the picture. */
static bool remote_present(struct pvg_executor *executor, struct pvg_present *present)
{
    struct remote *remote = remote_of(executor);
    int64_t end = g_get_monotonic_time() + ANSWER_LIMIT_US;
    struct picture *picture;
    struct asked *asked;
    uint64_t id;

    g_mutex_lock(&remote->send_lock);
    id = ask_present_locked(remote, present, &picture);
    if (id) {
        send_present_locked(remote, id, present, picture);
    }
    g_mutex_unlock(&remote->send_lock);
    if (!id) {
        return false;
    }
    g_mutex_lock(&remote->lock);
    while (atomic_load(&remote->up) && !remote->present_answered) {
        if (!g_cond_wait_until(&remote->changed, &remote->lock, end)) {
            give_up(remote);
        }
    }
    remote->present_id = 0;
    asked = NULL;
    if (!remote->present_taken) {
        asked = g_hash_table_lookup(remote->asked, &id);
        g_hash_table_remove(remote->asked, &id);
        picture->busy = false;
    }
    g_mutex_unlock(&remote->lock);
    g_free(asked);
    return !asked;
}

/* Copies what was drawn to where the display wants it. Nobody else has the present any more. */
static void take_picture(struct remote *remote, struct asked *asked,
                         const struct pvg_link_done *done)
{
    struct pvg_present *present = asked->present;

    if (done->why == PVG_ACCEPTED) {
        memcpy(present->pixels, asked->picture->pixels, (size_t)present->stride * present->height);
        present->format = done->answer[0] == PVG_PIXELS_BGR10X2 ? PVG_PIXELS_BGR10X2
                                                                : PVG_PIXELS_BGRX8888;
    }
    g_mutex_lock(&remote->lock);
    asked->picture->busy = false;
    g_mutex_unlock(&remote->lock);
}

static GPtrArray *take_submitted_locked(struct remote *remote, bool given_only);
static void complete_all(GPtrArray *all, enum pvg_refusal why);

static void remote_quiesce(struct pvg_executor *executor)
{
    struct remote *remote = remote_of(executor);
    GPtrArray *waiting = NULL;

    (void)ask_and_wait(remote, PVG_LINK_QUIESCE, NULL);
    g_mutex_lock(&remote->lock);
    if (!atomic_load(&remote->up)) {
        waiting = take_submitted_locked(remote, false);
    }
    g_mutex_unlock(&remote->lock);
    if (waiting) {
        complete_all(waiting, PVG_REFUSED_HOST_DEVICE);
    }
}

/* Without a worker there is nothing: it was lost. */
static void remote_save(struct pvg_executor *executor, struct pvg_saver *saver)
{
    struct remote *remote = remote_of(executor);
    g_autoptr(GByteArray) saved = NULL;

    (void)ask_and_wait(remote, PVG_LINK_SAVE, NULL);
    g_mutex_lock(&remote->lock);
    saved = g_steal_pointer(&remote->saved);
    g_mutex_unlock(&remote->lock);
    if (saved) {
        pvg_save_bytes(saver, saved->data, saved->len);
    }
}

/* It is the last part of a saved device: all that is left is the worker's. */
static enum pvg_refusal remote_restore(struct pvg_executor *executor, struct pvg_cursor *from)
{
    MESSAGE(payload);

    if (!from->left) {
        return PVG_ACCEPTED;
    }
    pvg_save_bytes(&payload, from->at, from->left);
    pvg_take_skip(from, from->left);
    return ask_and_wait(remote_of(executor), PVG_LINK_RESTORE, &payload);
}

static void remote_reset(struct pvg_executor *executor)
{
    tell(remote_of(executor), PVG_LINK_RESET, 0, NULL);
}

/* ---- Memory ---- */

static void send_task_locked(struct remote *remote, uint32_t id)
{
    MESSAGE(payload);

    pvg_mirror_put_task(remote->base.setup.memory, id, &payload);
    send_locked(remote, PVG_LINK_TASK, 0, &payload, -1);
}

static void send_pages_locked(struct remote *remote, uint32_t id, struct pvg_gva at, uint64_t size)
{
    MESSAGE(payload);

    pvg_mirror_put_pages(remote->base.setup.memory, id, at, size, &payload);
    send_locked(remote, PVG_LINK_PAGES, 0, &payload, -1);
}

static void send_all_tasks_locked(struct remote *remote)
{
    send_locked(remote, PVG_LINK_FORGET_TASKS, 0, NULL, -1);
    for (uint32_t id = 0; id < PVG_MAX_TASKS; id++) {
        if (pvg_mirror_has_task(remote->base.setup.memory, id)) {
            send_task_locked(remote, id);
            send_pages_locked(remote, id, (struct pvg_gva){0}, UINT64_MAX);
        }
    }
}

static void remote_task_changed(struct pvg_executor *executor, uint32_t task)
{
    struct remote *remote = remote_of(executor);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&remote->send_lock);

    if (!atomic_load(&remote->up)) {
        return;
    }
    if (task == PVG_EVERY_TASK) {
        send_all_tasks_locked(remote);
    } else {
        send_task_locked(remote, task);
    }
}

static void remote_pages_changed(struct pvg_executor *executor, uint32_t task, struct pvg_gva at,
                                 uint64_t size)
{
    struct remote *remote = remote_of(executor);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&remote->send_lock);

    if (atomic_load(&remote->up)) {
        send_pages_locked(remote, task, at, size);
    }
}

static void send_span_locked(struct remote *remote, const struct pvg_ram_span *span)
{
    MESSAGE(payload);

    if (span->fd < 0) {
        return; /* only what has a descriptor can be shared */
    }
    pvg_save_u64(&payload, span->gpa);
    pvg_save_u64(&payload, span->size);
    pvg_save_u64(&payload, span->fd_offset);
    pvg_save_u8(&payload, span->read_only);
    send_locked(remote, PVG_LINK_RAM_ADD, 0, &payload, span->fd);
}

static void remote_ram_added(struct pvg_executor *executor, const struct pvg_ram_span *span)
{
    struct remote *remote = remote_of(executor);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&remote->send_lock);

    g_array_append_val(remote->spans, *span);
    send_span_locked(remote, span);
}

/* Takes [@gpa, @end) out of the list of spans; what is left of one stays. */
static void cut_spans_locked(struct remote *remote, uint64_t gpa, uint64_t end)
{
    for (guint i = 0, count = remote->spans->len; i < count;) {
        struct pvg_ram_span whole = g_array_index(remote->spans, struct pvg_ram_span, i);
        struct pvg_ram_span head = whole, tail = whole;

        if (whole.gpa >= end || whole.gpa + whole.size <= gpa) {
            i++;
            continue;
        }
        g_array_remove_index(remote->spans, i);
        count--;
        if (gpa > whole.gpa) {
            head.size = gpa - whole.gpa;
            g_array_append_val(remote->spans, head);
        }
        if (end < whole.gpa + whole.size) {
            tail.gpa = end;
            tail.size = whole.gpa + whole.size - end;
            tail.fd_offset += end - whole.gpa;
            g_array_append_val(remote->spans, tail);
        }
    }
}

static void remote_ram_removed(struct pvg_executor *executor, uint64_t gpa, uint64_t size)
{
    struct remote *remote = remote_of(executor);
    uint64_t end;
    MESSAGE(payload);

    if (__builtin_add_overflow(gpa, size, &end)) {
        end = UINT64_MAX;
    }
    g_mutex_lock(&remote->send_lock);
    cut_spans_locked(remote, gpa, end);
    g_mutex_unlock(&remote->send_lock);
    pvg_save_u64(&payload, gpa);
    pvg_save_u64(&payload, size);
    (void)ask_and_wait(remote, PVG_LINK_RAM_REMOVE, &payload);
}

/* A vCPU waits here, for one copy of the worker's at most; a worker that holds on is killed. Takes
 * no lock under which messages are sent. */
static void session_ended(void *owner, uint64_t session)
{
    struct remote *remote = owner;
    struct pvg_ram_gate *gate = &remote->page->gate;
    int64_t end = g_get_monotonic_time() + GATE_LIMIT_US;

    atomic_store(&gate->session, session);
    while (atomic_load(&gate->holders) && atomic_load(&remote->alive)) {
        if (g_get_monotonic_time() > end) {
            give_up(remote);
            await_end(remote);
            return;
        }
        sched_yield();
    }
}

/* ---- The worker's life. Minder thread, and the control thread in create. ---- */

static struct pvg_counter *find_counter(struct pvg_counters *counters, const char *name)
{
    for (guint i = 0; i < counters->all->len; i++) {
        struct pvg_counter *counter = g_ptr_array_index(counters->all, i);

        if (strcmp(counter->name, name) == 0) {
            return counter;
        }
    }
    return pvg_counters_add(counters, "%s", name);
}

static bool take_hello(struct remote *remote, struct pvg_cursor *from, bool first)
{
    for (unsigned i = 0; i < PVG_DEVICE_INFO_KEYS; i++) {
        uint32_t value = pvg_take_u32(from);

        if (first) {
            remote->limits[i] = value;
        }
    }
    for (uint32_t i = 0, n = pvg_take_u32(from); i < n && i < PVG_LINK_COUNTERS_MAX; i++) {
        uint32_t size = pvg_take_u32(from);
        g_autofree char *name = g_strndup((const char *)pvg_take_bytes(from, size), size);

        if (first && name) { /* counters are added before there are threads */
            remote->counters[i] = find_counter(remote->base.setup.counters, name);
            remote->counter_count = i + 1;
        }
    }
    return from->refusal == PVG_ACCEPTED;
}

static void hear_log(struct remote *remote, const GByteArray *payload)
{
    struct pvg_cursor from = pvg_cursor_over(payload->data, payload->len);
    uint32_t level = pvg_take_u32(&from);

    if (from.refusal == PVG_ACCEPTED && level <= PVG_LOG_INFO && remote->lines++ < LINES_MAX) {
        g_autofree char *text = g_strndup((const char *)from.at, from.left);

        pvg_log_line(remote->base.setup.log, level, "%s", text);
    }
}

/* Waits for HELLO. */
static bool await_hello(struct remote *remote, int socket, bool first, struct pvg_error *error)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    struct pvg_link_header header;
    int fd;

    for (;;) {
        struct pollfd ready = {.fd = socket, .events = POLLIN};
        struct pvg_cursor from;

        if (poll(&ready, 1, HELLO_LIMIT_MS) <= 0 ||
            !pvg_link_receive(socket, &header, payload, &fd, MESSAGE_MAX)) {
            pvg_error_set(error, "the GPU worker does not start");
            return false;
        }
        if (fd >= 0) {
            close(fd);
        }
        from = pvg_cursor_over(payload->data, payload->len);
        switch (header.type) {
        case PVG_LINK_LOG:
            hear_log(remote, payload);
            break;
        case PVG_LINK_FAILED:
            pvg_error_set(error, "%.*s", (int)payload->len, (const char *)payload->data);
            return false;
        case PVG_LINK_HELLO:
            if (take_hello(remote, &from, first)) {
                return true;
            }
            pvg_error_set(error, "the GPU worker is of another version");
            return false;
        default:
            pvg_error_set(error, "the GPU worker does not make sense");
            return false;
        }
    }
}

static bool send_setup(struct remote *remote, int socket)
{
    const struct timeval limit = {.tv_sec = SEND_LIMIT_S};
    MESSAGE(payload);

    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    pvg_save_u8(&payload, remote->base.setup.memory->variant == PVG_VARIANT_MMIO);
    return pvg_link_send(socket, PVG_LINK_SETUP, 0, payload.bytes->data, payload.bytes->len,
                         remote->page_fd);
}

/* Nobody may write guest memory any more before what he was given is reported as done. */
static void end_process(struct remote *remote)
{
    struct pollfd ended;

    g_mutex_lock(&remote->process_lock);
    kill_locked(remote);
    ended = (struct pollfd){.fd = remote->process, .events = POLLIN};
    if (remote->process >= 0) {
        (void)poll(&ended, 1, HELLO_LIMIT_MS);
        close(remote->process);
        remote->process = -1;
    }
    atomic_store(&remote->alive, false);
    g_mutex_unlock(&remote->process_lock);
}

static bool start_worker(struct remote *remote, bool first, struct pvg_error *error)
{
    int socket = -1, process = -1;

    atomic_store(&remote->page->gate.holders, 0);
    for (unsigned i = 0; i < PVG_LINK_COUNTERS_MAX; i++) {
        atomic_store(&remote->page->counters[i], 0);
    }
    if (!remote->ops->start_gpu_worker(remote->host, &socket, &process, error)) {
        return false;
    }
    g_mutex_lock(&remote->process_lock);
    remote->process = process;
    g_mutex_unlock(&remote->process_lock);
    if (!send_setup(remote, socket)) {
        pvg_error_set(error, "the GPU worker does not start");
    } else if (await_hello(remote, socket, first, error)) {
        g_mutex_lock(&remote->send_lock);
        remote->socket = socket;
        g_mutex_unlock(&remote->send_lock);
        return true;
    }
    close(socket);
    end_process(remote);
    return false;
}

static gint by_id(gconstpointer a, gconstpointer b)
{
    const struct asked *left = *(struct asked *const *)a, *right = *(struct asked *const *)b;

    return left->id < right->id ? -1 : left->id > right->id;
}

static gint by_turn(gconstpointer a, gconstpointer b)
{
    const struct asked *left = *(struct asked *const *)a, *right = *(struct asked *const *)b;

    return left->turn < right->turn ? -1 : left->turn > right->turn;
}

/* Tells a new worker how things are, and what waits for it. Both locks are held: what waits stays,
 * and what changes comes after. */
static void brief_worker_locked(struct remote *remote)
{
    g_autoptr(GPtrArray) waiting = g_ptr_array_new();
    GHashTableIter iter;
    struct asked *asked;

    atomic_store(&remote->alive, true);
    atomic_store(&remote->up, true);
    for (guint i = 0; i < remote->spans->len; i++) {
        send_span_locked(remote, &g_array_index(remote->spans, struct pvg_ram_span, i));
    }
    send_all_tasks_locked(remote);
    g_hash_table_iter_init(&iter, remote->asked);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&asked)) {
        g_ptr_array_add(waiting, asked);
    }
    g_ptr_array_sort(waiting, by_id);
    for (guint i = 0; i < waiting->len; i++) {
        send_prepare_locked(remote, g_ptr_array_index(waiting, i));
    }
    g_ptr_array_sort(waiting, by_turn);
    for (guint i = 0; i < waiting->len; i++) {
        asked = g_ptr_array_index(waiting, i);
        if (asked->turn) {
            asked->given = true;
            send_locked(remote, PVG_LINK_SUBMIT, asked->id, NULL, -1);
        }
    }
}

static void brief_worker(struct remote *remote)
{
    g_mutex_lock(&remote->send_lock);
    g_mutex_lock(&remote->lock);
    brief_worker_locked(remote);
    if (remote->stopping) { /* while it started: nobody would end it */
        give_up(remote);
    }
    g_mutex_unlock(&remote->lock);
    g_mutex_unlock(&remote->send_lock);
}

static void complete_all(GPtrArray *all, enum pvg_refusal why)
{
    g_ptr_array_sort(all, by_turn);
    for (guint i = 0; i < all->len; i++) {
        complete(g_ptr_array_index(all, i), why);
    }
    g_ptr_array_unref(all);
}

/* Takes the submissions out of the table that were submitted (@given_only: to a worker). */
static GPtrArray *take_submitted_locked(struct remote *remote, bool given_only)
{
    GPtrArray *taken = g_ptr_array_new();
    GHashTableIter iter;
    struct asked *asked;

    g_hash_table_iter_init(&iter, remote->asked);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&asked)) {
        if (asked->submission && asked->turn && (asked->given || !given_only)) {
            g_hash_table_iter_remove(&iter);
            g_ptr_array_add(taken, asked);
        }
    }
    return taken;
}

/* What else it was asked for is done with its end: it keeps nothing, and touches nothing. A present
 * that it had not taken stays: the engine, which waits for that, shows guest memory. */
static GPtrArray *take_others_locked(struct remote *remote)
{
    GPtrArray *taken = g_ptr_array_new();
    GHashTableIter iter;
    struct asked *asked;

    g_hash_table_iter_init(&iter, remote->asked);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&asked)) {
        if (!asked->submission &&
            (asked->id != remote->present_id || remote->present_answered)) {
            g_hash_table_iter_remove(&iter);
            g_ptr_array_add(taken, asked);
        }
    }
    return taken;
}

static void bury_worker(struct remote *remote)
{
    GPtrArray *lost, *others;
    bool stopping;

    end_process(remote);
    g_mutex_lock(&remote->send_lock);
    atomic_store(&remote->up, false);
    close(remote->socket);
    remote->socket = -1;
    g_mutex_lock(&remote->lock);
    remote->down_since = g_get_monotonic_time();
    stopping = remote->stopping;
    lost = take_submitted_locked(remote, true);
    others = take_others_locked(remote);
    for (unsigned i = 0; i < PVG_MAX_DISPLAYS; i++) {
        remote->pictures[i].known = remote->pictures[i].busy = false;
    }
    g_cond_broadcast(&remote->changed);
    g_mutex_unlock(&remote->lock);
    g_mutex_unlock(&remote->send_lock);
    memset(remote->counted, 0, sizeof(remote->counted));
    if (!stopping) {
        pvg_log_line(remote->base.setup.log, PVG_LOG_WARNING,
                     "the GPU worker died; %u submissions were lost with it", lost->len);
    }
    complete_all(lost, PVG_REFUSED_HOST_DEVICE);
    for (guint i = 0; i < others->len; i++) {
        struct asked *asked = g_ptr_array_index(others, i);

        complete(asked, asked->present ? PVG_REFUSED_HOST_DEVICE : PVG_ACCEPTED);
    }
    g_ptr_array_unref(others);
}

static void take_counters(struct remote *remote)
{
    for (unsigned i = 0; i < remote->counter_count; i++) {
        uint64_t now = atomic_load(&remote->page->counters[i]);

        pvg_count(remote->counters[i], now - remote->counted[i]);
        remote->counted[i] = now;
    }
}

static void hear_taken_locked(struct remote *remote, uint64_t id, bool taken)
{
    if (id && id == remote->present_id && !remote->present_answered) {
        remote->present_answered = true;
        remote->present_taken = taken;
        g_cond_broadcast(&remote->changed);
    }
}

static void hear_saved(struct remote *remote, uint64_t id, const GByteArray *payload)
{
    g_mutex_lock(&remote->lock);
    if (id == remote->awaited_id) {
        g_clear_pointer(&remote->saved, g_byte_array_unref);
        remote->saved = g_byte_array_append(g_byte_array_new(), payload->data, payload->len);
        remote->answer = PVG_ACCEPTED;
        remote->answered = true;
        g_cond_broadcast(&remote->changed);
    }
    g_mutex_unlock(&remote->lock);
}

static void hear_done(struct remote *remote, uint64_t id, const struct pvg_link_done *done)
{
    struct asked *asked;

    remote->useful = true;
    take_counters(remote);
    g_mutex_lock(&remote->lock);
    if (id == remote->awaited_id) {
        remote->answer = done->why < PVG_REFUSAL_COUNT ? done->why : PVG_REFUSED_HOST_DEVICE;
        remote->answered = true;
        g_cond_broadcast(&remote->changed);
    }
    if (id == remote->present_id) {
        hear_taken_locked(remote, id, true);
    }
    asked = g_hash_table_lookup(remote->asked, &id);
    if (asked && asked->submission && !asked->turn) {
        asked = NULL; /* nobody has asked for it yet */
    }
    if (asked) {
        g_hash_table_remove(remote->asked, &id);
    }
    g_mutex_unlock(&remote->lock);
    if (!asked) {
        return;
    }
    if (asked->query && done->answer[1]) { /* the guest divides by the width */
        asked->query->max_threads = done->answer[0];
        asked->query->width = done->answer[1];
        asked->query->static_memory = done->answer[2];
    }
    if (asked->present) {
        take_picture(remote, asked, done);
    }
    complete(asked, done->why < PVG_REFUSAL_COUNT ? done->why : PVG_REFUSED_HOST_DEVICE);
}

/* Until the worker is gone, or says what it should not. */
static void hear_worker(struct remote *remote)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    struct pvg_link_header header;
    int fd;

    while (pvg_link_receive(remote->socket, &header, payload, &fd, SAVED_MAX)) {
        if (fd >= 0) {
            close(fd);
        }
        if (header.type == PVG_LINK_DONE && payload->len == sizeof(struct pvg_link_done)) {
            struct pvg_link_done done;

            memcpy(&done, payload->data, sizeof(done));
            hear_done(remote, header.id, &done);
        } else if (header.type == PVG_LINK_TAKEN && payload->len == sizeof(uint32_t)) {
            g_mutex_lock(&remote->lock);
            hear_taken_locked(remote, header.id, payload->data[0] != 0);
            g_mutex_unlock(&remote->lock);
        } else if (header.type == PVG_LINK_SAVED) {
            hear_saved(remote, header.id, payload);
        } else if (header.type == PVG_LINK_LOG) {
            hear_log(remote, payload);
        } else {
            return;
        }
    }
}

/* False when the device ends meanwhile. */
static bool wait_before_retry(struct remote *remote, unsigned ms)
{
    int64_t end = g_get_monotonic_time() + (int64_t)ms * 1000;
    GPtrArray *hopeless = NULL;
    bool stopping;

    g_mutex_lock(&remote->lock);
    while (!remote->stopping && g_cond_wait_until(&remote->changed, &remote->lock, end)) {
    }
    stopping = remote->stopping;
    if (g_get_monotonic_time() - remote->down_since > QUEUE_LIMIT_US) {
        hopeless = take_submitted_locked(remote, false);
    }
    g_mutex_unlock(&remote->lock);
    if (hopeless) {
        complete_all(hopeless, PVG_REFUSED_HOST_DEVICE);
    }
    return !stopping;
}

/* False when the device ends meanwhile. @wait: milliseconds before the first attempt. */
static bool replace_worker(struct remote *remote, unsigned wait)
{
    while (wait_before_retry(remote, wait)) {
        struct pvg_error error = {0};

        if (start_worker(remote, false, &error)) {
            brief_worker(remote);
            pvg_count(remote->restarts, 1);
            pvg_log_line(remote->base.setup.log, PVG_LOG_INFO, "another GPU worker goes on");
            return true;
        }
        pvg_log_line(remote->base.setup.log, PVG_LOG_WARNING, "no GPU worker: %s", error.message);
        wait = CLAMP(wait * 2, RETRY_MIN_MS, RETRY_MAX_MS);
    }
    return false;
}

static void *mind(void *data)
{
    struct remote *remote = data;
    unsigned wait = 0;

    for (;;) {
        remote->useful = false;
        hear_worker(remote);
        bury_worker(remote);
        /* One that dies before it has done anything will do so again: less and less often. */
        wait = remote->useful ? RETRY_MIN_MS : CLAMP(wait * 2, RETRY_MIN_MS, RETRY_MAX_MS);
        if (!replace_worker(remote, wait)) {
            return NULL;
        }
    }
}

/* ---- Life ---- */

static void remote_destroy(struct pvg_executor *executor)
{
    struct remote *remote = remote_of(executor);

    remote->base.setup.memory->ram.session_ended = NULL;
    g_mutex_lock(&remote->lock);
    remote->stopping = true;
    give_up(remote);
    g_cond_broadcast(&remote->changed);
    g_mutex_unlock(&remote->lock);
    if (remote->minder) {
        g_thread_join(remote->minder);
    }
    for (unsigned i = 0; i < PVG_MAX_DISPLAYS; i++) {
        picture_finish(&remote->pictures[i]);
    }
    if (remote->page) {
        munmap(remote->page, sizeof(*remote->page));
    }
    if (remote->page_fd >= 0) {
        close(remote->page_fd);
    }
    g_clear_pointer(&remote->saved, g_byte_array_unref);
    g_array_unref(remote->spans);
    g_hash_table_unref(remote->asked);
    g_cond_clear(&remote->changed);
    g_mutex_clear(&remote->process_lock);
    g_mutex_clear(&remote->lock);
    g_mutex_clear(&remote->send_lock);
    g_free(remote);
}

static const struct pvg_executor_impl remote_impl = {
    .name = "remote",
    .destroy = remote_destroy,
    .limit = remote_limit,
    .prepare = remote_prepare,
    .submit = remote_submit,
    .unprepare = remote_unprepare,
    .invalidate = remote_invalidate,
    .synchronize = remote_synchronize,
    .forget = remote_forget,
    .compute_info = remote_compute_info,
    .present = remote_present,
    .quiesce = remote_quiesce,
    .save = remote_save,
    .restore = remote_restore,
    .reset = remote_reset,
    .task_changed = remote_task_changed,
    .pages_changed = remote_pages_changed,
    .ram_added = remote_ram_added,
    .ram_removed = remote_ram_removed,
};

static bool make_page(struct remote *remote, struct pvg_error *error)
{
    void *page;

    remote->page_fd = memfd_create("pvg-gpu-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (remote->page_fd < 0 || ftruncate(remote->page_fd, sizeof(*remote->page)) < 0 ||
        fcntl(remote->page_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        pvg_error_set_errno(error, "cannot make memory to share with the GPU worker");
        return false;
    }
    page = mmap(NULL, sizeof(*remote->page), PROT_READ | PROT_WRITE, MAP_SHARED, remote->page_fd, 0);
    if (page == MAP_FAILED) {
        pvg_error_set_errno(error, "cannot map memory to share with the GPU worker");
        return false;
    }
    remote->page = page;
    return true;
}

struct pvg_executor *pvg_executor_remote_create(const struct pvg_executor_setup *setup,
                                                const struct pvg_host_ops *ops, void *host,
                                                struct pvg_error *error)
{
    struct remote *remote = g_new0(struct remote, 1);
    struct pvg_ram *ram = &setup->memory->ram;

    pvg_executor_init(&remote->base, &remote_impl, setup);
    remote->ops = ops;
    remote->host = host;
    remote->socket = remote->process = remote->page_fd = -1;
    g_mutex_init(&remote->send_lock);
    g_mutex_init(&remote->lock);
    g_mutex_init(&remote->process_lock);
    g_cond_init(&remote->changed);
    remote->asked = g_hash_table_new(g_int64_hash, g_int64_equal);
    remote->spans = g_array_new(FALSE, FALSE, sizeof(struct pvg_ram_span));
    remote->restarts = pvg_counters_add(setup->counters, "gpu.worker-restarts");
    if (setup->memory->variant != PVG_VARIANT_PCI) {
        pvg_error_set(error, "only PCI devices can have a GPU worker");
        remote_destroy(&remote->base);
        return NULL;
    }
    if (!make_page(remote, error)) {
        remote_destroy(&remote->base);
        return NULL;
    }
    atomic_store(&remote->page->gate.session, pvg_ram_session(ram));
    if (!start_worker(remote, true, error)) {
        remote_destroy(&remote->base);
        return NULL;
    }
    ram->session_owner = remote;
    ram->session_ended = session_ended;
    brief_worker(remote);
    remote->minder = g_thread_new("pvg-minder", mind, remote);
    return &remote->base;
}
