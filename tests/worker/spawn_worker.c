/* SPDX-License-Identifier: MIT */
/* Starts GPU workers. */
#include "spawn_worker.h"

#include <assert.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t spawn_gpu_worker(const char *program, const char *gpu, int *socket, int *process)
{
    char *arguments[] = {(char *)program, (char *)gpu, NULL};
    posix_spawn_file_actions_t actions;
    int pair[2], high, failed;
    pid_t pid;

    failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    assert(!failed);
    high = fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, high, 3);
    failed = posix_spawn(&pid, program, &actions, NULL, arguments, environ);
    assert(!failed);
    posix_spawn_file_actions_destroy(&actions);
    close(high);
    close(pair[1]);
    *socket = pair[0];
    *process = (int)syscall(SYS_pidfd_open, pid, 0);
    return pid;
}
