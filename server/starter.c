/* SPDX-License-Identifier: MIT */
/* Requests to the starter, and the starter. */
#include "starter.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pvg/pvg.h>

#include "confine.h"
#include "shader/compiler.h"
#include "shader/worker.h"

/* A worker has two compilers, started again when they die; more at once is somebody's mischief. */
#define MAX_CHILDREN 16

enum request_kind {
    START_GPU_WORKER = 1, /* answered with its socket and pidfd */
    CONNECT_QMP,          /* answered with the connection */
    OPEN_SCREENSHOT,      /* of display `number`; answered with the file */
    KEEP_SCREENSHOT,
    START_COMPILER, /* from the worker, with socket and memory; answered with a pidfd */
};

#define MAX_FDS 2

struct request {
    uint32_t kind; /* enum request_kind */
    uint32_t number;
    uint64_t memory_limit;
};

struct answer {
    bool done;
    struct pvg_error error;
};

/* ---- Messages, with descriptors ---- */

struct parcel {
    void *bytes;
    size_t size;
    int fds[MAX_FDS]; /* -1: none */
};

static bool send_parcel(int socket, const struct parcel *parcel)
{
    union {
        char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = parcel->bytes, .iov_len = parcel->size};
    struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
    size_t count = 0;
    int fds[MAX_FDS];

    for (unsigned i = 0; i < MAX_FDS; i++) {
        if (parcel->fds[i] >= 0) {
            fds[count++] = parcel->fds[i];
        }
    }
    if (count) {
        struct cmsghdr *c;

        msg.msg_control = control.bytes;
        msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    }
    return sendmsg(socket, &msg, MSG_NOSIGNAL) == (ssize_t)parcel->size;
}

/* Descriptors are the caller's, also when it returns false. */
static bool receive_parcel(int socket, struct parcel *parcel)
{
    union {
        char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = parcel->bytes, .iov_len = parcel->size};
    struct msghdr msg = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    ssize_t got;

    parcel->fds[0] = parcel->fds[1] = -1;
    do {
        got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return false;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            memcpy(parcel->fds, CMSG_DATA(c), MIN(sizeof(parcel->fds), c->cmsg_len - CMSG_LEN(0)));
        }
    }
    return got == (ssize_t)parcel->size;
}

static void close_fds(struct parcel *parcel)
{
    for (unsigned i = 0; i < MAX_FDS; i++) {
        if (parcel->fds[i] >= 0) {
            close(parcel->fds[i]);
        }
        parcel->fds[i] = -1;
    }
}

/* Asks and waits. @fds: what goes with the request, and then what came with the answer. */
static bool ask(int socket, struct request *request, int fds[MAX_FDS], struct pvg_error *error)
{
    struct parcel out = {.bytes = request, .size = sizeof(*request)};
    struct answer answer = {0};
    struct parcel in = {.bytes = &answer, .size = sizeof(answer)};

    memcpy(out.fds, fds, sizeof(out.fds));
    if (!send_parcel(socket, &out) || !receive_parcel(socket, &in)) {
        pvg_error_set(error, "the process that starts others is gone");
        fds[0] = fds[1] = -1;
        return false;
    }
    memcpy(fds, in.fds, sizeof(in.fds));
    if (!answer.done) {
        close_fds(&in);
        fds[0] = fds[1] = -1;
        answer.error.message[sizeof(answer.error.message) - 1] = '\0';
        pvg_error_set(error, "%s", answer.error.message);
    }
    return answer.done;
}

/* ---- The starter's side: one thread, no libraries that make others ---- */

struct starting {
    const struct starter_options *options;
    char *compiler_path;
    int server;           /* its requests; their end is ours */
    int worker_requests;  /* -1: no worker */
    pid_t worker;         /* 0: none */
    unsigned children;
    int screenshot_folder; /* -1: none */
};

static void reap(struct starting *starting)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        starting->children--;
        starting->worker = pid == starting->worker ? 0 : starting->worker;
    }
}

/* A child with one descriptor for each of the targets 3 and 4, and nothing else of ours. */
static pid_t fork_with(struct starting *starting, const int fds[MAX_FDS])
{
    pid_t pid = fork();

    if (pid == 0) {
        int high[MAX_FDS];

        for (unsigned i = 0; i < MAX_FDS; i++) {
            high[i] = fcntl(fds[i], F_DUPFD, 10);
        }
        for (unsigned i = 0; i < MAX_FDS; i++) {
            dup2(high[i], 3 + (int)i);
        }
        close_range(3 + MAX_FDS, ~0u, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGTERM, SIG_DFL);
    }
    starting->children += pid > 0;
    return pid;
}

static bool start_compiler(void *owner, int socket, int memory, uint64_t memory_limit, int *process,
                           struct pvg_error *error)
{
    struct request request = {.kind = START_COMPILER, .memory_limit = memory_limit};
    static GMutex lock; /* compiler threads ask one at a time */
    int fds[MAX_FDS] = {socket, memory};
    bool done;

    g_mutex_lock(&lock);
    done = ask(*(int *)owner, &request, fds, error);
    g_mutex_unlock(&lock);
    *process = fds[0];
    return done;
}

static bool confine(void *owner, struct pvg_error *error)
{
    return confine_calls_of_gpu_worker(error);
}

G_GNUC_NORETURN static void be_worker(const char *gpu)
{
    int requests = 4;
    const struct pvg_gpu_worker_options options = {
        .size = sizeof(options),
        .socket = 3,
        .gpu = gpu,
        .owner = &requests,
        .confine = confine,
        .start_compiler = start_compiler,
    };
    struct pvg_error error = {0};

    prctl(PR_SET_NAME, "pvg-gpu-worker");
    if (!confine_files_of_gpu_worker(&error)) {
        _exit(1);
    }
    _exit(pvg_gpu_worker_run(&options, &error) ? 0 : 1);
}

static bool start_worker(struct starting *starting, struct parcel *out, struct pvg_error *error)
{
    int device[2], requests[2];
    pid_t pid;

    if (starting->worker) {
        kill(starting->worker, SIGKILL);
        waitpid(starting->worker, NULL, 0);
        starting->worker = 0;
        starting->children--;
    }
    if (starting->worker_requests >= 0) {
        close(starting->worker_requests);
        starting->worker_requests = -1;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, device) < 0) {
        pvg_error_set_errno(error, "cannot make a socket for the GPU worker");
        return false;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, requests) < 0) {
        pvg_error_set_errno(error, "cannot make a socket for the GPU worker");
        close(device[0]);
        close(device[1]);
        return false;
    }
    pid = fork_with(starting, (int[]){device[1], requests[1]});
    if (pid == 0) {
        be_worker(starting->options->gpu);
    }
    close(device[1]);
    close(requests[1]);
    starting->worker_requests = requests[0];
    out->fds[0] = device[0];
    if (pid < 0) {
        pvg_error_set_errno(error, "cannot start the GPU worker");
        return false;
    }
    starting->worker = pid;
    out->fds[1] = (int)syscall(SYS_pidfd_open, pid, 0);
    if (out->fds[1] < 0) {
        pvg_error_set_errno(error, "cannot watch the GPU worker");
        return false;
    }
    return true;
}

static bool run_compiler(struct starting *starting, const struct request *request,
                         const struct parcel *in, struct parcel *out, struct pvg_error *error)
{
    pid_t pid;

    if (in->fds[0] < 0 || in->fds[1] < 0 || starting->children >= MAX_CHILDREN) {
        pvg_error_set(error, "the shader compiler cannot be started now");
        return false;
    }
    pid = fork_with(starting, in->fds);
    if (pid == 0) {
        char limit[32];
        char *const environment[] = {NULL};

        snprintf(limit, sizeof(limit), "%llu", (unsigned long long)request->memory_limit);
        execle(starting->compiler_path, starting->compiler_path, limit, NULL, environment);
        _exit(127);
    }
    out->fds[0] = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    if (out->fds[0] < 0) {
        pvg_error_set_errno(error, "cannot start the shader compiler %s", starting->compiler_path);
        return false;
    }
    return true;
}

static bool connect_qmp(struct starting *starting, struct parcel *out, struct pvg_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    out->fds[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    g_strlcpy(address.sun_path, starting->options->qmp_path ?: "", sizeof(address.sun_path));
    if (connect(out->fds[0], (const struct sockaddr *)&address, sizeof(address)) < 0) {
        pvg_error_set_errno(error, "cannot connect to %s", address.sun_path);
        return false;
    }
    return true;
}

static void name_screenshot(char name[64], char part[64], uint32_t number)
{
    snprintf(name, 64, "display-%u.png", number + 1);
    snprintf(part, 64, ".display-%u.png.part", number + 1);
}

static bool open_screenshot(struct starting *starting, uint32_t number, struct parcel *out,
                            struct pvg_error *error)
{
    char name[64], part[64];

    name_screenshot(name, part, number);
    out->fds[0] = openat(starting->screenshot_folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                         0644);
    if (out->fds[0] < 0) {
        pvg_error_set_errno(error, "cannot create %s in the screenshot folder", part);
        return false;
    }
    return true;
}

static bool keep_screenshot(struct starting *starting, uint32_t number, struct pvg_error *error)
{
    char name[64], part[64];

    name_screenshot(name, part, number);
    if (renameat(starting->screenshot_folder, part, starting->screenshot_folder, name) < 0) {
        pvg_error_set_errno(error, "cannot rename %s", part);
        return false;
    }
    return true;
}

/* Whoever asks gets what his kind may have. */
static bool run_request(struct starting *starting, bool from_server, const struct request *request,
                        const struct parcel *in, struct parcel *out, struct pvg_error *error)
{
    if (!from_server) {
        return request->kind == START_COMPILER &&
               run_compiler(starting, request, in, out, error);
    }
    switch (request->kind) {
    case START_GPU_WORKER:
        return start_worker(starting, out, error);
    case CONNECT_QMP:
        return connect_qmp(starting, out, error);
    case OPEN_SCREENSHOT:
        return request->number < PVG_MAX_DISPLAYS &&
               open_screenshot(starting, request->number, out, error);
    case KEEP_SCREENSHOT:
        return request->number < PVG_MAX_DISPLAYS &&
               keep_screenshot(starting, request->number, error);
    default:
        return false;
    }
}

/* False when the asker is gone. */
static bool serve(struct starting *starting, int socket)
{
    struct request request;
    struct parcel in = {.bytes = &request, .size = sizeof(request)};
    struct answer answer = {0};
    struct parcel out = {.bytes = &answer, .size = sizeof(answer), .fds = {-1, -1}};
    bool sent = false;

    if (receive_parcel(socket, &in)) {
        reap(starting);
        answer.done = run_request(starting, socket == starting->server, &request, &in, &out,
                                  &answer.error);
        sent = send_parcel(socket, &out);
    }
    close_fds(&in);
    close_fds(&out);
    return sent;
}

G_GNUC_NORETURN static void be_starter(const struct starter_options *options, int server)
{
    struct starting starting = {
        .options = options,
        .compiler_path = pvg_translator_path(NULL),
        .server = server,
        .worker_requests = -1,
        .screenshot_folder = -1,
    };

    prctl(PR_SET_NAME, "pvg-starter");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    signal(SIGINT, SIG_IGN); /* from a terminal it goes to the server too, which then ends us */
    signal(SIGTERM, SIG_IGN);
    if (options->screenshot_folder) {
        starting.screenshot_folder =
            open(options->screenshot_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    for (;;) {
        struct pollfd wait[] = {
            {.fd = server, .events = POLLIN},
            {.fd = starting.worker_requests, .events = POLLIN},
        };

        if (poll(wait, G_N_ELEMENTS(wait), -1) < 0 && errno != EINTR) {
            break;
        }
        if (wait[1].revents && !serve(&starting, starting.worker_requests)) {
            close(starting.worker_requests);
            starting.worker_requests = -1;
        }
        if (wait[0].revents && !serve(&starting, server)) {
            break;
        }
    }
    if (starting.worker) {
        kill(starting.worker, SIGKILL);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(options->sockets); i++) {
        if (options->sockets[i]) {
            unlink(options->sockets[i]);
        }
    }
    _exit(0);
}

/* ---- The server's side ---- */

struct starter {
    GMutex lock;
    int socket;
    pid_t pid;
};

void starter_destroy(struct starter *starter)
{
    if (!starter) {
        return;
    }
    close(starter->socket);
    while (waitpid(starter->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    g_mutex_clear(&starter->lock);
    g_free(starter);
}

struct starter *starter_create(const struct starter_options *options, struct pvg_error *error)
{
    struct starter *starter;
    int sockets[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        pvg_error_set_errno(error, "cannot make a socket");
        return NULL;
    }
    pid = fork();
    if (pid == 0) {
        dup2(sockets[1], 3);
        close_range(4, ~0u, 0);
        fcntl(3, F_SETFD, FD_CLOEXEC);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        be_starter(options, 3);
    }
    close(sockets[1]);
    if (pid < 0) {
        pvg_error_set_errno(error, "cannot start a process");
        close(sockets[0]);
        return NULL;
    }
    starter = g_new0(struct starter, 1);
    g_mutex_init(&starter->lock);
    starter->socket = sockets[0];
    starter->pid = pid;
    return starter;
}

static bool request(struct starter *starter, enum request_kind kind, unsigned number,
                    int fds[MAX_FDS], struct pvg_error *error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&starter->lock);
    struct request wish = {.kind = kind, .number = number};

    fds[0] = fds[1] = -1;
    return ask(starter->socket, &wish, fds, error);
}

bool starter_start_gpu_worker(struct starter *starter, int *socket, int *process,
                              struct pvg_error *error)
{
    int fds[MAX_FDS];
    bool done = request(starter, START_GPU_WORKER, 0, fds, error);

    *socket = fds[0];
    *process = fds[1];
    return done;
}

int starter_connect_qmp(struct starter *starter)
{
    int fds[MAX_FDS];

    return request(starter, CONNECT_QMP, 0, fds, NULL) ? fds[0] : -1;
}

int starter_open_screenshot(struct starter *starter, unsigned number, struct pvg_error *error)
{
    int fds[MAX_FDS];

    return request(starter, OPEN_SCREENSHOT, number, fds, error) ? fds[0] : -1;
}

bool starter_keep_screenshot(struct starter *starter, unsigned number, struct pvg_error *error)
{
    int fds[MAX_FDS];

    return request(starter, KEEP_SCREENSHOT, number, fds, error);
}
