/* SPDX-License-Identifier: MIT */
/* The worker's life. */
#include "remote/worker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pvg/pvg.h>

#include "remote/answers.h"
#include "remote/commands.h"

static void run(struct pvg_worker *worker)
{
    for (;;) {
        struct pollfd wait[] = {
            {.fd = worker->socket, .events = POLLIN},
            {.fd = worker->wake_fd, .events = POLLIN},
        };
        uint64_t count;

        if (poll(wait, G_N_ELEMENTS(wait), -1) < 0 && errno != EINTR) {
            return;
        }
        if (wait[1].revents && read(worker->wake_fd, &count, sizeof(count)) > 0) {
            pvg_executor_resume(worker->executor);
        }
        if (wait[0].revents && !pvg_worker_obey(worker)) {
            return;
        }
    }
}

/* ---- Life ---- */

static void wake(void *user)
{
    const struct pvg_worker *worker = user;

    (void)!write(worker->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
}

static bool take_setup(struct pvg_worker *worker, struct pvg_error *error)
{
    struct pvg_link_header header;
    bool mmio;
    void *page;
    int fd;

    if (!pvg_link_receive(worker->socket, &header, worker->payload, &fd, PVG_WORKER_MESSAGE_MAX) ||
        header.type != PVG_LINK_SETUP || worker->payload->len < 1 || fd < 0) {
        pvg_error_set(error, "a GPU worker is started by a device, not by hand");
        return false;
    }
    mmio = worker->payload->data[0];
    page = mmap(NULL, sizeof(*worker->page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED) {
        pvg_error_set_errno(error, "cannot map the page that is shared with the device");
        return false;
    }
    worker->page = page;
    pvg_memory_init(&worker->memory, mmio ? PVG_VARIANT_MMIO : PVG_VARIANT_PCI, &worker->counters);
    worker->memory.ram.gate = &worker->page->gate;
    return true;
}

static bool open_gpu(struct pvg_worker *worker, const struct pvg_gpu_worker_options *options,
                     struct pvg_error *error)
{
    const struct pvg_executor_setup setup = {
        .memory = &worker->memory,
        .counters = &worker->counters,
        .refusals = &worker->refusals,
        .log = &worker->log,
        .gpu = options->gpu,
        .wake = wake,
        .user = worker,
        .launcher = options->start_compiler ? &worker->launcher : NULL,
    };

    worker->executor = options->gpu && strcmp(options->gpu, "none") == 0
                           ? pvg_executor_null_create(&setup)
                           : pvg_executor_vulkan_create(&setup, error);
    return worker->executor && (!options->confine || options->confine(options->owner, error));
}

static void worker_destroy(struct pvg_worker *worker)
{
    if (worker->executor) {
        pvg_executor_quiesce(worker->executor);
        pvg_worker_drop_prepared(worker);
        pvg_executor_destroy(worker->executor);
    }
    if (worker->page) {
        pvg_memory_finish(&worker->memory); /* its mappings end with the process */
        munmap(worker->page, sizeof(*worker->page));
    }
    close(worker->wake_fd);
    close(worker->socket);
    pvg_counters_finish(&worker->counters);
    g_hash_table_unref(worker->submissions);
    g_byte_array_unref(worker->payload);
    g_mutex_clear(&worker->send_lock);
    g_free(worker);
}

bool pvg_gpu_worker_run(const struct pvg_gpu_worker_options *options, struct pvg_error *error)
{
    struct pvg_worker *worker = g_new0(struct pvg_worker, 1);
    struct pvg_error wrong = {0};
    bool ready;

    worker->socket = options->socket;
    worker->payload = g_byte_array_new();
    g_mutex_init(&worker->send_lock);
    worker->submissions = g_hash_table_new(g_int64_hash, g_int64_equal);
    worker->log = (struct pvg_log){.line = pvg_worker_say_log, .host = worker};
    worker->launcher = (struct pvg_translator_launcher){options->start_compiler, options->owner};
    pvg_counters_init(&worker->counters);
    pvg_refusals_init(&worker->refusals, &worker->log, &worker->counters);
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ready = take_setup(worker, &wrong) && open_gpu(worker, options, &wrong);
    if (ready) {
        pvg_worker_say_hello(worker);
        run(worker);
    } else {
        pvg_worker_say(worker, PVG_LINK_FAILED, 0, wrong.message, strlen(wrong.message));
        pvg_error_set(error, "%s", wrong.message);
    }
    worker_destroy(worker);
    return ready;
}
