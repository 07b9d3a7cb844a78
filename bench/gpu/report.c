/* SPDX-License-Identifier: MIT */
/* Prints results. */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

void report(const char *name, double value, const char *unit, double goal, const char *better,
            const char *format, ...)
{
    char goal_text[32] = "null";
    g_autofree char *reference = NULL;
    va_list arguments;

    va_start(arguments, format);
    reference = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (goal >= 0) {
        snprintf(goal_text, sizeof(goal_text), "%g", goal);
    }
    printf("{\"name\": \"gpu.%s\", \"value\": %.4f, \"unit\": \"%s\", \"goal\": %s, "
           "\"better\": \"%s\", \"reference\": \"%s\"}\n",
           name, value, unit, goal_text, better, reference);
    fflush(stdout);
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

double median(int64_t *samples, unsigned count)
{
    qsort(samples, count, sizeof(*samples), compare);
    return (double)samples[count / 2];
}
