/* SPDX-License-Identifier: MIT */
/* vmapple screenshot, stop and save: what is asked of a running machine. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "machine.h"
#include "options.h"
#include "qmp.h"

#define STOP_SECONDS  60
#define POLL_INTERVAL (G_USEC_PER_SEC / 10)

PVG_DEFINE_AUTO(machine)
#define qmp_destroy qmp_close
PVG_DEFINE_AUTO(qmp)

/* @text as a JSON string, quotes included. */
static char *json_quote(const char *text)
{
    g_autoptr(JsonNode) node = json_node_init_string(json_node_alloc(), text);

    return json_to_string(node, FALSE);
}

static bool screenshot(int argc, char **argv, struct pvg_error *error)
{
    g_autofree char *output = NULL, *path = NULL, *quoted = NULL, *arguments = NULL;
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "PNG to write (NAME.png)", "FILE"},
        {NULL},
    };
    PVG_AUTO(machine) machine = NULL;
    PVG_AUTO(qmp) qmp = NULL;

    if (!options_parse(&command_screenshot, entries, &argc, argv, 1, error) ||
        !(machine = machine_load(argv[1], error)) || !(qmp = qmp_open(machine, error))) {
        return false;
    }
    if (!output) {
        output = g_strconcat(argv[1], ".png", NULL);
    }
    path = g_canonicalize_filename(output, NULL);
    quoted = json_quote(path);
    arguments = g_strdup_printf("{\"filename\":%s,\"format\":\"png\"}", quoted);
    if (!qmp_do(qmp, "screendump", arguments, error)) {
        return false;
    }
    printf("%s\n", path);
    return true;
}

/* Until QEMU is gone, not only its monitor: then the machine's files are free. */
static bool wait_off(const struct machine *machine, struct qmp *qmp)
{
    const gint64 deadline = g_get_monotonic_time() + (gint64)STOP_SECONDS * G_USEC_PER_SEC;

    if (!qmp_wait_end(qmp, STOP_SECONDS)) {
        return false;
    }
    while (machine_is_running(machine)) {
        if (g_get_monotonic_time() > deadline) {
            return false;
        }
        g_usleep(POLL_INTERVAL);
    }
    return true;
}

static bool stop(int argc, char **argv, struct pvg_error *error)
{
    gboolean force = FALSE;
    const GOptionEntry entries[] = {
        {"force", 0, 0, G_OPTION_ARG_NONE, &force, "Pull the plug instead of pressing the power key",
         NULL},
        {NULL},
    };
    PVG_AUTO(machine) machine = NULL;
    PVG_AUTO(qmp) qmp = NULL;

    if (!options_parse(&command_stop, entries, &argc, argv, 1, error) ||
        !(machine = machine_load(argv[1], error)) || !(qmp = qmp_open(machine, error)) ||
        !qmp_do(qmp, force ? "quit" : "system_powerdown", NULL, error)) {
        return false;
    }
    if (!wait_off(machine, qmp)) {
        pvg_error_set(error, "the guest did not power off in %d seconds; --force ends it at once",
                      STOP_SECONDS);
        return false;
    }
    return true;
}

/* Follows the migration into the file; true when it is complete. */
static bool follow_save(struct qmp *qmp, struct pvg_error *error)
{
    for (;;) {
        g_autoptr(JsonNode) node = qmp_execute(qmp, "query-migrate", NULL, error);
        const char *status;

        if (!node) {
            return false;
        }
        status = json_object_get_string_member_with_default(json_node_get_object(node), "status",
                                                            "none");
        if (strcmp(status, "completed") == 0) {
            return true;
        }
        if (strcmp(status, "failed") == 0 || strcmp(status, "cancelled") == 0) {
            pvg_error_set(error, "QEMU could not save: %s; is the disk full?",
                          json_object_get_string_member_with_default(
                              json_node_get_object(node), "error-desc", status));
            return false;
        }
        g_usleep(POLL_INTERVAL);
    }
}

static bool save_state(const struct machine *machine, struct qmp *qmp, struct pvg_error *error)
{
    g_autofree char *state = machine_state_path(machine);
    g_autofree char *part = g_strconcat(state, ".part", NULL);
    g_autofree char *used = g_strconcat(state, ".used", NULL);
    g_autofree char *uri = g_strconcat("file:", part, NULL);
    g_autofree char *quoted = json_quote(uri);
    g_autofree char *arguments = g_strdup_printf("{\"uri\":%s}", quoted);

    /* A machine that was stopped first would come back stopped. So it is QEMU that stops it, at once:
     * any pause is short enough, and no rate is too high. */
    if (!qmp_do(qmp, "migrate-set-parameters",
                "{\"downtime-limit\":2000000,\"max-bandwidth\":1099511627776}", error)) {
        return false;
    }
    if (!qmp_do(qmp, "migrate", arguments, error) || !follow_save(qmp, error) ||
        g_rename(part, state) < 0) {
        g_unlink(part);
        qmp_do(qmp, "cont", NULL, NULL);
        return false;
    }
    g_unlink(used);
    return true;
}

static bool save(int argc, char **argv, struct pvg_error *error)
{
    PVG_AUTO(machine) machine = NULL;
    PVG_AUTO(qmp) qmp = NULL;

    if (!options_parse(&command_save, NULL, &argc, argv, 1, error) ||
        !(machine = machine_load(argv[1], error)) || !(qmp = qmp_open(machine, error)) ||
        !save_state(machine, qmp, error) || !qmp_do(qmp, "quit", NULL, error)) {
        return false;
    }
    wait_off(machine, qmp);
    printf("saved; \"vmapple restore %s\" goes on\n", machine->name);
    return true;
}

const struct command command_screenshot = {
    .name = "screenshot",
    .synopsis = "NAME [-o FILE]",
    .summary = "store what a machine shows as PNG",
    .run = screenshot,
};

const struct command command_stop = {
    .name = "stop",
    .synopsis = "NAME [--force]",
    .summary = "press the power key of a machine and wait until it is off",
    .run = stop,
};

const struct command command_save = {
    .name = "save",
    .synopsis = "NAME",
    .summary = "store a running machine in its folder and end it",
    .run = save,
};
