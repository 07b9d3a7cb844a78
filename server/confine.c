/* SPDX-License-Identifier: MIT */
/* Landlock and seccomp. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Landlock ---- */

/* Later versions of the interface than the header of the oldest distribution that we build on. */
struct ruleset {
    uint64_t files;
    uint64_t network; /* version 4 */
    uint64_t scope;   /* version 6 */
};
#define FILES_V1        ((UINT64_C(1) << 13) - 1)
#define FILES_REFER     (UINT64_C(1) << 13) /* version 2 */
#define FILES_TRUNCATE  (UINT64_C(1) << 14) /* version 3 */
#define FILES_IOCTL     (UINT64_C(1) << 15) /* version 5: on devices */
#define NETWORK_ALL     UINT64_C(3)         /* bind and connect by TCP */
#define SCOPE_ABSTRACT  UINT64_C(1)         /* abstract Unix sockets */

#define READ   (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LOAD   (READ | LANDLOCK_ACCESS_FS_EXECUTE)
#define DEVICE (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | FILES_IOCTL)
#define STORE                                                                                      \
    (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                       \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | FILES_REFER | FILES_TRUNCATE)

/* What a file that is no folder can be allowed. */
#define FILE_RIGHTS                                                                                \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |    \
     FILES_TRUNCATE | FILES_IOCTL)

static bool files_confined; /* by Landlock: before any other thread */

/* A ruleset that allows nothing; -1 where the kernel has no Landlock. */
static int ruleset_create(uint64_t *files)
{
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
                               LANDLOCK_CREATE_RULESET_VERSION);
    struct ruleset rules = {.files = FILES_V1};
    size_t size = version >= 6 ? sizeof(rules) : version >= 4 ? 16 : 8;

    if (version < 1) {
        return -1;
    }
    rules.files |= version >= 2 ? FILES_REFER : 0;
    rules.files |= version >= 3 ? FILES_TRUNCATE : 0;
    rules.files |= version >= 5 ? FILES_IOCTL : 0;
    rules.network = version >= 4 ? NETWORK_ALL : 0;
    rules.scope = version >= 6 ? SCOPE_ABSTRACT : 0;
    *files = rules.files;
    return (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
}

/* What is not there needs no rule. */
static void allow(int ruleset, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights};
    struct stat status;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0) {
        return;
    }
    if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode)) {
        rule.allowed_access &= FILE_RIGHTS;
    }
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

static bool ruleset_enter(int ruleset, struct pvg_error *error)
{
    bool entered = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                   syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;

    if (!entered) {
        pvg_error_set_errno(error, "cannot give up access to files");
    }
    close(ruleset);
    return entered;
}

bool confine_files_of_gpu_worker(struct pvg_error *error)
{
    static const struct {
        const char *path;
        uint64_t rights;
    } rules[] = {
        {"/usr", LOAD},         {"/lib", LOAD},          {"/lib64", LOAD},
        {"/etc/ld.so.cache", READ}, {"/etc/vulkan", READ}, {"/etc/drirc", READ},
        {"/etc/nvidia", READ},  {"/proc", READ},         {"/sys", READ},
        {"/dev/dri", DEVICE},   {"/dev/null", DEVICE},   {"/dev/zero", DEVICE},
        {"/dev/urandom", READ}, {"/dev/udmabuf", DEVICE}, {"/dev/kfd", DEVICE},
    };
    g_autofree char *cache = g_build_filename(g_get_user_cache_dir(), "vmapple", NULL);
    g_autoptr(GDir) devices = g_dir_open("/dev", 0, NULL);
    uint64_t files;
    int ruleset = ruleset_create(&files);

    if (ruleset < 0) {
        return true; /* seccomp will do without */
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
        allow(ruleset, rules[i].path, rules[i].rights & files);
    }
    for (const char *name; devices && (name = g_dir_read_name(devices));) {
        g_autofree char *path = g_build_filename("/dev", name, NULL);

        if (g_str_has_prefix(name, "nvidia")) {
            allow(ruleset, path, DEVICE & files);
        }
    }
    g_mkdir_with_parents(cache, 0700);
    allow(ruleset, cache, STORE & files);
    files_confined = ruleset_enter(ruleset, error);
    return files_confined;
}

/* ---- Seccomp ---- */

/* Memory, threads, clocks, and what is open already. */
static const int common_calls[] = {
    SCMP_SYS(brk), SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_wait),
    SCMP_SYS(eventfd2), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fallocate), SCMP_SYS(fcntl), SCMP_SYS(fdatasync),
    SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(fsync), SCMP_SYS(ftruncate), SCMP_SYS(futex),
    SCMP_SYS(futex_waitv), SCMP_SYS(get_mempolicy), SCMP_SYS(getcpu), SCMP_SYS(getegid),
    SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getpeername), SCMP_SYS(getpid), SCMP_SYS(getppid),
    SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
    SCMP_SYS(gettid), SCMP_SYS(gettimeofday), SCMP_SYS(getuid), SCMP_SYS(kcmp), SCMP_SYS(lseek),
    SCMP_SYS(madvise), SCMP_SYS(membarrier), SCMP_SYS(memfd_create), SCMP_SYS(mlock),
    SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(mremap), SCMP_SYS(msync), SCMP_SYS(munlock),
    SCMP_SYS(munmap), SCMP_SYS(nanosleep), SCMP_SYS(pidfd_send_signal), SCMP_SYS(pipe2),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(pread64), SCMP_SYS(pselect6), SCMP_SYS(pwrite64),
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sched_get_priority_max),
    SCMP_SYS(sched_get_priority_min), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getattr),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_setattr), SCMP_SYS(sched_yield), SCMP_SYS(select), SCMP_SYS(sendmsg),
    SCMP_SYS(sendto), SCMP_SYS(set_mempolicy), SCMP_SYS(set_robust_list), SCMP_SYS(setpriority),
    SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(sigaltstack), SCMP_SYS(sysinfo),
    SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(uname), SCMP_SYS(write),
    SCMP_SYS(writev),
};

/* Drivers. Which files can be opened says Landlock. */
static const int worker_calls[] = {SCMP_SYS(ioctl), SCMP_SYS(mbind)};
static const int file_calls[] = {
    SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(lstat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
    SCMP_SYS(newfstatat), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(stat),
    SCMP_SYS(statfs), SCMP_SYS(statx), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(utimensat),
    SCMP_SYS(flock), SCMP_SYS(futimesat), SCMP_SYS(utime),
};

/* The sockets that it listens at. */
static const int server_calls[] = {SCMP_SYS(accept), SCMP_SYS(accept4)};
static const int window_calls[] = {
    SCMP_SYS(connect), SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_init1), SCMP_SYS(ioctl),
    SCMP_SYS(mbind), SCMP_SYS(shmat), SCMP_SYS(shmctl), SCMP_SYS(shmdt), SCMP_SYS(shmget),
    SCMP_SYS(socket),
};

static int allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int failed = 0;

    for (size_t i = 0; i < count; i++) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    }
    return failed;
}

/* Calls that are allowed in one form: threads but no processes, own names, own signals. */
static int allow_forms(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp threads =
        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM);
    const struct scmp_arg_cmp own = SCMP_A0(SCMP_CMP_EQ, getpid());
    const struct scmp_arg_cmp unix_sockets = SCMP_A0(SCMP_CMP_EQ, AF_UNIX);
    const struct scmp_arg_cmp no_new_limit = SCMP_A2(SCMP_CMP_EQ, 0);
    const struct scmp_arg_cmp empty_path = SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH);
    int failed = 0;

    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, threads);
    /* Its flags are out of a filter's sight; libraries fall back to clone. */
    failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, own);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, unix_sockets);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, no_new_limit);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, empty_path);
    for (size_t i = 0; i < 2; i++) {
        const struct scmp_arg_cmp option =
            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t[]){PR_SET_NAME, PR_GET_NAME}[i]);

        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, option);
    }
    return failed;
}

static bool filter_enter(scmp_filter_ctx filter, struct pvg_error *error)
{
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

    failed |= seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
    failed |= seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary search */
    failed = failed ? failed : seccomp_load(filter);
    seccomp_release(filter);
    if (failed) {
        errno = -failed;
        pvg_error_set_errno(error, "cannot give up system calls");
        return false;
    }
    return true;
}

#define ALLOW(filter, calls) allow_all(filter, calls, G_N_ELEMENTS(calls))

bool confine_calls_of_gpu_worker(struct pvg_error *error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int failed = ALLOW(filter, common_calls) | allow_forms(filter) | ALLOW(filter, worker_calls);

    if (files_confined) {
        failed |= ALLOW(filter, file_calls);
    }
    if (failed) {
        seccomp_release(filter);
        pvg_error_set(error, "cannot make the list of system calls");
        return false;
    }
    return filter_enter(filter, error);
}

bool confine_server(bool window, struct pvg_error *error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int failed = ALLOW(filter, common_calls) | allow_forms(filter) | ALLOW(filter, server_calls);
    uint64_t files;
    int ruleset = window ? -1 : ruleset_create(&files);

    if (window) {
        failed |= ALLOW(filter, file_calls) | ALLOW(filter, window_calls);
    }
    if (failed) {
        seccomp_release(filter);
        pvg_error_set(error, "cannot make the list of system calls");
        return false;
    }
    if (ruleset >= 0 && !ruleset_enter(ruleset, error)) {
        seccomp_release(filter);
        return false;
    }
    return filter_enter(filter, error);
}
