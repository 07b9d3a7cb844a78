/* SPDX-License-Identifier: MIT */
/* Messages to the worker, and the end of its process. */
#include "remote/line.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAP_LIMIT_MS 30000 /* from SIGKILL to the end, for whoever reports what was lost */

static void kill_locked(struct pvg_keeper *keeper)
{
    if (keeper->process >= 0) {
        syscall(SYS_pidfd_send_signal, keeper->process, SIGKILL, NULL, 0);
    }
}

void pvg_keeper_give_up(struct pvg_keeper *keeper)
{
    atomic_store(&keeper->up, false);
    g_mutex_lock(&keeper->process_lock);
    kill_locked(keeper);
    g_mutex_unlock(&keeper->process_lock);
}

void pvg_keeper_await_end(struct pvg_keeper *keeper)
{
    int64_t end = g_get_monotonic_time() + PVG_END_LIMIT_US;

    while (atomic_load(&keeper->alive) && g_get_monotonic_time() < end) {
        g_usleep(100);
    }
}

/* Nobody may write guest memory any more before what he was given is reported as done. */
void pvg_keeper_end_process(struct pvg_keeper *keeper)
{
    struct pollfd ended;

    g_mutex_lock(&keeper->process_lock);
    kill_locked(keeper);
    ended = (struct pollfd){.fd = keeper->process, .events = POLLIN};
    if (keeper->process >= 0) {
        (void)poll(&ended, 1, REAP_LIMIT_MS);
        close(keeper->process);
        keeper->process = -1;
    }
    atomic_store(&keeper->alive, false);
    g_mutex_unlock(&keeper->process_lock);
}

void pvg_keeper_send_locked(struct pvg_keeper *keeper, enum pvg_link_type type, uint64_t id,
                            const struct pvg_saver *payload, int fd)
{
    if (!atomic_load(&keeper->up)) {
        return;
    }
    atomic_fetch_add(&keeper->sent, 1);
    if (!pvg_link_send(keeper->socket, type, id, payload ? payload->bytes->data : NULL,
                       payload ? payload->bytes->len : 0, fd)) {
        pvg_keeper_give_up(keeper);
    }
}

void pvg_keeper_tell(struct pvg_keeper *keeper, enum pvg_link_type type, uint64_t id,
                     const struct pvg_saver *payload)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&keeper->send_lock);

    pvg_keeper_send_locked(keeper, type, id, payload, -1);
}
