/* SPDX-License-Identifier: MIT
 * The report of the guest program. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

static void fail_once(struct report *report, const char *format, va_list args)
{
    if (report->failed) {
        return;
    }
    report->failed = true;
    vsnprintf(report->why, sizeof(report->why), format, args);
}

void report_fail(struct report *report, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail_once(report, format, args);
    va_end(args);
}

bool report_expect(struct report *report, bool holds, const char *format, ...)
{
    va_list args;

    if (!holds) {
        va_start(args, format);
        fail_once(report, format, args);
        va_end(args);
    }
    return holds;
}

void report_print(const struct report *report)
{
    if (report->failed) {
        printf("%s: FAILED %s\n", report->name, report->why);
    } else {
        printf("%s: ok\n", report->name);
    }
    fflush(stdout);
}
