/* SPDX-License-Identifier: MIT */
/* vmapple run, restore and args: a machine becomes a QEMU. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "base/attributes.h"
#include "become.h"
#include "machine.h"
#include "options.h"

PVG_DEFINE_AUTO(machine)

/* A saved state fits the disks as they were: going on from it twice, or starting afresh beside it,
 * would damage them. */
static bool check_state(const struct machine *machine, bool restore, struct pvg_error *error)
{
    g_autofree char *state = machine_state_path(machine);
    bool saved = g_file_test(state, G_FILE_TEST_EXISTS);

    if (saved && !restore) {
        pvg_error_set(error, "machine \"%s\" is saved; \"vmapple restore %s\" goes on, removing %s "
                             "gives it up",
                      machine->name, machine->name, state);
        return false;
    }
    if (!saved && restore) {
        pvg_error_set(error, "machine \"%s\" is not saved; \"vmapple run %s\" starts it",
                      machine->name, machine->name);
        return false;
    }
    return true;
}

/* The state is used up the moment QEMU starts from it: the disks move on. It is kept under another
 * name, for the user whose QEMU could not load it, until the next save. */
static bool consume_state(const struct machine *machine, GStrv arguments, struct pvg_error *error)
{
    g_autofree char *state = machine_state_path(machine);
    g_autofree char *used = g_strconcat(state, ".used", NULL);

    if (g_rename(state, used) < 0) {
        pvg_error_set_errno(error, "cannot take %s", state);
        return false;
    }
    for (char **word = arguments; *word; word++) {
        if (g_str_has_prefix(*word, "file:") && g_str_has_suffix(*word, "/state")) {
            g_free(*word);
            *word = g_strdup_printf("file:%s", used);
        }
    }
    return true;
}

static bool start(const char *name, struct run_options *options, struct pvg_error *error)
{
    PVG_AUTO(machine) machine = machine_load(name, error);
    g_auto(GStrv) arguments = NULL;

    if (!machine) {
        return false;
    }
    if (!options->display) {
        options->display = arguments_default_display();
    }
    arguments = arguments_build(machine, options, error);
    return arguments && machine_lock(machine, error) &&
           check_state(machine, options->restore, error) &&
           (!options->restore || consume_state(machine, arguments, error)) &&
           become_qemu(machine->name, arguments, options->display, error);
}

static bool run_or_restore(const struct command *command, bool restore, int argc, char **argv,
                           struct pvg_error *error)
{
    g_autofree char *display = NULL, *trace = NULL;
    gboolean snapshot = FALSE;
    const GOptionEntry entries[] = {
        {"display", 0, 0, G_OPTION_ARG_STRING, &display, "gtk, sdl, vnc or none", "KIND"},
        {"snapshot", 0, 0, G_OPTION_ARG_NONE, &snapshot, "Forget at the end what was written", NULL},
        {"trace", 0, 0, G_OPTION_ARG_FILENAME, &trace, "Record the GPU for pvg-replay", "FILE"},
        {NULL},
    };

    if (!options_parse(command, entries, &argc, argv, 1, error)) {
        return false;
    }
    return start(argv[1],
                 &(struct run_options){.display = display, .snapshot = snapshot,
                                       .trace_file = trace, .restore = restore},
                 error);
}

static bool run(int argc, char **argv, struct pvg_error *error)
{
    return run_or_restore(&command_run, false, argc, argv, error);
}

static bool restore(int argc, char **argv, struct pvg_error *error)
{
    return run_or_restore(&command_restore, true, argc, argv, error);
}

static bool print_arguments(int argc, char **argv, struct pvg_error *error)
{
    PVG_AUTO(machine) machine = NULL;
    g_auto(GStrv) arguments = NULL;

    if (!options_parse(&command_args, NULL, &argc, argv, 1, error) ||
        !(machine = machine_load(argv[1], error))) {
        return false;
    }
    arguments = arguments_build(
        machine, &(struct run_options){.display = arguments_default_display()}, error);
    for (char **word = arguments; arguments && *word; word++) {
        g_autofree char *quoted = g_shell_quote(*word);
        bool plain = !(*word)[strcspn(*word, " \t\n'\"\\$&|;<>()[]*?!#~`")];
        const char *separator = !word[1] ? "\n" : word[1][0] == '-' ? " \\\n    " : " ";

        printf("%s%s", plain ? *word : quoted, separator);
    }
    return arguments != NULL;
}

const struct command command_run = {
    .name = "run",
    .synopsis = "NAME [--display KIND] [--snapshot] [--trace FILE]",
    .summary = "start a machine and stay until it ends",
    .run = run,
};

const struct command command_restore = {
    .name = "restore",
    .synopsis = "NAME [--display KIND] [--trace FILE]",
    .summary = "go on with a saved machine",
    .run = restore,
};

const struct command command_args = {
    .name = "args",
    .synopsis = "NAME",
    .summary = "print the QEMU command line of a machine",
    .run = print_arguments,
};
