/* SPDX-License-Identifier: MIT */
/* The translator in a process of its own, pvg-airc: started when needed, killed when it takes too
 * long, started again after it died. */
#include "shader/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "base/installed.h"
#include "shader/worker.h"

#define START_LIMIT 10000u /* milliseconds from exec to ready, on a busy machine */

struct process {
    struct pvg_translator base;
    char *path;
    uint32_t time_limit;   /* milliseconds */
    uint64_t memory_limit; /* bytes */
    int memory;            /* the shared region's descriptor */
    uint8_t *shared;       /* its mapping */
    const struct pvg_translator_launcher *launcher; /* NULL: none */
    pid_t pid;             /* 0: not running, or not our child */
    int pidfd;             /* of the launcher's child; -1: none */
    int socket;
};

static bool is_running(const struct process *process)
{
    return process->pid || process->pidfd >= 0;
}

/* Kills and reaps the worker; returns its wait status. */
static int stop(struct process *process)
{
    int status = 0;

    if (process->pidfd >= 0) {
        syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0);
        close(process->pidfd);
        process->pidfd = -1;
    }
    if (process->pid) {
        kill(process->pid, SIGKILL);
        while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR) {
        }
        process->pid = 0;
    }
    if (process->socket >= 0) {
        close(process->socket);
        process->socket = -1;
    }
    return status;
}

/* Our descriptors moved to where the worker expects them. Both are above the targets here, since
 * create() raised them, so neither overwrites the other. */
static bool spawn(struct process *process, int socket, struct pvg_error *error)
{
    g_autofree char *memory = g_strdup_printf("%" G_GUINT64_FORMAT, process->memory_limit);
    char *arguments[] = {process->path, memory, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    int failure;

    if (process->launcher) {
        return process->launcher->start(process->launcher->owner, socket, process->memory,
                                        process->memory_limit, &process->pidfd, error);
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, socket, PVG_WORKER_SOCKET);
    posix_spawn_file_actions_adddup2(&actions, process->memory, PVG_WORKER_MEMORY);
    failure = posix_spawn(&process->pid, process->path, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (failure) {
        process->pid = 0;
        errno = failure;
        pvg_error_set_errno(error, "cannot run the shader compiler %s", process->path);
        return false;
    }
    return true;
}

enum answer {
    ANSWERED,
    LATE,
    DIED,     /* its end of the socket is closed, which its system call filter leaves to exit */
    NONSENSE, /* a message of another size */
};

/* Waits for one message from the worker, for at most @limit milliseconds. */
static enum answer await(struct process *process, uint32_t limit, struct pvg_worker_reply *reply)
{
    int64_t end = g_get_monotonic_time() + (int64_t)limit * 1000;

    for (;;) {
        struct pollfd ready = {.fd = process->socket, .events = POLLIN};
        int64_t left = (end - g_get_monotonic_time() + 999) / 1000;
        int count = poll(&ready, 1, MAX(left, 0));
        ssize_t got;

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return LATE;
        }
        got = recv(process->socket, reply, sizeof(*reply), MSG_DONTWAIT);
        if (got == sizeof(*reply)) {
            return ANSWERED;
        }
        return got > 0 ? NONSENSE : DIED;
    }
}

static bool start(struct process *process, struct pvg_error *error)
{
    struct pvg_worker_reply hello;
    int sockets[2], theirs;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        pvg_error_set_errno(error, "cannot make a socket for the shader compiler");
        return false;
    }
    process->socket = sockets[0];
    theirs = fcntl(sockets[1], F_DUPFD_CLOEXEC, 10);
    close(sockets[1]);
    if (theirs < 0 || !spawn(process, theirs, error)) {
        if (theirs < 0) {
            pvg_error_set_errno(error, "cannot make a socket for the shader compiler");
        }
        close(theirs);
        stop(process);
        return false;
    }
    close(theirs);
    if (await(process, START_LIMIT, &hello) != ANSWERED) {
        stop(process);
        pvg_error_set(error, "the shader compiler %s does not start; run it by hand to see why",
                      process->path);
        return false;
    }
    return true;
}

static void refuse(struct pvg_translation *out, enum pvg_translate_status status,
                   const char *format, ...) G_GNUC_PRINTF(3, 4);

static void refuse(struct pvg_translation *out, enum pvg_translate_status status,
                   const char *format, ...)
{
    va_list arguments;

    *out = (struct pvg_translation){.status = status};
    va_start(arguments, format);
    g_vsnprintf(out->reason, sizeof(out->reason), format, arguments);
    va_end(arguments);
}

/* Copies the reply out of the worker's reach, then decodes it. */
static void take_reply(struct process *process, uint32_t size, struct pvg_translation *out)
{
    g_autofree uint8_t *copy = NULL;

    if (size <= PVG_WORKER_REPLY_SIZE) {
        copy = g_try_malloc(size);
    }
    if (!copy) {
        refuse(out, PVG_TRANSLATE_CRASHED, "the shader compiler answered nonsense");
        stop(process);
        return;
    }
    memcpy(copy, process->shared + PVG_WORKER_REPLY_AT, size);
    if (!pvg_translation_decode(copy, size, out)) {
        refuse(out, PVG_TRANSLATE_CRASHED, "the shader compiler answered nonsense");
        stop(process);
    }
}

/* Says what the worker died of. */
static void note_death(struct process *process, struct pvg_translation *out)
{
    int status = 0;

    if (!process->pid) { /* its parent knows */
        stop(process);
        refuse(out, PVG_TRANSLATE_CRASHED, "the shader compiler died");
        return;
    }
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR) {
    }
    process->pid = 0;
    stop(process);
    if (WIFSIGNALED(status)) {
        refuse(out, PVG_TRANSLATE_CRASHED, "the shader compiler died of signal %d (%s)",
               WTERMSIG(status), g_strsignal(WTERMSIG(status)));
    } else {
        refuse(out, PVG_TRANSLATE_CRASHED, "the shader compiler ended with status %d",
               WEXITSTATUS(status));
    }
}

static void process_translate(struct pvg_translator *translator,
                              const struct pvg_translate_request *request,
                              struct pvg_translation *out)
{
    struct process *process = (struct process *)translator;
    struct pvg_worker_request *shared = (struct pvg_worker_request *)process->shared;
    struct pvg_worker_call call = {.air_size = request->air_size};
    struct pvg_worker_reply reply;
    struct pvg_error error = {0};

    if (request->air_size > PVG_SHADER_MAX_AIR ||
        (request->entry && strlen(request->entry) >= sizeof(shared->entry))) {
        refuse(out, PVG_TRANSLATE_LIMIT, "the function or its name is too long");
        return;
    }
    if (!is_running(process) && !start(process, &error)) {
        refuse(out, PVG_TRANSLATE_HOST, "%s", error.message);
        return;
    }
    shared->options = *request->options;
    memset(shared->entry, 0, sizeof(shared->entry));
    g_strlcpy(shared->entry, request->entry ?: "", sizeof(shared->entry));
    memcpy(process->shared + PVG_WORKER_AIR_AT, request->air, request->air_size);
    if (send(process->socket, &call, sizeof(call), MSG_NOSIGNAL) != sizeof(call)) {
        note_death(process, out);
        return;
    }
    switch (await(process, process->time_limit, &reply)) {
    case ANSWERED:
        take_reply(process, reply.size, out);
        break;
    case LATE:
        stop(process);
        refuse(out, PVG_TRANSLATE_TIMEOUT, "the shader compiler took longer than %u ms",
               process->time_limit);
        break;
    case DIED:
        note_death(process, out);
        break;
    case NONSENSE:
        stop(process);
        refuse(out, PVG_TRANSLATE_CRASHED, "the shader compiler answered nonsense");
        break;
    }
}

static void process_destroy(struct pvg_translator *translator)
{
    struct process *process = (struct process *)translator;

    stop(process);
    if (process->shared) {
        munmap(process->shared, PVG_WORKER_SIZE);
    }
    if (process->memory >= 0) {
        close(process->memory);
    }
    g_free(process->path);
    g_free(process);
}

/* The region, sealed in its size; its descriptor above those the worker is given. */
static bool make_memory(struct process *process, struct pvg_error *error)
{
    int memory = memfd_create("pvg-airc", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *mapping;

    if (memory >= 0) {
        process->memory = fcntl(memory, F_DUPFD_CLOEXEC, 10);
        close(memory);
    }
    if (process->memory < 0 || ftruncate(process->memory, PVG_WORKER_SIZE) < 0 ||
        fcntl(process->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        pvg_error_set_errno(error, "cannot make memory to share with the shader compiler");
        return false;
    }
    mapping = mmap(NULL, PVG_WORKER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, process->memory, 0);
    if (mapping == MAP_FAILED) {
        pvg_error_set_errno(error, "cannot map memory to share with the shader compiler");
        return false;
    }
    process->shared = mapping;
    return true;
}

char *pvg_translator_path(const char *wish)
{
    const char *path = wish ?: g_getenv("PVG_AIRC");

    if (path) {
        return g_strdup(path);
    }
    return pvg_installed_program("pvg-airc") ?: pvg_built_file("src/shader/pvg-airc") ?:
           g_strdup(PVG_AIRC); /* which the complaint then names */
}

static struct pvg_translator *process_create(const struct pvg_compiler_settings *settings,
                                             struct pvg_error *error)
{
    struct process *process = g_new0(struct process, 1);

    process->base.impl = &pvg_process_translator;
    process->path = pvg_translator_path(settings->worker);
    process->launcher = settings->launcher;
    process->pidfd = -1;
    process->time_limit = settings->time_limit;
    process->memory_limit = settings->memory_limit;
    process->memory = -1;
    process->socket = -1;
    if (!make_memory(process, error)) {
        process_destroy(&process->base);
        return NULL;
    }
    return &process->base;
}

const struct pvg_translator_impl pvg_process_translator = {
    .name = "process",
    .create = process_create,
    .destroy = process_destroy,
    .translate = process_translate,
};
