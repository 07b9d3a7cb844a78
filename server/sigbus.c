/* SPDX-License-Identifier: MIT */
/* Survives a client that shrinks the file behind its guest memory. */
#include "sigbus.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dma.h"

/* Read by the signal handler while other threads add and remove: base is stored last when a slot is
 * filled and cleared first when it is emptied (release, pairing with the handler's acquire). */
struct guarded {
    _Atomic uintptr_t base; /* 0: free */
    size_t length;
};

static struct guarded guarded[VFIO_USER_MAX_DMA_MAPS];
static atomic_size_t guarded_end; /* slots at or above it were never used */
static atomic_bool memory_lost;

static bool is_guarded(uintptr_t address)
{
    size_t end = atomic_load_explicit(&guarded_end, memory_order_acquire);

    for (size_t i = 0; i < end; i++) {
        uintptr_t base = atomic_load_explicit(&guarded[i].base, memory_order_acquire);

        if (base && address >= base && address - base < guarded[i].length) {
            return true;
        }
    }
    return false;
}

static void handle_sigbus(int signal_number, siginfo_t *info, void *context)
{
    uintptr_t page_mask = ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    uintptr_t address = (uintptr_t)info->si_addr;

    if (is_guarded(address) &&
        mmap((void *)(address & page_mask), ~page_mask + 1, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
        atomic_store(&memory_lost, true);
        return;
    }
    signal(SIGBUS, SIG_DFL); /* the access repeats, and ends the process */
}

void sigbus_guard_install(void)
{
    struct sigaction action = {.sa_sigaction = handle_sigbus, .sa_flags = SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

bool sigbus_guard_add(void *base, size_t length)
{
    size_t end = atomic_load(&guarded_end);

    for (size_t i = 0; i < VFIO_USER_MAX_DMA_MAPS; i++) {
        if (!atomic_load(&guarded[i].base)) {
            guarded[i].length = length;
            atomic_store_explicit(&guarded[i].base, (uintptr_t)base, memory_order_release);
            if (i >= end) {
                atomic_store_explicit(&guarded_end, i + 1, memory_order_release);
            }
            return true;
        }
    }
    return false;
}

void sigbus_guard_remove(void *base)
{
    size_t end = atomic_load(&guarded_end);

    for (size_t i = 0; i < end; i++) {
        if (atomic_load(&guarded[i].base) == (uintptr_t)base) {
            atomic_store_explicit(&guarded[i].base, 0, memory_order_release);
            return;
        }
    }
}

bool sigbus_guard_take_loss(void)
{
    return atomic_exchange(&memory_lost, false);
}
