/* SPDX-License-Identifier: MIT
 * The report of the guest program: a line for each check, "NAME: ok" or "NAME: FAILED reason". */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct report {
    const char *name;
    bool failed;
    char why[160]; /* the first reason, once failed */
};

/* Records that the check failed; only the first reason is kept. */
__attribute__((format(printf, 2, 3))) void report_fail(struct report *report, const char *format,
                                                       ...);

/* Records a failure unless @holds; returns @holds. */
__attribute__((format(printf, 3, 4))) bool report_expect(struct report *report, bool holds,
                                                         const char *format, ...);

void report_print(const struct report *report);

#endif
