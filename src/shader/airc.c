/* SPDX-License-Identifier: MIT */
/* pvg-airc: the confined process in which guests' bitcode is read. Started by libpvg alone.
 *
 * Before it looks at the first byte it gives up what it does not need: memory above a limit, files,
 * network, new processes, executable memory, and every system call that is not on a short list. It
 * may crash, hang (its parent kills it) or be taken over; what it can reach then is the region it
 * shares with its parent, whose contents its parent audits. */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "shader/worker.h"

#ifndef __has_feature
#define __has_feature(feature) 0 /* clang's way to say it */
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1 /* its shadow needs terabytes of address space */
#else
#define SANITIZED 0
#endif

static void fail(const char *what)
{
    fprintf(stderr, "pvg-airc: cannot %s: %s\n", what, strerror(errno));
    exit(2);
}

static void limit(int resource, rlim_t value)
{
    if (setrlimit(resource, &(struct rlimit){value, value}) < 0) {
        fail("limit itself");
    }
}

static void limit_resources(rlim_t memory)
{
    if (!SANITIZED) {
        limit(RLIMIT_AS, memory);
    }
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, PVG_WORKER_MEMORY + 1);
}

/* Memory may be had, but not such as can be executed. */
static int allow_memory(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp plain = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    struct scmp_arg_cmp anonymous = SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS);
    int failed = 0;

    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, plain, anonymous);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, plain);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(munmap), 0);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 0);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(madvise), 0);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(brk), 0);
    return failed;
}

/* What is left: talk to the parent, time, locks, and a way to end. */
static int allow_rest(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(clock_gettime),  SCMP_SYS(exit),         SCMP_SYS(exit_group),
        SCMP_SYS(futex),          SCMP_SYS(getpid),       SCMP_SYS(getrandom),
        SCMP_SYS(gettid),         SCMP_SYS(recvfrom),     SCMP_SYS(rt_sigaction),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sched_yield),
        SCMP_SYS(sendto),         SCMP_SYS(sigaltstack),
    };
    struct scmp_arg_cmp to_stderr = SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO);
    struct scmp_arg_cmp itself = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());
    int failed = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    }
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, to_stderr);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(writev), 1, to_stderr);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, itself); /* abort() */
    return failed;
}

static void confine(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (!filter || allow_memory(filter) || allow_rest(filter)) {
        fail("make its system call filter");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_load(filter) < 0) {
        fail("load its system call filter");
    }
    seccomp_release(filter);
}

/* The parent is trusted, but a request is copied all the same: a translation takes long, and the
 * region is the parent's to write. */
static uint32_t translate(uint8_t *shared, uint32_t air_size)
{
    g_autofree struct pvg_worker_request *request =
        g_memdup2(shared, sizeof(struct pvg_worker_request));
    g_autofree uint8_t *air = g_memdup2(shared + PVG_WORKER_AIR_AT, air_size);
    struct pvg_translation translation = {0};
    size_t size;

    request->entry[sizeof(request->entry) - 1] = 0;
    pvg_translate(
        &(struct pvg_translate_request){
            .air = air,
            .air_size = air_size,
            .entry = *request->entry ? request->entry : NULL,
            .options = &request->options,
        },
        &translation);
    size = pvg_translation_encoded_size(&translation);
    if (size > PVG_WORKER_REPLY_SIZE) {
        pvg_translation_finish(&translation);
        translation.status = PVG_TRANSLATE_LIMIT;
        g_strlcpy(translation.reason, "the module is too large", sizeof(translation.reason));
        size = pvg_translation_encoded_size(&translation);
    }
    pvg_translation_encode(&translation, shared + PVG_WORKER_REPLY_AT);
    pvg_translation_finish(&translation);
    return size;
}

int main(int argc, char **argv)
{
    struct pvg_worker_reply reply = {0};
    struct pvg_worker_call call;
    uint8_t *shared;

    if (argc != 2) {
        fputs("pvg-airc: started by libpvg, not by hand; see pvg-air\n", stderr);
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    shared = mmap(NULL, PVG_WORKER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, PVG_WORKER_MEMORY, 0);
    if (shared == MAP_FAILED) {
        fail("map the memory of its parent");
    }
    close_range(PVG_WORKER_MEMORY + 1, ~0u, 0); /* what its parent's parent left open */
    limit_resources(strtoull(argv[1], NULL, 10));
    confine();
    for (;;) {
        if (send(PVG_WORKER_SOCKET, &reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply) ||
            recv(PVG_WORKER_SOCKET, &call, sizeof(call), 0) != sizeof(call) ||
            call.air_size > PVG_SHADER_MAX_AIR) {
            _exit(0); /* the parent has gone */
        }
        reply.size = translate(shared, call.air_size);
    }
}
