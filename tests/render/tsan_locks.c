/* SPDX-License-Identifier: MIT */
/* For builds with ThreadSanitizer: glib is not built with it, and its locks are futexes, so it would
 * take everything under them for a race. These stand before glib's own, call them, and say what they
 * order. */
#include <dlfcn.h>

#include <glib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void g_mutex_lock(GMutex *mutex)
{
    REAL(g_mutex_lock)(mutex);
    __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex *mutex)
{
    const gboolean taken = REAL(g_mutex_trylock)(mutex);

    if (taken) {
        __tsan_acquire(mutex);
    }
    return taken;
}

void g_mutex_unlock(GMutex *mutex)
{
    __tsan_release(mutex);
    REAL(g_mutex_unlock)(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    __tsan_release(mutex);
    REAL(g_cond_wait)(cond, mutex);
    __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end)
{
    gboolean woken;

    __tsan_release(mutex);
    woken = REAL(g_cond_wait_until)(cond, mutex, end);
    __tsan_acquire(mutex);
    return woken;
}
