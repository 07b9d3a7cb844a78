/* SPDX-License-Identifier: MIT */
/* Keyboard and pointer back into the VM, through QEMU's machine protocol. */
#include "qmp.h"

#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attributes.h"
#include "starter.h"

#define ABSOLUTE_MAX 0x7fff
#define RETRY_AFTER  G_USEC_PER_SEC

struct qmp {
    struct starter *starter;
    int socket; /* -1: not connected */
    gint64 retry_at;
};

static void disconnect(struct qmp *qmp)
{
    if (qmp->socket >= 0) {
        close(qmp->socket);
    }
    qmp->socket = -1;
    qmp->retry_at = g_get_monotonic_time() + RETRY_AFTER;
}

void qmp_destroy(struct qmp *qmp)
{
    if (!qmp) {
        return;
    }
    disconnect(qmp);
    g_free(qmp);
}

struct qmp *qmp_create(struct starter *starter)
{
    struct qmp *qmp = g_new0(struct qmp, 1);

    qmp->starter = starter;
    qmp->socket = -1;
    return qmp;
}

/* Replies carry nothing we act on; unread they would fill QEMU's buffer. */
static void drain(struct qmp *qmp)
{
    char bytes[4096];

    while (recv(qmp->socket, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
}

static void transmit(struct qmp *qmp, const char *line)
{
    size_t size = strlen(line);

    if (send(qmp->socket, line, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size) {
        disconnect(qmp);
    }
}

static bool connected(struct qmp *qmp)
{
    if (qmp->socket >= 0) {
        return true;
    }
    if (g_get_monotonic_time() < qmp->retry_at) {
        return false;
    }
    qmp->socket = starter_connect_qmp(qmp->starter);
    if (qmp->socket < 0) {
        disconnect(qmp);
        return false;
    }
    transmit(qmp, "{\"execute\":\"qmp_capabilities\"}\n");
    return qmp->socket >= 0;
}

static void PVG_PRINTF(2, 3) send_event(struct qmp *qmp, const char *format, ...)
{
    g_autofree char *event = NULL, *line = NULL;
    va_list arguments;

    if (!connected(qmp)) {
        return;
    }
    drain(qmp);
    va_start(arguments, format);
    event = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    line = g_strdup_printf(
        "{\"execute\":\"input-send-event\",\"arguments\":{\"events\":[%s]}}\n", event);
    transmit(qmp, line);
}

void qmp_key(struct qmp *qmp, const char *qcode, bool down)
{
    send_event(qmp,
               "{\"type\":\"key\",\"data\":{\"down\":%s,\"key\":{\"type\":\"qcode\",\"data\":"
               "\"%s\"}}}",
               down ? "true" : "false", qcode);
}

static uint32_t scale(uint32_t at, uint32_t size)
{
    return size > 1 ? (uint64_t)MIN(at, size - 1) * ABSOLUTE_MAX / (size - 1) : 0;
}

void qmp_move(struct qmp *qmp, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
    send_event(qmp,
               "{\"type\":\"abs\",\"data\":{\"axis\":\"x\",\"value\":%u}},"
               "{\"type\":\"abs\",\"data\":{\"axis\":\"y\",\"value\":%u}}",
               scale(x, width), scale(y, height));
}

void qmp_button(struct qmp *qmp, const char *button, bool down)
{
    send_event(qmp, "{\"type\":\"btn\",\"data\":{\"down\":%s,\"button\":\"%s\"}}",
               down ? "true" : "false", button);
}
