/* SPDX-License-Identifier: MIT */
/* vmapple console: the serial console of a running machine. */
#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "base/attributes.h"
#include "machine.h"
#include "options.h"
#include "paths.h"

#define LEAVE_KEY 0x1d /* Ctrl-] */

PVG_DEFINE_AUTO(machine)

static int connect_console(const struct machine *machine, struct pvg_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autofree char *runtime = paths_runtime(machine->name);
    g_autofree char *path = g_build_filename(runtime, "console.sock", NULL);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    if (!machine_is_running(machine)) {
        pvg_error_set(error, "machine \"%s\" does not run; \"vmapple run %s\" starts it",
                      machine->name, machine->name);
    } else if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        pvg_error_set_errno(error, "cannot reach the console at %s", path);
    } else {
        return fd;
    }
    close(fd);
    return -1;
}

static bool write_all(int fd, const char *bytes, ssize_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, bytes, size);

        if (done < 0 && errno != EINTR) {
            return false;
        }
        bytes += MAX(done, 0);
        size -= MAX(done, 0);
    }
    return true;
}

/* Until the machine ends, our input ends, or the key to leave is pressed. */
static void relay(int console, bool terminal)
{
    struct pollfd wait[] = {{.fd = console, .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};
    char bytes[4096];

    while (poll(wait, G_N_ELEMENTS(wait), -1) > 0) {
        if (wait[0].revents) {
            ssize_t got = read(console, bytes, sizeof(bytes));

            if (got <= 0 || !write_all(STDOUT_FILENO, bytes, got)) {
                return;
            }
        }
        if (wait[1].revents) {
            ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));

            if (got <= 0) {
                wait[1].fd = -1; /* a pipe that ended: go on listening */
            } else if ((terminal && memchr(bytes, LEAVE_KEY, got)) ||
                       !write_all(console, bytes, got)) {
                return;
            }
        }
    }
}

static bool run(int argc, char **argv, struct pvg_error *error)
{
    bool terminal = isatty(STDIN_FILENO);
    PVG_AUTO(machine) machine = NULL;
    struct termios before, raw;
    int console;

    if (!options_parse(&command_console, NULL, &argc, argv, 1, error) ||
        !(machine = machine_load(argv[1], error)) ||
        (console = connect_console(machine, error)) < 0) {
        return false;
    }
    if (terminal) {
        fprintf(stderr, "Ctrl-] leaves.\n");
        tcgetattr(STDIN_FILENO, &before);
        raw = before;
        cfmakeraw(&raw);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    relay(console, terminal);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
        fputc('\n', stderr);
    }
    close(console);
    return true;
}

const struct command command_console = {
    .name = "console",
    .synopsis = "NAME",
    .summary = "talk to the serial console of a running machine",
    .run = run,
};
