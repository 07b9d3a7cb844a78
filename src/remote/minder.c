/* SPDX-License-Identifier: MIT */
/* Workers start, are heard, and are buried. */
#include "remote/minder.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "remote/asked.h"
#include "remote/line.h"
#include "remote/pictures.h"
#include "remote/told.h"

#define HELLO_LIMIT_MS 30000 /* from its start to the first message: drivers load slowly */
#define SEND_LIMIT_S   2     /* a worker that reads nothing for so long hangs */
#define REST_LIMIT_S   10    /* for the rest of a message that has begun */
#define LOOK_MS        1000  /* between looks after the worker */
#define RETRY_MIN_MS   50
#define RETRY_MAX_MS   5000

#define MESSAGE_MAX 65536 /* before the worker serves */
#define SAVED_MAX   (1u << 30)
#define LINES_MAX   1000 /* of its log: one that was taken over does not fill a disk */

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

static bool take_hello(struct pvg_keeper *keeper, struct pvg_cursor *from, bool first)
{
    for (unsigned i = 0; i < PVG_DEVICE_INFO_KEYS; i++) {
        uint32_t value = pvg_take_u32(from);

        if (first) {
            keeper->limits[i] = value;
        }
    }
    for (uint32_t i = 0, n = pvg_take_u32(from); i < n && i < PVG_LINK_COUNTERS_MAX; i++) {
        uint32_t size = pvg_take_u32(from);
        g_autofree char *name = g_strndup((const char *)pvg_take_bytes(from, size), size);

        if (first && name) { /* counters are added before there are threads */
            keeper->counters[i] = find_counter(keeper->base.setup.counters, name);
            keeper->counter_count = i + 1;
        }
    }
    return from->refusal == PVG_ACCEPTED;
}

static void hear_log(struct pvg_keeper *keeper, const GByteArray *payload)
{
    struct pvg_cursor from = pvg_cursor_over(payload->data, payload->len);
    uint32_t level = pvg_take_u32(&from);

    if (from.refusal == PVG_ACCEPTED && level <= PVG_LOG_INFO && keeper->lines++ < LINES_MAX) {
        g_autofree char *text = g_strndup((const char *)from.at, from.left);

        pvg_log_line(keeper->base.setup.log, level, "%s", text);
    }
}

/* Waits for HELLO. */
static bool await_hello(struct pvg_keeper *keeper, int socket, bool first, struct pvg_error *error)
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
            hear_log(keeper, payload);
            break;
        case PVG_LINK_FAILED:
            pvg_error_set(error, "%.*s", (int)payload->len, (const char *)payload->data);
            return false;
        case PVG_LINK_HELLO:
            if (take_hello(keeper, &from, first)) {
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

static bool send_setup(struct pvg_keeper *keeper, int socket)
{
    const struct timeval limit = {.tv_sec = SEND_LIMIT_S}, rest = {.tv_sec = REST_LIMIT_S};
    PVG_MESSAGE(payload);

    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &rest, sizeof(rest));
    pvg_save_u8(&payload, keeper->base.setup.memory->variant == PVG_VARIANT_MMIO);
    return pvg_link_send(socket, PVG_LINK_SETUP, 0, payload.bytes->data, payload.bytes->len,
                         keeper->page_fd);
}

static bool start_worker(struct pvg_keeper *keeper, bool first, struct pvg_error *error)
{
    int socket = -1, process = -1;

    atomic_store(&keeper->page->gate.holders, 0);
    atomic_store(&keeper->page->taken, 0);
    atomic_store(&keeper->sent, 0);
    keeper->watch = (struct pvg_watch){.looked = g_get_monotonic_time()};
    for (unsigned i = 0; i < PVG_LINK_COUNTERS_MAX; i++) {
        atomic_store(&keeper->page->counters[i], 0);
    }
    if (!keeper->ops->start_gpu_worker(keeper->host, &socket, &process, error)) {
        return false;
    }
    g_mutex_lock(&keeper->process_lock);
    keeper->process = process;
    g_mutex_unlock(&keeper->process_lock);
    if (!send_setup(keeper, socket)) {
        pvg_error_set(error, "the GPU worker does not start");
    } else if (await_hello(keeper, socket, first, error)) {
        g_mutex_lock(&keeper->send_lock);
        keeper->socket = socket;
        g_mutex_unlock(&keeper->send_lock);
        return true;
    }
    close(socket);
    pvg_keeper_end_process(keeper);
    return false;
}

/* Tells a new worker how things are, and what waits for it: under both locks, so that what waits
 * stays, and what changes comes after. */
static void brief_worker(struct pvg_keeper *keeper)
{
    g_mutex_lock(&keeper->send_lock);
    g_mutex_lock(&keeper->lock);
    atomic_store(&keeper->alive, true);
    atomic_store(&keeper->up, true);
    pvg_told_everything_locked(keeper);
    pvg_asked_send_again_locked(keeper);
    if (keeper->stopping) { /* while it started: nobody would end it */
        pvg_keeper_give_up(keeper);
    }
    g_mutex_unlock(&keeper->lock);
    g_mutex_unlock(&keeper->send_lock);
}

static void bury_worker(struct pvg_keeper *keeper)
{
    GPtrArray *lost, *others;
    bool stopping;

    pvg_keeper_end_process(keeper);
    g_mutex_lock(&keeper->send_lock);
    atomic_store(&keeper->up, false);
    close(keeper->socket);
    keeper->socket = -1;
    g_mutex_lock(&keeper->lock);
    keeper->down_since = g_get_monotonic_time();
    stopping = keeper->stopping;
    lost = pvg_asked_take_submitted_locked(keeper, true);
    others = pvg_asked_take_others_locked(keeper);
    pvg_pictures_forget_worker_locked(keeper);
    g_cond_broadcast(&keeper->changed);
    g_mutex_unlock(&keeper->lock);
    g_mutex_unlock(&keeper->send_lock);
    memset(keeper->counted, 0, sizeof(keeper->counted));
    if (!stopping) {
        pvg_log_line(keeper->base.setup.log, PVG_LOG_WARNING,
                     "the GPU worker died; %u submissions were lost with it", lost->len);
    }
    pvg_asked_complete_all(lost, PVG_REFUSED_HOST_DEVICE);
    for (guint i = 0; i < others->len; i++) {
        struct pvg_asked *asked = g_ptr_array_index(others, i);

        pvg_asked_complete(asked, asked->present ? PVG_REFUSED_HOST_DEVICE : PVG_ACCEPTED);
    }
    g_ptr_array_unref(others);
    pvg_asked_answer_for_the_dead(keeper);
}

static void take_counters(struct pvg_keeper *keeper)
{
    for (unsigned i = 0; i < keeper->counter_count; i++) {
        uint64_t now = atomic_load(&keeper->page->counters[i]);

        pvg_count(keeper->counters[i], now - keeper->counted[i]);
        keeper->counted[i] = now;
    }
}

/* ---- The watch ---- */

/* So that there is something to take for a worker that was given all there is, and owes answers.
 * Whoever holds the lock is sending. */
static void ping(struct pvg_keeper *keeper)
{
    bool waited_for;

    g_mutex_lock(&keeper->lock);
    waited_for = g_hash_table_size(keeper->asked) > 0;
    g_mutex_unlock(&keeper->lock);
    if (waited_for && g_mutex_trylock(&keeper->send_lock)) {
        pvg_keeper_send_locked(keeper, PVG_LINK_PING, 0, NULL, -1);
        g_mutex_unlock(&keeper->send_lock);
    }
}

/* Whether the worker takes the messages that there are. Time in which we were not there to look, as
 * when everything is stopped, does not count. */
static bool goes_on(struct pvg_keeper *keeper)
{
    struct pvg_watch *watch = &keeper->watch;
    uint64_t taken = atomic_load(&keeper->page->taken);
    int64_t now = g_get_monotonic_time(), patience = atomic_load(&keeper->patience);

    watch->quiet += MIN(now - watch->looked, patience / 4);
    watch->looked = now;
    if (taken != watch->taken || taken >= atomic_load(&keeper->sent)) {
        watch->quiet = 0;
    }
    watch->taken = taken;
    return watch->quiet < patience;
}

/* Until there is something to hear. False when the worker hangs. */
static bool watch_worker(struct pvg_keeper *keeper)
{
    struct pollfd ready = {.fd = keeper->socket, .events = POLLIN};

    while (goes_on(keeper)) {
        if (poll(&ready, 1, (int)MIN(LOOK_MS, atomic_load(&keeper->patience) / 4000)) > 0) {
            return true;
        }
        if (!keeper->watch.quiet) {
            ping(keeper);
        }
    }
    pvg_count(keeper->hangs, 1);
    pvg_log_line(keeper->base.setup.log, PVG_LOG_WARNING, "the GPU worker hangs, and is killed");
    return false;
}

/* ---- Hearing ---- */

/* False when it says what it should not. */
static bool hear(struct pvg_keeper *keeper, const struct pvg_link_header *header,
                 const GByteArray *payload)
{
    struct pvg_link_done done;

    if (header->type == PVG_LINK_DONE && payload->len == sizeof(done)) {
        memcpy(&done, payload->data, sizeof(done));
        keeper->useful = true;
        take_counters(keeper);
        pvg_asked_hear_done(keeper, header->id, &done);
    } else if (header->type == PVG_LINK_TAKEN && payload->len == sizeof(uint32_t)) {
        g_mutex_lock(&keeper->lock);
        pvg_pictures_hear_taken_locked(keeper, header->id, payload->data[0] != 0);
        g_mutex_unlock(&keeper->lock);
    } else if (header->type == PVG_LINK_SAVED) {
        pvg_asked_hear_saved(keeper, header->id, payload);
    } else if (header->type == PVG_LINK_LOG) {
        hear_log(keeper, payload);
    } else {
        return false;
    }
    return true;
}

/* Until the worker is gone, hangs, or says what it should not. */
static void hear_worker(struct pvg_keeper *keeper)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    struct pvg_link_header header;
    int fd;

    while (watch_worker(keeper) &&
           pvg_link_receive(keeper->socket, &header, payload, &fd, SAVED_MAX)) {
        if (fd >= 0) {
            close(fd);
        }
        if (!hear(keeper, &header, payload)) {
            return;
        }
    }
}

/* False when the device ends meanwhile. */
static bool wait_before_retry(struct pvg_keeper *keeper, unsigned ms)
{
    int64_t end = g_get_monotonic_time() + (int64_t)ms * 1000;
    GPtrArray *hopeless = NULL;
    bool stopping;

    g_mutex_lock(&keeper->lock);
    while (!keeper->stopping && g_cond_wait_until(&keeper->changed, &keeper->lock, end)) {
    }
    stopping = keeper->stopping;
    if (g_get_monotonic_time() - keeper->down_since > PVG_QUEUE_LIMIT_US) {
        hopeless = pvg_asked_take_submitted_locked(keeper, false);
    }
    g_mutex_unlock(&keeper->lock);
    if (hopeless) {
        pvg_asked_complete_all(hopeless, PVG_REFUSED_HOST_DEVICE);
    }
    return !stopping;
}

/* False when the device ends meanwhile. @wait: milliseconds before the first attempt. */
static bool replace_worker(struct pvg_keeper *keeper, unsigned wait)
{
    while (wait_before_retry(keeper, wait)) {
        struct pvg_error error = {0};

        if (start_worker(keeper, false, &error)) {
            brief_worker(keeper);
            pvg_count(keeper->restarts, 1);
            pvg_log_line(keeper->base.setup.log, PVG_LOG_INFO, "another GPU worker goes on");
            return true;
        }
        pvg_log_line(keeper->base.setup.log, PVG_LOG_WARNING, "no GPU worker: %s", error.message);
        wait = CLAMP(wait * 2, RETRY_MIN_MS, RETRY_MAX_MS);
    }
    return false;
}

static void *mind(void *data)
{
    struct pvg_keeper *keeper = data;
    unsigned wait = 0;

    for (;;) {
        keeper->useful = false;
        hear_worker(keeper);
        bury_worker(keeper);
        /* One that dies before it has done anything will do so again: less and less often. */
        wait = keeper->useful ? RETRY_MIN_MS : CLAMP(wait * 2, RETRY_MIN_MS, RETRY_MAX_MS);
        if (!replace_worker(keeper, wait)) {
            return NULL;
        }
    }
}

bool pvg_minder_start(struct pvg_keeper *keeper, struct pvg_error *error)
{
    if (!start_worker(keeper, true, error)) {
        return false;
    }
    brief_worker(keeper);
    keeper->minder = g_thread_new("pvg-minder", mind, keeper);
    return true;
}

void pvg_minder_stop(struct pvg_keeper *keeper)
{
    g_mutex_lock(&keeper->lock);
    keeper->stopping = true;
    pvg_keeper_give_up(keeper);
    g_cond_broadcast(&keeper->changed);
    g_mutex_unlock(&keeper->lock);
    if (keeper->minder) {
        g_thread_join(keeper->minder);
    }
}
