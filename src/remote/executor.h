/* SPDX-License-Identifier: MIT */
/* The executor in a process of its own, its GPU worker, which may die: then what it was given is
 * completed as HOST_DEVICE, as if the GPU had been lost, another worker is started, and the guest
 * goes on. Nothing that the guest depends on is kept in the worker but contents that only the GPU
 * held. */
#ifndef PVG_REMOTE_EXECUTOR_H
#define PVG_REMOTE_EXECUTOR_H

#include "gpu/executor.h"

/* Starts workers through @ops->start_gpu_worker of @host; returns once the first is ready. NULL and
 * @error when there is none. */
struct pvg_executor *pvg_executor_remote_create(const struct pvg_executor_setup *setup,
                                                const struct pvg_host_ops *ops, void *host,
                                                struct pvg_error *error);

/* How long its worker may be about one message before it counts as hanging and is killed, instead of
 * ten seconds. Any thread. */
void pvg_executor_remote_set_patience(struct pvg_executor *executor, int64_t us);

#endif
