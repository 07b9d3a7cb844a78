/* SPDX-License-Identifier: MIT */
/* Fills the sentence that a person reads. */
#include <pvg/error.h>

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

void pvg_error_set(struct pvg_error *error, const char *format, ...)
{
    va_list arguments;

    if (!error) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
}

void pvg_error_set_errno(struct pvg_error *error, const char *format, ...)
{
    const char *reason = g_strerror(errno);
    va_list arguments;
    size_t used;

    if (!error) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    used = strlen(error->message);
    snprintf(error->message + used, sizeof(error->message) - used, ": %s", reason);
}
