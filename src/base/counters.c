/* SPDX-License-Identifier: MIT */
/* The list of counters. */
#include "base/counters.h"

static void counter_free(gpointer data)
{
    struct pvg_counter *counter = data;

    g_free(counter->name);
    g_free(counter);
}

void pvg_counters_init(struct pvg_counters *counters)
{
    counters->all = g_ptr_array_new_with_free_func(counter_free);
}

void pvg_counters_finish(struct pvg_counters *counters)
{
    g_clear_pointer(&counters->all, g_ptr_array_unref);
}

struct pvg_counter *pvg_counters_add(struct pvg_counters *counters, const char *format, ...)
{
    struct pvg_counter *counter = g_new0(struct pvg_counter, 1);
    va_list arguments;

    va_start(arguments, format);
    counter->name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(counters->all, counter);
    return counter;
}
