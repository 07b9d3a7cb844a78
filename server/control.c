/* SPDX-License-Identifier: MIT */
/* Commands from the user, by lines on a Unix socket. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"

#define MAX_CLIENTS 4
#define MAX_LINE    256
#define MAX_STATS   512

struct client {
    int socket; /* -1: free */
    char line[MAX_LINE];
    size_t length;
};

struct control {
    struct function *function;
    struct control_actions actions;
    int socket;
    struct client clients[MAX_CLIENTS];
};

void control_destroy(struct control *control)
{
    if (!control) {
        return;
    }
    for (unsigned i = 0; i < MAX_CLIENTS; i++) {
        if (control->clients[i].socket >= 0) {
            close(control->clients[i].socket);
        }
    }
    if (control->socket >= 0) {
        close(control->socket);
    }
    g_free(control);
}

struct control *control_create(const char *path, struct function *function,
                               const struct control_actions *actions, struct pvg_error *error)
{
    struct control *control = g_new0(struct control, 1);

    control->function = function;
    control->actions = *actions;
    for (unsigned i = 0; i < MAX_CLIENTS; i++) {
        control->clients[i].socket = -1;
    }
    control->socket = listen_at(path, "--control", error);
    if (control->socket < 0) {
        control_destroy(control);
        return NULL;
    }
    fcntl(control->socket, F_SETFL, O_NONBLOCK);
    return control;
}

/* ---- Commands: each appends to the answer and returns NULL, or says what is wrong. ---- */

static const char *plug(struct control *control, const char *argument, bool connected)
{
    guint64 display;

    if (!argument || !g_ascii_string_to_unsigned(argument, 10, 1, PVG_MAX_DISPLAYS, &display, NULL) ||
        !function_display_connect(control->function, (unsigned)display - 1, connected)) {
        return "no such display";
    }
    return NULL;
}

static const char *run_connect(struct control *control, const char *argument, GString *answer)
{
    return plug(control, argument, true);
}

static const char *run_disconnect(struct control *control, const char *argument, GString *answer)
{
    return plug(control, argument, false);
}

static const char *run_screenshots(struct control *control, const char *argument, GString *answer)
{
    control->actions.store_screenshots(control->actions.owner);
    return NULL;
}

static const char *run_statistics(struct control *control, const char *argument, GString *answer)
{
    struct pvg_statistic all[MAX_STATS];
    size_t count = MIN(MAX_STATS, pvg_stats(control->function->device, all, MAX_STATS));

    for (size_t i = 0; i < count; i++) {
        g_string_append_printf(answer, "%s %" G_GUINT64_FORMAT "\n", all[i].name, all[i].value);
    }
    return NULL;
}

static const struct command {
    const char *name;
    const char *(*run)(struct control *control, const char *argument, GString *answer);
} commands[] = {
    {"connect", run_connect},
    {"disconnect", run_disconnect},
    {"screenshots", run_screenshots},
    {"statistics", run_statistics},
};

static const char *run_line(struct control *control, char *line, GString *answer)
{
    char *argument = strchr(line, ' ');

    if (argument) {
        *argument++ = '\0';
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(line, commands[i].name) == 0) {
            return commands[i].run(control, argument, answer);
        }
    }
    return "no such command; there are connect N, disconnect N, screenshots, statistics";
}

/* ---- Clients ---- */

static void hang_up(struct client *client)
{
    close(client->socket);
    *client = (struct client){.socket = -1};
}

static void answer(struct control *control, struct client *client, char *line)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *wrong = run_line(control, line, text);

    if (wrong) {
        g_string_append_printf(text, "error: %s\n", wrong);
    } else {
        g_string_append(text, "ok\n");
    }
    /* Who does not read what he asked for is left. */
    if (send(client->socket, text->str, text->len, MSG_NOSIGNAL | MSG_DONTWAIT) !=
        (ssize_t)text->len) {
        hang_up(client);
    }
}

static void serve(struct control *control, struct client *client)
{
    ssize_t got = recv(client->socket, client->line + client->length,
                       sizeof(client->line) - client->length, MSG_DONTWAIT);
    char *end;

    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        hang_up(client);
        return;
    }
    client->length += got;
    while (client->socket >= 0 && (end = memchr(client->line, '\n', client->length))) {
        size_t used = end + 1 - client->line;
        char line[MAX_LINE];

        *end = '\0';
        g_strlcpy(line, client->line, sizeof(line));
        memmove(client->line, client->line + used, client->length - used);
        client->length -= used;
        answer(control, client, line);
    }
    if (client->length == sizeof(client->line)) {
        hang_up(client); /* no command is that long */
    }
}

static void take_client(struct control *control)
{
    int socket = accept4(control->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    for (unsigned i = 0; socket >= 0 && i < MAX_CLIENTS; i++) {
        if (control->clients[i].socket < 0) {
            control->clients[i].socket = socket;
            return;
        }
    }
    if (socket >= 0) {
        close(socket);
    }
}

void control_wait(const struct control *control, fd_set *wait, int *highest)
{
    FD_SET(control->socket, wait);
    *highest = MAX(*highest, control->socket);
    for (unsigned i = 0; i < MAX_CLIENTS; i++) {
        if (control->clients[i].socket >= 0) {
            FD_SET(control->clients[i].socket, wait);
            *highest = MAX(*highest, control->clients[i].socket);
        }
    }
}

void control_serve(struct control *control)
{
    take_client(control);
    for (unsigned i = 0; i < MAX_CLIENTS; i++) {
        if (control->clients[i].socket >= 0) {
            serve(control, &control->clients[i]);
        }
    }
}
