/* SPDX-License-Identifier: MIT */
/* Lines for people. The library writes to no stream: it calls the log callback of the VMM. */
#ifndef PVG_BASE_LOG_H
#define PVG_BASE_LOG_H

#include <pvg/pvg.h>

#include "base/attributes.h"

/* Any thread. Zero-initialised, it swallows lines. */
struct pvg_log {
    void (*line)(void *host, enum pvg_log_level level, const char *message); /* may be NULL */
    void *host;
};

PVG_PRINTF(3, 4)
void pvg_log_line(const struct pvg_log *log, enum pvg_log_level level, const char *format, ...);

#endif
