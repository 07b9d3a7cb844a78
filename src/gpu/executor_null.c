/* SPDX-License-Identifier: MIT */
/* The executor of a host without a GPU: what it is given, it counts. */
#include "gpu/executor.h"

#include <glib.h>

struct null_executor {
    struct pvg_executor base;
    struct pvg_counter *submissions, *streams, *bytes;
};

static void null_destroy(struct pvg_executor *executor)
{
    g_free(executor);
}

static void null_submit(struct pvg_executor *executor, struct pvg_submission *submission)
{
    struct null_executor *null = (struct null_executor *)executor;

    pvg_count(null->submissions, 1);
    pvg_count(null->streams, submission->buffer_count);
    pvg_count(null->bytes, submission->bytes);
    pvg_work_complete(&submission->work, PVG_ACCEPTED);
}

static const struct pvg_executor_impl null_impl = {
    .name = "null",
    .destroy = null_destroy,
    .submit = null_submit,
};

struct pvg_executor *pvg_executor_null_create(const struct pvg_executor_setup *setup)
{
    struct null_executor *null = g_new0(struct null_executor, 1);

    pvg_executor_init(&null->base, &null_impl, setup);
    null->submissions = pvg_counters_add(setup->counters, "null-executor.submissions");
    null->streams = pvg_counters_add(setup->counters, "null-executor.streams");
    null->bytes = pvg_counters_add(setup->counters, "null-executor.stream-bytes");
    return &null->base;
}
