/* SPDX-License-Identifier: MIT */
/* Commands to a running QEMU, one at a time. */
#include "qmp.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/attributes.h"
#include "machine.h"
#include "paths.h"

#define REPLY_SECONDS 30

struct qmp {
    int socket;
    GString *received; /* bytes past the last line */
    char *name;        /* of the machine */
};

void qmp_close(struct qmp *qmp)
{
    if (!qmp) {
        return;
    }
    if (qmp->socket >= 0) {
        close(qmp->socket);
    }
    g_string_free(qmp->received, TRUE);
    g_free(qmp->name);
    g_free(qmp);
}
#define qmp_destroy qmp_close
PVG_DEFINE_AUTO(qmp)

static bool wait_readable(struct qmp *qmp, int seconds)
{
    struct pollfd wait = {.fd = qmp->socket, .events = POLLIN};

    return poll(&wait, 1, seconds * 1000) == 1;
}

/* The next line, the caller's; NULL at the end of the connection or of our patience. */
static char *read_line(struct qmp *qmp)
{
    size_t length;
    char *end, *line;

    while (!(end = memchr(qmp->received->str, '\n', qmp->received->len))) {
        char bytes[4096];
        ssize_t got;

        if (!wait_readable(qmp, REPLY_SECONDS) ||
            (got = read(qmp->socket, bytes, sizeof(bytes))) <= 0) {
            return NULL;
        }
        g_string_append_len(qmp->received, bytes, got);
    }
    length = end - qmp->received->str;
    line = g_strndup(qmp->received->str, length);
    g_string_erase(qmp->received, 0, length + 1);
    return line;
}

/* The reply to the command just sent: events are passed over. */
static JsonNode *read_reply(struct qmp *qmp, struct pvg_error *error)
{
    g_autofree char *line = NULL;

    while ((line = read_line(qmp))) {
        g_autoptr(JsonNode) node = json_from_string(line, NULL);
        JsonObject *object = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

        if (object && json_object_has_member(object, "return")) {
            return json_node_copy(json_object_get_member(object, "return"));
        }
        if (object && json_object_has_member(object, "error")) {
            JsonObject *wrong = json_object_get_object_member(object, "error");

            pvg_error_set(error, "QEMU refuses: %s",
                          json_object_get_string_member_with_default(wrong, "desc", "no reason"));
            return NULL;
        }
        g_clear_pointer(&line, g_free);
    }
    pvg_error_set(error, "machine \"%s\" does not answer; \"vmapple stop --force %s\" ends it",
                  qmp->name, qmp->name);
    return NULL;
}

JsonNode *qmp_execute(struct qmp *qmp, const char *command, const char *arguments,
                      struct pvg_error *error)
{
    g_autofree char *line =
        arguments ? g_strdup_printf("{\"execute\":\"%s\",\"arguments\":%s}\n", command, arguments)
                  : g_strdup_printf("{\"execute\":\"%s\"}\n", command);

    if (send(qmp->socket, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line)) {
        pvg_error_set_errno(error, "cannot talk to machine \"%s\"", qmp->name);
        return NULL;
    }
    return read_reply(qmp, error);
}

bool qmp_do(struct qmp *qmp, const char *command, const char *arguments, struct pvg_error *error)
{
    g_autoptr(JsonNode) result = qmp_execute(qmp, command, arguments, error);

    return result != NULL;
}

struct qmp *qmp_open(const struct machine *machine, struct pvg_error *error)
{
    PVG_AUTO(qmp) qmp = g_new0(struct qmp, 1);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autofree char *folder = paths_runtime(machine->name);
    g_autofree char *path = g_build_filename(folder, "qmp.sock", NULL);

    qmp->received = g_string_new(NULL);
    qmp->name = g_strdup(machine->name);
    qmp->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    if (!machine_is_running(machine)) {
        pvg_error_set(error, "machine \"%s\" does not run; \"vmapple run %s\" starts it",
                      machine->name, machine->name);
        return NULL;
    }
    if (connect(qmp->socket, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        pvg_error_set_errno(error, "cannot reach machine \"%s\" at %s", machine->name, path);
        return NULL;
    }
    if (!qmp_do(qmp, "qmp_capabilities", NULL, error)) {
        return NULL;
    }
    return g_steal_pointer(&qmp);
}

bool qmp_wait_end(struct qmp *qmp, unsigned seconds)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
    char bytes[4096];

    while (g_get_monotonic_time() < deadline) {
        if (wait_readable(qmp, 1) && read(qmp->socket, bytes, sizeof(bytes)) <= 0) {
            return true;
        }
    }
    return false;
}
