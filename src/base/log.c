/* SPDX-License-Identifier: MIT */
/* Formats a line and gives it to the VMM. */
#include "base/log.h"

#include <glib.h>

void pvg_log_line(const struct pvg_log *log, enum pvg_log_level level, const char *format, ...)
{
    char message[512];
    va_list arguments;

    if (!log->line) {
        return;
    }
    va_start(arguments, format);
    g_vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    log->line(log->host, level, message);
}
