/* SPDX-License-Identifier: MIT */
/* The table of what was asked for. */
#include "remote/asked.h"

#include "remote/line.h"
#include "remote/pictures.h"
#include "remote/submission.h"

/* ---- Asking ---- */

struct pvg_asked *pvg_asked_add_locked(struct pvg_keeper *keeper, struct pvg_work *work)
{
    struct pvg_asked *asked = g_new0(struct pvg_asked, 1);

    asked->id = ++keeper->last_id;
    asked->work = work;
    g_hash_table_insert(keeper->asked, &asked->id, asked);
    return asked;
}

void pvg_keeper_ask(struct pvg_keeper *keeper, enum pvg_link_type type,
                    const struct pvg_saver *payload, struct pvg_work *work,
                    struct pvg_compute_query *query)
{
    uint64_t id = 0;
    bool up;

    g_mutex_lock(&keeper->send_lock);
    up = atomic_load(&keeper->up);
    if (up && work) {
        struct pvg_asked *asked;

        g_mutex_lock(&keeper->lock);
        asked = pvg_asked_add_locked(keeper, work);
        asked->query = query;
        id = asked->id;
        g_mutex_unlock(&keeper->lock);
    }
    pvg_keeper_send_locked(keeper, type, id, payload, -1);
    g_mutex_unlock(&keeper->send_lock);
    if (!up) {
        pvg_work_complete(work, PVG_ACCEPTED);
    }
}

bool pvg_keeper_await_locked(struct pvg_keeper *keeper, const bool *answered)
{
    int64_t end = g_get_monotonic_time() + PVG_ANSWER_LIMIT_US;
    bool given_up = false;

    while (!*answered) {
        if (g_cond_wait_until(&keeper->changed, &keeper->lock, end)) {
            continue;
        }
        if (given_up) {
            return false;
        }
        pvg_keeper_give_up(keeper); /* its burial is an answer, too */
        given_up = true;
        end += PVG_END_LIMIT_US;
    }
    return true;
}

enum pvg_refusal pvg_keeper_ask_and_wait(struct pvg_keeper *keeper, enum pvg_link_type type,
                                         const struct pvg_saver *payload)
{
    enum pvg_refusal why = PVG_REFUSED_HOST_DEVICE;
    uint64_t id;

    g_mutex_lock(&keeper->send_lock);
    if (!atomic_load(&keeper->up)) {
        g_mutex_unlock(&keeper->send_lock);
        pvg_keeper_await_end(keeper);
        return why;
    }
    g_mutex_lock(&keeper->lock);
    id = keeper->awaited_id = ++keeper->last_id;
    keeper->answered = false;
    g_mutex_unlock(&keeper->lock);
    pvg_keeper_send_locked(keeper, type, id, payload, -1);
    g_mutex_unlock(&keeper->send_lock);

    g_mutex_lock(&keeper->lock);
    if (pvg_keeper_await_locked(keeper, &keeper->answered)) {
        why = keeper->answer;
    }
    keeper->awaited_id = 0;
    g_mutex_unlock(&keeper->lock);
    return why;
}

void pvg_asked_send_prepare_locked(struct pvg_keeper *keeper, const struct pvg_asked *asked)
{
    PVG_MESSAGE(payload);

    pvg_submission_put(asked->submission, &payload);
    pvg_keeper_send_locked(keeper, PVG_LINK_PREPARE, asked->id, &payload, -1);
}

/* ---- The answers ---- */

/* A submission frees what was asked with itself. */
void pvg_asked_complete(struct pvg_asked *asked, enum pvg_refusal why)
{
    struct pvg_work *work = asked->work;

    if (!asked->submission) {
        g_free(asked);
    }
    pvg_work_complete(work, why);
}

static enum pvg_refusal refusal_of(const struct pvg_link_done *done)
{
    return done->why < PVG_REFUSAL_COUNT ? done->why : PVG_REFUSED_HOST_DEVICE;
}

static void answer_awaited_locked(struct pvg_keeper *keeper, uint64_t id, enum pvg_refusal why)
{
    if (id && id == keeper->awaited_id) {
        keeper->answer = why;
        keeper->answered = true;
        g_cond_broadcast(&keeper->changed);
    }
}

void pvg_asked_hear_done(struct pvg_keeper *keeper, uint64_t id, const struct pvg_link_done *done)
{
    struct pvg_asked *asked;

    g_mutex_lock(&keeper->lock);
    answer_awaited_locked(keeper, id, refusal_of(done));
    if (id == keeper->present_id) {
        pvg_pictures_hear_taken_locked(keeper, id, true);
    }
    asked = g_hash_table_lookup(keeper->asked, &id);
    if (asked && asked->submission && !asked->turn) {
        asked = NULL; /* nobody has asked for it yet */
    }
    if (asked) {
        g_hash_table_remove(keeper->asked, &id);
    }
    g_mutex_unlock(&keeper->lock);
    if (!asked) {
        return;
    }
    if (asked->query && done->answer[1]) { /* the guest divides by the width */
        asked->query->max_threads = done->answer[0];
        asked->query->width = done->answer[1];
        asked->query->static_memory = done->answer[2];
    }
    if (asked->picture) {
        pvg_pictures_take(keeper, asked, done);
    }
    pvg_asked_complete(asked, refusal_of(done));
}

void pvg_asked_hear_saved(struct pvg_keeper *keeper, uint64_t id, const GByteArray *payload)
{
    g_mutex_lock(&keeper->lock);
    if (id && id == keeper->awaited_id) {
        g_clear_pointer(&keeper->saved, g_byte_array_unref);
        keeper->saved = g_byte_array_append(g_byte_array_new(), payload->data, payload->len);
        answer_awaited_locked(keeper, id, PVG_ACCEPTED);
    }
    g_mutex_unlock(&keeper->lock);
}

/* ---- When there is no answer ---- */

static gint by_id(gconstpointer a, gconstpointer b)
{
    const struct pvg_asked *left = *(struct pvg_asked *const *)a,
                           *right = *(struct pvg_asked *const *)b;

    return left->id < right->id ? -1 : left->id > right->id;
}

static gint by_turn(gconstpointer a, gconstpointer b)
{
    const struct pvg_asked *left = *(struct pvg_asked *const *)a,
                           *right = *(struct pvg_asked *const *)b;

    return left->turn < right->turn ? -1 : left->turn > right->turn;
}

void pvg_asked_send_again_locked(struct pvg_keeper *keeper)
{
    g_autoptr(GPtrArray) waiting = g_ptr_array_new();
    GHashTableIter iter;
    struct pvg_asked *asked;

    g_hash_table_iter_init(&iter, keeper->asked);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&asked)) {
        if (asked->submission) { /* not a present whose engine has yet to see that it is lost */
            g_ptr_array_add(waiting, asked);
        }
    }
    g_ptr_array_sort(waiting, by_id);
    for (guint i = 0; i < waiting->len; i++) {
        pvg_asked_send_prepare_locked(keeper, g_ptr_array_index(waiting, i));
    }
    g_ptr_array_sort(waiting, by_turn);
    for (guint i = 0; i < waiting->len; i++) {
        asked = g_ptr_array_index(waiting, i);
        if (asked->turn) {
            asked->given = true;
            pvg_keeper_send_locked(keeper, PVG_LINK_SUBMIT, asked->id, NULL, -1);
        }
    }
}

GPtrArray *pvg_asked_take_submitted_locked(struct pvg_keeper *keeper, bool given_only)
{
    GPtrArray *taken = g_ptr_array_new();
    GHashTableIter iter;
    struct pvg_asked *asked;

    g_hash_table_iter_init(&iter, keeper->asked);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&asked)) {
        if (asked->submission && asked->turn && (asked->given || !given_only)) {
            g_hash_table_iter_remove(&iter);
            g_ptr_array_add(taken, asked);
        }
    }
    return taken;
}

GPtrArray *pvg_asked_take_others_locked(struct pvg_keeper *keeper)
{
    GPtrArray *taken = g_ptr_array_new();
    GHashTableIter iter;
    struct pvg_asked *asked;

    g_hash_table_iter_init(&iter, keeper->asked);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&asked)) {
        if (!asked->submission && (asked->id != keeper->present_id || keeper->present_taken)) {
            g_hash_table_iter_remove(&iter);
            g_ptr_array_add(taken, asked);
        }
    }
    return taken;
}

void pvg_asked_complete_all(GPtrArray *all, enum pvg_refusal why)
{
    g_ptr_array_sort(all, by_turn);
    for (guint i = 0; i < all->len; i++) {
        pvg_asked_complete(g_ptr_array_index(all, i), why);
    }
    g_ptr_array_unref(all);
}

void pvg_asked_answer_for_the_dead(struct pvg_keeper *keeper)
{
    g_mutex_lock(&keeper->lock);
    answer_awaited_locked(keeper, keeper->awaited_id, PVG_REFUSED_HOST_DEVICE);
    g_mutex_unlock(&keeper->lock);
}
