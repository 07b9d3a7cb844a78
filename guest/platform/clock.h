/* SPDX-License-Identifier: MIT
 * The guest's own time. */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <time.h>

/* Seconds since boot. */
static inline double clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static inline void clock_sleep(double seconds)
{
    struct timespec pause = { (time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9) };

    nanosleep(&pause, NULL);
}

#endif
