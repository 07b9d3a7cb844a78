/* SPDX-License-Identifier: MIT */
/* Starts GPU workers for tests. */
#ifndef PVG_TESTS_WORKER_SPAWN_WORKER_H
#define PVG_TESTS_WORKER_SPAWN_WORKER_H

#include <sys/types.h>

/* Runs @program (tests/worker/gpu_worker.c) on Vulkan device @gpu, with one end of a new socket;
 * stores the other and a pidfd. */
pid_t spawn_gpu_worker(const char *program, const char *gpu, int *socket, int *process);

#endif
