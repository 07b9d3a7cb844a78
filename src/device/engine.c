/* SPDX-License-Identifier: MIT */
/* The engine thread: wake, step, sleep, park. */
#include "device/engine.h"

#include <assert.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static int64_t monotonic_now(void *unused)
{
    struct timespec now;

    (void)unused;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void wake(struct pvg_engine *engine)
{
    if (engine->wake_fd >= 0) {
        (void)!write(engine->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    }
}

void pvg_engine_mark(struct pvg_engine *engine, uint64_t work)
{
    atomic_fetch_or(&engine->work, work);
    /* Sequentially consistent on both sides: either the engine sees the work before it sleeps, or
     * this sees it asleep. */
    if (atomic_load(&engine->asleep) && atomic_exchange(&engine->asleep, false)) {
        wake(engine);
    }
}

static void sleep_until(struct pvg_engine *engine, int64_t deadline)
{
    struct pollfd pollfd = {.fd = engine->wake_fd, .events = POLLIN};
    struct timespec timeout, *wait = NULL;
    uint64_t count;

    atomic_store(&engine->asleep, true);
    if (atomic_load(&engine->work) || atomic_load(&engine->asked)) {
        atomic_store(&engine->asleep, false);
        return;
    }
    if (deadline != PVG_ENGINE_NEVER) {
        int64_t left = deadline - pvg_engine_now(engine);

        left = left > 0 ? left : 0;
        timeout = (struct timespec){.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
        wait = &timeout;
    }
    if (ppoll(&pollfd, 1, wait, NULL) > 0) {
        (void)!read(engine->wake_fd, &count, sizeof(count));
    }
    atomic_store(&engine->asleep, false);
}

/* Waits while parked; false when the thread is to end. */
static bool heed_control(struct pvg_engine *engine)
{
    bool go_on;

    pthread_mutex_lock(&engine->lock);
    while (engine->parkers && !engine->quit) {
        engine->parked = true;
        pthread_cond_broadcast(&engine->changed);
        pthread_cond_wait(&engine->changed, &engine->lock);
    }
    engine->parked = false;
    go_on = !engine->quit;
    pthread_mutex_unlock(&engine->lock);
    return go_on;
}

static void *engine_main(void *data)
{
    struct pvg_engine *engine = data;

    pthread_setname_np(pthread_self(), "pvg-engine");
    for (;;) {
        int64_t deadline;

        if (atomic_load(&engine->asked) && !heed_control(engine)) {
            return NULL;
        }
        deadline = engine->step(engine->owner, atomic_exchange(&engine->work, 0),
                                pvg_engine_now(engine));
        sleep_until(engine, deadline);
    }
}

bool pvg_engine_init(struct pvg_engine *engine, bool stepped,
                     int64_t (*step)(void *, uint64_t, int64_t), void *owner,
                     int64_t (*clock)(void *), void *clock_owner, struct pvg_error *error)
{
    pthread_mutex_init(&engine->lock, NULL);
    pthread_cond_init(&engine->changed, NULL);
    engine->step = step;
    engine->owner = owner;
    engine->clock = clock ? clock : monotonic_now;
    engine->clock_owner = clock_owner;
    engine->parkers = 1;
    engine->wake_fd = -1;
    atomic_store(&engine->asked, true);
    if (stepped) {
        engine->parked = true;
        return true;
    }
    engine->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (engine->wake_fd < 0) {
        pvg_error_set_errno(error, "cannot create the engine's wake-up eventfd");
        return false;
    }
    if (pthread_create(&engine->thread, NULL, engine_main, engine)) {
        pvg_error_set(error, "cannot start the engine thread: no more threads for this process");
        return false;
    }
    engine->threaded = true;
    return true;
}

void pvg_engine_finish(struct pvg_engine *engine)
{
    if (!engine->step) {
        return;
    }
    if (engine->threaded) {
        pthread_mutex_lock(&engine->lock);
        engine->quit = true;
        atomic_store(&engine->asked, true);
        pthread_cond_broadcast(&engine->changed);
        pthread_mutex_unlock(&engine->lock);
        wake(engine);
        pthread_join(engine->thread, NULL);
    }
    if (engine->wake_fd >= 0) {
        close(engine->wake_fd);
    }
    pthread_cond_destroy(&engine->changed);
    pthread_mutex_destroy(&engine->lock);
}

void pvg_engine_park(struct pvg_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->parkers++;
    atomic_store(&engine->asked, true);
    wake(engine);
    if (!engine->threaded) {
        engine->parked = true;
    }
    while (!engine->parked) {
        pthread_cond_wait(&engine->changed, &engine->lock);
    }
    pthread_mutex_unlock(&engine->lock);
}

void pvg_engine_unpark(struct pvg_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    assert(engine->parkers > 0);
    if (--engine->parkers == 0) {
        atomic_store(&engine->asked, engine->quit);
        if (!engine->threaded) {
            engine->parked = false;
        }
        pthread_cond_broadcast(&engine->changed);
    }
    pthread_mutex_unlock(&engine->lock);
}

int64_t pvg_engine_step(struct pvg_engine *engine)
{
    assert(!engine->threaded);
    if (engine->parked) {
        return PVG_ENGINE_NEVER;
    }
    return engine->step(engine->owner, atomic_exchange(&engine->work, 0), pvg_engine_now(engine));
}
