/* SPDX-License-Identifier: MIT */
/* pvg-server: the apple-gfx PCI device as a process of its own, for VMMs that speak vfio-user. */
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine.h"
#include "function.h"
#include "listen.h"
#include "options.h"
#include "rom.h"
#include "screens.h"
#include "session.h"
#include "sigbus.h"
#include "starter.h"

struct server {
    struct starter *starter;
    struct function *function;
    int listen_socket;
    int stop_fd;         /* eventfd: readable when the process is to end */
    GMutex lock;
    int client;          /* under lock: the socket being served, -1: none; for shutdown only */
    bool stopping;       /* under lock */
};

static int stop_fd = -1; /* for the signal handler */

static void handle_signal(int number)
{
    static const uint64_t one = 1;

    if (number == SIGUSR1) {
        screens_ask_for_screenshots();
    } else if (write(stop_fd, &one, sizeof(one)) < 0) {
        _exit(1);
    }
}

static void install_signals(void)
{
    struct sigaction action = {.sa_handler = handle_signal};

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigbus_guard_install();
}

static void log_line(void *listener, enum pvg_log_level level, const char *message)
{
    static const char *const names[] = {
        [PVG_LOG_GUEST_ERROR] = "guest: ", [PVG_LOG_WARNING] = "warning: ", [PVG_LOG_INFO] = ""};

    g_printerr("pvg-server: %s%s\n", names[level], message);
}

static bool begin_client(struct server *server, int client)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&server->lock);

    server->client = server->stopping ? -1 : client;
    return !server->stopping;
}

static void end_client(struct server *server)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&server->lock);

    server->client = -1;
}

/* The protocol thread: one client after another. */
static void *serve_clients(void *data)
{
    struct server *server = data;
    int client;

    while ((client = accept4(server->listen_socket, NULL, NULL, SOCK_CLOEXEC)) >= 0 ||
           errno == EINTR) {
        struct pvg_error error = {0};
        int served = client < 0 ? -1 : dup(client);

        if (client < 0) {
            continue;
        }
        if (!begin_client(server, served)) {
            close(client);
            close(served);
            break;
        }
        g_printerr("pvg-server: client attached\n");
        if (vfio_user_serve(server->function, client, &error)) {
            g_printerr("pvg-server: client left\n");
        } else {
            g_printerr("pvg-server: client dropped: %s\n", error.message);
        }
        end_client(server);
        close(served);
    }
    return NULL;
}

static void stop_serving(struct server *server)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&server->lock);

    server->stopping = true;
    shutdown(server->listen_socket, SHUT_RDWR);
    if (server->client >= 0) {
        shutdown(server->client, SHUT_RDWR);
    }
}

static bool run(struct server *server, const struct options *options, struct pvg_error *error)
{
    struct screens *screens =
        screens_create(server->function, options, server->starter, error);
    GThread *protocol;

    /* Before the first byte of a client, and so of a guest. A recorder has to see what the GPU reads
     * of guest memory: then there is one process, which needs a compiler, and all its rights. */
    if (options->trace_file) {
        log_line(NULL, PVG_LOG_WARNING, "--trace: the GPU is used in this process, unconfined");
    }
    if (!screens || (!options->trace_file && !confine_server(options->window, error))) {
        screens_destroy(screens);
        return false;
    }
    if (options->socket_path) {
        g_print("listening on %s\n", options->socket_path);
    }
    fflush(stdout);
    protocol = g_thread_new("vfio-user", serve_clients, server);
    screens_run(screens, server->stop_fd);
    stop_serving(server);
    g_thread_join(protocol);
    screens_destroy(screens);
    return true;
}

/* The option ROM the user wants: ours, a file's (to be freed), or none. */
struct rom {
    const uint8_t *bytes;
    size_t size;
    char *file;
};

static bool find_rom(struct rom *rom, const char *path, struct pvg_error *error)
{
    g_autoptr(GError) unread = NULL;

    if (!path) {
        *rom = (struct rom){builtin_rom, builtin_rom_size, NULL};
        return true;
    }
    *rom = (struct rom){0};
    if (path[0] && !g_file_get_contents(path, &rom->file, &rom->size, &unread)) {
        pvg_error_set(error, "--rom: %s", unread->message);
        return false;
    }
    rom->bytes = (const uint8_t *)rom->file;
    return true;
}

static bool start_gpu_worker(void *starter, int *socket, int *process, struct pvg_error *error)
{
    return starter_start_gpu_worker(starter, socket, process, error);
}

static struct function *make_function(const struct options *options, struct starter *starter,
                                      struct pvg_error *error)
{
    struct pvg_display_options displays[PVG_MAX_DISPLAYS];
    struct function *function;
    struct rom rom;

    if (!find_rom(&rom, options->rom_path, error)) {
        return NULL;
    }
    for (unsigned i = 0; i < options->display_count; i++) {
        displays[i] = (struct pvg_display_options){
            .modes = options->modes,
            .mode_count = options->mode_count,
            .disconnected = options->disconnected & 1u << i,
        };
    }
    function = function_create(
        &(struct function_options){
            .displays = displays,
            .display_count = options->display_count,
            .gpu = options->gpu,
            .trace_file = options->trace_file,
            .express = options->express,
            .class_code = options->class_code,
            .rom = rom.bytes,
            .rom_size = rom.size,
            .listener = {.log = log_line},
            .start_gpu_worker = options->trace_file ? NULL : start_gpu_worker,
            .starter = starter,
        },
        error);
    g_free(rom.file);
    return function;
}

static bool serve(const struct options *options, struct pvg_error *error)
{
    struct server server = {.client = -1};
    const struct starter_options starting = {
        .gpu = options->gpu,
        .qmp_path = options->qmp_path,
        .screenshot_folder = options->screenshot_folder,
        .sockets = {options->socket_path, options->control_path},
    };
    bool served;

    server.listen_socket =
        options->socket_path ? listen_at(options->socket_path, "--socket", error) : options->listen_fd;
    server.starter = server.listen_socket >= 0 ? starter_create(&starting, error) : NULL;
    if (!server.starter) {
        return false;
    }
    g_mutex_init(&server.lock);
    server.stop_fd = stop_fd = eventfd(0, EFD_CLOEXEC);
    install_signals();
    server.function = make_function(options, server.starter, error);
    served = server.function && run(&server, options, error);
    function_destroy(server.function);
    close(server.listen_socket);
    starter_destroy(server.starter);
    close(server.stop_fd);
    g_mutex_clear(&server.lock);
    return served;
}

int main(int argc, char **argv)
{
    struct pvg_error error = {0};
    struct options options;
    bool served = options_parse(&options, argc, argv, &error) && serve(&options, &error);

    if (!served) {
        g_printerr("pvg-server: %s\n", error.message);
    }
    options_finish(&options);
    return served ? 0 : 1;
}
