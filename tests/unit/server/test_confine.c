/* SPDX-License-Identifier: MIT */
/* What a confined process still can do. Each test asks in a child, for there is no way back. */
#include "confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* Fails in the child by exiting with the line. */
#define check(holds)                                                                               \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            dprintf(2, "# %s:%d: %s (%s)\n", __FILE__, __LINE__, #holds, strerror(errno));         \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static bool denied(long result)
{
    return result < 0 && (errno == EPERM || errno == EACCES);
}

static void run_in_child(void (*what)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        what();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

static void be_worker(void)
{
    struct pvg_error error = {0};

    check(confine_files_of_gpu_worker(&error));
    check(confine_calls_of_gpu_worker(&error));
}

static void be_server(void)
{
    struct pvg_error error = {0};

    check(confine_server(false, &error));
}

/* ---- Files ---- */

static void expect_no_files(void)
{
    static const char *const paths[] = {"/etc/passwd", "/etc/shadow", "/root", "/home", "/tmp", "/var"};

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        check(denied(open(paths[i], O_RDONLY)));
    }
    check(denied(open("/tmp/pvg-confine-test", O_WRONLY | O_CREAT, 0600)));
}

static void worker_files(void)
{
    g_autofree char *cache = g_build_filename(g_get_user_cache_dir(), "vmapple", NULL);
    g_autofree char *file = g_build_filename(cache, ".confine-test", NULL);
    int fd, usr;

    be_worker();
    expect_no_files();
    check(denied(open("/usr/pvg-confine-test", O_WRONLY | O_CREAT, 0600)));
    usr = open("/usr/lib", O_RDONLY | O_DIRECTORY);
    fd = open(file, O_WRONLY | O_CREAT, 0600);
    check((usr >= 0) == (fd >= 0)); /* with Landlock both, without neither */
    if (fd >= 0) {
        check(write(fd, "x", 1) == 1);
        check(unlink(file) == 0);
    }
}

static void a_gpu_worker_opens_only_the_systems_libraries_and_its_cache(void **state)
{
    run_in_child(worker_files);
}

static void server_files(void)
{
    be_server();
    expect_no_files();
    check(denied(open("/usr/lib", O_RDONLY | O_DIRECTORY)));
    check(denied(unlink("/tmp/pvg-confine-test")));
}

static void a_server_opens_nothing(void **state)
{
    run_in_child(server_files);
}

/* ---- Connections, processes ---- */

static void expect_nothing_new(void)
{
    char *const arguments[] = {(char *)"/bin/true", NULL};

    check(denied(socket(AF_INET, SOCK_STREAM, 0)));
    check(denied(socket(AF_UNIX, SOCK_STREAM, 0)));
    check(denied(execve("/bin/true", arguments, NULL)));
    check(denied(fork()));
    check(denied(kill(getppid(), SIGTERM)));
    check(denied(tgkill(getppid(), getppid(), SIGTERM)));
}

static void worker_calls(void)
{
    be_worker();
    expect_nothing_new();
}

static void a_gpu_worker_connects_to_nothing_and_starts_nothing(void **state)
{
    run_in_child(worker_calls);
}

static void server_calls(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int before = socket(AF_INET, SOCK_STREAM, 0);

    be_server();
    expect_nothing_new();
    /* Not even through a socket from before. */
    check(denied(connect(before, (struct sockaddr *)&address, sizeof(address))));
    check(denied(bind(before, (struct sockaddr *)&address, sizeof(address))));
}

static void a_server_connects_to_nothing_and_starts_nothing(void **state)
{
    run_in_child(server_calls);
}

/* ---- What it needs ---- */

static void *set_flag(void *flag)
{
    *(int *)flag = open("/etc/passwd", O_RDONLY) < 0;
    return NULL;
}

static void worker_needs(void)
{
    uint8_t *code;
    int flag = 0, pair[2];

    be_worker();
    g_thread_join(g_thread_new("thread", set_flag, &flag));
    check(flag == 1); /* threads are confined like their makers */
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(code != MAP_FAILED);
#ifdef __x86_64__
    code[0] = 0xc3; /* ret */
    check(mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0);
    ((void (*)(void))code)();
#endif
    check(memfd_create("memory", MFD_CLOEXEC) >= 0);
    check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
}

static void a_gpu_worker_has_threads_and_makes_code(void **state)
{
    run_in_child(worker_needs);
}

static int thread_result = 0;
static GMutex gate;

static void *wait_and_open(void *unused)
{
    g_mutex_lock(&gate);
    thread_result = open("/etc/passwd", O_RDONLY) < 0 ? 1 : 2;
    g_mutex_unlock(&gate);
    return NULL;
}

/* It existed before. */
static void older_threads(void)
{
    GThread *thread;

    g_mutex_lock(&gate);
    thread = g_thread_new("older", wait_and_open, NULL);
    be_server();
    g_mutex_unlock(&gate);
    g_thread_join(thread);
    check(thread_result == 1);
}

static void threads_from_before_are_confined_too(void **state)
{
    run_in_child(older_threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gpu_worker_opens_only_the_systems_libraries_and_its_cache),
        cmocka_unit_test(a_server_opens_nothing),
        cmocka_unit_test(a_gpu_worker_connects_to_nothing_and_starts_nothing),
        cmocka_unit_test(a_server_connects_to_nothing_and_starts_nothing),
        cmocka_unit_test(a_gpu_worker_has_threads_and_makes_code),
        cmocka_unit_test(threads_from_before_are_confined_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
