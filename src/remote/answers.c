/* SPDX-License-Identifier: MIT */
/* What the worker says. */
#include "remote/answers.h"

#include <string.h>

#include "remote/link.h"

void pvg_worker_say(struct pvg_worker *worker, enum pvg_link_type type, uint64_t id,
                    const void *bytes, size_t size)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&worker->send_lock);

    (void)!pvg_link_send(worker->socket, type, id, bytes, size, -1);
}

void pvg_worker_say_answer(struct pvg_worker *worker, uint64_t id, const struct pvg_link_done *done)
{
    GPtrArray *all = worker->counters.all;

    for (guint i = 0; i < MIN(all->len, PVG_LINK_COUNTERS_MAX); i++) {
        atomic_store(&worker->page->counters[i], pvg_counter_value(g_ptr_array_index(all, i)));
    }
    pvg_worker_say(worker, PVG_LINK_DONE, id, done, sizeof(*done));
}

void pvg_worker_say_done(struct pvg_worker *worker, uint64_t id, enum pvg_refusal why)
{
    pvg_worker_say_answer(worker, id, &(struct pvg_link_done){.why = why});
}

void pvg_worker_say_log(void *host, enum pvg_log_level level, const char *message)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    uint32_t word = level;

    g_byte_array_append(payload, (const uint8_t *)&word, sizeof(word));
    g_byte_array_append(payload, (const uint8_t *)message, strlen(message));
    pvg_worker_say(host, PVG_LINK_LOG, 0, payload->data, payload->len);
}

void pvg_worker_say_hello(struct pvg_worker *worker)
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
    pvg_worker_say(worker, PVG_LINK_HELLO, 0, payload.bytes->data, payload.bytes->len);
    g_byte_array_unref(payload.bytes);
}
