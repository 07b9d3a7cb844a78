/* SPDX-License-Identifier: MIT */
/* What pvg_translate() is in the worker of the process tests: bitcode that is an order to do what a
 * translator must survive, or must not be able to do. */
#include "fake_worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "fake_translator.h"
#include "shader/worker.h"

/* Depth without end, as far as the compiler can tell that there is one. */
static unsigned recurse(volatile unsigned *up)
{
    volatile unsigned here[1024];

    here[0] = *up + 1;
    return here[0] ? recurse(here) + here[0] : 0;
}

static void eat(void)
{
    for (;;) {
        *(volatile char *)g_malloc(1 << 20) = 1;
    }
}

static void obey(enum worker_order order)
{
    switch (order) {
    case WORKER_ANSWERS:
        break;
    case WORKER_CRASHES:
        raise(SIGSEGV);
        break;
    case WORKER_ABORTS:
        abort();
    case WORKER_EXITS:
        _exit(3);
    case WORKER_HANGS:
        for (;;) {
            __asm__ volatile("");
        }
    case WORKER_RECURSES:
        recurse(&(volatile unsigned){0});
        break;
    case WORKER_EATS_MEMORY:
        eat();
        break;
    case WORKER_OPENS_A_FILE:
        close(open("/etc/passwd", O_RDONLY));
        break;
    case WORKER_OPENS_A_SOCKET:
        close(socket(AF_INET, SOCK_STREAM, 0));
        break;
    case WORKER_FORKS:
        _exit(fork() > 0 ? 4 : 5);
    case WORKER_MAPS_CODE:
        mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        break;
    case WORKER_SHRINKS_THE_MEMORY:
        _exit(ftruncate(PVG_WORKER_MEMORY, 0) ? 4 : 5);
    case WORKER_SENDS_NONSENSE:
        send(PVG_WORKER_SOCKET, "x", 1, 0);
        break;
    case WORKER_SENDS_A_LARGE_SIZE:
        send(PVG_WORKER_SOCKET, &(struct pvg_worker_reply){UINT32_MAX}, 4, 0);
        break;
    }
}

void pvg_translate(const struct pvg_translate_request *request, struct pvg_translation *out)
{
    uint32_t order;

    memcpy(&order, (const uint8_t *)request->air + 4, sizeof(order));
    obey(order);
    fake_translation(out);
}
