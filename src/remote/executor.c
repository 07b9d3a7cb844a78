/* SPDX-License-Identifier: MIT */
/* The executor's door: what the device asks for becomes messages. */
#include "remote/executor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "remote/asked.h"
#include "remote/line.h"
#include "remote/minder.h"
#include "remote/pictures.h"
#include "remote/told.h"

/* One message is a submission to record at most, with the pipelines that drivers compile for it. */
#define PATIENCE_US 10000000

/* ---- Submissions ---- */

/* The guest clears its slots right after sending: what the resource table names is looked up here,
 * before the message is on its way. */
static void remote_prepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    struct pvg_asked *asked;

    for (uint32_t i = 0; i < submission->resources.count; i++) {
        uint32_t ref = pvg_wire_exec_resource_at(submission->resources, i).object;
        enum pvg_refusal why;

        if (ref) {
            (void)pvg_submission_resolve(submission, executor->setup.memory, ref, &why);
        }
    }
    g_mutex_lock(&keeper->send_lock);
    g_mutex_lock(&keeper->lock);
    asked = pvg_asked_add_locked(keeper, &submission->work);
    asked->submission = submission;
    submission->prepared = asked;
    g_mutex_unlock(&keeper->lock);
    pvg_asked_send_prepare_locked(keeper, asked);
    g_mutex_unlock(&keeper->send_lock);
}

/* Any thread. */
static void remote_unprepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    struct pvg_asked *asked = g_steal_pointer(&submission->prepared);
    bool known;

    if (!asked) {
        return;
    }
    g_mutex_lock(&keeper->lock);
    known = g_hash_table_remove(keeper->asked, &asked->id);
    g_mutex_unlock(&keeper->lock);
    if (known) { /* never when it was answered: the minder does not wait to send */
        pvg_keeper_tell(keeper, PVG_LINK_DROP, asked->id, NULL);
    }
    g_free(asked);
}

static void remote_submit(struct pvg_executor *executor, struct pvg_submission *submission)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    struct pvg_asked *asked = submission->prepared;
    uint64_t id = asked->id;
    bool hopeless;

    g_mutex_lock(&keeper->send_lock);
    g_mutex_lock(&keeper->lock);
    hopeless = !atomic_load(&keeper->up) &&
               g_get_monotonic_time() - keeper->down_since > PVG_QUEUE_LIMIT_US;
    if (hopeless) {
        g_hash_table_remove(keeper->asked, &id);
    } else {
        asked->turn = ++keeper->last_turn;
        asked->given = atomic_load(&keeper->up);
    }
    g_mutex_unlock(&keeper->lock);
    if (!hopeless) {
        pvg_keeper_send_locked(keeper, PVG_LINK_SUBMIT, id, NULL, -1);
    }
    g_mutex_unlock(&keeper->send_lock);
    if (hopeless) {
        pvg_asked_complete(asked, PVG_REFUSED_HOST_DEVICE);
    }
}

/* ---- The other operations ---- */

static void put_space(struct pvg_saver *out, struct pvg_space space)
{
    pvg_save_u32(out, space.task);
    pvg_save_u64(out, space.serial);
}

static void remote_limit(struct pvg_executor *executor, uint32_t values[PVG_DEVICE_INFO_KEYS])
{
    for (unsigned i = 0; i < PVG_DEVICE_INFO_KEYS; i++) {
        values[i] = MIN(values[i], pvg_keeper_of(executor)->limits[i]);
    }
}

static void remote_invalidate(struct pvg_executor *executor, struct pvg_space space,
                              struct pvg_wire_invalidation_array objects)
{
    PVG_MESSAGE(payload);

    put_space(&payload, space);
    pvg_save_u32(&payload, objects.count);
    pvg_save_bytes(&payload, objects.bytes, (size_t)objects.count * PVG_WIRE_INVALIDATION_SIZE);
    pvg_keeper_tell(pvg_keeper_of(executor), PVG_LINK_INVALIDATE, 0, &payload);
}

static void remote_synchronize(struct pvg_executor *executor, struct pvg_space space,
                               struct pvg_wire_u32_array objects, bool discard,
                               struct pvg_work *work)
{
    PVG_MESSAGE(payload);

    pvg_save_u8(&payload, discard);
    put_space(&payload, space);
    pvg_save_u32(&payload, objects.count);
    pvg_save_bytes(&payload, objects.bytes, (size_t)objects.count * sizeof(uint32_t));
    pvg_keeper_ask(pvg_keeper_of(executor), PVG_LINK_SYNCHRONIZE, &payload, work, NULL);
}

static void remote_forget(struct pvg_executor *executor, const struct pvg_forget *what,
                          struct pvg_work *work)
{
    PVG_MESSAGE(payload);

    pvg_save_u32(&payload, what->kind);
    put_space(&payload, what->space);
    pvg_save_u32(&payload, what->ref);
    pvg_save_u32(&payload, what->object_kind);
    pvg_save_u64(&payload, what->at.value);
    pvg_save_u64(&payload, what->size);
    pvg_keeper_ask(pvg_keeper_of(executor), PVG_LINK_FORGET, &payload, work, NULL);
}

static void remote_compute_info(struct pvg_executor *executor, struct pvg_compute_query *query)
{
    PVG_MESSAGE(payload);

    put_space(&payload, query->space);
    pvg_save_u32(&payload, query->pipeline);
    pvg_keeper_ask(pvg_keeper_of(executor), PVG_LINK_COMPUTE_INFO, &payload, &query->work, query);
}

static void remote_quiesce(struct pvg_executor *executor)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    GPtrArray *waiting;

    if (pvg_keeper_ask_and_wait(keeper, PVG_LINK_QUIESCE, NULL) == PVG_ACCEPTED) {
        return;
    }
    g_mutex_lock(&keeper->lock);
    waiting = pvg_asked_take_submitted_locked(keeper, false); /* for the next worker */
    g_mutex_unlock(&keeper->lock);
    pvg_asked_complete_all(waiting, PVG_REFUSED_HOST_DEVICE);
}

/* Without a worker there is nothing: it was lost. */
static void remote_save(struct pvg_executor *executor, struct pvg_saver *saver)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);
    g_autoptr(GByteArray) saved = NULL;

    (void)pvg_keeper_ask_and_wait(keeper, PVG_LINK_SAVE, NULL);
    g_mutex_lock(&keeper->lock);
    saved = g_steal_pointer(&keeper->saved);
    g_mutex_unlock(&keeper->lock);
    if (saved) {
        pvg_save_bytes(saver, saved->data, saved->len);
    }
}

/* It is the last part of a saved device: all that is left is the worker's. */
static enum pvg_refusal remote_restore(struct pvg_executor *executor, struct pvg_cursor *from)
{
    PVG_MESSAGE(payload);

    if (!from->left) {
        return PVG_ACCEPTED;
    }
    pvg_save_bytes(&payload, from->at, from->left);
    pvg_take_skip(from, from->left);
    return pvg_keeper_ask_and_wait(pvg_keeper_of(executor), PVG_LINK_RESTORE, &payload);
}

static void remote_reset(struct pvg_executor *executor)
{
    pvg_keeper_tell(pvg_keeper_of(executor), PVG_LINK_RESET, 0, NULL);
}

/* ---- Life ---- */

static void remote_destroy(struct pvg_executor *executor)
{
    struct pvg_keeper *keeper = pvg_keeper_of(executor);

    keeper->base.setup.memory->ram.session_ended = NULL;
    pvg_minder_stop(keeper);
    pvg_pictures_finish(keeper);
    if (keeper->page) {
        munmap(keeper->page, sizeof(*keeper->page));
    }
    if (keeper->page_fd >= 0) {
        close(keeper->page_fd);
    }
    g_clear_pointer(&keeper->saved, g_byte_array_unref);
    g_array_unref(keeper->spans);
    g_hash_table_unref(keeper->asked);
    g_cond_clear(&keeper->changed);
    g_mutex_clear(&keeper->process_lock);
    g_mutex_clear(&keeper->lock);
    g_mutex_clear(&keeper->send_lock);
    g_free(keeper);
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
    .present = pvg_pictures_present,
    .quiesce = remote_quiesce,
    .save = remote_save,
    .restore = remote_restore,
    .reset = remote_reset,
    .task_changed = pvg_told_task_changed,
    .pages_changed = pvg_told_pages_changed,
    .ram_added = pvg_told_ram_added,
    .ram_removed = pvg_told_ram_removed,
};

static bool make_page(struct pvg_keeper *keeper, struct pvg_error *error)
{
    void *page;

    keeper->page_fd = memfd_create("pvg-gpu-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (keeper->page_fd < 0 || ftruncate(keeper->page_fd, sizeof(*keeper->page)) < 0 ||
        fcntl(keeper->page_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        pvg_error_set_errno(error, "cannot make memory to share with the GPU worker");
        return false;
    }
    page =
        mmap(NULL, sizeof(*keeper->page), PROT_READ | PROT_WRITE, MAP_SHARED, keeper->page_fd, 0);
    if (page == MAP_FAILED) {
        pvg_error_set_errno(error, "cannot map memory to share with the GPU worker");
        return false;
    }
    keeper->page = page;
    return true;
}

struct pvg_executor *pvg_executor_remote_create(const struct pvg_executor_setup *setup,
                                                const struct pvg_host_ops *ops, void *host,
                                                struct pvg_error *error)
{
    struct pvg_ram *ram = &setup->memory->ram;
    struct pvg_keeper *keeper;

    if (setup->memory->variant != PVG_VARIANT_PCI) {
        pvg_error_set(error, "only PCI devices can have a GPU worker");
        return NULL;
    }
    keeper = g_new0(struct pvg_keeper, 1);
    pvg_executor_init(&keeper->base, &remote_impl, setup);
    keeper->ops = ops;
    keeper->host = host;
    keeper->socket = keeper->process = keeper->page_fd = -1;
    g_mutex_init(&keeper->send_lock);
    g_mutex_init(&keeper->lock);
    g_mutex_init(&keeper->process_lock);
    g_cond_init(&keeper->changed);
    keeper->asked = g_hash_table_new(g_int64_hash, g_int64_equal);
    keeper->spans = g_array_new(FALSE, FALSE, sizeof(struct pvg_ram_span));
    keeper->restarts = pvg_counters_add(setup->counters, "gpu.worker-restarts");
    keeper->hangs = pvg_counters_add(setup->counters, "gpu.worker-hangs");
    atomic_init(&keeper->patience, PATIENCE_US);
    if (!make_page(keeper, error)) {
        remote_destroy(&keeper->base);
        return NULL;
    }
    atomic_store(&keeper->page->gate.session, pvg_ram_session(ram));
    ram->session_owner = keeper;
    ram->session_ended = pvg_told_session_ended;
    if (!pvg_minder_start(keeper, error)) {
        remote_destroy(&keeper->base);
        return NULL;
    }
    return &keeper->base;
}

void pvg_executor_remote_set_patience(struct pvg_executor *executor, int64_t us)
{
    atomic_store(&pvg_keeper_of(executor)->patience, us);
}
